#include "runtime/image/tar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/auto.h"
#include "core/buf.h"
#include "runtime/image/acl.h"

enum {
	BLOCK = 512,
	WINDOW = 256 * 1024,
	SPECIAL_LIMIT = 1024 * 1024,	   /* of a pax header */
	SPARSE_LIMIT = 1000000,		   /* pieces of a file */
	AFTER_END_LIMIT = 16 * 1024 * 1024 /* inflated behind the end of the archive only to see the checksums */
};

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[8], uname[32], gname[32],
		major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a tar header is one block");

/* Where GNU tar put the map of a type S member: over the prefix. */
struct gnu_piece {
	char offset[12], n[12];
};
enum { GNU_PIECES_AT = 386, GNU_PIECES = 4, GNU_MORE_AT = 482, GNU_REALSIZE_AT = 483, GNU_NEXT_PIECES = 21, GNU_NEXT_MORE_AT = 504 };

struct piece {
	uint64_t offset, n;
};

/* What extended headers said about the member that follows them. */
struct extended {
	struct buf path, link, xattrs, sparse_name;
	bool has_size, has_uid, has_gid, has_mtime, has_realsize, sparse_1_0;
	uint64_t size, uid, gid, realsize;
	int64_t mtime_s;
	uint32_t mtime_ns;
	uint64_t sparse_major, sparse_minor;
	struct piece *piece;
	size_t pieces, room;
	bool piece_open; /* 0.0: an offset was given, its length comes next */
	uint64_t piece_offset;
	unsigned acls_seen, acls_got; /* bits of enum acl */
};

enum acl { ACL_ACCESS = 1, ACL_DEFAULT = 2 };

struct tar {
	const struct tar_source *from;
	struct record_sink *sink;
	struct extended x;
	uint64_t inflated;
	bool any; /* a header was read */
	uint32_t acls_lost;
	size_t pos, len;
	uint8_t data[WINDOW];
};

static void extended_clear(struct extended *x)
{
	buf_free(&x->path);
	buf_free(&x->link);
	buf_free(&x->xattrs);
	buf_free(&x->sparse_name);
	free(x->piece);
	*x = (struct extended){ .path = BUF_NONE, .link = BUF_NONE, .xattrs = BUF_NONE, .sparse_name = BUF_NONE };
}

/* ---- the window on the inflated bytes */

static int check_limit(const struct tar *t, struct err *e)
{
	uint64_t archive = t->from->size ? t->from->size : t->sink->consumed;

	if (t->from->unlimited || t->inflated <= unpack_limit(archive))
		return 0;
	return err_set(e, -EFBIG, "inflates to more than 1 GiB + 250 times its own size");
}

/* Makes N bytes available in one piece; returns how many there are: fewer only at the end. */
static ssize_t peek(struct tar *t, size_t n, struct err *e)
{
	int r;

	if (t->len - t->pos >= n)
		return (ssize_t)(t->len - t->pos);
	memmove(t->data, t->data + t->pos, t->len - t->pos);
	t->len -= t->pos;
	t->pos = 0;
	while (t->len < n) {
		ssize_t got = inflate_read(t->from->in, t->data + t->len, WINDOW - t->len, e);

		if (got <= 0)
			return got < 0 ? got : (ssize_t)t->len;
		t->len += (size_t)got;
		t->inflated += (uint64_t)got;
		if ((r = check_limit(t, e)) < 0)
			return r;
	}
	return (ssize_t)t->len;
}

static int cut_short(struct err *e)
{
	return err_set(e, -EINVAL, "cut short");
}

/* NULL: the end, or *RET_R < 0. */
static const uint8_t *take_block(struct tar *t, int *ret_r, struct err *e)
{
	ssize_t n = peek(t, BLOCK, e);

	*ret_r = n > 0 && n < BLOCK ? cut_short(e) : n < 0 ? (int)n : 0;
	if (n < BLOCK)
		return NULL;
	t->pos += BLOCK;
	return t->data + t->pos - BLOCK;
}

