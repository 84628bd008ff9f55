#include "runtime/rootfs/squashfs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/auto.h"
#include "core/buf.h"
#include "runtime/rootfs/inflate.h"

/*   superblock | data blocks, fragments | inodes | directories | fragment table | export table | ids | xattrs
 *
 * From the inodes on everything lies in metadata blocks: 2 bytes of size (bit 15: stored as it is), then at most 8 KiB inflated.
 * A place in them is the position of its block (from the table's start) and an offset into what that block inflates to. Tables
 * are reached over an index of block positions. All numbers are little endian. */

enum {
	MAGIC = 0x73717368,
	SUPERBLOCK = 96,
	METADATA = 8192,
	METADATA_SLOTS = 64,
	FRAGMENT_SLOTS = 8,
	STORED = 1 << 24, /* in the size of a data block */
	NAME_MOST = 256,
	TARGET_MOST = 4096,
	PATH_MOST = 4096,
	DEPTH_MOST = 512,
	XATTRS_MOST = 1024,
	XATTR_BYTES = 64 * 1024,
};
static const uint32_t none32 = UINT32_MAX;
static const uint64_t none64 = UINT64_MAX;

struct metadata_slot {
	uint64_t start, next; /* positions in the file; next: of the following block */
	uint32_t n;	      /* 0: empty */
	uint8_t data[METADATA];
};

struct fragment_slot {
	uint64_t start;
	uint32_t n;
	uint8_t *data; /* block_size bytes */
};

/* A place in metadata blocks; reading moves it. */
struct place {
	uint64_t start; /* of the block, in the file */
	uint32_t offset;
};

struct inode {
	struct squashfs_entry e;
	uint32_t number, nlink, xattr;
	struct place blocks; /* FILE: the list of block sizes; DIR: its entries */
	uint64_t start;	     /* FILE: the first data block */
	uint32_t fragment, fragment_offset;
	uint32_t listing; /* DIR: bytes of entries */
};

struct squashfs {
	int fd;
	enum compression compression;
	struct inflate_block *inflate;
	uint32_t inodes, block_size, fragments, n_ids, n_xattrs;
	uint64_t size, list_bytes_left, root, inode_table, directory_table, fragment_table, xattr_table, xattr_index;
	uint32_t *ids;
	uint8_t *entered; /* a bit per inode: directories */
	uint32_t *first;  /* per inode: 1 + where its first name stands in names; made when needed */
	struct buf names;
	struct buf path;
	uint8_t *block, *packed; /* block_size bytes each */
	struct squashfs_xattr xattrs[XATTRS_MOST];
	struct buf xattr_bytes;
	char target[TARGET_MOST + 1];
	size_t name_at[XATTRS_MOST], value_at[XATTRS_MOST]; /* in xattr_bytes; not on the stack: the walk recurses */
	unsigned depth;
	bool told; /* the error names its entry */
	const struct squashfs_walker *walker;
	struct fragment_slot fragment_slot[FRAGMENT_SLOTS];
	struct metadata_slot slot[METADATA_SLOTS];
};

static uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t le32(const uint8_t *p)
{
	return le16(p) | (uint32_t)le16(p + 2) << 16;
}

