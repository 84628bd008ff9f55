#include "runtime/rootfs/overlay.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"
#include "runtime/host/namespaces.h"
#include "runtime/host/sys.h"
#include "runtime/rootfs/idmount.h"

/* What the kernel has to say about a failed fsconfig: lines "e overlay: ..." on the context's descriptor. */
static int fs_error(int fs, struct err *e, const char *what)
{
	int error = errno;
	char text[256];
	ssize_t n = read(fs, text, sizeof text - 1);

	if (n > 2) {
		text[n] = 0;
		text[strcspn(text, "\n")] = 0;
		return err_code(e, -error, "%s: %s", what, text + 2);
	}
	errno = error;
	return err_sys(e, "%s", what);
}

void overlay_parts_close(struct overlay_parts *p)
{
	for (size_t i = 0; i < p->n; i++)
		close(p->layer[i]);
	if (p->upper >= 0)
		close(p->upper);
	if (p->work >= 0)
		close(p->work);
	if (p->rw >= 0)
		close(p->rw);
}

/* upper/ and work/ must be one mount: both are opened below a single clone of the directory that holds them. */
static int open_rw(struct overlay_parts *p, struct err *e)
{
	p->upper = openat(p->rw, "upper", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (p->upper < 0)
		return err_sys(e, "rw/upper");
	p->work = openat(p->rw, "work", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return p->work < 0 ? err_sys(e, "rw/work") : 0;
}

int overlay_clone(const struct overlay *o, struct overlay_parts *p, struct err *e)
{
	int r;

	if (o->n_layers > OVERLAY_MAX_LAYERS)
		return err_set(e, -E2BIG, "%zu layers are more than overlayfs takes", o->n_layers);
	for (; p->n < o->n_layers; p->n++) {
		if ((r = idmount_clone(o->layer[p->n], &p->layer[p->n], e)) < 0)
			return err_in(e, r, "overlay: layer %zu", p->n);
	}
	return err_in(e, idmount_clone(o->rw, &p->rw, e), "overlay: rw");
}

static int map_parts(const struct overlay *o, struct overlay_parts *p, struct err *e)
{
	int r;

	for (size_t i = 0; i < p->n; i++) {
		if ((r = idmount_map(p->layer[i], o->userns, e)) < 0)
			return err_in(e, r, "layer %zu", i);
	}
	if ((r = idmount_map(p->rw, o->userns, e)) < 0)
		return err_in(e, r, "rw");
	return open_rw(p, e);
}

static int set_string(int fs, const char *key, const char *value, struct err *e)
{
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0) < 0 ? fs_error(fs, e, key) : 0;
}

static int set_options(int fs, const struct overlay *o, struct err *e)
{
	static const char *const option[][2] = {
		{ "source", "lxcbox" }, { "index", "off" }, { "metacopy", "off" }, { "xino", "auto" },
	};
	int r = o->user_xattrs ? 0 : set_string(fs, "redirect_dir", "on", e);

	if (o->user_xattrs && sys_fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0)
		r = fs_error(fs, e, "userxattr");
	for (size_t i = 0; i < ARRAY_SIZE(option) && r == 0; i++)
		r = set_string(fs, option[i][0], option[i][1], e);
	if (r == 0 && o->volatile_ && sys_fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0) < 0 && errno != EINVAL)
		r = fs_error(fs, e, "volatile");
	return r;
}

/* Creates the superblock as the instance's root would: with fsuid 0, which the idmap does not know, the overlay comes up
 * read-only. */
static int create(int fs, const struct overlay *o, struct err *e)
{
	bool mapped = o->userns >= 0;
	int r = mapped ? idmap_root_fs(o->map, e) : 0;

	if (r < 0)
		return r;
	if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		r = fs_error(fs, e, "create");
	if (mapped) {
		int back = idmap_root_fs_end(r < 0 ? NULL : e);
		if (r == 0)
			r = back;
	}
	return r;
}

/* 6.15: every layer by the descriptor of a detached mount. */
static int set_layers_by_fd(int fs, const struct overlay_parts *p, struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		if (sys_fsconfig(fs, FSCONFIG_SET_FD, "lowerdir+", NULL, p->layer[i]) < 0)
			return fs_error(fs, e, "lowerdir+");
	}
	if (sys_fsconfig(fs, FSCONFIG_SET_FD, "upperdir", NULL, p->upper) < 0)
		return fs_error(fs, e, "upperdir");
	if (sys_fsconfig(fs, FSCONFIG_SET_FD, "workdir", NULL, p->work) < 0)
		return fs_error(fs, e, "workdir");
	return 0;
}

