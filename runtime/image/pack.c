#include "runtime/image/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/at.h"
#include "core/auto.h"
#include "core/map.h"
#include "core/parse.h"
#include "runtime/image/tarwrite.h"

enum { PIECE = 128 * 1024, SPARSE_FROM = 1024 * 1024, DEPTH_MOST = 512, LINK_SLOTS = 4096 };

/* A file of several names: found again by device and inode. */
struct first_name {
	struct first_name *next;
	dev_t dev;
	ino_t ino;
	const char *path;
};

struct packer {
	struct arena *a; /* of the whole pack: first names */
	struct tarwrite tar;
	int64_t newest; /* no file may be younger */
	dev_t dev;	/* of the tree at hand */
	unsigned depth;
	struct buf path;
	struct first_name *first[LINK_SLOTS];
	char piece[PIECE];
};

/* One object, looked at. */
struct object {
	int dir; /* it lies in */
	const char *name;
	struct stat s;
	struct buf xattrs;
	char link[NAME_LIMIT + 1];
};

static int64_t newest_allowed(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	int64_t v;

	return epoch && parse_i64(epoch, 0, INT64_MAX, &v) == 0 ? v : INT64_MAX;
}

/* ---- attributes */

static bool is_kept(const char *xattr)
{
	return !str_after(xattr, "security.") || str_eq(xattr, "security.capability");
}

static int add_xattr(struct packer *p, const char *path, const char *name, struct buf *to, struct err *e)
{
	struct xattr_head h = { (uint32_t)strlen(name), 0 };
	ssize_t n = getxattr(path, name, p->piece, XATTRS_LIMIT);

	if (n < 0)
		return errno == ENODATA ? 0 : err_sys(e, "%s: attribute %s", p->path.s, name);
	h.value_n = (uint32_t)n;
	buf_add(to, &h, sizeof h);
	buf_add(to, name, h.name_n);
	buf_add(to, p->piece, (size_t)n);
	return 0;
}

/* In the order of names; the tar header sorts them again among the other records. */
static int read_xattrs(struct packer *p, struct object *o, struct err *e)
{
	AUTO(fd) int fd = openat(o->dir, o->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char path[40], list[XATTRS_LIMIT];
	ssize_t n;

	if (fd < 0)
		return err_sys(e, "%s", p->path.s);
	(void)str_fmt(path, sizeof path, "/proc/self/fd/%d", fd); /* fits; leads to the object itself, even to a link */
	n = listxattr(path, list, sizeof list);
	if (n < 0)
		return errno == EOPNOTSUPP ? 0 : err_sys(e, "%s: attributes", p->path.s);
	for (const char *name = list; name < list + n; name += strlen(name) + 1) {
		int r = is_kept(name) ? add_xattr(p, path, name, &o->xattrs, e) : 0;

		if (r < 0)
			return r;
	}
	return buf_error(&o->xattrs) ? err_code(e, -ENOMEM, "%s", p->path.s) : 0;
}

static struct member member_of(const struct packer *p, const struct object *o, enum member_type type)
{
	const struct stat *s = &o->s;

	return (struct member){
		.type = type,
		.mode = s->st_mode & 07777,
		.uid = s->st_uid,
		.gid = s->st_gid,
		.major = major(s->st_rdev),
		.minor = minor(s->st_rdev),
		.mtime_s = s->st_mtim.tv_sec < p->newest ? s->st_mtim.tv_sec : p->newest,
		.size = type == MEMBER_FILE ? (uint64_t)s->st_size : 0,
		.name = p->path.s,
		.name_n = (uint32_t)p->path.len,
		.link = o->link,
		.link_n = (uint32_t)strlen(o->link),
		.xattrs = o->xattrs.s,
		.xattrs_n = (uint32_t)o->xattrs.len,
	};
}

static int put(struct packer *p, const struct object *o, enum member_type type, struct err *e)
{
	struct member m = member_of(p, o, type);

	return tarwrite_member(&p->tar, &m, NULL, 0, e);
}

/* ---- files */

/* The file is copied as long as it was when it was looked at, whoever writes to it meanwhile. */
static int put_bytes(struct packer *p, int fd, uint64_t offset, uint64_t n, struct err *e)
{
	while (n) {
		size_t part = n < PIECE ? (size_t)n : PIECE;
		ssize_t got = pread(fd, p->piece, part, (off_t)offset);
		int r;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, "%s", p->path.s);
		if (!got) {
			memset(p->piece, 0, part);
			got = (ssize_t)part;
		}
		if ((r = tarwrite_data(&p->tar, p->piece, (size_t)got, e)) < 0)
			return r;
		offset += (uint64_t)got;
		n -= (uint64_t)got;
	}
	return 0;
}

