#include "core/at.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "core/auto.h"

#define PROC_MAGIC 0x9fa0

enum {
	PATH_LONGEST = 4096,  /* as the kernel: with the final NUL */
	LINKS_MOST = 40,      /* as the kernel */
	STEPS_MOST = 1 << 16, /* of one walk; only a path made for it gets there */
	AGAIN_MOST = 32,
};

bool at_without_openat2;

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* ---- the walk: what openat2 does, component by component ----
 *
 * `dir` is the directory reached, `done` its path from the root, made of real directories only. ".." does not ask the
 * kernel (a directory that is moved meanwhile would lead out) but shortens `done`; dir is opened anew, link by link refused,
 * when the next name is looked up. */
struct walk {
	int root;
	int dir;	 /* -1: stands at `done` but is not open */
	bool is_chroot;	 /* links and ".." are resolved inside the root; else refused */
	int links;
	int steps;
	struct buf done; /* "/a/b", "" at the root */
	struct buf rest; /* what remains of the path */
	size_t at;	 /* place in rest */
};

static void auto_walk(struct walk *w)
{
	auto_fd(&w->dir);
	buf_free(&w->done);
	buf_free(&w->rest);
}

static int open_dir_below(int dir, const char *name)
{
	int fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void walk_enter(struct walk *w, int fd)
{
	auto_fd(&w->dir);
	w->dir = fd;
}

/* Opens `dir` again by way of `done`. */
static int walk_reopen(struct walk *w)
{
	char name[NAME_MAX + 1];
	const char *p = w->done.s;
	int fd;

	if (w->dir >= 0)
		return 0;
	if ((fd = open_dir_below(w->root, ".")) < 0)
		return fd;
	walk_enter(w, fd);
	while (*p == '/') {
		size_t n = strcspn(++p, "/");

		if (++w->steps > STEPS_MOST)
			return -ELOOP;
		memcpy(name, p, n);
		name[n] = '\0';
		if ((fd = open_dir_below(w->dir, name)) < 0)
			return fd;
		walk_enter(w, fd);
		p += n;
	}
	return 0;
}

static void walk_to_root(struct walk *w)
{
	buf_cut(&w->done, 0);
	walk_enter(w, -1);
}

static int walk_up(struct walk *w)
{
	char *slash = strrchr(w->done.s, '/');

	if (!slash)
		return w->is_chroot ? 0 : -EXDEV;
	buf_cut(&w->done, (size_t)(slash - w->done.s));
	walk_enter(w, -1);
	return 0;
}

/* proc's links that are no paths (exe, fd/3, ns/net): all that is absolute or like "net:[4026531840]" */
static bool is_magic_link(int fd, const char *target)
{
	struct statfs fs;

	return (target[0] == '/' || strchr(target, ':')) && !fstatfs(fd, &fs) && fs.f_type == PROC_MAGIC;
}

/* Puts the target of the link FD in front of what remains. */
static int walk_link(struct walk *w, int fd)
{
	char target[PATH_LONGEST];
	ssize_t n = readlinkat(fd, "", target, sizeof target - 1);
	AUTO(buf) struct buf rest = BUF_NONE;

	if (n < 0)
		return -errno;
	if (!n)
		return -ENOENT;
	target[n] = '\0';
	if (!w->is_chroot || is_magic_link(fd, target) || ++w->links > LINKS_MOST)
		return -ELOOP;
	if (target[0] == '/')
		walk_to_root(w);
	buf_addstr(&rest, target);
	buf_addstr(&rest, w->rest.s + w->at);
	buf_free(&w->rest);
	w->rest = rest;
	rest = BUF_NONE;
	w->at = 0;
	return buf_error(&w->rest);
}

/* NAME, not the last one: into a directory, or along a link. */
static int walk_step(struct walk *w, const char *name)
{
	AUTO(fd) int fd = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return walk_link(w, fd);
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	walk_enter(w, take_fd(&fd));
	buf_addch(&w->done, '/');
	buf_addstr(&w->done, name);
	return buf_error(&w->done);
}

/* NAME, the last one: the descriptor, or -EAGAIN when it was a link and there is more to walk. */
static int walk_last(struct walk *w, const char *name, int flags, mode_t mode)
{
	bool follow = !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
	struct stat st;
	int fd;

	if (follow && !fstatat(w->dir, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISLNK(st.st_mode)) {
		AUTO(fd) int link = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		int r = link < 0 ? -errno : walk_link(w, link);

		return r < 0 ? r : -EAGAIN;
	}
	fd = openat(w->dir, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
	return fd < 0 ? -errno : fd;
}

/* Takes the next component off the path: its length, 0 at the end. */
static int walk_next(struct walk *w, char name[NAME_MAX + 1])
{
	size_t n;

	w->at += strspn(w->rest.s + w->at, "/");
	n = strcspn(w->rest.s + w->at, "/");
	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, w->rest.s + w->at, n);
	name[n] = '\0';
	w->at += n;
	return (int)n;
}

static int walk_run(struct walk *w, int flags, mode_t mode)
{
	char name[NAME_MAX + 1];

	for (;;) {
		int r = walk_next(w, name), fd;

		if (r < 0)
			return r;
		if (++w->steps > STEPS_MOST)
			return -ELOOP;
		if (!strcmp(name, "..") && (r = walk_up(w)) < 0)
			return r;
		if ((r = walk_reopen(w)) < 0)
			return r;
		if (!*name || !strcmp(name, ".") || !strcmp(name, "..")) {
			if (w->rest.s[w->at])
				continue;
			fd = openat(w->dir, ".", flags | O_CLOEXEC, mode);
			return fd < 0 ? -errno : fd;
		}
		if (w->rest.s[w->at]) {
			if ((r = walk_step(w, name)) < 0)
				return r;
			continue;
		}
		if ((r = walk_last(w, name, flags, mode)) != -EAGAIN)
			return r;
	}
}

static int walk_open(int root, const char *path, int flags, mode_t mode, bool is_chroot)
{
	AUTO(walk) struct walk w = {
		.root = root, .dir = -1, .is_chroot = is_chroot, .done = BUF_NONE, .rest = BUF_NONE,
	};

	if (!*path)
		return -ENOENT;
	if (strlen(path) >= PATH_LONGEST)
		return -ENAMETOOLONG;
	if (*path == '/' && !is_chroot)
		return -EXDEV;
	buf_addstr(&w.rest, path);
	return buf_error(&w.rest) ? -ENOMEM : walk_run(&w, flags, mode);
}

/* -EAGAIN: a rename or mount elsewhere crossed a ".."; asked again, and in the end left to the walk. */
static int openat2_open(int dir, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.mode = flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)) ? mode & 07777 : 0,
		.resolve = resolve,
	};
	long fd = -1;

	if (at_without_openat2)
		return -ENOSYS;
	for (int i = 0; i < AGAIN_MOST && fd < 0; i++) {
		fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
		if (fd < 0 && errno != EAGAIN && errno != EINTR)
			break;
	}
	return fd < 0 ? -errno : (int)fd;
}