/* The next bytes of SIZE that are left, at least one; moves on. */
static ssize_t take_some(struct tar *t, uint64_t size, const void **ret, struct err *e)
{
	ssize_t n = peek(t, 1, e);

	if (n <= 0)
		return n < 0 ? n : cut_short(e);
	if ((uint64_t)n > size)
		n = (ssize_t)size;
	*ret = t->data + t->pos;
	t->pos += (size_t)n;
	return n;
}

static int skip(struct tar *t, uint64_t size, struct err *e)
{
	const void *bytes;

	while (size) {
		ssize_t n = take_some(t, size, &bytes, e);

		if (n < 0)
			return (int)n;
		size -= (uint64_t)n;
	}
	return 0;
}

static uint64_t padding(uint64_t size)
{
	return -size % BLOCK;
}

static int take_text(struct tar *t, uint64_t size, uint64_t limit, struct buf *to, struct err *e)
{
	const void *bytes;

	if (size > limit)
		return err_set(e, -EINVAL, "an extended header is larger than %llu bytes", (unsigned long long)limit);
	for (uint64_t left = size; left;) {
		ssize_t n = take_some(t, left, &bytes, e);

		if (n < 0)
			return (int)n;
		buf_add(to, bytes, (size_t)n);
		left -= (uint64_t)n;
	}
	if (buf_error(to))
		return err_code(e, buf_error(to), "extended header");
	return skip(t, padding(size), e);
}

/* ---- numbers */

/* Base 256, big endian, two's complement; the first bit only says that it is so. */
static bool parse_binary(const unsigned char *s, size_t n, int64_t *ret)
{
	bool negative = s[0] & 0x40;
	int64_t v = negative ? -1 : 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t byte = i ? s[i] : negative ? s[i] : s[i] & 0x7f;

		if (v > INT64_MAX >> 8 || v < INT64_MIN >> 8)
			return false;
		v = (int64_t)((uint64_t)v << 8 | byte);
	}
	*ret = v;
	return true;
}

static bool parse_number(const char *s, size_t n, int64_t *ret)
{
	uint64_t v = 0;
	size_t i = 0;

	if (s[0] & 0x80)
		return parse_binary((const unsigned char *)s, n, ret);
	while (i < n && s[i] == ' ')
		i++;
	for (; i < n && s[i] >= '0' && s[i] <= '7'; i++)
		v = v << 3 | (uint64_t)(s[i] - '0'); /* 12 digits are 36 bits */
	if (i < n && s[i] != ' ' && s[i] != '\0')
		return false;
	*ret = (int64_t)v;
	return true;
}

#define NUMBER(field, ret) parse_number((field), sizeof(field), (ret))

static bool parse_decimal(const char *s, size_t n, uint64_t *ret)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9' || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s[i] - '0'), &v))
			return false;
	*ret = v;
	return n && v <= INT64_MAX;
}

/* "-1.25" is a quarter of a second before -1. */
static bool parse_mtime(const char *s, size_t n, int64_t *ret_s, uint32_t *ret_ns)
{
	bool negative = n && *s == '-';
	const char *dot = memchr(s, '.', n), *end = s + n;
	uint32_t ns = 0, unit = 100000000;
	uint64_t whole;

	s += negative;
	if (s > end || !parse_decimal(s, (size_t)((dot ? dot : end) - s), &whole))
		return false;
	for (const char *p = dot ? dot + 1 : end; p < end; p++, unit /= 10) {
		if (*p < '0' || *p > '9')
			return false;
		ns += (uint32_t)(*p - '0') * unit;
	}
	*ret_s = negative ? -(int64_t)whole - (ns > 0) : (int64_t)whole;
	*ret_ns = negative && ns ? 1000000000 - ns : ns;
	return true;
}

/* ---- sparse maps */

