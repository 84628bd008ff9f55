#include "runtime/image/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"
#include "runtime/image/route.h"
#include "runtime/image/tree.h"

static const uint64_t members_most = 1000000;
static const uint64_t file_most = (uint64_t)1 << 44; /* 16 TiB, what ext4 can hold: a hole of more is a prank */
static const uint64_t metadata_most = 1024 * 1024;

enum {
	SPACE_EVERY = 32 * 1024 * 1024, /* written bytes between two looks at the free space */
	MEMBERS_EVERY = 1024,
	PROGRESS_EVERY = 8 * 1024 * 1024,
	EARLY_FROM = 256 * 1024, /* files of this size go to the disk while others are unpacked */
};

/* What could not be kept, told once at the end. */
struct losses {
	uint64_t devices, whiteouts, xattrs, owners;
};

/* The file that DATA goes to: its attributes are set when it is complete. */
struct open_file {
	int fd; /* -1: none, or one that is not wanted */
	bool chown;
	struct member member;
	uint64_t end; /* of what has been written */
	char *xattrs;
};

struct writer {
	const struct unpack *u;
	struct report *report;
	struct unpack_result *result;
	struct tree tree;
	struct route route; /* of the member at hand */
	struct open_file file;
	struct losses lost;
	uid_t uid; /* what we make belongs to */
	gid_t gid;
	uint64_t consumed;
	uint64_t space_checked, progress_told; /* bytes_written, consumed at that time */
	uint64_t members_checked;
};

/* ---- limits */

/* Some room is left to the host: 2 % of the file system, at most 256 MiB. */
static int check_space(struct writer *w, struct err *e)
{
	struct statvfs s;
	uint64_t reserve;

	w->space_checked = w->result->bytes_written;
	if (fstatvfs(w->u->dest, &s) < 0)
		return err_sys(e, "free space");
	reserve = s.f_blocks * (uint64_t)s.f_frsize / 50;
	if (reserve > 256 << 20)
		reserve = 256 << 20;
	if (s.f_bavail * (uint64_t)s.f_frsize < reserve)
		return err_set(e, -ENOSPC, "no space left but a reserve of %llu MiB", (unsigned long long)(reserve >> 20));
	if (s.f_files && s.f_favail < s.f_files / 50)
		return err_set(e, -ENOSPC, "no inodes left but a reserve of 2 %%");
	return 0;
}

static int count_bytes(struct writer *w, uint64_t n, struct err *e)
{
	uint64_t archive = w->u->size ? w->u->size : w->consumed;

	w->result->bytes_written += n;
	if (!w->u->unlimited && w->result->bytes_written > unpack_limit(archive))
		return err_set(e, -EFBIG, "unpacks to more than 1 GiB + 250 times its own size");
	return w->result->bytes_written - w->space_checked < SPACE_EVERY ? 0 : check_space(w, e);
}

/* Directories that a member takes for granted count, too: there may be hundreds above it. */
static int count_member(struct writer *w, struct err *e)
{
	uint64_t all = ++w->result->members + w->tree.made;

	if (all > members_most && !w->u->unlimited)
		return err_set(e, -EFBIG, "more than %llu members", (unsigned long long)members_most);
	if (all - w->members_checked < MEMBERS_EVERY)
		return 0;
	w->members_checked = all;
	return check_space(w, e);
}

/* ---- attributes */

static bool starts(const char *s, size_t n, const char *prefix)
{
	return n >= strlen(prefix) && !memcmp(s, prefix, strlen(prefix));
}

/* What of the image's attributes a layer may have. Overlayfs reads its own from layers: they get one "overlay." more, which the
 * kernel takes off again in the merged view. */
