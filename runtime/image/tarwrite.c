#include "runtime/image/tarwrite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/auto.h"
#include "core/buf.h"

enum { BLOCK = 512, RECORD = 20 * BLOCK };

/* POSIX 1003.1-1988; numbers in octal. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6], version[2], uname[32],
		gname[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a tar header is one block");

int tarwrite_data(struct tarwrite *t, const void *bytes, size_t n, struct err *e)
{
	t->written += n;
	return n ? deflate_write(t->to, bytes, n, e) : 0;
}

int tarwrite_pad(struct tarwrite *t, struct err *e)
{
	static const char zero[BLOCK];

	return tarwrite_data(t, zero, (size_t)(-t->written % BLOCK), e);
}

int tarwrite_end(struct tarwrite *t, struct err *e)
{
	static const char zero[2 * BLOCK];
	uint64_t rest;
	int r = tarwrite_data(t, zero, sizeof zero, e);

	while (r >= 0 && (rest = t->written % RECORD))
		r = tarwrite_data(t, zero, RECORD - rest < BLOCK ? RECORD - rest : BLOCK, e);
	return r < 0 ? r : deflate_finish(t->to, e);
}

/* ---- what a ustar header holds */

/* N - 1 digits and a NUL. False: it does not fit. */
static bool put_octal(char *to, size_t n, uint64_t v)
{
	for (size_t i = n - 1; i-- > 0; v >>= 3)
		to[i] = (char)('0' + (v & 7));
	to[n - 1] = '\0';
	return !v;
}

#define PUT(field, v) put_octal((field), sizeof(field), (v))

/* In one piece, or at a slash into prefix and name. */
static bool put_name(struct header *h, const char *name, size_t n)
{
	const char *slash;

	if (n <= sizeof h->name) {
		memcpy(h->name, name, n);
		return true;
	}
	slash = memchr(name + n - sizeof h->name - 1, '/', sizeof h->name);
	if (!slash || slash - name > (ptrdiff_t)sizeof h->prefix || slash == name)
		return false;
	memcpy(h->prefix, name, (size_t)(slash - name));
	memcpy(h->name, slash + 1, n - (size_t)(slash + 1 - name));
	return true;
}

static void finish_header(struct header *h)
{
	const unsigned char *p = (const unsigned char *)h;
	unsigned sum = 0;

	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	memset(h->checksum, ' ', sizeof h->checksum);
	for (size_t i = 0; i < BLOCK; i++)
		sum += p[i];
	(void)put_octal(h->checksum, 7, sum); /* the eighth byte stays a blank */
}

static char type_letter(const struct member *m)
{
	static const char letter[] = {
		[MEMBER_FILE] = '0', [MEMBER_DIR] = '5',   [MEMBER_SYMLINK] = '2', [MEMBER_HARDLINK] = '1',
		[MEMBER_CHAR] = '3', [MEMBER_BLOCK] = '4', [MEMBER_FIFO] = '6',
	};

	return letter[m->type];
}

/* ---- what it does not hold */

struct pax_record {
	char *key;
	struct buf value;
};

struct pax {
	struct pax_record *record;
	size_t n;
	bool no_memory;
};

static void auto_pax(struct pax *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->record[i].key);
		buf_free(&p->record[i].value);
	}
	free(p->record);
}

static void pax_put(struct pax *p, const char *key, size_t key_n, const void *value, size_t n)
{
	struct pax_record *more = reallocarray(p->record, p->n + 1, sizeof *more);
	struct buf bytes = BUF_NONE;
	char *name = strndup(key, key_n);

	buf_add(&bytes, value, n);
	if (more)
		p->record = more;
	if (!more || !name || buf_error(&bytes)) {
		p->no_memory = true;
		free(name);
		buf_free(&bytes);
		return;
	}
	p->record[p->n++] = (struct pax_record){ name, bytes };
}

static void pax_text(struct pax *p, const char *key, const char *value, size_t n)
{
	pax_put(p, key, strlen(key), value, n);
}

static void pax_number(struct pax *p, const char *key, int64_t v)
{
	char text[24];

	(void)str_fmt(text, sizeof text, "%lld", (long long)v); /* fits */
	pax_text(p, key, text, strlen(text));
}

static void pax_xattrs(struct pax *p, const struct member *m)
{
	const char *at = m->xattrs, *end = at + m->xattrs_n, *name, *value;
	struct xattr_head h;

	while (m->xattrs_n && xattr_next(&at, end, &h, &name, &value)) {
		AUTO(buf) struct buf key = BUF_NONE;

		buf_addstr(&key, "SCHILY.xattr.");
		buf_add(&key, name, h.name_n);
		pax_put(p, key.s, key.len, value, h.value_n);
	}
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct pax_record *)a)->key, ((const struct pax_record *)b)->key);
}

/* "LENGTH KEY=VALUE\n": LENGTH counts its own digits. */
static void pax_line(struct buf *to, const struct pax_record *rec)
{
	size_t rest = strlen(rec->key) + rec->value.len + 3, n = rest + 1, digits;
	char text[24];

	do {
		digits = n;
		(void)str_fmt(text, sizeof text, "%zu", n); /* fits */
		n = rest + strlen(text);
	} while (n != digits);
	buf_addf(to, "%zu %s=", n, rec->key);
	buf_add(to, rec->value.s, rec->value.len);
	buf_addch(to, '\n');
}