static bool add_piece(struct extended *x, uint64_t offset, uint64_t n)
{
	const struct piece *last = x->pieces ? &x->piece[x->pieces - 1] : NULL;
	uint64_t end;

	if (__builtin_add_overflow(offset, n, &end) || end > INT64_MAX || (last && offset < last->offset + last->n))
		return false;
	if (!x->piece || x->pieces == x->room) {
		size_t room = x->room ? x->room * 2 : 32;
		struct piece *more = x->pieces < SPARSE_LIMIT ? reallocarray(x->piece, room, sizeof *more) : NULL;

		if (!more)
			return false;
		x->piece = more;
		x->room = room;
	}
	x->piece[x->pieces++] = (struct piece){ offset, n };
	return true;
}

/* Format 0.1: "OFFSET,LENGTH,OFFSET,LENGTH..." */
static bool parse_map(struct extended *x, const char *s, size_t n)
{
	const char *end = s + n;
	uint64_t number[2];

	x->pieces = 0;
	while (s < end) {
		for (int i = 0; i < 2; i++) {
			const char *comma = memchr(s, ',', (size_t)(end - s));
			const char *stop = comma ? comma : end;

			if (!parse_decimal(s, (size_t)(stop - s), &number[i]))
				return false;
			s = comma ? comma + 1 : end;
		}
		if (!add_piece(x, number[0], number[1]))
			return false;
	}
	return true;
}

/* Format 0.0: GNU.sparse.offset and GNU.sparse.numbytes by turns. */
static bool parse_piece_offset(struct extended *x, uint64_t v)
{
	if (x->piece_open)
		return false;
	x->piece_open = true;
	x->piece_offset = v;
	return true;
}

static bool parse_piece_length(struct extended *x, uint64_t v)
{
	if (!x->piece_open)
		return false;
	x->piece_open = false;
	return add_piece(x, x->piece_offset, v);
}

/* Old GNU: a map in the header and in blocks behind it. */
static int take_gnu_map(struct tar *t, const struct header *h, struct err *e)
{
	const char *block = (const char *)h;
	const struct gnu_piece *p = (const struct gnu_piece *)(block + GNU_PIECES_AT);
	size_t n = GNU_PIECES;
	bool more = block[GNU_MORE_AT];
	int64_t offset, length, realsize;
	const uint8_t *next;
	int r;

	if (!parse_number(block + GNU_REALSIZE_AT, 12, &realsize) || realsize < 0)
		return err_set(e, -EINVAL, "damaged sparse map");
	t->x.realsize = (uint64_t)realsize;
	t->x.has_realsize = true;
	for (;;) {
		for (size_t i = 0; i < n && p[i].offset[0]; i++)
			if (!NUMBER(p[i].offset, &offset) || !NUMBER(p[i].n, &length) || offset < 0 || length < 0 ||
			    !add_piece(&t->x, (uint64_t)offset, (uint64_t)length))
				return err_set(e, -EINVAL, "damaged sparse map");
		if (!more)
			return 0;
		if (!(next = take_block(t, &r, e)))
			return r < 0 ? r : cut_short(e);
		p = (const struct gnu_piece *)next;
		n = GNU_NEXT_PIECES;
		more = next[GNU_NEXT_MORE_AT];
	}
}

/* Format 1.0: decimal lines at the head of the data, padded to a block. */
static int take_map_line(struct tar *t, uint64_t *size, uint64_t *ret, struct err *e)
{
	char line[24];
	size_t n = 0;
	const void *byte;

	for (; n < sizeof line; n++) {
		ssize_t r = *size ? take_some(t, 1, &byte, e) : cut_short(e);

		if (r < 0)
			return (int)r;
		(*size)--;
		line[n] = *(const char *)byte;
		if (line[n] == '\n')
			break;
	}
	if (n == sizeof line || !parse_decimal(line, n, ret))
		return err_set(e, -EINVAL, "damaged sparse map");
	return 0;
}