/* EPERM is what a foreign seccomp filter says to a call that it does not know; if the file itself is the reason, the walk
 * finds that too. */
static bool is_no_openat2(int r)
{
	return r == -ENOSYS || r == -EPERM || r == -EAGAIN;
}

static int open_beneath(int dir, const char *path, int flags, mode_t mode)
{
	int r = openat2_open(dir, path, flags, mode, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);

	return is_no_openat2(r) ? walk_open(dir, path, flags, mode, false) : r;
}

static int open_in_root(int root, const char *path, int flags, mode_t mode)
{
	int r = openat2_open(root, path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);

	return is_no_openat2(r) ? walk_open(root, path, flags, mode, true) : r;
}

int at_open(int dir, const char *path, int flags, mode_t mode, struct err *e)
{
	int r = open_beneath(dir, path, flags, mode);

	return r < 0 ? err_code(e, r, "%s", last_component(path)) : r;
}

int at_open_in_root(int root, const char *path, int flags, mode_t mode, struct err *e)
{
	int r = open_in_root(root, path, flags, mode);

	return r < 0 ? err_code(e, r, "%s", path) : r;
}

/* ---- directories ---- */

/* An umask of whoever started us must not decide about our directories. */
static int make_and_open(int dir, const char *name, mode_t mode)
{
	AUTO(fd) int fd = -1;

	if (mkdirat(dir, name, mode) < 0)
		return -errno;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, mode) < 0)
		return -errno;
	return take_fd(&fd);
}