static bool xattr_name(const char *s, size_t n, char to[256])
{
	static const char overlay[] = "trusted.overlay.";
	bool is_acl = starts(s, n, "system.posix_acl_access") || starts(s, n, "system.posix_acl_default");

	if (memchr(s, '\0', n))
		return false;
	if (starts(s, n, overlay))
		return str_fmt(to, 256, "%soverlay.%.*s", overlay, (int)(n - strlen(overlay)), s + strlen(overlay)) >= 0;
	if (!starts(s, n, "user.") && !starts(s, n, "trusted.") && !starts(s, n, "security.capability") && !is_acl)
		return false;
	return str_fmt(to, 256, "%.*s", (int)n, s) >= 0;
}

/* security.* but capabilities is the policy of the host that packed: left out without a word. */
static bool is_host_policy(const char *s, size_t n)
{
	return starts(s, n, "security.") && !starts(s, n, "security.capability");
}

static void set_xattrs(void *ctx, int fd, const char *xattrs, uint32_t n)
{
	struct writer *w = ctx;
	const char *p = xattrs, *end = p + n, *name, *value;
	struct xattr_head h;
	char to[256];

	while (xattr_next(&p, end, &h, &name, &value)) {
		if (is_host_policy(name, h.name_n))
			continue;
		if (!xattr_name(name, h.name_n, to) || fsetxattr(fd, to, value, h.value_n, 0) < 0)
			w->lost.xattrs++;
		else if (str_eq(to, "system.posix_acl_default"))
			w->tree.default_acls = true;
	}
}

/* Of a link or special file, which has no descriptor to write attributes through. */
static void set_xattrs_of(struct writer *w, int dir, const char *last, const struct member *m)
{
	const char *p = m->xattrs, *end = p + m->xattrs_n, *name, *value;
	struct xattr_head h;
	char to[256], path[40];

	if (!m->xattrs_n)
		return;
	AUTO(fd) int fd = openat(dir, last, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	(void)str_fmt(path, sizeof path, "/proc/self/fd/%d", fd); /* fits; this link leads to the object itself, even to a link */
	while (xattr_next(&p, end, &h, &name, &value)) {
		if (is_host_policy(name, h.name_n))
			continue;
		if (fd < 0 || !xattr_name(name, h.name_n, to) || setxattr(path, to, value, h.value_n, 0) < 0)
			w->lost.xattrs++;
	}
}

static bool must_chown(const struct writer *w, const struct tree_level *in, const struct member *m)
{
	return m->uid != w->uid || m->gid != w->gid || in->gives_group;
}

/* Of an unprivileged importer everything stays his own; that is counted. */
static int chown_failed(struct writer *w, const char *name, struct err *e)
{
	if (errno != EPERM || !w->uid)
		return err_sys(e, "%s: owner", name);
	w->lost.owners++;
	return 0;
}

static struct timespec mtime_of(const struct member *m)
{
	return (struct timespec){ .tv_sec = (time_t)m->mtime_s, .tv_nsec = m->mtime_ns < 1000000000 ? m->mtime_ns : 0 };
}

/* ---- names that are taken */

/* Makes room for a member that is no directory: the last of one name wins. */
static int remove_earlier(int dir, const char *last, const char *path, struct err *e)
{
	struct stat s;

	if (fstatat(dir, last, &s, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "%s", path);
	if (S_ISDIR(s.st_mode))
		return err_set(e, -EISDIR, "%s: a file where a directory is already", path);
	return unlinkat(dir, last, 0) < 0 ? err_sys(e, "%s", path) : 0;
}

typedef int make_fn(int dir, const char *last, const struct member *m);

/* Calls MAKE once, and once more if the name was taken; its result. */
static int make_new(const struct writer *w, make_fn *make, int dir, const char *last, const struct member *m, struct err *e)
{
	int r = make(dir, last, m);

	if (r == -EEXIST) {
		if ((r = remove_earlier(dir, last, w->route.path, e)) < 0)
			return r;
		r = make(dir, last, m);
	}
	return r < 0 ? err_code(e, r, "%s", w->route.path) : r;
}

/* ---- files */

static int finish_attributes(struct writer *w, struct open_file *f, struct err *e)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, mtime_of(&f->member) };
	const struct member *m = &f->member;
	int r;

	if (m->size > f->end && ftruncate(f->fd, (off_t)m->size) < 0)
		return err_sys(e, "%s: size", w->route.path);
	if (f->chown && fchown(f->fd, m->uid, m->gid) < 0 && (r = chown_failed(w, w->route.path, e)) < 0)
		return r;
	if (m->mode & 07000 && fchmod(f->fd, m->mode) < 0)
		return err_sys(e, "%s: mode", w->route.path);
	if (m->xattrs_n)
		set_xattrs(w, f->fd, f->xattrs, m->xattrs_n);
	if (futimens(f->fd, times) < 0)
		return err_sys(e, "%s: time", w->route.path);
	if (f->end >= EARLY_FROM)
		(void)sync_file_range(f->fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* a hint */
	return 0;
}

/* w->route is still that of the file. */
static int finish_file(struct writer *w, struct err *e)
{
	struct open_file *f = &w->file;
	int r = f->fd < 0 ? 0 : finish_attributes(w, f, e);

	auto_fd(&f->fd);
	f->fd = -1;
	free(f->xattrs);
	f->xattrs = NULL;
	return r;
}

static int make_file(int dir, const char *last, const struct member *m)
{
	int fd = openat(dir, last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)(m->mode & 0777));

	return fd < 0 ? -errno : fd;
}