static int take_data_map(struct tar *t, uint64_t *size, struct err *e)
{
	uint64_t before = *size, count, offset, n, pad;
	int r = take_map_line(t, size, &count, e);

	for (; r >= 0 && count; count--) {
		if ((r = take_map_line(t, size, &offset, e)) < 0 || (r = take_map_line(t, size, &n, e)) < 0)
			return r;
		if (!add_piece(&t->x, offset, n))
			return err_set(e, -EINVAL, "damaged sparse map");
	}
	if (r < 0)
		return r;
	pad = padding(before - *size);
	if (pad > *size)
		return cut_short(e);
	*size -= pad;
	return skip(t, pad, e);
}

/* ---- pax headers */

static void add_xattr(struct buf *to, const char *name, size_t name_n, const void *value, size_t value_n)
{
	struct xattr_head h = { (uint32_t)name_n, (uint32_t)value_n };

	buf_add(to, &h, sizeof h);
	buf_add(to, name, name_n);
	buf_add(to, value, value_n);
}

static bool add_acl(struct extended *x, enum acl which, const char *name, const char *value, size_t n)
{
	AUTO(buf) struct buf raw = BUF_NONE;

	x->acls_seen |= which;
	/* a list by names of a foreign host says nothing here; often the attribute itself comes too */
	if ((x->acls_got & which) || !acl_value(value, n, &raw) || buf_error(&raw))
		return true;
	x->acls_got |= which;
	add_xattr(&x->xattrs, name, strlen(name), raw.s, raw.len);
	return true;
}

static bool take_xattr(struct extended *x, const char *name, const char *value, size_t n)
{
	if (str_eq(name, "system.posix_acl_access"))
		x->acls_got |= ACL_ACCESS;
	if (str_eq(name, "system.posix_acl_default"))
		x->acls_got |= ACL_DEFAULT;
	add_xattr(&x->xattrs, name, strlen(name), value, n);
	return *name;
}

static bool set_text(struct buf *to, const char *value, size_t n)
{
	buf_reset(to);
	buf_add(to, value, n);
	return n <= NAME_LIMIT && !memchr(value, '\0', n);
}

static bool set_number(bool *has, uint64_t *to, const char *value, size_t n)
{
	*has = true;
	return parse_decimal(value, n, to);
}

static bool take_sparse_record(struct extended *x, const char *key, const char *value, size_t n)
{
	uint64_t v = 0;
	bool is_number = parse_decimal(value, n, &v);

	if (str_eq(key, "name"))
		return set_text(&x->sparse_name, value, n);
	if (str_eq(key, "map"))
		return parse_map(x, value, n);
	if (!is_number)
		return false;
	if (str_eq(key, "size") || str_eq(key, "realsize"))
		return set_number(&x->has_realsize, &x->realsize, value, n);
	if (str_eq(key, "offset"))
		return parse_piece_offset(x, v);
	if (str_eq(key, "numbytes"))
		return parse_piece_length(x, v);
	if (str_eq(key, "major"))
		x->sparse_major = v;
	else if (str_eq(key, "minor"))
		x->sparse_minor = v;
	return true;
}

static bool take_pax_record(struct extended *x, const char *key, const char *value, size_t n)
{
	const char *rest;

	if (!n && !str_after(key, "SCHILY.xattr."))
		return true; /* takes an earlier setting back, of which there is none that we heed */
	if (str_eq(key, "path"))
		return set_text(&x->path, value, n);
	if (str_eq(key, "linkpath"))
		return set_text(&x->link, value, n);
	if (str_eq(key, "size"))
		return set_number(&x->has_size, &x->size, value, n);
	if (str_eq(key, "uid"))
		return set_number(&x->has_uid, &x->uid, value, n);
	if (str_eq(key, "gid"))
		return set_number(&x->has_gid, &x->gid, value, n);
	if (str_eq(key, "mtime"))
		return x->has_mtime = parse_mtime(value, n, &x->mtime_s, &x->mtime_ns);
	if ((rest = str_after(key, "SCHILY.xattr.")))
		return take_xattr(x, rest, value, n);
	if (str_eq(key, "SCHILY.acl.access"))
		return add_acl(x, ACL_ACCESS, "system.posix_acl_access", value, n);
	if (str_eq(key, "SCHILY.acl.default"))
		return add_acl(x, ACL_DEFAULT, "system.posix_acl_default", value, n);
	if ((rest = str_after(key, "GNU.sparse.")))
		return take_sparse_record(x, rest, value, n);
	return true;
}