int at_mkdir(int dir, const char *name, mode_t mode, struct err *e)
{
	int r = make_and_open(dir, name, mode);

	return r < 0 ? err_code(e, r, "%s", last_component(name)) : r;
}

/* The directory that the first N bytes of PATH lead to, made below PARENT under its last name if it is missing. */
static int open_or_make(int root, int parent, char *path, size_t n)
{
	char cut = path[n], name[NAME_MAX + 1];
	int fd;

	path[n] = '\0';
	fd = open_in_root(root, path, O_PATH | O_DIRECTORY, 0);
	if (fd == -ENOENT && str_fmt(name, sizeof name, "%s", last_component(path)) == 0)
		if ((fd = make_and_open(parent, name, 0755)) == -EEXIST)
			fd = open_in_root(root, path, O_PATH | O_DIRECTORY, 0); /* made by somebody else, or a dangling link */
	path[n] = cut;
	return fd;
}

static int mkdir_in_root(int root, char *path)
{
	AUTO(fd) int dir = open_in_root(root, "/", O_PATH | O_DIRECTORY, 0);
	size_t n = 0;

	while (dir >= 0 && path[n += strspn(path + n, "/")]) {
		int next;

		n += strcspn(path + n, "/");
		if ((next = open_or_make(root, dir, path, n)) < 0)
			return next;
		auto_fd(&dir);
		dir = next;
	}
	if (dir < 0)
		return dir;
	return fcntl(dir, F_GETFL) & O_PATH ? take_fd(&dir) : open_dir_below(dir, ".");
}

int at_mkdir_in_root(int root, const char *path, struct err *e)
{
	AUTO(str) char *copy = NULL;
	int r = open_in_root(root, *path ? path : "/", O_PATH | O_DIRECTORY, 0);

	if (r == -ENOENT)
		r = (copy = strdup(path)) ? mkdir_in_root(root, copy) : -ENOMEM;
	return r < 0 ? err_code(e, r, "%s", path) : r;
}

int fd_reopen_dir(int fd, struct err *e)
{
	int dir = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 ? err_sys(e, "cannot read directory") : dir;
}

/* struct dirent is the kernel's linux_dirent64 wherever off_t has 64 bits */
static ssize_t read_entries(int fd, void *to, size_t size)
{
	long n = syscall(SYS_getdents64, fd, to, size);

	return n < 0 ? -errno : n;
}

static bool is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

int at_each(int dir, int (*fn)(void *ctx, const char *name, unsigned char d_type), void *ctx, struct err *e)
{
	_Alignas(struct dirent) char bytes[16 * 1024];
	AUTO(fd) int fd = fd_reopen_dir(dir, e);
	ssize_t n = 0;
	int r = 0;

	if (fd < 0)
		return fd;
	while (!r && (n = read_entries(fd, bytes, sizeof bytes)) > 0) {
		const struct dirent *d;

		for (ssize_t at = 0; at < n && !r; at += d->d_reclen) {
			d = (const struct dirent *)(bytes + at);
			if (!is_dots(d->d_name))
				r = fn(ctx, d->d_name, d->d_type);
		}
	}
	return n < 0 ? err_code(e, (int)n, "cannot read directory") : r;
}