/* Root inside who is not the host's makes no device nodes; but an image may bring some: a disk of this host, open to all. */
static bool is_without_devices(const struct overlay *o)
{
	return o->map->size;
}

static int mount_context(int fs, const struct overlay *o, int *ret_fd, struct err *e)
{
	int fd = sys_fsmount(fs, FSMOUNT_CLOEXEC, is_without_devices(o) ? MOUNT_ATTR_NODEV : 0);

	if (fd < 0)
		return fs_error(fs, e, "fsmount");
	*ret_fd = fd;
	return 0;
}

static int mount_by_fd(const struct overlay *o, const struct overlay_parts *p, int *ret_fd, struct err *e)
{
	AUTO(fd) int fs = sys_fsopen("overlay", FSOPEN_CLOEXEC);
	if (fs < 0)
		return err_sys(e, "fsopen");
	int r = set_options(fs, o, e);
	if (r < 0 || (r = set_layers_by_fd(fs, p, e)) < 0 || (r = create(fs, o, e)) < 0)
		return r;
	return mount_context(fs, o, ret_fd, e);
}

/* Before 6.15 a layer must be attached somewhere in the mount namespace of the caller: in one of our own, on a tmpfs over the rw
 * directory, whose path both namespaces share. /proc/self/fd/N as its path has no colons, blanks or length to escape. */