/* "LENGTH KEY=VALUE\n", LENGTH counting all of it. */
static int take_pax(struct tar *t, uint64_t size, struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;
	int r = take_text(t, size, SPECIAL_LIMIT, &text, e);

	for (char *p = text.s, *end = p + text.len; r >= 0 && p < end;) {
		char *blank = memchr(p, ' ', (size_t)(end - p)), *value, *stop;
		uint64_t length;

		if (!blank || !parse_decimal(p, (size_t)(blank - p), &length) || length > (uint64_t)(end - p))
			return err_set(e, -EINVAL, "damaged pax header");
		stop = p + length - 1;
		if (stop <= blank || *stop != '\n' || !(value = memchr(blank, '=', (size_t)(stop - blank))))
			return err_set(e, -EINVAL, "damaged pax header");
		*value++ = '\0';
		if (!take_pax_record(&t->x, blank + 1, value, (size_t)(stop - value)))
			return err_set(e, -EINVAL, "damaged pax header: %.80s", blank + 1);
		p = stop + 1;
	}
	/* one header's are told with the member's name; of header upon header no more is collected */
	if (r >= 0 && t->x.xattrs.len > SPECIAL_LIMIT)
		return err_set(e, -E2BIG, "more than 64 KiB of extended attributes");
	return r < 0 || !buf_error(&t->x.xattrs) ? r : err_code(e, -ENOMEM, "pax header");
}

/* ---- members */

static bool is_zero(const void *block)
{
	static const char zero[BLOCK];

	return !memcmp(block, zero, BLOCK);
}

/* The sum of the bytes, the sum's own field taken as blanks. Some old writers added signed ones. */
static bool checksum_fits(const struct header *h)
{
	const unsigned char *p = (const unsigned char *)h;
	int64_t want, plain = 0, with_sign = 0;

	for (size_t i = 0; i < BLOCK; i++) {
		unsigned char c = i >= 148 && i < 156 ? ' ' : p[i];

		plain += c;
		with_sign += (signed char)c;
	}
	return NUMBER(h->checksum, &want) && (want == plain || want == with_sign);
}

bool tar_is_header(const uint8_t *block, size_t n)
{
	const struct header *h = (const struct header *)block;

	return n >= BLOCK && (is_zero(block) || (!memcmp(h->magic, "ustar", 5) && checksum_fits(h)));
}

static enum member_type type_of(const struct header *h)
{
	switch (h->type) {
	case '1':
		return MEMBER_HARDLINK;
	case '2':
		return MEMBER_SYMLINK;
	case '3':
		return MEMBER_CHAR;
	case '4':
		return MEMBER_BLOCK;
	case '5':
	case 'D': /* GNU's incremental form: with a list of names as data */
		return MEMBER_DIR;
	case '6':
		return MEMBER_FIFO;
	}
	return MEMBER_FILE; /* "0", NUL, "7", "S", and whatever nobody knows */
}

/* Out of the header's own fields, which hold no terminator when full. */
static void header_name(const struct header *h, struct buf *to)
{
	bool posix = !memcmp(h->magic, "ustar", 6); /* GNU's "ustar  " has other things in place of the prefix */

	if (posix && h->prefix[0]) {
		buf_add(to, h->prefix, strnlen(h->prefix, sizeof h->prefix));
		buf_addch(to, '/');
	}
	buf_add(to, h->name, strnlen(h->name, sizeof h->name));
}

