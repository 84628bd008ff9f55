#include "runtime/instance/hostclone.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include "core/at.h"
#include "core/auto.h"
#include "runtime/instance/prefill.h"
#include "runtime/rootfs/overlay.h"

/* relative to / */
static const char hidden[][24] = { "var/lib/lxd",    "var/lib/lxc",	   "var/lib/incus",
				   "var/lib/docker", "var/lib/containers", "var/lib/libvirt" };
static const char emptied[][24] = { "etc/fstab", "etc/crypttab", "var/lib/dbus/machine-id" };

/* The path of the state directory below /, when it lies on / itself; mount points below come out empty anyway. */
static int hide_store(struct store *st, const struct prefill *p, struct err *e)
{
	char link[40], path[4096];
	struct stat a, b;

	if (fstat(p->lower, &a) < 0 || fstat(st->dir, &b) < 0 || a.st_dev != b.st_dev)
		return 0;
	str_fmt(link, sizeof link, "/proc/self/fd/%d", st->dir);
	ssize_t n = readlinkat(AT_FDCWD, link, path, sizeof path - 1);
	if (n < 2)
		return err_set(e, -EINVAL, "the state directory cannot be /");
	path[n] = 0;
	return prefill_hide(p, path + 1, e);
}

static int hide_swap_files(const struct prefill *p, struct err *e)
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
			r = prefill_hide(p, line + 1, e);
	}
	return r;
}

int hostclone_fill(struct store *st, int upper, struct err *e)
{
	AUTO(fd) int host = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* path: the host's own root */
	if (host < 0)
		return err_sys(e, "/");
	struct prefill p = { host, upper };
	int r = overlay_refuse(upper, -EOPNOTSUPP, e);

	if (r == 0)
		r = hide_store(st, &p, e);
	for (size_t i = 0; i < ARRAY_SIZE(hidden) && r == 0; i++)
		r = prefill_hide(&p, hidden[i], e);
	for (size_t i = 0; i < ARRAY_SIZE(emptied) && r == 0; i++)
		r = prefill_file(&p, emptied[i], "", true, e);
	if (r == 0)
		r = hide_swap_files(&p, e);
	return err_in(e, r, "clone of the host");
}