int at_exists(int dir, const char *name)
{
	struct stat st;

	if (!fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

/* ---- reading and writing ---- */

enum { ROOM_FIRST = 1000, ROOM_MOST = 64 * 1024 };

/* SIZE 0: not known, as of what the kernel makes up. Most files of /proc and /etc are small: fresh memory costs more than calls. */
static int read_to_end(int fd, uint64_t size, size_t limit, struct buf *buf)
{
	size_t start = buf->len, room = size && size < limit ? (size_t)size + 1 : ROOM_FIRST;

	for (;;) {
		size_t got = buf->len - start;
		char *to = buf_room(buf, room);
		ssize_t n;

		if (!to)
			return -ENOMEM;
		/* one byte more than allowed tells "too large" from "just fits" */
		n = read(fd, to, room < limit - got + 1 ? room : limit - got + 1);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n <= 0) {
			if (!n)
				return 0;
			continue;
		}
		if ((size_t)n > limit - got)
			return -EFBIG;
		buf_grew(buf, (size_t)n);
		if (size && got + (size_t)n == size && (size_t)n < room)
			return 0; /* a regular file's short read is its end: one call less */
		room = room < ROOM_MOST / 4 ? room * 4 : ROOM_MOST;
	}
}

/* All of it or nothing. SIZE: what a regular file should have, else 0. */
static int read_all(int fd, uint64_t size, size_t limit, struct buf *buf)
{
	size_t start = buf->len;
	int r = read_to_end(fd, size, limit < SIZE_MAX ? limit : SIZE_MAX - 1, buf);

	if (r < 0) {
		buf_cut(buf, start);
		buf_grew(buf, 0); /* what was read too much has overwritten the NUL */
	}
	return r;
}

int fd_read(int fd, size_t limit, struct buf *buf, struct err *e)
{
	int r = read_all(fd, 0, limit, buf);

	return r < 0 ? err_code(e, r, "cannot read") : 0;
}

static int open_regular(int dir, const char *name, uint64_t *ret_size, struct err *e)
{
	AUTO(fd) int fd = at_open(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, e); /* a FIFO must not hold us */
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return err_sys(e, "%s", last_component(name));
	if (S_ISDIR(st.st_mode))
		return err_code(e, -EISDIR, "%s", last_component(name));
	if (!S_ISREG(st.st_mode))
		return err_set(e, -EINVAL, "%s: not a regular file", last_component(name));
	*ret_size = (uint64_t)st.st_size;
	return take_fd(&fd);
}

int at_read(int dir, const char *name, size_t limit, struct buf *buf, struct err *e)
{
	uint64_t size = 0;
	AUTO(fd) int fd = open_regular(dir, name, &size, e);
	int r;

	if (fd < 0)
		return fd;
	r = read_all(fd, size, limit, buf);
	return r < 0 ? err_code(e, r, "%s", last_component(name)) : 0;
}

int fd_write(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EAGAIN) {
			struct pollfd room = { .fd = fd, .events = POLLOUT };

			(void)poll(&room, 1, -1);
		} else if (done < 0 && errno != EINTR) {
			return -errno;
		}
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

int at_write_kernel(int dir, const char *path, const char *value, struct err *e)
{
	AUTO(fd) int fd = openat(dir, path, O_WRONLY | O_CLOEXEC);
	size_t n = strlen(value);
	ssize_t done;

	if (fd < 0)
		return err_sys(e, "%s", last_component(path));
	done = write(fd, value, n);
	if (done < 0)
		return err_sys(e, "%s", last_component(path));
	return (size_t)done == n ? 0 : err_code(e, -EIO, "%s", last_component(path));
}

/* A temporary file that is removed unless it was renamed. */
struct temp {
	int dir;
	int fd;
	char name[NAME_MAX + 1];
};

static void auto_temp(struct temp *t)
{
	int saved = errno;

	if (t->name[0])
		(void)unlinkat(t->dir, t->name, 0); /* the error that made us give up is the one to tell */
	auto_fd(&t->fd);
	errno = saved;
}

static int temp_open(struct temp *t, const char *name)
{
	uint32_t random;

	for (int i = 0; i < 100; i++) {
		if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
			random = (uint32_t)getpid() * 2654435761U + (uint32_t)i;
		snprintf(t->name, sizeof t->name, ".%.240s.%08x", name, (unsigned)random);
		t->fd = openat(t->dir, t->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (t->fd >= 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	t->name[0] = '\0';
	return -errno;
}

static int sync_dir(int dir)
{
	AUTO(fd) int readable = -1;

	if (dir != AT_FDCWD && !fsync(dir))
		return 0;
	if (dir != AT_FDCWD && errno != EBADF)
		return errno == EINVAL ? 0 : -errno; /* EINVAL: a filesystem that knows no fsync of directories */
	readable = fd_reopen_dir(dir, NULL);	     /* DIR is O_PATH */
	if (readable < 0)
		return readable;
	return !fsync(readable) || errno == EINVAL ? 0 : -errno;
}

static int write_atomic(int dir, const char *name, const void *data, size_t n, mode_t mode)
{
	AUTO(temp) struct temp t = { .dir = dir, .fd = -1 };
	int r = temp_open(&t, name);

	if (r < 0 || (r = fd_write(t.fd, data, n)) < 0)
		return r;
	if (fchmod(t.fd, mode) < 0 || fsync(t.fd) < 0 || renameat(dir, t.name, dir, name) < 0)
		return -errno;
	t.name[0] = '\0';
	return sync_dir(dir);
}

int at_write_atomic(int dir, const char *name, const void *data, size_t n, mode_t mode, struct err *e)
{
	int r = write_atomic(dir, name, data, n, mode);

	return r < 0 ? err_code(e, r, "cannot write %s", name) : 0;
}

/* ---- removing a tree ----
 *
 * Level by level on the heap, with few descriptors: a directory is read once, its files are removed on the way and the
 * names of its directories are kept; deep down the upper levels are closed, and opened again from below by "..", where
 * device and inode must be those that were left. */
enum {
	OPEN_LEVELS = 16,
	NAMES_MOST = 1 << 16, /* bytes of directory names kept by one level; a wider one is read in parts */
};

struct level {
	int fd; /* -1: closed meanwhile */
	dev_t dev;
	ino_t ino;
	char *name;	   /* in the level above */
	struct buf dirs;   /* names of directories, each with its NUL */
	size_t next;	   /* place in dirs */
	bool is_read;	   /* to the end */
	bool is_reopened;  /* the place in the directory is lost: a further part begins at the start */
	bool is_progress;  /* something went since the last start */
	bool is_permitted; /* write permission has been given */
};

struct removal {
	struct level *level;
	size_t n, cap;
	int first; /* failure */
	struct err *e;
	_Alignas(struct dirent) char entries[32 * 1024];
};

static void removal_failed(struct removal *rm, int r, const char *name)
{
	if (rm->first)
		return;
	rm->first = r == -EXDEV ? err_set(rm->e, r, "cannot remove %s: something is mounted there", name) :
				  err_code(rm->e, r, "cannot remove %s", name);
}

static void level_clear(struct level *l)
{
	auto_fd(&l->fd);
	free(l->name);
	buf_free(&l->dirs);
}

static void auto_removal(struct removal **rm)
{
	if (!*rm)
		return;
	while ((*rm)->n)
		level_clear(&(*rm)->level[--(*rm)->n]);
	free((*rm)->level);
	free(*rm);
}

/* An id of the mount that FD lies on, where the kernel tells. */
static bool mount_id(int fd, int *ret)
{
	struct file_handle h = { .handle_bytes = 0 };

	return name_to_handle_at(fd, "", &h, ret, AT_EMPTY_PATH) == 0 || errno == EOVERFLOW;
}

static bool is_same_mount(int a, int b)
{
	struct stat sa, sb;
	int ma, mb;

	if (fstat(a, &sa) < 0 || fstat(b, &sb) < 0 || sa.st_dev != sb.st_dev)
		return false;
	return !mount_id(a, &ma) || !mount_id(b, &mb) || ma == mb;
}

static int open_same_mount(int dir, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
	int r = openat2_open(dir, name, flags, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	AUTO(fd) int fd = -1, parent = -1;

	if (!is_no_openat2(r))
		return r;
	fd = openat(dir, name, flags | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	parent = open_dir_below(dir, ".");
	return is_same_mount(fd, parent) ? take_fd(&fd) : -EXDEV;
}

static int open_to_remove(int dir, const char *name)
{
	int fd = open_same_mount(dir, name);

	if (fd != -EACCES || fchmodat(dir, name, 0700, AT_SYMLINK_NOFOLLOW) < 0)
		return fd;
	return open_same_mount(dir, name);
}

/* unlinkat; a directory that we may not write is made writable once. */
static int remove_entry(struct level *l, const char *name, int flags)
{
	if (!unlinkat(l->fd, name, flags) || errno == ENOENT) {
		l->is_progress = true;
		return 0;
	}
	if (errno != EACCES || l->is_permitted)
		return -errno;
	l->is_permitted = true;
	if (fchmod(l->fd, 0700) < 0)
		return -EACCES;
	return remove_entry(l, name, flags);
}

static void level_entry(struct removal *rm, struct level *l, const char *name, unsigned char d_type)
{
	int r = -EISDIR;

	if (is_dots(name))
		return;
	if (d_type != DT_DIR)
		r = remove_entry(l, name, 0);
	if (r == -EISDIR)
		buf_add(&l->dirs, name, strlen(name) + 1);
	else if (r < 0)
		removal_failed(rm, r, name);
}

/* Reads the level to its end, or until enough names of directories are there. */
static int level_read(struct removal *rm, struct level *l)
{
	ssize_t n = 1;

	buf_reset(&l->dirs);
	l->next = 0;
	if (l->is_reopened && !l->is_progress)
		l->is_read = true; /* only what could not be removed is left */
	if (l->is_reopened && lseek(l->fd, 0, SEEK_SET) < 0)
		l->is_read = true;
	l->is_progress = l->is_reopened = false;
	while (!l->is_read && l->dirs.len < NAMES_MOST && (n = read_entries(l->fd, rm->entries, sizeof rm->entries)) > 0) {
		const struct dirent *d;

		for (ssize_t at = 0; at < n; at += d->d_reclen) {
			d = (const struct dirent *)(rm->entries + at);
			level_entry(rm, l, d->d_name, d->d_type);
		}
	}
	if (n <= 0)
		l->is_read = true;
	return n < 0 ? (int)n : buf_error(&l->dirs);
}

static struct level *level_add(struct removal *rm)
{
	size_t cap = rm->cap ? rm->cap * 2 : 32;
	struct level *l;

	if (rm->n == rm->cap) {
		if (!(l = reallocarray(rm->level, cap, sizeof *l)))
			return NULL;
		rm->level = l;
		rm->cap = cap;
	}
	if (rm->n >= OPEN_LEVELS) {
		auto_fd(&rm->level[rm->n - OPEN_LEVELS].fd);
		rm->level[rm->n - OPEN_LEVELS].fd = -1;
	}
	return &rm->level[rm->n];
}

/* Goes down into NAME of DIR. */
static int level_push(struct removal *rm, int dir, const char *name)
{
	AUTO(fd) int fd = open_to_remove(dir, name);
	AUTO(str) char *copy = strdup(name);
	struct level *l;
	struct stat st;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!copy || !(l = level_add(rm)))
		return -ENOMEM;
	*l = (struct level){ .fd = take_fd(&fd), .dev = st.st_dev, .ino = st.st_ino, .name = copy, .dirs = BUF_NONE };
	copy = NULL;
	rm->n++;
	return 0;
}

static int level_reopen(struct level *l, int below)
{
	AUTO(fd) int fd = -1;
	struct stat st;

	if (l->fd >= 0)
		return 0;
	fd = openat(below, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_dev != l->dev || st.st_ino != l->ino)
		return -ESTALE; /* moved away meanwhile: nothing above is ours to touch */
	l->fd = take_fd(&fd);
	l->is_reopened = true;
	return 0;
}

/* The lowest level is empty as far as we could do it: up, and remove it from there. */
static int level_pop(struct removal *rm, int dir)
{
	struct level *l = &rm->level[rm->n - 1], *up = rm->n > 1 ? l - 1 : NULL;
	struct level top = { .fd = dir, .is_permitted = true };
	int r = up ? level_reopen(up, l->fd) : 0;

	if (r < 0)
		return r;
	r = remove_entry(up ? up : &top, l->name, AT_REMOVEDIR);
	if (r < 0)
		removal_failed(rm, r, l->name);
	level_clear(l);
	rm->n--;
	return 0;
}

static int remove_levels(struct removal *rm, int dir)
{
	int r = 0;

	while (rm->n && r >= 0) {
		struct level *l = &rm->level[rm->n - 1];
		const char *name = l->name;

		if (l->next >= l->dirs.len && l->is_read) {
			r = level_pop(rm, dir);
			continue;
		}
		if (l->next < l->dirs.len) {
			name = l->dirs.s + l->next;
			l->next += strlen(name) + 1;
			r = level_push(rm, l->fd, name);
		} else {
			r = level_read(rm, l);
		}
		if (r < 0 && r != -ENOMEM) {
			removal_failed(rm, r, name);
			r = 0; /* the others can still go */
		}
	}
	return r;
}

int at_remove_tree(int dir, const char *name, struct err *e)
{
	AUTO(removal) struct removal *rm = NULL;
	int r;

	if (!unlinkat(dir, name, 0) || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return err_sys(e, "cannot remove %s", name);
	if (!(rm = calloc(1, sizeof *rm)))
		return err_code(e, -ENOMEM, "cannot remove %s", name);
	rm->e = e;
	if ((r = level_push(rm, dir, name)) < 0 || (r = remove_levels(rm, dir)) < 0)
		removal_failed(rm, r, name);
	return rm->first;
}
