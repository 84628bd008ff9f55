#include "runtime/rootfs/plain.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"

enum { LIST_MOST = 64 << 10, VALUE_MOST = 64 << 10, PIECE = 1 << 20, CAPABILITY_MOST = 24 };

/* ---- ids, and where they hide */

static uint32_t shifted(const struct shift *s, uint32_t id)
{
	return id >= s->from && id - s->from < s->size ? s->to + (id - s->from) : id;
}

static uint32_t get_le32(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static void put_le32(char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (char)(v >> 8 * i);
}

/* struct vfs_cap_data: revision 2 has 20 bytes and counts for root of the host alone; revision 3 has 24, the last four are the id of
 * the root that it counts for. */
void plain_shift_capability(const struct shift *s, char *value, size_t *n)
{
	const uint32_t revision_mask = 0xff000000, revision_2 = 0x02000000, revision_3 = 0x03000000;
	uint32_t magic = *n >= 4 ? get_le32(value) : 0;
	uint32_t root = 0;

	if ((magic & revision_mask) == revision_3 && *n == 24)
		root = get_le32(value + 20);
	else if ((magic & revision_mask) != revision_2 || *n != 20)
		return;
	root = shifted(s, root);
	put_le32(value, (magic & ~revision_mask) | (root ? revision_3 : revision_2));
	put_le32(value + 20, root);
	*n = root ? 24 : 20;
}

/* le32 version 2, then entries of { le16 tag, le16 permissions, le32 id }; of named users and groups the id counts. */
void plain_shift_acl(const struct shift *s, char *value, size_t n)
{
	const char user = 2, group = 8;

	for (size_t at = 4; at + 8 <= n; at += 8) {
		if ((value[at] == user || value[at] == group) && !value[at + 1])
			put_le32(value + at + 4, shifted(s, get_le32(value + at + 4)));
	}
}

/* ---- the walk
 *
 * A level per directory on the way down. Only the lowest is open: a level above is opened again by "..", and looked at whether it is
 * still the same. */

struct level {
	struct buf dirs; /* names that are still to be walked, each with its NUL */
	size_t next;
	struct stat from;
	ino_t to;
};

struct walk {
	const struct shift *shift;
	int from, to; /* of the lowest level */
	int links;    /* directory: a hard link of each file that has several names, called after its inode */
	dev_t dev;
	struct level *level;
	size_t n, room;
	char *piece; /* of PIECE bytes */
	char *list;  /* of LIST_MOST bytes */
	struct err *e;
};

static void auto_walk(struct walk *w)
{
	for (size_t i = 0; i < w->n; i++)
		buf_free(&w->level[i].dirs);
	free(w->level);
	free(w->piece);
	free(w->list);
	auto_fd(&w->from);
	auto_fd(&w->to);
	auto_fd(&w->links);
}

struct fd_path {
	char s[32];
};

static struct fd_path path_of(int fd)
{
	struct fd_path p;

	str_fmt(p.s, sizeof p.s, "/proc/self/fd/%d", fd);
	return p;
}

/* ---- attributes; FROM and TO may be O_PATH */

static int copy_xattr(struct walk *w, int from, int to, const char *name, struct err *e)
{
	ssize_t got = getxattr(path_of(from).s, name, w->piece, VALUE_MOST);

	if (got < 0)
		return errno == ENODATA ? 0 : err_sys(e, "%s", name);
	size_t n = (size_t)got;
	if (str_eq(name, "security.capability"))
		plain_shift_capability(w->shift, w->piece, &n);
	if (str_after(name, "system.posix_acl_"))
		plain_shift_acl(w->shift, w->piece, n);
	return setxattr(path_of(to).s, name, w->piece, n, 0) < 0 ? err_sys(e, "%s", name) : 0;
}

/* What a security module labels by itself is not ours to copy. */
static bool is_copied(const char *name)
{
	return !str_after(name, "security.") || str_eq(name, "security.capability");
}

static int copy_xattrs(struct walk *w, int from, int to, struct err *e)
{
	ssize_t n = listxattr(path_of(from).s, w->list, LIST_MOST);
	int r = 0;

	if (n < 0)
		return errno == ENOTSUP ? 0 : err_sys(e, "listxattr");
	for (const char *name = w->list; name < w->list + n && r == 0; name += strlen(name) + 1)
		r = is_copied(name) ? copy_xattr(w, from, to, name, e) : 0;
	return r;
}

/* Owner, then mode (chown clears setuid), then attributes (chown clears capabilities), then times. */
static int copy_attributes(struct walk *w, int from, const struct stat *s, int to, struct err *e)
{
	const struct timespec times[] = { s->st_atim, s->st_mtim };
	int r;

	if (fchownat(to, "", shifted(w->shift, s->st_uid), shifted(w->shift, s->st_gid), AT_EMPTY_PATH) < 0)
		return err_sys(e, "chown");
	if (!S_ISLNK(s->st_mode) && chmod(path_of(to).s, s->st_mode & 07777) < 0) /* path: our own /proc */
		return err_sys(e, "chmod");
	if ((r = copy_xattrs(w, from, to, e)) < 0)
		return r;
	return utimensat(AT_FDCWD, path_of(to).s, times, 0) < 0 ? err_sys(e, "utimensat") : 0;
}

/* ---- content */

static int copy_bytes(struct walk *w, int from, int to, off_t at, off_t end, struct err *e)
{
	while (at < end) {
		size_t want = end - at < PIECE ? (size_t)(end - at) : PIECE;
		ssize_t n = pread(from, w->piece, want, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "read");
		if (n == 0)
			return 0;
		for (ssize_t done = 0, m; done < n; done += m) {
			m = pwrite(to, w->piece + done, (size_t)(n - done), at + done);
			if (m < 0 && errno != EINTR)
				return err_sys(e, "write");
			m = m < 0 ? 0 : m;
		}
		at += n;
	}
	return 0;
}

/* Where there are no holes, or the file system cannot tell, all of it is data. */
static int copy_extents(struct walk *w, int from, int to, off_t size, struct err *e)
{
	for (off_t at = 0; at < size;) {
		off_t data = lseek(from, at, SEEK_DATA);
		off_t hole = data < 0 ? size : lseek(from, data, SEEK_HOLE);

		if (data < 0 && errno == ENXIO)
			break; /* only a hole is left */
		data = data < 0 ? at : data;
		hole = hole < 0 ? size : hole;
		int r = copy_bytes(w, from, to, data, hole, e);
		if (r < 0)
			return r;
		at = hole;
	}
	return ftruncate(to, size) < 0 ? err_sys(e, "truncate") : 0;
}

static int copy_content(struct walk *w, const char *name, const struct stat *s, struct err *e)
{
	AUTO(fd) int from = openat(w->from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (from < 0)
		return err_sys(e, "open");
	AUTO(fd) int to = openat(w->to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return err_sys(e, "create");
	if (!s->st_size || ioctl(to, FICLONE, from) == 0)
		return 0;
	return copy_extents(w, from, to, s->st_size, e);
}

static int copy_link(struct walk *w, const char *name, struct err *e)
{
	char text[4097];
	ssize_t n = readlinkat(w->from, name, text, sizeof text - 1);

	if (n < 0)
		return err_sys(e, "readlink");
	text[n] = 0;
	return symlinkat(text, w->to, name) < 0 ? err_sys(e, "symlink") : 0;
}

/* ---- one entry that is no directory */

static void link_name(const struct stat *s, char to[24])
{
	str_fmt(to, 24, "%llu", (unsigned long long)s->st_ino);
}

/* 1: it is a further name of a file that is there. */
static int link_to_known(struct walk *w, const char *name, const struct stat *s, struct err *e)
{
	char known[24];

	if (s->st_nlink < 2)
		return 0;
	link_name(s, known);
	if (linkat(w->links, known, w->to, name, 0) == 0)
		return 1;
	return errno == ENOENT ? 0 : err_sys(e, "link");
}

static int note_link(struct walk *w, const char *name, const struct stat *s, struct err *e)
{
	char known[24];

	if (s->st_nlink < 2)
		return 0;
	link_name(s, known);
	return linkat(w->to, name, w->links, known, 0) < 0 ? err_sys(e, "link") : 0;
}

static int make_file(struct walk *w, const char *name, const struct stat *s, struct err *e)
{
	if (S_ISREG(s->st_mode))
		return copy_content(w, name, s, e);
	if (S_ISLNK(s->st_mode))
		return copy_link(w, name, e);
	return mknodat(w->to, name, s->st_mode, s->st_rdev) < 0 ? err_sys(e, "mknod") : 0;
}

static int copy_file(struct walk *w, const char *name, const struct stat *s, struct err *e)
{
	int r = link_to_known(w, name, s, e);

	if (r != 0)
		return r < 0 ? r : 0;
	if ((r = make_file(w, name, s, e)) < 0)
		return r;
	AUTO(fd) int from = openat(w->from, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	AUTO(fd) int to = openat(w->to, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (from < 0 || to < 0)
		return err_sys(e, "open");
	r = copy_attributes(w, from, s, to, e);
	return r < 0 ? r : note_link(w, name, s, e);
}

/* ---- directories */

static int copy_entry(void *ctx, const char *name, unsigned char d_type)
{
	struct walk *w = ctx;
	struct stat s;

	(void)d_type;
	if (fstatat(w->from, name, &s, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(w->e, "%s", name);
	if (!S_ISDIR(s.st_mode))
		return err_in(w->e, copy_file(w, name, &s, w->e), "%s", name);
	buf_add(&w->level[w->n - 1].dirs, name, strlen(name) + 1);
	return 0;
}

/* Reads the directory that has just been entered: files are copied, directories noted. */
static int read_level(struct walk *w, struct err *e)
{
	int r = at_each(w->from, copy_entry, w, e);

	return r == 0 && buf_error(&w->level[w->n - 1].dirs) ? err_code(e, -ENOMEM, "copy") : r;
}

static int push(struct walk *w, int from, int to, struct err *e)
{
	struct level l = { .dirs = BUF_NONE };
	struct stat s;

	if (fstat(from, &l.from) < 0 || fstat(to, &s) < 0)
		return err_sys(e, "stat");
	l.to = s.st_ino;
	if (w->n == w->room) {
		size_t room = w->room * 2 + 16;
		struct level *more = realloc(w->level, room * sizeof *more);

		if (!more)
			return err_code(e, -ENOMEM, "copy");
		w->level = more;
		w->room = room;
	}
	w->level[w->n++] = l;
	auto_fd(&w->from);
	auto_fd(&w->to);
	w->from = from;
	w->to = to;
	return 0;
}

static int enter(struct walk *w, const char *name, struct err *e)
{
	AUTO(fd) int from = openat(w->from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (from < 0)
		return err_sys(e, "%s", name);
	AUTO(fd) int to = at_mkdir(w->to, name, 0700, e);
	if (to < 0)
		return to;
	int r = push(w, from, to, e);
	if (r < 0)
		return r;
	(void)take_fd(&from);
	(void)take_fd(&to);
	/* what is mounted there is not part of it */
	return w->level[w->n - 1].from.st_dev == w->dev ? read_level(w, e) : 0;
}

static int reopen(int below, const struct stat *want, ino_t ino, int *ret, struct err *e)
{
	struct stat s;
	AUTO(fd) int fd = openat(below, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &s) < 0)
		return err_sys(e, "..");
	if (want ? s.st_dev != want->st_dev || s.st_ino != want->st_ino : s.st_ino != ino)
		return err_set(e, -ESTALE, "a directory was moved away meanwhile");
	*ret = take_fd(&fd);
	return 0;
}

/* The directory is complete: its own attributes, which what was made in it would have changed, and up. */
static int leave(struct walk *w, struct err *e)
{
	struct level *l = &w->level[w->n - 1];
	AUTO(fd) int from = -1;
	AUTO(fd) int to = -1;
	int r = copy_attributes(w, w->from, &l->from, w->to, e);

	if (r < 0)
		return r;
	if (w->n > 1 && ((r = reopen(w->from, &l[-1].from, 0, &from, e)) < 0 || (r = reopen(w->to, NULL, l[-1].to, &to, e)) < 0))
		return r;
	buf_free(&l->dirs);
	w->n--;
	auto_fd(&w->from);
	auto_fd(&w->to);
	w->from = take_fd(&from);
	w->to = take_fd(&to);
	return 0;
}

static int walk(struct walk *w, struct err *e)
{
	int r = read_level(w, e);

	while (r == 0 && w->n) {
		struct level *l = &w->level[w->n - 1];

		if (l->next >= l->dirs.len) {
			r = leave(w, e);
			continue;
		}
		const char *name = l->dirs.s + l->next;
		l->next += strlen(name) + 1;
		r = enter(w, name, e);
	}
	return r;
}

/* ---- the whole */

static int begin(struct walk *w, int from, int parent, const char *name, const char *links, struct err *e)
{
	AUTO(fd) int source = fd_reopen_dir(from, e);
	if (source < 0)
		return source;
	if ((w->links = at_mkdir(parent, links, 0700, e)) < 0)
		return w->links;
	AUTO(fd) int to = at_mkdir(parent, name, 0700, e);
	if (to < 0)
		return to;
	w->piece = malloc(PIECE);
	w->list = malloc(LIST_MOST);
	if (!w->piece || !w->list)
		return err_code(e, -ENOMEM, "copy");
	int r = push(w, source, to, e);
	if (r < 0)
		return r;
	(void)take_fd(&source);
	(void)take_fd(&to);
	w->dev = w->level[0].from.st_dev;
	return 0;
}

int plain_copy(int from, int parent, const char *name, const struct shift *shift, struct err *e)
{
	__attribute__((cleanup(auto_walk))) struct walk w = { .shift = shift, .from = -1, .to = -1, .links = -1, .e = e };
	char links[64];
	int r = str_fmt(links, sizeof links, ".%s", name);

	if (r < 0)
		return err_code(e, r, "%s", name);
	if ((r = begin(&w, from, parent, name, links, e)) < 0 || (r = walk(&w, e)) < 0)
		return err_in(e, r, "%s", name);
	return at_remove_tree(parent, links, e);
}