struct layout {
	struct tar_piece *piece;
	size_t n;
	uint64_t stored;
};

static void add_piece(struct arena *a, struct layout *m, off_t from, off_t to)
{
	m->piece = arena_grow(a, m->piece, m->n, sizeof *m->piece);
	m->piece[m->n++] = (struct tar_piece){ (uint64_t)from, (uint64_t)(to - from) };
	m->stored += (uint64_t)(to - from);
}

/* The pieces between holes. A file system that knows none gives one. */
static void read_layout(struct arena *a, int fd, off_t size, struct layout *m)
{
	for (off_t at = 0; at < size;) {
		off_t data = lseek(fd, at, SEEK_DATA), hole;

		if (data < 0 && errno == ENXIO)
			break;
		if (data < 0)
			data = at;
		if (data >= size)
			break;
		hole = lseek(fd, data, SEEK_HOLE);
		if (hole <= data || hole > size)
			hole = size;
		add_piece(a, m, data, hole);
		at = hole;
	}
	if (!m->n || m->piece[m->n - 1].offset + m->piece[m->n - 1].n < (uint64_t)size)
		add_piece(a, m, size, size); /* tells readers where the file ends */
}

static int put_sparse(struct packer *p, int fd, const struct member *m, const struct layout *map, struct err *e)
{
	int r = tarwrite_member(&p->tar, m, map->piece, map->n, e);

	for (size_t i = 0; r >= 0 && i < map->n; i++)
		r = put_bytes(p, fd, map->piece[i].offset, map->piece[i].n, e);
	return r;
}

static int put_file(struct packer *p, struct object *o, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct member m = member_of(p, o, MEMBER_FILE);
	struct layout map = { 0 };
	int r;

	AUTO(fd) int fd = openat(o->dir, o->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "%s", p->path.s);
	if (o->s.st_blocks < o->s.st_size / 512)
		read_layout(&a, fd, o->s.st_size, &map);
	if (map.n && m.size - map.stored > SPARSE_FROM)
		r = put_sparse(p, fd, &m, &map, e);
	else if ((r = tarwrite_member(&p->tar, &m, NULL, 0, e)) >= 0)
		r = put_bytes(p, fd, 0, m.size, e);
	return r < 0 ? r : tarwrite_pad(&p->tar, e);
}

static int put_symlink(struct packer *p, struct object *o, struct err *e)
{
	ssize_t n = readlinkat(o->dir, o->name, o->link, sizeof o->link);

	if (n < 0)
		return err_sys(e, "%s", p->path.s);
	if (n == sizeof o->link)
		return err_code(e, -ENAMETOOLONG, "%s", p->path.s);
	o->link[n] = '\0';
	return put(p, o, MEMBER_SYMLINK, e);
}

/* True: the file went in by another name already, which is now in o->link. */
static bool known_by_another_name(struct packer *p, struct object *o)
{
	struct first_name **slot = &p->first[o->s.st_ino % LINK_SLOTS], *f;

	for (f = *slot; f; f = f->next)
		if (f->ino == o->s.st_ino && f->dev == o->s.st_dev)
			return str_fmt(o->link, sizeof o->link, "%s", f->path) == 0;
	f = arena_alloc(p->a, sizeof *f);
	*f = (struct first_name){ *slot, o->s.st_dev, o->s.st_ino, arena_dup(p->a, p->path.s) };
	*slot = f;
	return false;
}

