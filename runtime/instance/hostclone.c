#include "runtime/instance/hostclone.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "core/at.h"
#include "core/auto.h"

/* relative to / */
static const char *const hidden[] = { "var/lib/lxd", "var/lib/lxc", "var/lib/incus", "var/lib/docker", "var/lib/containers",
				      "var/lib/libvirt" };
static const char *const emptied[] = { "etc/fstab", "etc/crypttab", "etc/machine-id", "var/lib/dbus/machine-id" };

/* The directories on the way, each with the host's owner and mode: the upper's are what shows. */
static int make_parents(int host, int upper, const char *path, struct err *e)
{
	char part[4096];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		struct stat s;

		if (str_fmt(part, sizeof part, "%.*s", (int)(slash - path), path) < 0)
			return err_code(e, -ENAMETOOLONG, "%s", path);
		if (fstatat(host, part, &s, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(s.st_mode))
			return -ENOENT; /* a link, or not there: then there is nothing of that name below it either */
		if (mkdirat(upper, part, 0700) < 0 && errno != EEXIST)
			return err_sys(e, "%s", part);
		if (fchownat(upper, part, s.st_uid, s.st_gid, AT_SYMLINK_NOFOLLOW) < 0 || fchmodat(upper, part, s.st_mode & 07777, 0) < 0)
			return err_sys(e, "%s", part);
	}
	return 0;
}

static int hide(int host, int upper, const char *path, struct err *e)
{
	struct stat s;

	if (fstatat(host, path, &s, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	int r = make_parents(host, upper, path, e);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	/* overlayfs' sign for "not there" */
	if (mknodat(upper, path, S_IFCHR, makedev(0, 0)) < 0 && errno != EEXIST)
		return err_sys(e, "%s", path);
	return 0;
}

static int empty(int host, int upper, const char *path, struct err *e)
{
	struct stat s;

	if (fstatat(host, path, &s, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	int r = make_parents(host, upper, path, e);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	AUTO(fd) int fd = openat(upper, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	return fd < 0 ? err_sys(e, "%s", path) : 0;
}

/* The path of the state directory below /, when it lies on / itself; mount points below come out empty anyway. */
static int hide_store(struct store *st, int host, int upper, struct err *e)
{
	char link[40], path[4096];
	struct stat a, b;

	if (fstat(host, &a) < 0 || fstat(st->dir, &b) < 0 || a.st_dev != b.st_dev)
		return 0;
	str_fmt(link, sizeof link, "/proc/self/fd/%d", st->dir);
	ssize_t n = readlinkat(AT_FDCWD, link, path, sizeof path - 1);
	if (n < 2)
		return err_set(e, -EINVAL, "the state directory cannot be /");
	path[n] = 0;
	return hide(host, upper, path + 1, e);
}

static int hide_swap_files(int host, int upper, struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;
	AUTO(fd) int fd = open("/proc/swaps", O_RDONLY | O_CLOEXEC); /* path: our own /proc */
	int r = fd < 0 ? 0 : fd_read(fd, 1 << 20, &text, e);

	for (char *line = text.s, *end; r == 0 && *line; line = end) {
		end = strchrnul(line, '\n');
		if (*end)
			*end++ = 0;
		line[strcspn(line, " \t")] = 0;
		if (*line == '/' && !str_after(line, "/dev/"))
			r = hide(host, upper, line + 1, e);
	}
	return r;
}

int hostclone_fill(struct store *st, int upper, struct err *e)
{
	AUTO(fd) int host = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* path: the host's own root */
	if (host < 0)
		return err_sys(e, "/");
	int r = hide_store(st, host, upper, e);

	for (size_t i = 0; i < ARRAY_SIZE(hidden) && r == 0; i++)
		r = hide(host, upper, hidden[i], e);
	for (size_t i = 0; i < ARRAY_SIZE(emptied) && r == 0; i++)
		r = empty(host, upper, emptied[i], e);
	if (r == 0)
		r = hide_swap_files(host, upper, e);
	return err_in(e, r, "clone of the host");
}