static uint64_t le64(const uint8_t *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static int bad(struct err *e, const char *what)
{
	return err_set(e, -EINVAL, "damaged squashfs image: %s", what);
}

/* ---- bytes of the file */

static int read_at(const struct squashfs *fs, uint64_t at, void *to, size_t n, struct err *e)
{
	uint64_t end;

	if (__builtin_add_overflow(at, n, &end) || end > fs->size)
		return bad(e, "it points behind its end");
	for (uint8_t *p = to; n;) {
		ssize_t got = pread(fs->fd, p, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? err_sys(e, "squashfs") : err_set(e, -EINVAL, "cut short");
		p += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

/* N bytes at AT, stored as they are or compressed, become *RET_N <= SIZE bytes. */
static int read_block(struct squashfs *fs, uint64_t at, uint32_t n, bool stored, uint8_t *to, uint32_t size, uint32_t *ret_n,
		      struct err *e)
{
	ssize_t got = n;
	int r;

	if (!n || n > size)
		return bad(e, "a block's size");
	if ((r = read_at(fs, at, stored ? to : fs->packed, n, e)) < 0)
		return r;
	if (!stored) {
		got = inflate_block(fs->inflate, fs->packed, n, to, size);
		if (got == -ENOMEM)
			return err_code(e, -ENOMEM, "squashfs");
		if (got <= 0)
			return bad(e, "a compressed block");
	}
	*ret_n = (uint32_t)got;
	return 0;
}

/* ---- metadata */

static int metadata_block(struct squashfs *fs, uint64_t start, const struct metadata_slot **ret, struct err *e)
{
	struct metadata_slot *s = &fs->slot[(start ^ start >> 13) % METADATA_SLOTS];
	uint8_t head[2];
	uint32_t n, got;
	int r;

	if (s->n && s->start == start) {
		*ret = s;
		return 0;
	}
	s->n = 0;
	if ((r = read_at(fs, start, head, sizeof head, e)) < 0)
		return r;
	n = le16(head) & 0x7fff;
	if ((r = read_block(fs, start + 2, n, le16(head) & 0x8000, s->data, METADATA, &got, e)) < 0)
		return r;
	s->start = start;
	s->next = start + 2 + n;
	s->n = got;
	*ret = s;
	return 0;
}

static int read_place(struct squashfs *fs, struct place *p, void *to, size_t n, struct err *e)
{
	uint8_t *out = to;

	while (n) {
		const struct metadata_slot *s;
		int r = metadata_block(fs, p->start, &s, e);
		size_t part;

		if (r < 0)
			return r;
		if (p->offset > s->n || (p->offset == s->n && s->n < METADATA))
			return bad(e, "it points behind a block's end");
		part = s->n - p->offset;
		if (part > n)
			part = n;
		memcpy(out, s->data + p->offset, part);
		out += part;
		n -= part;
		p->offset += (uint32_t)part;
		if (p->offset == METADATA)
			*p = (struct place){ s->next, 0 };
	}
	return 0;
}

/* Where a 48-bit block and 16-bit offset point, counted from TABLE. */
static int place_of(uint64_t ref, uint64_t table, struct place *ret, struct err *e)
{
	uint64_t start;

	if (__builtin_add_overflow(ref >> 16, table, &start) || (ref & 0xffff) >= METADATA)
		return bad(e, "a reference");
	*ret = (struct place){ start, (uint32_t)(ref & 0xffff) };
	return 0;
}

/* Item INDEX, of SIZE bytes (which divides 8192), of the table whose index of blocks lies at AT. */
static int read_item(struct squashfs *fs, uint64_t at, uint32_t index, uint8_t *to, size_t size, struct err *e)
{
	uint64_t byte = (uint64_t)index * size, slot;
	uint8_t start[8];
	int r;

	if (__builtin_add_overflow(at, byte / METADATA * sizeof start, &slot))
		return bad(e, "a table");
	if ((r = read_at(fs, slot, start, sizeof start, e)) < 0)
		return r;
	struct place p = { le64(start), (uint32_t)(byte % METADATA) };
	return read_place(fs, &p, to, size, e);
}

/* ---- opening */

bool squashfs_is_magic(const uint8_t *magic, size_t n)
{
	return n >= 4 && le32(magic) == MAGIC;
}

static int set_compression(struct squashfs *fs, unsigned id, struct err *e)
{
	static const struct {
		const char *name;
		enum compression kind;
	} row[] = {
		[1] = { "gzip", COMPRESSION_GZIP }, [2] = { "lzma", COMPRESSION_NONE }, [3] = { "lzo", COMPRESSION_NONE },
		[4] = { "xz", COMPRESSION_XZ },	    [5] = { "lz4", COMPRESSION_NONE },	[6] = { "zstd", COMPRESSION_ZSTD },
	};

	if (!id || id >= ARRAY_SIZE(row))
		return bad(e, "its compression");
	if (!row[id].kind)
		return err_set(e, -EOPNOTSUPP, "squashfs compressed with %s: only gzip, xz and zstd can be read", row[id].name);
	fs->compression = row[id].kind;
	return inflate_block_open(&fs->inflate, fs->compression, e);
}

static int read_superblock(struct squashfs *fs, const struct squashfs_limits *most, struct err *e)
{
	uint8_t s[SUPERBLOCK];
	uint64_t used;
	int r;

	if ((r = read_at(fs, 0, s, sizeof s, e)) < 0)
		return r;
	if (le32(s) != MAGIC)
		return bad(e, "no magic");
	if (le16(s + 28) != 4)
		return err_set(e, -EOPNOTSUPP, "squashfs version %u.%u: only 4.0 can be read", le16(s + 28), le16(s + 30));
	fs->inodes = le32(s + 4);
	fs->block_size = le32(s + 12);
	fs->fragments = le32(s + 16);
	fs->n_ids = le16(s + 26);
	fs->root = le64(s + 32);
	used = le64(s + 40);
	fs->xattr_index = le64(s + 56);
	fs->inode_table = le64(s + 64);
	fs->directory_table = le64(s + 72);
	fs->fragment_table = le64(s + 80);
	if (le16(s + 22) > 20 || fs->block_size != 1U << le16(s + 22) || fs->block_size < 4096)
		return bad(e, "its block size");
	if (used > fs->size)
		return err_set(e, -EINVAL, "cut short: %llu of %llu bytes", (unsigned long long)fs->size, (unsigned long long)used);
	if (fs->inodes > most->inodes)
		return err_set(e, -EFBIG, "more than %u files", most->inodes);
	fs->size = used;
	fs->list_bytes_left = most->list_bytes;
	return set_compression(fs, le16(s + 20), e);
}

static int read_ids(struct squashfs *fs, uint64_t table, struct err *e)
{
	fs->ids = calloc((size_t)fs->n_ids + 1, sizeof *fs->ids);
	if (!fs->ids)
		return err_code(e, -ENOMEM, "squashfs");
	for (uint32_t i = 0; i < fs->n_ids; i++) {
		uint8_t id[4];
		int r = read_item(fs, table, i, id, sizeof id, e);

		if (r < 0)
			return r;
		fs->ids[i] = le32(id);
	}
	return 0;
}

static int read_xattr_head(struct squashfs *fs, struct err *e)
{
	uint8_t head[16];
	int r;

	if (fs->xattr_index == none64)
		return 0;
	if ((r = read_at(fs, fs->xattr_index, head, sizeof head, e)) < 0)
		return r;
	fs->xattr_table = le64(head);
	fs->n_xattrs = le32(head + 8);
	fs->xattr_index += sizeof head;
	return 0;
}

static int open_image(struct squashfs *fs, const struct squashfs_limits *most, struct err *e)
{
	uint8_t ids[8];
	int r = read_superblock(fs, most, e);

	if (r < 0)
		return r;
	fs->block = malloc(fs->block_size);
	fs->packed = malloc(fs->block_size > METADATA ? fs->block_size : METADATA);
	fs->entered = calloc(fs->inodes / 8 + 1, 1);
	if (!fs->block || !fs->packed || !fs->entered)
		return err_code(e, -ENOMEM, "squashfs");
	if ((r = read_at(fs, 48, ids, sizeof ids, e)) < 0 || (r = read_ids(fs, le64(ids), e)) < 0)
		return r;
	return read_xattr_head(fs, e);
}

int squashfs_open(struct squashfs **ret, int fd, uint64_t size, const struct squashfs_limits *most, struct err *e)
{
	struct squashfs *fs = calloc(1, sizeof *fs);
	int r;

	if (!fs)
		return err_code(e, -ENOMEM, "squashfs");
	fs->fd = fd;
	fs->size = size;
	fs->names = fs->path = fs->xattr_bytes = BUF_NONE;
	r = open_image(fs, most, e);
	if (r < 0)
		squashfs_free(fs);
	else
		*ret = fs;
	return r;
}

void squashfs_free(struct squashfs *fs)
{
	if (!fs)
		return;
	for (size_t i = 0; i < FRAGMENT_SLOTS; i++)
		free(fs->fragment_slot[i].data);
	inflate_block_free(fs->inflate);
	buf_free(&fs->names);
	buf_free(&fs->path);
	buf_free(&fs->xattr_bytes);
	free(fs->ids);
	free(fs->entered);
	free(fs->first);
	free(fs->block);
	free(fs->packed);
	free(fs);
}

/* ---- inodes */

static int read_owner(struct squashfs *fs, const uint8_t *head, struct inode *in, struct err *e)
{
	unsigned uid = le16(head + 4), gid = le16(head + 6);

	if (uid >= fs->n_ids || gid >= fs->n_ids)
		return bad(e, "an owner");
	in->e.uid = fs->ids[uid];
	in->e.gid = fs->ids[gid];
	return in->e.uid == none32 || in->e.gid == none32 ? bad(e, "an owner") : 0;
}

static int read_dir(struct squashfs *fs, struct place *p, bool extended, struct inode *in, struct err *e)
{
	uint8_t b[24];
	uint32_t start;
	int r = read_place(fs, p, b, extended ? 24 : 16, e);

	if (r < 0)
		return r;
	start = le32(b + (extended ? 8 : 0));
	in->nlink = 1; /* of directories only one name is taken, whatever they count */
	in->listing = extended ? le32(b + 4) : le16(b + 8);
	in->blocks.offset = extended ? le16(b + 18) : le16(b + 10);
	in->xattr = extended ? le32(b + 20) : none32;
	in->blocks.start = fs->directory_table + start;
	if (in->blocks.offset >= METADATA || in->listing < 3)
		return bad(e, "a directory");
	in->listing -= 3; /* it counts "." and ".." so */
	return 0;
}

static int read_file(struct squashfs *fs, struct place *p, bool extended, struct inode *in, struct err *e)
{
	uint8_t b[40];
	int r = read_place(fs, p, b, extended ? 40 : 16, e);

	if (r < 0)
		return r;
	in->start = extended ? le64(b) : le32(b);
	in->e.size = extended ? le64(b + 8) : le32(b + 12);
	in->nlink = extended ? le32(b + 24) : 1;
	in->fragment = le32(b + (extended ? 28 : 4));
	in->fragment_offset = le32(b + (extended ? 32 : 8));
	in->xattr = extended ? le32(b + 36) : none32;
	in->blocks = *p;
	return 0;
}

static int read_symlink(struct squashfs *fs, struct place *p, bool extended, struct inode *in, struct err *e)
{
	uint8_t b[8];
	uint32_t n;
	int r;

	if ((r = read_place(fs, p, b, 8, e)) < 0)
		return r;
	in->nlink = le32(b);
	n = le32(b + 4);
	if (!n || n > TARGET_MOST)
		return bad(e, "a symbolic link");
	if ((r = read_place(fs, p, fs->target, n, e)) < 0)
		return r;
	fs->target[n] = '\0';
	if (strlen(fs->target) != n)
		return bad(e, "a symbolic link");
	in->e.target = fs->target;
	if (extended && (r = read_place(fs, p, b, 4, e)) < 0)
		return r;
	in->xattr = extended ? le32(b) : none32;
	return 0;
}

static int read_special(struct squashfs *fs, struct place *p, bool extended, struct inode *in, struct err *e)
{
	bool device = in->e.type == SQUASHFS_BLOCK || in->e.type == SQUASHFS_CHAR;
	uint8_t b[12];
	size_t n = device ? 8 : 4;
	int r = read_place(fs, p, b, n + (extended ? 4 : 0), e);

	if (r < 0)
		return r;
	in->nlink = le32(b);
	in->xattr = extended ? le32(b + n) : none32;
	if (device) { /* as new_encode_dev() of the kernel */
		uint32_t dev = le32(b + 4);

		in->e.major = (dev & 0xfff00) >> 8;
		in->e.minor = (dev & 0xff) | (dev >> 12 & 0xfff00);
	}
	return 0;
}

static int read_inode(struct squashfs *fs, uint64_t ref, struct inode *in, struct err *e)
{
	struct place p;
	uint8_t head[16];
	unsigned type;
	bool extended;
	int r;

	*in = (struct inode){ 0 };
	if ((r = place_of(ref, fs->inode_table, &p, e)) < 0 || (r = read_place(fs, &p, head, sizeof head, e)) < 0 ||
	    (r = read_owner(fs, head, in, e)) < 0)
		return r;
	type = le16(head);
	extended = type > 7;
	type -= extended ? 7 : 0;
	in->e.mode = le16(head + 2) & 07777;
	in->e.mtime = le32(head + 8);
	in->number = le32(head + 12);
	if (in->number > fs->inodes)
		return bad(e, "an inode number");
	switch (type) {
	case SQUASHFS_DIR:
	case SQUASHFS_FILE:
	case SQUASHFS_SYMLINK:
	case SQUASHFS_BLOCK:
	case SQUASHFS_CHAR:
	case SQUASHFS_FIFO:
	case SQUASHFS_SOCKET:
		in->e.type = type;
		break;
	default:
		return bad(e, "a type");
	}
	if (type == SQUASHFS_DIR)
		return read_dir(fs, &p, extended, in, e);
	if (type == SQUASHFS_FILE)
		return read_file(fs, &p, extended, in, e);
	if (type == SQUASHFS_SYMLINK)
		return read_symlink(fs, &p, extended, in, e);
	return read_special(fs, &p, extended, in, e);
}

/* ---- xattrs */

/* Appends N bytes and a terminator; *RET: where, as an offset, for the buffer may move. */
static int add_bytes(struct squashfs *fs, struct place *p, size_t n, size_t *ret, struct err *e)
{
	char *to;
	int r;

	if (n > XATTR_BYTES || fs->xattr_bytes.len > 4 * XATTR_BYTES)
		return err_set(e, -E2BIG, "more than 64 KiB of extended attributes");
	*ret = fs->xattr_bytes.len;
	if (!(to = buf_room(&fs->xattr_bytes, n + 1)))
		return err_code(e, -ENOMEM, "squashfs");
	if ((r = read_place(fs, p, to, n, e)) < 0)
		return r;
	to[n] = '\0';
	buf_grew(&fs->xattr_bytes, n + 1);
	return 0;
}

static int read_xattr(struct squashfs *fs, struct place *p, size_t *ret_name, size_t *ret_value, size_t *ret_n, struct err *e)
{
	static const char *const prefix[] = { "user.", "trusted.", "security." };
	uint8_t b[8];
	struct place elsewhere, *at = p;
	size_t rest;
	unsigned type;
	int r;

	if ((r = read_place(fs, p, b, 4, e)) < 0)
		return r;
	type = le16(b);
	if ((type & 0xff) >= ARRAY_SIZE(prefix))
		return bad(e, "an attribute's namespace");
	*ret_name = fs->xattr_bytes.len;
	buf_addstr(&fs->xattr_bytes, prefix[type & 0xff]);
	if ((r = add_bytes(fs, p, le16(b + 2), &rest, e)) < 0 || (r = read_place(fs, p, b, 4, e)) < 0)
		return r;
	if (type & 0x100) { /* the value is a reference to where it lies */
		if (le32(b) != 8)
			return bad(e, "an attribute");
		if ((r = read_place(fs, p, b, 8, e)) < 0 || (r = place_of(le64(b), fs->xattr_table, &elsewhere, e)) < 0 ||
		    (r = read_place(fs, &elsewhere, b, 4, e)) < 0)
			return r;
		at = &elsewhere;
	}
	*ret_n = le32(b);
	return add_bytes(fs, at, *ret_n, ret_value, e);
}

static int read_xattrs(struct squashfs *fs, struct inode *in, struct err *e)
{
	uint8_t item[16];
	struct place p;
	uint32_t n;
	int r;

	if (in->xattr == none32)
		return 0;
	if (fs->xattr_index == none64 || in->xattr >= fs->n_xattrs)
		return bad(e, "an attribute's index");
	if ((r = read_item(fs, fs->xattr_index, in->xattr, item, sizeof item, e)) < 0 ||
	    (r = place_of(le64(item), fs->xattr_table, &p, e)) < 0)
		return r;
	n = le32(item + 8);
	if (n > XATTRS_MOST)
		return err_set(e, -E2BIG, "more than %d extended attributes", XATTRS_MOST);
	buf_reset(&fs->xattr_bytes);
	for (uint32_t i = 0; i < n; i++)
		if ((r = read_xattr(fs, &p, &fs->name_at[i], &fs->value_at[i], &fs->xattrs[i].value_n, e)) < 0)
			return r;
	for (uint32_t i = 0; i < n; i++) {
		fs->xattrs[i].name = fs->xattr_bytes.s + fs->name_at[i];
		fs->xattrs[i].value = fs->xattr_bytes.s + fs->value_at[i];
	}
	in->e.xattrs = fs->xattrs;
	in->e.n_xattrs = n;
	return 0;
}

/* ---- data */

static int send(struct squashfs *fs, uint64_t offset, const void *bytes, size_t n, struct err *e)
{
	return fs->walker->data(fs->walker->ctx, offset, bytes, n, e);
}

static int fragment(struct squashfs *fs, uint32_t index, const struct fragment_slot **ret, struct err *e)
{
	struct fragment_slot *s = &fs->fragment_slot[index % FRAGMENT_SLOTS];
	uint8_t item[16];
	uint64_t start;
	uint32_t size, got;
	int r;

	if (index >= fs->fragments)
		return bad(e, "a fragment's index");
	if ((r = read_item(fs, fs->fragment_table, index, item, sizeof item, e)) < 0)
		return r;
	start = le64(item);
	size = le32(item + 8);
	*ret = s;
	if (s->n && s->start == start)
		return 0;
	s->n = 0;
	if (!s->data && !(s->data = malloc(fs->block_size)))
		return err_code(e, -ENOMEM, "squashfs");
	r = read_block(fs, start, size & ~(uint32_t)STORED, size & STORED, s->data, fs->block_size, &got, e);
	if (r < 0)
		return r;
	s->start = start;
	s->n = got;
	return 0;
}

static int send_fragment(struct squashfs *fs, const struct inode *in, uint64_t offset, uint32_t n, struct err *e)
{
	const struct fragment_slot *s = NULL;
	uint32_t end;
	int r = fragment(fs, in->fragment, &s, e);

	if (r < 0)
		return r;
	if (__builtin_add_overflow(in->fragment_offset, n, &end) || end > s->n)
		return bad(e, "a fragment");
	return send(fs, offset, s->data + in->fragment_offset, n, e);
}

/* A block of N bytes of the file, whose size on disk comes next in the list. */
static int send_block(struct squashfs *fs, struct inode *in, uint64_t offset, uint32_t n, struct err *e)
{
	uint8_t b[4];
	uint32_t size, got;
	int r;

	/* holes cost nothing but time: many names can lead to one long list */
	if (fs->list_bytes_left < sizeof b)
		return err_set(e, -EFBIG, "too many blocks, most of them holes");
	fs->list_bytes_left -= sizeof b;
	if ((r = read_place(fs, &in->blocks, b, sizeof b, e)) < 0)
		return r;
	size = le32(b) & ~(uint32_t)STORED;
	if (!size)
		return 0; /* a hole */
	if ((r = read_block(fs, in->start, size, le32(b) & STORED, fs->block, fs->block_size, &got, e)) < 0)
		return r;
	if (got != n)
		return bad(e, "a data block");
	in->start += size;
	return send(fs, offset, fs->block, n, e);
}

static int send_data(struct squashfs *fs, struct inode *in, struct err *e)
{
	uint64_t offset = 0, size = in->e.size;
	int r = 0;

	while (r >= 0 && offset < size) {
		uint64_t left = size - offset;
		uint32_t n = left < fs->block_size ? (uint32_t)left : fs->block_size;

		if (n < fs->block_size && in->fragment != none32)
			r = send_fragment(fs, in, offset, n, e);
		else
			r = send_block(fs, in, offset, n, e);
		offset += n;
	}
	return r;
}

/* ---- the walk */

/* Files of several names: the first is remembered, later ones become links to it. */
static int note_name(struct squashfs *fs, struct inode *in, struct err *e)
{
	if (in->nlink < 2)
		return 0;
	if (!fs->first && !(fs->first = calloc((size_t)fs->inodes + 1, sizeof *fs->first)))
		return err_code(e, -ENOMEM, "squashfs");
	if (fs->first[in->number]) {
		in->e.first = fs->names.s + fs->first[in->number] - 1;
		return 0;
	}
	fs->first[in->number] = (uint32_t)fs->names.len + 1;
	buf_add(&fs->names, fs->path.s, fs->path.len + 1);
	return buf_error(&fs->names) || fs->names.len > INT32_MAX ? err_code(e, -ENOMEM, "squashfs") : 0;
}

static int enter(struct squashfs *fs, const struct inode *in, struct err *e)
{
	uint8_t bit = (uint8_t)(1 << in->number % 8);

	if (fs->entered[in->number / 8] & bit)
		return bad(e, "a directory in two places");
	if (fs->depth == DEPTH_MOST)
		return err_set(e, -EINVAL, "directories deeper than %d", DEPTH_MOST);
	fs->entered[in->number / 8] |= bit;
	return 0;
}

static int walk_inode(struct squashfs *fs, uint64_t ref, struct err *e);

/* The entry that is next in a directory: its name goes to the end of the path. */
static int walk_entry(struct squashfs *fs, struct place *p, uint32_t inode_block, struct buf *last, uint32_t *left, struct err *e)
{
	size_t base = fs->path.len;
	char name[NAME_MOST + 1];
	uint8_t b[8];
	size_t n;
	int r;

	if (*left < sizeof b)
		return bad(e, "a directory");
	if ((r = read_place(fs, p, b, sizeof b, e)) < 0)
		return r;
	n = (size_t)le16(b + 6) + 1;
	if (n > NAME_MOST || n > *left - sizeof b)
		return bad(e, "a name");
	if ((r = read_place(fs, p, name, n, e)) < 0)
		return r;
	*left -= (uint32_t)(sizeof b + n);
	name[n] = '\0';
	if (strlen(name) != n || strchr(name, '/') || str_eq(name, ".") || str_eq(name, "..") || strcmp(name, last->s) <= 0)
		return bad(e, "a name");
	buf_reset(last);
	buf_add(last, name, n);
	if (base)
		buf_addch(&fs->path, '/');
	buf_add(&fs->path, name, n);
	if (buf_error(&fs->path) || buf_error(last))
		return err_code(e, -ENOMEM, "squashfs");
	if (fs->path.len > PATH_MOST)
		return err_code(e, -ENAMETOOLONG, "%.200s...", fs->path.s);
	r = walk_inode(fs, (uint64_t)inode_block << 16 | le16(b), e);
	if (r < 0 && !fs->told)
		(void)err_in(e, r, "%.200s", fs->path.s);
	fs->told |= r < 0;
	buf_cut(&fs->path, base);
	return r;
}

/* Runs of entries, each with a head: how many (less one), and in which block their inodes lie. */
static int walk_dir(struct squashfs *fs, const struct inode *dir, struct err *e)
{
	AUTO(buf) struct buf last = BUF_NONE;
	struct place p = dir->blocks;
	uint32_t left = dir->listing;
	uint8_t head[12];
	int r;

	while (left) {
		if (left < sizeof head)
			return bad(e, "a directory");
		if ((r = read_place(fs, &p, head, sizeof head, e)) < 0)
			return r;
		left -= sizeof head;
		if (le32(head) >= 256)
			return bad(e, "a directory");
		for (uint32_t i = 0; i <= le32(head); i++)
			if ((r = walk_entry(fs, &p, le32(head + 4), &last, &left, e)) < 0)
				return r;
	}
	return 0;
}

static int walk_inode(struct squashfs *fs, uint64_t ref, struct err *e)
{
	struct inode in;
	int r;

	if ((r = read_inode(fs, ref, &in, e)) < 0)
		return r;
	if ((r = in.e.type == SQUASHFS_DIR ? enter(fs, &in, e) : note_name(fs, &in, e)) < 0)
		return r;
	if (!in.e.first && (r = read_xattrs(fs, &in, e)) < 0)
		return r;
	in.e.path = fs->path.len ? fs->path.s : ".";
	if ((r = fs->walker->entry(fs->walker->ctx, &in.e, e)) < 0)
		return r;
	if (in.e.type == SQUASHFS_FILE && !in.e.first)
		return send_data(fs, &in, e);
	if (in.e.type != SQUASHFS_DIR)
		return 0;
	fs->depth++;
	r = walk_dir(fs, &in, e);
	fs->depth--;
	return r;
}

int squashfs_walk(struct squashfs *fs, const struct squashfs_walker *walker, struct err *e)
{
	struct inode root;
	int r = read_inode(fs, fs->root, &root, e);

	if (r < 0)
		return r;
	if (root.e.type != SQUASHFS_DIR)
		return bad(e, "its root is no directory");
	fs->walker = walker;
	return walk_inode(fs, fs->root, e);
}