static int put_other(struct packer *p, struct object *o, struct err *e)
{
	int r;

	if (o->s.st_nlink > 1 && known_by_another_name(p, o))
		return put(p, o, MEMBER_HARDLINK, e);
	if ((r = read_xattrs(p, o, e)) < 0)
		return r;
	switch (o->s.st_mode & S_IFMT) {
	case S_IFREG:
		return put_file(p, o, e);
	case S_IFLNK:
		return put_symlink(p, o, e);
	case S_IFCHR:
		return put(p, o, MEMBER_CHAR, e);
	case S_IFBLK:
		return put(p, o, MEMBER_BLOCK, e);
	case S_IFIFO:
		return put(p, o, MEMBER_FIFO, e);
	}
	return 0; /* a socket */
}

/* ---- directories */

static int put_object(struct packer *p, int dir, const char *name, struct err *e);

struct listing {
	struct arena *a;
	struct names names;
};

static int add_name(void *ctx, const char *name, unsigned char d_type)
{
	struct listing *l = ctx;

	(void)d_type;
	names_add(l->a, &l->names, name);
	return 0;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int put_content(struct packer *p, int dir, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct listing l = { &a, { 0 } };
	int r = at_each(dir, add_name, &l, e);

	if (r < 0)
		return err_in(e, r, "%s", p->path.s);
	if (l.names.n)
		qsort(l.names.item, l.names.n, sizeof *l.names.item, by_bytes);
	for (size_t i = 0; i < l.names.n; i++) {
		size_t base = p->path.len;

		buf_addch(&p->path, '/');
		if ((r = put_object(p, dir, l.names.item[i], e)) < 0)
			return r;
		buf_cut(&p->path, base);
	}
	return 0;
}

static int put_dir(struct packer *p, struct object *o, struct err *e)
{
	int r;

	if (p->depth == DEPTH_MOST)
		return err_set(e, -EINVAL, "%.200s...: directories deeper than %d", p->path.s, DEPTH_MOST);
	AUTO(fd) int fd = openat(o->dir, o->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "%s", p->path.s);
	if (!p->depth)
		p->dev = o->s.st_dev; /* the top may be a mount, what is below it stays in it */
	if ((r = read_xattrs(p, o, e)) < 0 || (r = put(p, o, MEMBER_DIR, e)) < 0 || o->s.st_dev != p->dev)
		return r;
	p->depth++;
	r = put_content(p, fd, e);
	p->depth--;
	return r;
}

/* A name goes to the end of the path; the caller takes it off again. */
static int put_object(struct packer *p, int dir, const char *name, struct err *e)
{
	struct object *o = calloc(1, sizeof *o); /* not on the stack: this recurses */
	int r;

	if (!o)
		return err_code(e, -ENOMEM, "%s", name);
	o->dir = dir;
	o->name = name;
	o->xattrs = BUF_NONE;
	buf_addstr(&p->path, name);
	if (buf_error(&p->path))
		r = err_code(e, -ENOMEM, "%s", name);
	else if (p->path.len > NAME_LIMIT)
		r = err_code(e, -ENAMETOOLONG, "%.200s...", p->path.s);
	else if (fstatat(dir, name, &o->s, AT_SYMLINK_NOFOLLOW) < 0)
		r = errno == ENOENT ? 0 : err_sys(e, "%s", p->path.s);
	else
		r = S_ISDIR(o->s.st_mode) ? put_dir(p, o, e) : put_other(p, o, e);
	buf_free(&o->xattrs);
	free(o);
	return r;
}

static int pack(struct packer *p, int dir, struct err *e)
{
	static const char *const tops[] = { "metadata.yaml", "templates", "rootfs" };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(tops); i++) {
		buf_cut(&p->path, 0);
		r = put_object(p, dir, tops[i], e);
	}
	return r < 0 ? r : tarwrite_end(&p->tar, e);
}

int pack_directory(int dir, int fd, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(deflate) struct deflate *to = NULL;
	struct packer *p;
	int r = deflate_open(&to, COMPRESSION_ZSTD, fd, e);

	if (r < 0)
		return r;
	if (!(p = calloc(1, sizeof *p)))
		return err_code(e, -ENOMEM, "pack");
	p->a = &a;
	p->tar.to = to;
	p->newest = newest_allowed();
	p->path = BUF_NONE;
	r = pack(p, dir, e);
	buf_free(&p->path);
	free(p);
	return r;
}