static int keep_xattrs(struct open_file *f, const struct member *m, struct err *e)
{
	if (!m->xattrs_n)
		return 0;
	if (!(f->xattrs = malloc(m->xattrs_n)))
		return err_code(e, -ENOMEM, "attributes");
	memcpy(f->xattrs, m->xattrs, m->xattrs_n);
	return 0;
}

static int write_file(struct writer *w, const struct tree_level *in, const char *last, const struct member *m, struct err *e)
{
	struct open_file *f = &w->file;
	int r;

	if (m->size > file_most)
		return err_set(e, -EFBIG, "%s: larger than 16 TiB", w->route.path);
	if ((r = make_new(w, make_file, in->fd, last, m, e)) < 0)
		return r;
	*f = (struct open_file){ .fd = r, .chown = must_chown(w, in, m), .member = *m };
	return keep_xattrs(f, m, e);
}

static int write_data(struct writer *w, uint64_t offset, const void *bytes, size_t n, struct err *e)
{
	struct open_file *f = &w->file;
	size_t written = n;
	uint64_t end;

	if (f->fd < 0)
		return 0;
	if (offset < f->end || __builtin_add_overflow(offset, n, &end) || end > f->member.size)
		return err_set(e, -EPROTO, "%s: the reader sent nonsense", w->route.path);
	for (const char *p = bytes; n;) {
		ssize_t put = pwrite(f->fd, p, n, (off_t)offset);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_sys(e, "%s", w->route.path);
		p += put;
		n -= (size_t)put;
		offset += (uint64_t)put;
	}
	f->end = end;
	return count_bytes(w, written, e);
}

/* ---- directories */

static int dress_directory(struct writer *w, struct tree_level *l, bool is_new, bool do_chown, const struct member *m, struct err *e)
{
	int r;

	if (do_chown && fchown(l->fd, m->uid, m->gid) < 0 && (r = chown_failed(w, w->route.path, e)) < 0)
		return r;
	if (w->uid && (m->mode & 0700) != 0700)
		l->late_mode = (int)m->mode; /* we, not being root, still have to write in it */
	else if ((!is_new || m->mode & 07000 || l->gives_group) && fchmod(l->fd, m->mode) < 0)
		return err_sys(e, "%s: mode", w->route.path);
	l->gives_group = m->mode & S_ISGID;
	l->mtime = mtime_of(m);
	l->set_mtime = true;
	if (m->xattrs_n) {
		char *bytes = realloc(l->xattrs, m->xattrs_n);

		if (!bytes)
			return err_code(e, -ENOMEM, "attributes");
		memcpy(bytes, m->xattrs, m->xattrs_n);
		l->xattrs = bytes;
		l->xattrs_n = m->xattrs_n;
	}
	return 0;
}

