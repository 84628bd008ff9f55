#include "runtime/image/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/auto.h"

static const char default_acl[] = "system.posix_acl_default";

void tree_open(struct tree *t, int top)
{
	t->level[0] = (struct tree_level){ .fd = top, .late_mode = -1 };
	t->n = 1;
	t->made = 0;
}

static int leave(struct tree *t, struct err *e)
{
	struct tree_level *l = &t->level[--t->n];
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, l->mtime };
	int r = 0;

	if (l->xattrs_n)
		t->set_xattrs(t->ctx, l->fd, l->xattrs, l->xattrs_n);
	if (l->late_mode >= 0 && fchmod(l->fd, (mode_t)l->late_mode) < 0)
		r = err_sys(e, "%.*s: chmod", (int)l->path_n, t->path);
	if (l->set_mtime && futimens(l->fd, times) < 0 && !r)
		r = err_sys(e, "%.*s: time", (int)l->path_n, t->path);
	free(l->xattrs);
	close(l->fd);
	return r;
}

int tree_close(struct tree *t, struct err *e)
{
	int first = 0;

	while (t->n > 1) {
		int r = leave(t, first ? NULL : e);

		first = first ? first : r;
	}
	return first;
}

/* A directory that has been left before: while we are in it, its default ACL must not be inherited. */
static void put_default_acl_off(struct tree *t, struct tree_level *l)
{
	struct xattr_head head = { sizeof default_acl - 1, 0 };
	size_t name_at = sizeof head, value_at = name_at + head.name_n;
	char *bytes;
	ssize_t n = t->default_acls ? fgetxattr(l->fd, default_acl, NULL, 0) : -1;

	if (n <= 0 || !(bytes = malloc(value_at + (size_t)n)))
		return;
	n = fgetxattr(l->fd, default_acl, bytes + value_at, (size_t)n);
	if (n <= 0 || fremovexattr(l->fd, default_acl) < 0) {
		free(bytes);
		return;
	}
	head.value_n = (uint32_t)n;
	memcpy(bytes, &head, sizeof head);
	memcpy(bytes + name_at, default_acl, head.name_n);
	l->xattrs = bytes;
	l->xattrs_n = (uint32_t)(value_at + (size_t)n);
}

int tree_enter(struct tree *t, const char *name, bool is_new, struct tree_level **ret, struct err *e)
{
	struct tree_level *above = &t->level[t->n - 1], *l = &t->level[t->n];
	size_t n = strlen(name), at = above->path_n ? above->path_n + 1 : 0;
	struct stat s = { .st_mode = above->gives_group ? S_ISGID : 0 };

	if (t->n == TREE_DEPTH)
		return err_set(e, -EINVAL, "%.80s...: directories deeper than %d", t->path, TREE_DEPTH);
	AUTO(fd) int fd = openat(above->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return err_set(e, -ENOTDIR, "%.*s%s%s: not a directory", (int)above->path_n, t->path, at ? "/" : "", name);
	if (fd < 0 || (!is_new && fstat(fd, &s) < 0))
		return errno == ENOENT ? -ENOENT : err_sys(e, "%s", name);
	*l = (struct tree_level){ .fd = take_fd(&fd),
				  .path_n = at + n,
				  .set_mtime = !is_new,
				  .gives_group = s.st_mode & S_ISGID,
				  .late_mode = -1,
				  .mtime = s.st_mtim };
	if (at)
		t->path[at - 1] = '/';
	memcpy(t->path + at, name, n + 1);
	if (!is_new)
		put_default_acl_off(t, l);
	t->n++;
	*ret = l;
	return 0;
}

/* A directory that the archive takes for granted. */
static int enter_or_make(struct tree *t, const char *name, struct err *e)
{
	struct tree_level *l;
	int r = tree_enter(t, name, false, &l, e);

	if (r != -ENOENT)
		return r;
	if (mkdirat(t->level[t->n - 1].fd, name, 0755) < 0)
		return err_sys(e, "%s", name);
	t->made++;
	return tree_enter(t, name, true, &l, e);
}

/* Whether the level is PATH, or above it. */
static bool is_above(const struct tree *t, const struct tree_level *l, const char *path, size_t n)
{
	return l->path_n <= n && !memcmp(t->path, path, l->path_n) && (!l->path_n || l->path_n == n || path[l->path_n] == '/');
}

int tree_goto_parent(struct tree *t, const char *path, size_t n, struct tree_level **ret, const char **ret_name, struct err *e)
{
	const char *slash = memrchr(path, '/', n);
	size_t parent_n = slash ? (size_t)(slash - path) : 0;
	char name[256];
	int r;

	while (!is_above(t, &t->level[t->n - 1], path, parent_n))
		if ((r = leave(t, e)) < 0)
			return r;
	for (size_t at = t->level[t->n - 1].path_n; at < parent_n; at = t->level[t->n - 1].path_n) {
		size_t from = at ? at + 1 : 0, part = strcspn(path + from, "/");

		if (part >= sizeof name)
			return err_code(e, -ENAMETOOLONG, "%.80s...", path + from);
		memcpy(name, path + from, part);
		name[part] = '\0';
		if ((r = enter_or_make(t, name, e)) < 0)
			return r;
	}
	*ret = &t->level[t->n - 1];
	*ret_name = slash ? slash + 1 : path;
	return 0;
}