static int attach(int clone, int over, size_t n, struct err *e)
{
	char name[12];

	str_fmt(name, sizeof name, "%zu", n);
	if (mkdirat(over, name, 0700) < 0)
		return err_sys(e, "layer %s", name);
	if (sys_move_mount(clone, "", over, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(e, "layer %s: move_mount", name);
	return 0;
}

static int own_namespace(const struct overlay *o, struct err *e)
{
	char link[40], path[4096];

	str_fmt(link, sizeof link, "/proc/self/fd/%d", o->rw);
	ssize_t n = readlinkat(AT_FDCWD, link, path, sizeof path - 1);
	if (n < 0)
		return err_sys(e, "rw");
	path[n] = 0;
	if ((!o->own_mounts && unshare(CLONE_NEWNS) < 0) || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return namespaces_err(e, "mount namespace");
	if (mount("tmpfs", path, "tmpfs", 0, "mode=700") < 0) /* path: our own state directory, in a namespace of our own */
		return err_sys(e, "tmpfs");
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* path: the same */
	return fd < 0 ? err_sys(e, "%s", path) : fd;
}

static int attach_parts(const struct overlay *o, const struct overlay_parts *p, struct err *e)
{
	AUTO(fd) int over = own_namespace(o, e);
	if (over < 0)
		return over;
	int r = 0;
	for (size_t i = 0; i < p->n && r == 0; i++)
		r = attach(p->layer[i], over, i, e);
	return r < 0 ? r : attach(p->rw, over, p->n, e);
}

static int add_options(const struct overlay *o, const struct overlay_parts *p, struct buf *data)
{
	buf_addf(data, "%s,index=off,metacopy=off,xino=auto,lowerdir=", o->user_xattrs ? "userxattr" : "redirect_dir=on");
	for (size_t i = 0; i < p->n; i++)
		buf_addf(data, "%s/proc/self/fd/%d", i ? ":" : "", p->layer[i]);
	buf_addf(data, ",upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/%d", p->upper, p->work);
	if (o->volatile_)
		buf_addstr(data, ",volatile");
	return buf_error(data);
}

/* mount(2) needs a place: over the work directory, seen by nobody but us in the namespace of our own. The result is cloned
 * from there and taken off again. */
static int mount_on_work(const struct overlay *o, const struct overlay_parts *p, const char *data, int *ret_fd, struct err *e)
{
	bool mapped = o->userns >= 0;
	char target[40];
	int r = mapped ? idmap_root_fs(o->map, e) : 0;

	if (r < 0)
		return r;
	str_fmt(target, sizeof target, "/proc/self/fd/%d", p->work);
	if (mount("lxcbox", target, "overlay", is_without_devices(o) ? MS_NODEV : 0, data) < 0) /* path: our own /proc */
		r = err_sys(e, "mount");
	if (mapped)
		(void)idmap_root_fs_end(NULL); /* a failure shows in everything that follows */
	if (r < 0)
		return r;
	int clone = sys_open_tree(p->rw, "work", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (clone < 0)
		return err_sys(e, "open_tree");
	*ret_fd = clone;
	return 0;
}

static int mount_by_path(const struct overlay *o, const struct overlay_parts *p, int *ret_fd, struct err *e)
{
	AUTO(buf) struct buf data = BUF_NONE;
	int r = attach_parts(o, p, e);

	if (r < 0 || (r = add_options(o, p, &data)) < 0)
		return r;
	if (data.len >= 4096)
		return err_set(e, -E2BIG, "%zu layers do not fit into one page of mount options (Linux < 6.7)", p->n);
	return mount_on_work(o, p, data.s, ret_fd, e);
}

static int refuse_read_only(int fd, struct err *e)
{
	struct statvfs s;

	if (fstatvfs(fd, &s) < 0)
		return err_sys(e, "statvfs");
	if (s.f_flag & ST_RDONLY)
		return err_set(e, -EROFS, "the kernel made it read-only (its filesystem cannot hold an upper directory)");
	return 0;
}

int overlay_mount(const struct overlay *o, struct overlay_parts *parts, int *ret_fd, struct err *e)
{
	struct err first = ERR_NONE;
	int r = map_parts(o, parts, e);

	if (r < 0)
		return err_in(e, r, "overlay");
	struct overlay as = *o;
	AUTO(fd) int fd = -1;
	r = mount_by_fd(&as, parts, &fd, &first);
	if (r == -EPERM && idmap_is_nested()) {
		as.user_xattrs = true;
		r = mount_by_fd(&as, parts, &fd, &first);
	}
	if (r == -EBADF || r == -EINVAL || r == -ENOSYS || r == -EPERM || r == -EOPNOTSUPP) { /* < 6.15: no descriptor, or none of O_PATH */
		struct err second = ERR_NONE;
		r = mount_by_path(&as, parts, &fd, &second);
		if (r < 0 && e)
			*e = second;
	} else if (r < 0 && e) {
		*e = first;
	}
	if (r == 0)
		r = refuse_read_only(fd, e);
	if (r < 0)
		return err_in(e, r, "overlay");
	*ret_fd = take_fd(&fd);
	return 0;
}

const char *overlay_refused_by(int dir)
{
	static const struct {
		unsigned magic;
		char name[10];
	} row[] = {
		{ 0x794c7630, "overlay" }, { 0x4d44, "FAT" }, { 0x2011bab0, "exFAT" }, { 0x6969, "NFS" }, { 0x65735546, "FUSE" },
		{ 0x01021997, "9p" }, { 0xff534d42, "CIFS" }, { 0xfe534d42, "SMB" }, { 0xf15f, "ecryptfs" },
	};
	struct statfs s;

	for (size_t i = 0; fstatfs(dir, &s) == 0 && i < ARRAY_SIZE(row); i++) {
		if ((unsigned)s.f_type == row[i].magic)
			return row[i].name;
	}
	return NULL;
}

int overlay_refuse(int dir, int r, struct err *e)
{
	const char *fs = overlay_refused_by(dir);

	return !fs ? 0 : err_set(e, r, "the state directory lies on %s, where overlayfs cannot write: another file system or a tmpfs is needed (LXCBOX_DIR)", fs);
}

static int without_mapping(const struct overlay *o)
{
	__attribute__((cleanup(overlay_parts_close))) struct overlay_parts parts = OVERLAY_PARTS_NONE;
	struct overlay plain = *o;
	AUTO(fd) int fd = -1;
	int r;

	plain.userns = -1;
	plain.own_mounts = false;
	return (r = overlay_clone(&plain, &parts, NULL)) < 0 ? r : overlay_mount(&plain, &parts, &fd, NULL);
}

int overlay_explain(const struct overlay *o, int r, struct err *e)
{
	static const int maybe[] = { -EINVAL, -EPERM, -EOPNOTSUPP, -ENOSYS, -EROFS, -EOVERFLOW };
	size_t i = 0;

	while (i < ARRAY_SIZE(maybe) && maybe[i] != r)
		i++;
	if (i == ARRAY_SIZE(maybe))
		return r;
	if (o->userns < 0 || without_mapping(o) < 0) {
		(void)overlay_refuse(o->rw, r, e);
		return r;
	}
	if (e)
		e->code = OVERLAY_UNMAPPABLE;
	return OVERLAY_UNMAPPABLE;
}

int overlay_forget_volatile(int rw)
{
	return at_remove_tree(rw, "work/work", NULL);
}