static bool fill_numbers(struct member *m, const struct header *h, const struct extended *x)
{
	int64_t mode, uid, gid, major = 0, minor = 0, mtime;
	bool device = m->type == MEMBER_CHAR || m->type == MEMBER_BLOCK;

	if (!NUMBER(h->mode, &mode) || !NUMBER(h->uid, &uid) || !NUMBER(h->gid, &gid) || !NUMBER(h->mtime, &mtime))
		return false;
	if (device && (!NUMBER(h->major, &major) || !NUMBER(h->minor, &minor)))
		return false;
	uid = x->has_uid ? (int64_t)x->uid : uid;
	gid = x->has_gid ? (int64_t)x->gid : gid;
	/* -1 means "leave it" to chown(2): it is no owner */
	if (uid < 0 || uid >= UINT32_MAX || gid < 0 || gid >= UINT32_MAX || major < 0 || major > UINT32_MAX || minor < 0 ||
	    minor > UINT32_MAX)
		return false;
	m->mode = (uint32_t)mode & 07777;
	m->uid = (uint32_t)uid;
	m->gid = (uint32_t)gid;
	m->major = (uint32_t)major;
	m->minor = (uint32_t)minor;
	m->mtime_s = x->has_mtime ? x->mtime_s : mtime;
	m->mtime_ns = x->has_mtime ? x->mtime_ns : 0;
	return true;
}

static int send_bytes(struct tar *t, uint64_t offset, uint64_t n, struct err *e)
{
	const void *bytes;

	while (n) {
		ssize_t got = take_some(t, n, &bytes, e);

		if (got < 0)
			return (int)got;
		int r = sink_data(t->sink, offset, bytes, (size_t)got, e);
		if (r < 0)
			return r;
		offset += (uint64_t)got;
		n -= (uint64_t)got;
	}
	return 0;
}

static int send_pieces(struct tar *t, uint64_t file_size, uint64_t size, struct err *e)
{
	const struct extended *x = &t->x;

	for (size_t i = 0; i < x->pieces; i++) {
		const struct piece *p = &x->piece[i];
		int r;

		if (p->n > size || p->offset + p->n > file_size)
			return err_set(e, -EINVAL, "damaged sparse map");
		if ((r = send_bytes(t, p->offset, p->n, e)) < 0)
			return r;
		size -= p->n;
	}
	return skip(t, size, e);
}

static int send_file(struct tar *t, struct member *m, uint64_t size, struct err *e)
{
	struct extended *x = &t->x;
	bool map_in_data = x->sparse_major == 1 && !x->sparse_minor;
	bool sparse = map_in_data || x->pieces || x->has_realsize;
	int r;

	if (x->piece_open)
		return err_set(e, -EINVAL, "damaged sparse map");
	if (map_in_data && (r = take_data_map(t, &size, e)) < 0)
		return r;
	m->size = x->has_realsize ? x->realsize : size;
	if ((r = sink_member(t->sink, m, e)) < 0)
		return r;
	return sparse ? send_pieces(t, m->size, size, e) : send_bytes(t, 0, size, e);
}

static int send_member(struct tar *t, const struct header *from, struct err *e)
{
	AUTO(buf) struct buf own_name = BUF_NONE;
	const struct header copy = *from, *h = &copy; /* the window moves */
	struct extended *x = &t->x;
	struct member m = { .type = type_of(h) };
	const struct buf *name = x->sparse_name.len ? &x->sparse_name : x->path.len ? &x->path : &own_name;
	int64_t header_size;
	uint64_t size;
	int r;

	header_name(h, &own_name);
	m.name = name->s;
	m.name_n = (uint32_t)name->len;
	m.link = x->link.len ? x->link.s : h->link;
	m.link_n = (uint32_t)(x->link.len ? x->link.len : strnlen(h->link, sizeof h->link));
	m.xattrs = x->xattrs.s;
	m.xattrs_n = (uint32_t)x->xattrs.len;
	t->acls_lost += (x->acls_seen & ~x->acls_got) != 0;
	if (!NUMBER(h->size, &header_size) || header_size < 0 || !fill_numbers(&m, h, x))
		return err_set(e, -EINVAL, "a number in its header is damaged or too large");
	size = m.type == MEMBER_HARDLINK ? 0 : x->has_size ? x->size : (uint64_t)header_size;
	if (m.type == MEMBER_FILE && m.name_n && m.name[m.name_n - 1] == '/')
		m.type = MEMBER_DIR; /* so before there was a type for it */
	if (h->type == 'S' && (r = take_gnu_map(t, h, e)) < 0)
		return r;
	if (m.type == MEMBER_FILE)
		r = send_file(t, &m, size, e);
	else if ((r = sink_member(t->sink, &m, e)) >= 0)
		r = skip(t, size, e);
	return r < 0 ? r : skip(t, padding(size), e);
}

