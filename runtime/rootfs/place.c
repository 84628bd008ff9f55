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

int place_mount(int root, const char *target, const char *type, unsigned long flags, const char *data, struct err *e)
{
	AUTO(fd) int fd = find_or_make_dir(root, target, e);
	if (fd < 0)
		return fd;
	if (mount(type, path_of(fd).s, type, flags, data) < 0)
		return err_sys(e, "mount %s on /%s", type, target);
	return 0;
}

/* The flags of a bind are set by a second call; what the source's mount already forbids must be repeated, or the kernel says EPERM in a user
 * namespace. */
static int remount_read_only(int root, const char *target, struct err *e)
{
	AUTO(fd) int fd = find(root, target, e);
	if (fd < 0)
		return fd;
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH, &attr) == 0) /* 5.12 */
		return 0;
	unsigned long keep = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RELATIME;
	if (mount(NULL, path_of(fd).s, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | keep, NULL) < 0)
		return err_sys(e, "read-only /%s", target);
	return 0;
}

int place_bind(int root, int source, const char *target, bool read_only, bool recursive, struct err *e)
{
	struct stat s;

	if (fstat(source, &s) < 0)
		return err_sys(e, "bind source of /%s", target);
	AUTO(fd) int fd = S_ISDIR(s.st_mode) ? find_or_make_dir(root, target, e) : find_or_make_file(root, target, e);
	if (fd < 0)
		return fd;
	if (mount(path_of(source).s, path_of(fd).s, NULL, MS_BIND | (recursive ? MS_REC : 0), NULL) < 0)
		return err_sys(e, "bind on /%s", target);
	return read_only ? remount_read_only(root, target, e) : 0;
}

int place_mask(int root, int null_device, const char *target, struct err *e)
{
	struct stat s;

	AUTO(fd) int fd = find(root, target, NULL);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &s) < 0)
		return err_code(e, fd < 0 ? fd : -errno, "mask /%s", target);
	int r = S_ISDIR(s.st_mode) ? mount("tmpfs", path_of(fd).s, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=0k,mode=755,nr_inodes=2") :
				     mount(path_of(null_device).s, path_of(fd).s, NULL, MS_BIND, NULL);
	return r < 0 ? err_sys(e, "mask /%s", target) : 0;
}

int place_read_only(int root, const char *target, struct err *e)
{
	AUTO(fd) int fd = find(root, target, NULL);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return err_code(e, fd, "read-only /%s", target);
	if (mount(path_of(fd).s, path_of(fd).s, NULL, MS_BIND, NULL) < 0)
		return err_sys(e, "read-only /%s", target);
	return remount_read_only(root, target, e);
}

int place_device(int root, const char *target, const char *host, dev_t rdev, bool make_node, struct err *e)
{
	struct stat s;

	if (make_node) {
		const char *name;
		AUTO(fd) int parent = find_parent(root, target, &name, e);
		if (parent < 0)
			return parent;
		/* the umask must not touch the mode: chmod what was made, by descriptor of its parent */
		if (mknodat(parent, name, S_IFCHR | 0666, rdev) < 0 || fchmodat(parent, name, 0666, 0) < 0)
			return err_sys(e, "mknod /%s", target);
		return 0;
	}
	AUTO(fd) int source = open(host, O_PATH | O_CLOEXEC | O_NOFOLLOW); /* path: the host's own /dev */
	if (source < 0)
		return err_sys(e, "%s", host);
	if (fstat(source, &s) < 0 || !S_ISCHR(s.st_mode) || s.st_rdev != rdev)
		return err_set(e, -ENODEV, "%s of this host is not the device it should be", host);
	return place_bind(root, source, target, false, false, e);
}

int place_link(int root, const char *target, const char *text, struct err *e)
{
	const char *name;
	AUTO(fd) int parent = find_parent(root, target, &name, e);
	if (parent < 0)
		return parent;
	if (symlinkat(text, parent, name) < 0 && errno != EEXIST)
		return err_sys(e, "link /%s", target);
	return 0;
}
