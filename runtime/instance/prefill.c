#include "runtime/instance/prefill.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"

static int make_parent(const struct prefill *p, const char *part, struct err *e)
{
	struct stat s;

	if (fstatat(p->lower, part, &s, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(s.st_mode))
		return -ENOENT;
	if (mkdirat(p->upper, part, 0700) < 0)
		return errno == EEXIST ? 0 : err_sys(e, "%s", part);
	if (fchownat(p->upper, part, s.st_uid, s.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(p->upper, part, s.st_mode & 07777, 0) < 0)
		return err_sys(e, "%s", part);
	return 0;
}

/* -ENOENT, without words: leave it alone. */
static int make_parents(const struct prefill *p, const char *path, struct err *e)
{
	char part[4096];
	int r = 0;

	for (const char *slash = strchr(path, '/'); slash && r == 0; slash = strchr(slash + 1, '/')) {
		if (str_fmt(part, sizeof part, "%.*s", (int)(slash - path), path) < 0)
			return err_code(e, -ENAMETOOLONG, "%s", path);
		r = make_parent(p, part, e);
	}
	return r;
}

/* A link there leads somewhere that is not ours to follow; a directory is no file. */
static bool may_replace(const struct prefill *p, const char *path, bool only_over)
{
	struct stat s;

	if (fstatat(p->lower, path, &s, AT_SYMLINK_NOFOLLOW) < 0)
		return !only_over;
	return S_ISREG(s.st_mode);
}

int prefill_file(const struct prefill *p, const char *path, const char *text, bool only_over, struct err *e)
{
	if (!may_replace(p, path, only_over))
		return 0;
	int r = make_parents(p, path, e);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	AUTO(fd) int fd = openat(p->upper, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return err_sys(e, "%s", path);
	r = fd_write(fd, text, strlen(text));
	return r < 0 ? err_code(e, r, "%s", path) : 0;
}

int prefill_hide(const struct prefill *p, const char *path, struct err *e)
{
	struct stat s;

	if (fstatat(p->lower, path, &s, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	int r = make_parents(p, path, e);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (mknodat(p->upper, path, S_IFCHR, makedev(0, 0)) < 0 && errno != EEXIST)
		return err_sys(e, "%s", path);
	return 0;
}