static int write_dir(struct writer *w, const struct tree_level *in, const char *last, const struct member *m, struct err *e)
{
	mode_t mode = (mode_t)(m->mode & 0777) | (w->uid ? 0700 : 0);
	bool do_chown = must_chown(w, in, m), is_new = !mkdirat(in->fd, last, mode);
	struct tree_level *l;
	int r;

	if (!is_new && errno != EEXIST)
		return err_sys(e, "%s", w->route.path);
	r = tree_enter(&w->tree, last, is_new, &l, e);
	return r < 0 ? r : dress_directory(w, l, is_new, do_chown || !is_new, m, e);
}

/* ---- links and special files */

static int make_symlink(int dir, const char *last, const struct member *m)
{
	char target[NAME_LIMIT + 1];

	memcpy(target, m->link, m->link_n);
	target[m->link_n] = '\0';
	if (!m->link_n || strlen(target) != m->link_n)
		return -EINVAL;
	return symlinkat(target, dir, last) < 0 ? -errno : 0;
}

/* 1: not allowed here. */
static int make_node(int dir, const char *last, const struct member *m)
{
	mode_t kind = m->type == MEMBER_CHAR ? S_IFCHR : m->type == MEMBER_BLOCK ? S_IFBLK : S_IFIFO;

	if (!mknodat(dir, last, kind | (mode_t)(m->mode & 0777), makedev(m->major, m->minor)))
		return 0;
	return errno == EPERM ? 1 : -errno;
}

static int dress_link(struct writer *w, const struct tree_level *in, const char *last, const struct member *m, struct err *e)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, mtime_of(m) };
	int r;

	if (must_chown(w, in, m) && fchownat(in->fd, last, m->uid, m->gid, AT_SYMLINK_NOFOLLOW) < 0 &&
	    (r = chown_failed(w, w->route.path, e)) < 0)
		return r;
	set_xattrs_of(w, in->fd, last, m);
	return utimensat(in->fd, last, times, AT_SYMLINK_NOFOLLOW) < 0 ? err_sys(e, "%s: time", w->route.path) : 0;
}

static int write_symlink(struct writer *w, const struct tree_level *in, const char *last, const struct member *m, struct err *e)
{
	int r = make_new(w, make_symlink, in->fd, last, m, e);

	if (r < 0 || (r = count_bytes(w, m->link_n, e)) < 0)
		return r;
	return dress_link(w, in, last, m, e);
}

static int write_node(struct writer *w, const struct tree_level *in, const char *last, const struct member *m, struct err *e)
{
	int r;

	/* overlayfs takes it for "this name was deleted" */
	if (m->type == MEMBER_CHAR && !m->major && !m->minor) {
		w->lost.whiteouts++;
		return 0;
	}
	if ((r = make_new(w, make_node, in->fd, last, m, e)) < 0)
		return r;
	if (r == 1) {
		w->lost.devices++;
		return 0;
	}
	if ((r = dress_link(w, in, last, m, e)) < 0)
		return r;
	/* ours since a moment, by a single name, and no link */
	if (m->mode & 07000 && fchmodat(in->fd, last, (mode_t)m->mode, 0) < 0)
		return err_sys(e, "%s: mode", w->route.path);
	return 0;
}

/* Opens the directory of TO, which is below w->u->dest, without making anything. */
static int open_parent_of(const struct writer *w, const struct route *to, const char **ret_last, struct err *e)
{
	char parent[sizeof to->path];
	const char *slash = strrchr(to->path, '/');

	if (!slash)
		return err_set(e, -EINVAL, "%s: no file to link to", to->path);
	memcpy(parent, to->path, (size_t)(slash - to->path));
	parent[slash - to->path] = '\0';
	*ret_last = slash + 1;
	return at_open(w->u->dest, parent, O_PATH | O_DIRECTORY, 0, e);
}