/* "PaxHeaders/BASENAME", as far as it fits: only those see it who do not know the type. */
static void pax_name(struct header *h, const char *name, size_t n)
{
	static const char dir[] = "PaxHeaders/";
	const char *slash = memrchr(name, '/', n), *base = slash ? slash + 1 : name;
	size_t base_n = n - (size_t)(base - name), room = sizeof h->name - (sizeof dir - 1);

	memcpy(h->name, dir, sizeof dir - 1);
	memcpy(h->name + sizeof dir - 1, base, base_n < room ? base_n : room);
}

static int write_pax(struct tarwrite *t, struct pax *p, const struct member *m, struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;
	struct header h = { 0 };
	int r;

	qsort(p->record, p->n, sizeof *p->record, by_key);
	for (size_t i = 0; i < p->n; i++)
		pax_line(&text, &p->record[i]);
	if (p->no_memory || buf_error(&text))
		return err_code(e, -ENOMEM, "tar");
	pax_name(&h, m->name, m->name_n);
	(void)PUT(h.mode, 0644), (void)PUT(h.uid, 0), (void)PUT(h.gid, 0), (void)PUT(h.size, text.len), (void)PUT(h.mtime, 0);
	(void)PUT(h.major, 0), (void)PUT(h.minor, 0);
	h.type = 'x';
	finish_header(&h);
	if ((r = tarwrite_data(t, &h, sizeof h, e)) < 0 || (r = tarwrite_data(t, text.s, text.len, e)) < 0)
		return r;
	return tarwrite_pad(t, e);
}

/* ---- sparse files, GNU's form 1.0: the map lies before the data */

static void put_map(struct buf *map, const struct tar_piece *pieces, size_t n)
{
	buf_addf(map, "%zu\n", n);
	for (size_t i = 0; i < n; i++)
		buf_addf(map, "%llu\n%llu\n", (unsigned long long)pieces[i].offset, (unsigned long long)pieces[i].n);
	buf_fill(map, '\0', (size_t)(-map->len % BLOCK));
}

static uint64_t stored_size(const struct tar_piece *pieces, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += pieces[i].n;
	return sum;
}

static void pax_sparse(struct pax *p, const struct member *m)
{
	pax_number(p, "GNU.sparse.major", 1);
	pax_number(p, "GNU.sparse.minor", 0);
	pax_text(p, "GNU.sparse.name", m->name, m->name_n);
	pax_number(p, "GNU.sparse.realsize", (int64_t)m->size);
}

/* ---- a member */

static void fill(struct header *h, struct pax *p, const struct member *m, uint64_t size)
{
	bool device = m->type == MEMBER_CHAR || m->type == MEMBER_BLOCK;
	int64_t mtime = m->mtime_s;

	if (!put_name(h, m->name, m->name_n))
		pax_text(p, "path", m->name, m->name_n), memcpy(h->name, m->name, sizeof h->name);
	if (m->link_n > sizeof h->link)
		pax_text(p, "linkpath", m->link, m->link_n);
	if (m->link_n)
		memcpy(h->link, m->link, m->link_n < sizeof h->link ? m->link_n : sizeof h->link);
	(void)PUT(h->mode, m->mode & 07777);
	if (!PUT(h->uid, m->uid))
		pax_number(p, "uid", m->uid);
	if (!PUT(h->gid, m->gid))
		pax_number(p, "gid", m->gid);
	if (!PUT(h->size, size))
		pax_number(p, "size", (int64_t)size);
	if (!PUT(h->mtime, mtime < 0 ? 0 : (uint64_t)mtime) || mtime < 0)
		pax_number(p, "mtime", mtime);
	(void)PUT(h->major, device ? m->major : 0), (void)PUT(h->minor, device ? m->minor : 0); /* 12 and 20 bits */
	h->type = type_letter(m);
}

int tarwrite_member(struct tarwrite *t, const struct member *m, const struct tar_piece *pieces, size_t n_pieces, struct err *e)
{
	AUTO(pax) struct pax pax = { 0 };
	AUTO(buf) struct buf map = BUF_NONE;
	struct header h = { 0 };
	uint64_t size = m->type == MEMBER_FILE ? m->size : 0;
	int r;

	if (pieces) {
		put_map(&map, pieces, n_pieces);
		size = map.len + stored_size(pieces, n_pieces);
		pax_sparse(&pax, m);
	}
	fill(&h, &pax, m, size);
	pax_xattrs(&pax, m);
	if (buf_error(&map))
		return err_code(e, -ENOMEM, "tar");
	if ((pax.n || pax.no_memory) && (r = write_pax(t, &pax, m, e)) < 0)
		return r;
	finish_header(&h);
	if ((r = tarwrite_data(t, &h, sizeof h, e)) < 0)
		return r;
	return tarwrite_data(t, map.s, map.len, e);
}