/* A member, or an extended header that goes before one. */
static int take_member(struct tar *t, const struct header *h, struct err *e)
{
	int64_t size;
	int r;

	if (!strchr("xXgLKVNM", h->type) || !h->type) {
		struct buf name = BUF_NONE;

		buf_addstr(&name, t->x.sparse_name.len ? t->x.sparse_name.s : t->x.path.s);
		if (!name.len)
			header_name(h, &name);
		r = send_member(t, h, e);
		if (r < 0)
			(void)err_in(e, r, "%.200s", name.s);
		buf_free(&name);
		extended_clear(&t->x);
		return r;
	}
	if (h->type == 'M')
		return err_set(e, -EINVAL, "one volume of several");
	if (!NUMBER(h->size, &size) || size < 0)
		return err_set(e, -EINVAL, "damaged header");
	if (h->type == 'x' || h->type == 'X')
		return take_pax(t, (uint64_t)size, e);
	if (h->type == 'L' || h->type == 'K') {
		struct buf *to = h->type == 'L' ? &t->x.path : &t->x.link;

		buf_reset(to);
		if ((r = take_text(t, (uint64_t)size, NAME_LIMIT + 1, to, e)) >= 0)
			buf_cut(to, strlen(to->s)); /* the terminator is stored too */
		return r;
	}
	/* "g": defaults for all members, in practice a comment; "V", "N": labels */
	if ((r = skip(t, (uint64_t)size, e)) < 0)
		return r;
	return skip(t, padding((uint64_t)size), e);
}

/* 1: a member or header was there; 0: the end, marked by a block of zeros or not at all. */
static int take_header(struct tar *t, struct err *e)
{
	int r;
	const uint8_t *block = take_block(t, &r, e);

	if (!block)
		return r;
	if (is_zero(block))
		return 0;
	if (!tar_is_header(block, BLOCK))
		return err_set(e, -EINVAL, t->any ? "a header is damaged" : "not a tar archive (ustar, GNU or pax)");
	t->any = true;
	r = take_member(t, (const struct header *)block, e);
	return r < 0 ? r : 1;
}

/* Behind the end there may be zeros or garbage. What counts is whether the compressed data is whole. */
static int read_to_end(struct tar *t, struct err *e)
{
	for (size_t behind = 0; behind < AFTER_END_LIMIT;) {
		ssize_t n = inflate_read(t->from->in, t->data, WINDOW, e);

		if (n <= 0)
			return (int)n;
		behind += (size_t)n;
	}
	return 0;
}

int tar_read(const struct tar_source *from, struct record_sink *sink, struct reading_end *notes, struct err *e)
{
	struct tar *t = malloc(sizeof *t);
	int r;

	if (!t)
		return err_code(e, -ENOMEM, "tar");
	*t = (struct tar){ .from = from, .sink = sink };
	extended_clear(&t->x);
	while ((r = take_header(t, e)) > 0)
		;
	if (!r && (t->x.path.len || t->x.link.len))
		r = cut_short(e);
	if (!r)
		r = read_to_end(t, e);
	notes->acls_lost += t->acls_lost;
	extended_clear(&t->x);
	free(t);
	return r;
}