/* 0 when it is made; EEXIST is sorted out: the name may already be this very file. */
static int link_file(int from_dir, const char *from, int dir, const char *last, const char *path, struct err *e)
{
	struct stat have, want;

	if (!linkat(from_dir, from, dir, last, 0))
		return 0;
	if (errno != EEXIST || fstatat(from_dir, from, &want, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fstatat(dir, last, &have, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "%s: hard link", path);
	if (have.st_ino == want.st_ino && have.st_dev == want.st_dev)
		return 0;
	int r = remove_earlier(dir, last, path, e);
	if (r < 0)
		return r;
	return linkat(from_dir, from, dir, last, 0) < 0 ? err_sys(e, "%s: hard link", path) : 0;
}

static int write_hardlink(struct writer *w, const struct tree_level *in, const char *last, const struct member *m, struct err *e)
{
	struct route to;
	const char *from = NULL;
	struct stat s;
	int r = route_member(w->u->kind, m->link, m->link_n, &to, e);

	if (r < 0)
		return err_in(e, r, "%s: hard link", w->route.path);
	if (to.zone != w->route.zone)
		return err_set(e, -EINVAL, "%s: hard link to %s, out of its tree", w->route.path, to.path);
	AUTO(fd) int from_dir = open_parent_of(w, &to, &from, e);
	if (from_dir < 0)
		return err_in(e, from_dir, "%s: hard link", w->route.path);
	if (fstatat(from_dir, from, &s, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "%s: hard link to %s", w->route.path, to.path);
	if (S_ISDIR(s.st_mode) || (w->route.zone != ZONE_ROOTFS && !S_ISREG(s.st_mode)))
		return err_set(e, -EINVAL, "%s: hard link to %s, which is no file", w->route.path, to.path);
	return link_file(from_dir, from, in->fd, last, w->route.path, e);
}

/* ---- members */

/* metadata.yaml and templates/ are read by us, later: plain files and directories of root's, whatever the archive says. */
static int tame(struct writer *w, struct member *m, struct err *e)
{
	bool is_metadata = w->route.zone == ZONE_METADATA;

	if (is_metadata && w->result->has_metadata)
		return err_set(e, -EINVAL, "metadata.yaml is there twice");
	if (is_metadata && m->type != MEMBER_FILE)
		return err_set(e, -EINVAL, "metadata.yaml: not a regular file");
	if (is_metadata && m->size > metadata_most)
		return err_set(e, -EFBIG, "metadata.yaml: larger than 1 MiB");
	if (w->route.top && !is_metadata && m->type != MEMBER_DIR)
		return err_set(e, -EINVAL, "%s: not a directory", w->route.path);
	if (m->type != MEMBER_FILE && m->type != MEMBER_DIR && m->type != MEMBER_HARDLINK)
		return err_set(e, -EINVAL, "%s: neither a file nor a directory", w->route.path);
	m->mode = m->type == MEMBER_DIR ? 0755 : 0644;
	m->uid = w->uid;
	m->gid = w->gid;
	m->xattrs_n = 0;
	w->result->has_metadata |= is_metadata;
	return 0;
}

static int check_rootfs(struct writer *w, const struct member *m, struct err *e)
{
	if (w->route.top && m->type != MEMBER_DIR)
		return err_set(e, -EINVAL, "%s: not a directory", w->route.path);
	w->result->has_rootfs = true;
	return 0;
}

static int write_member(struct writer *w, struct member *m, struct err *e)
{
	struct tree_level *in;
	const char *last;
	int r;

	if ((r = finish_file(w, e)) < 0 || (r = count_member(w, e)) < 0 ||
	    (r = route_member(w->u->kind, m->name, m->name_n, &w->route, e)) < 0)
		return r;
	if (w->route.zone == ZONE_NONE)
		return 0;
	if ((r = w->route.zone == ZONE_ROOTFS ? check_rootfs(w, m, e) : tame(w, m, e)) < 0 ||
	    (r = count_bytes(w, m->xattrs_n, e)) < 0 ||
	    (r = tree_goto_parent(&w->tree, w->route.path, w->route.n, &in, &last, e)) < 0)
		return r;
	switch ((enum member_type)m->type) {
	case MEMBER_FILE:
		return write_file(w, in, last, m, e);
	case MEMBER_DIR:
		return write_dir(w, in, last, m, e);
	case MEMBER_SYMLINK:
		return write_symlink(w, in, last, m, e);
	case MEMBER_HARDLINK:
		return write_hardlink(w, in, last, m, e);
	case MEMBER_CHAR:
	case MEMBER_BLOCK:
	case MEMBER_FIFO:
		return write_node(w, in, last, m, e);
	}
	return err_set(e, -EPROTO, "%s: the reader sent nonsense", w->route.path);
}

static void tell_progress(struct writer *w, uint64_t consumed)
{
	w->consumed = consumed;
	if (consumed - w->progress_told < PROGRESS_EVERY)
		return;
	w->progress_told = consumed;
	report_progress(w->report, "Unpack", consumed, w->u->size);
	if (w->u->keep >= 0)
		(void)sync_file_range(w->u->keep, 0, 0, SYNC_FILE_RANGE_WRITE); /* a hint, as for large files */
}

static int write_records(struct writer *w, struct record_source *from, struct reading_end *ret_end, struct err *e)
{
	struct record rec;
	int r;

	while ((r = record_next(from, &rec, e)) >= 0) {
		tell_progress(w, rec.consumed);
		switch (rec.kind) {
		case RECORD_MEMBER:
			r = write_member(w, &rec.member, e);
			break;
		case RECORD_DATA:
			r = write_data(w, rec.data.offset, rec.data.bytes, rec.data.n, e);
			break;
		case RECORD_ERROR:
			if (e)
				*e = rec.error;
			return rec.error.code;
		case RECORD_END:
			*ret_end = rec.end;
			return finish_file(w, e);
		}
		if (r < 0)
			return r;
	}
	return r;
}

static void warn_of_losses(const struct writer *w, const struct reading_end *end)
{
	const struct {
		uint64_t n;
		const char *text;
	} row[] = {
		{ w->lost.devices, "device nodes could not be made here" },
		{ w->lost.whiteouts, "character devices 0:0 were left out: overlayfs would take them for deletions" },
		{ w->lost.xattrs, "extended attributes could not be kept on this file system" },
		{ w->lost.owners, "files belong to you: only root can give them away" },
		{ end->sockets_lost, "sockets were left out" },
		{ end->acls_lost, "access control lists were left out: they name users without their ids" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		if (row[i].n)
			report_warn(w->report, "%s: %llu %s", w->u->name, (unsigned long long)row[i].n, row[i].text);
}

int writer_run(struct record_source *from, const struct unpack *u, struct unpack_result *ret, struct reading_end *ret_end,
	       struct report *report, struct err *e)
{
	struct writer *w = calloc(1, sizeof *w);
	mode_t umask_before;
	int r, closed;

	if (!w)
		return err_code(e, -ENOMEM, "%s", u->name);
	w->u = u;
	w->report = report;
	w->result = ret;
	w->file.fd = -1;
	w->uid = geteuid();
	w->gid = getegid();
	tree_open(&w->tree, u->dest);
	w->tree.set_xattrs = set_xattrs;
	w->tree.ctx = w;
	umask_before = umask(0); /* modes are the archive's */
	if ((r = check_space(w, e)) >= 0)
		r = write_records(w, from, ret_end, e);
	if (r < 0)
		(void)finish_file(w, NULL); /* the first failure counts */
	closed = tree_close(&w->tree, r < 0 ? NULL : e);
	umask(umask_before);
	if (r >= 0)
		r = closed;
	if (r >= 0)
		warn_of_losses(w, ret_end);
	free(w);
	return r;
}
