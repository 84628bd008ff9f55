#include "runtime/rootfs/place.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"
#include "runtime/host/sys.h"

struct fd_path {
	char s[32];
};

static struct fd_path path_of(int fd)
{
	struct fd_path p;

	str_fmt(p.s, sizeof p.s, "/proc/self/fd/%d", fd);
	return p;
}

static int find(int root, const char *target, struct err *e)
{
	return at_open_in_root(root, target, O_PATH, 0, e);
}

static int find_or_make_dir(int root, const char *target, struct err *e)
{
	int fd = find(root, target, NULL);

	return fd == -ENOENT ? at_mkdir_in_root(root, target, e) : fd < 0 ? err_code(e, fd, "%s", target) : fd;
}

/* "a/b/c": the directory a/b is opened (made), *name points at "c" */
static int find_parent(int root, const char *target, const char **name, struct err *e)
{
	char parent[4096];
	const char *slash = strrchr(target, '/');

	*name = slash ? slash + 1 : target;
	if (!slash)
		return find(root, "/", e);
	int r = str_fmt(parent, sizeof parent, "%.*s", (int)(slash - target), target);
	return r < 0 ? err_code(e, r, "%s", target) : find_or_make_dir(root, parent, e);
}

static int find_or_make_file(int root, const char *target, struct err *e)
{
	const char *name;
	int fd = find(root, target, NULL);

	if (fd != -ENOENT)
		return fd < 0 ? err_code(e, fd, "%s", target) : fd;
	AUTO(fd) int parent = find_parent(root, target, &name, e);
	if (parent < 0)
		return parent;
	if (mknodat(parent, name, S_IFREG | 0644, 0) < 0 && errno != EEXIST)
		return err_sys(e, "%s", target);
	fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "%s", target) : fd;
}

/* On the directory FD by way of the working directory: there may be no /proc yet. */
static int mount_on(int fd, const char *type, unsigned long flags, const char *data)
{
	return fchdir(fd) < 0 || mount(type, ".", type, flags, data) < 0 ? -errno : 0; /* path: the directory FD itself */
}

int place_mount(int root, const char *target, const char *type, unsigned long flags, const char *data, struct err *e)
{
	AUTO(fd) int fd = find_or_make_dir(root, target, e);
	if (fd < 0)
		return fd;
	int r = mount_on(fd, type, flags, data);
	if (r == -EPERM && (str_eq(type, "proc") || str_eq(type, "sysfs")))
		return err_set(e, r, "mount %s on %s: for a user namespace that needs a whole one on the host (mount -t %s %s %s)", type, target,
			       type, type, target);
	return r < 0 ? err_code(e, r, "mount %s on %s", type, target) : 0;
}

/* Before 5.12 the flags of a bind are set by a second call on it, once it is attached; what the source's mount already forbids must be
 * repeated, or the kernel says EPERM in a user namespace. */
static int remount_read_only(int root, const char *target, struct err *e)
{
	AUTO(fd) int fd = find(root, target, e);
	if (fd < 0)
		return fd;
	unsigned long keep = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RELATIME;
	if (mount(NULL, path_of(fd).s, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | keep, NULL) < 0)
		return err_sys(e, "read-only /%s", target);
	return 0;
}

/* SOURCE, cloned, onto what FD stands for, which was found as TARGET. */
static int attach(int root, int source, int fd, const char *target, bool read_only, bool recursive, struct err *e)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	AUTO(fd) int tree = sys_open_tree(source, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0));

	if (tree < 0)
		return err_sys(e, "clone for /%s", target);
	bool is_set = read_only && sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr) == 0;
	if (sys_move_mount(tree, "", fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys(e, "bind on /%s", target);
	return read_only && !is_set ? remount_read_only(root, target, e) : 0;
}

int place_bind(int root, int source, const char *target, bool read_only, bool recursive, struct err *e)
{
	struct stat s;

	if (fstat(source, &s) < 0)
		return err_sys(e, "bind source of /%s", target);
	AUTO(fd) int fd = S_ISDIR(s.st_mode) ? find_or_make_dir(root, target, e) : find_or_make_file(root, target, e);
	return fd < 0 ? fd : attach(root, source, fd, target, read_only, recursive, e);
}

static int mount_empty(int root, int fd, const char *target, struct place_masks *m, struct err *e)
{
	int r = mount_on(fd, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=0k,mode=755,nr_inodes=2");
	if (r < 0)
		return err_code(e, r, "mask /%s", target);
	m->empty = find(root, target, e);
	return m->empty < 0 ? m->empty : 0;
}

int place_mask(int root, struct place_masks *m, const char *target, struct err *e)
{
	struct stat s;

	AUTO(fd) int fd = find(root, target, NULL);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &s) < 0)
		return err_code(e, fd < 0 ? fd : -errno, "mask /%s", target);
	if (!S_ISDIR(s.st_mode))
		return attach(root, m->null_device, fd, target, false, false, e);
	return m->empty < 0 ? mount_empty(root, fd, target, m, e) : attach(root, m->empty, fd, target, false, false, e);
}

/* Where a mount begins, it is changed as it is; elsewhere it gets one. What is mounted below stays on top, and as it is. */
int place_read_only(int root, const char *target, struct err *e)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	AUTO(fd) int fd = find(root, target, NULL);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return err_code(e, fd, "read-only /%s", target);
	return sys_mount_setattr(fd, "", AT_EMPTY_PATH, &attr) == 0 ? 0 : attach(root, fd, fd, target, true, true, e);
}

/* "net/tun": net is made. */
static int make_parent(int dir, const char *name, struct err *e)
{
	char parent[64];
	const char *slash = strrchr(name, '/');

	if (!slash)
		return 0;
	int r = str_fmt(parent, sizeof parent, "%.*s", (int)(slash - name), name);
	if (r < 0)
		return err_code(e, r, "%s", name);
	return mkdirat(dir, parent, 0755) < 0 && errno != EEXIST ? err_sys(e, "%s", parent) : 0;
}

int place_node(int dir, const char *name, dev_t rdev, struct err *e)
{
	int r = make_parent(dir, name, e);

	if (r < 0)
		return r;
	/* the umask must not touch the mode */
	if (mknodat(dir, name, S_IFCHR | 0666, rdev) < 0 || fchmodat(dir, name, 0666, 0) < 0)
		return err_sys(e, "mknod %s", name);
	return 0;
}

int place_open_device(const char *host, dev_t rdev, int *ret_tree, struct err *e)
{
	struct stat s;

	/* path: the host's own /dev */
	AUTO(fd) int tree = sys_open_tree(AT_FDCWD, host, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	if (tree < 0)
		return err_sys(e, "%s", host);
	if (fstat(tree, &s) < 0 || !S_ISCHR(s.st_mode) || s.st_rdev != rdev)
		return err_set(e, -ENODEV, "%s of this host is not the device it should be", host);
	*ret_tree = take_fd(&tree);
	return 0;
}

int place_device(int dir, const char *name, int tree, struct err *e)
{
	int r = make_parent(dir, name, e);

	if (r < 0)
		return r;
	if (mknodat(dir, name, S_IFREG | 0644, 0) < 0)
		return err_sys(e, "%s", name);
	return sys_move_mount(tree, "", dir, name, MOVE_MOUNT_F_EMPTY_PATH) < 0 ? err_sys(e, "bind on %s", name) : 0;
}
