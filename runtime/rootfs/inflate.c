#include "runtime/rootfs/inflate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "core/auto.h"

static const uint64_t xz_memory = (uint64_t)192 * 1024 * 1024;
enum { ZSTD_WINDOW = 27, MAGIC_MOST = 6 };

ssize_t input_peek(struct input *in, size_t n, struct err *e)
{
	if (in->len - in->pos < n && in->pos) {
		memmove(in->data, in->data + in->pos, in->len - in->pos);
		in->len -= in->pos;
		in->pos = 0;
	}
	while (in->len - in->pos < n && !in->end) {
		ssize_t got = in->fill(in->ctx, in->data + in->len, in->size - in->len, e);

		if (got < 0)
			return got;
		in->len += (size_t)got;
		in->end = !got;
	}
	return (ssize_t)(in->len - in->pos);
}

/* ---- one stream at a time: a row per kind */

enum step { STEP_FAILED = -1, STEP_MORE, STEP_END };

struct bytes {
	const uint8_t *in;
	size_t in_n;
	uint8_t *out;
	size_t out_n;
};

struct inflate {
	const struct decoder *decoder;
	struct input *in;
	bool begun; /* the first stream */
	bool in_stream;
	bool ended;
	union {
		z_stream gz;
		lzma_stream xz;
		bz_stream bz;
		ZSTD_DCtx *zst;
	} u;
};

/* begin: 0 or -errno, for the first and each further stream. step: takes from B and moves it on; a failure's words in *WHY. */
struct decoder {
	const char *suffix;
	const char *name;
	char magic[MAGIC_MOST];
	uint8_t magic_n;
	int (*begin)(struct inflate *f);
	enum step (*step)(struct inflate *f, struct bytes *b, const char **why);
	void (*end)(struct inflate *f);
};

static const char no_memory[] = "not enough memory", damaged[] = "damaged";

static int gz_begin(struct inflate *f)
{
	inflateEnd(&f->u.gz);
	f->u.gz = (z_stream){ 0 };
	return inflateInit2(&f->u.gz, 16 + MAX_WBITS) == Z_OK ? 0 : -ENOMEM;
}

static enum step gz_step(struct inflate *f, struct bytes *b, const char **why)
{
	z_stream *z = &f->u.gz;
	int r;

	z->next_in = (uint8_t *)(uintptr_t)b->in; /* zlib does not write there */
	z->avail_in = (uInt)b->in_n;
	z->next_out = b->out;
	z->avail_out = (uInt)b->out_n;
	r = inflate(z, Z_NO_FLUSH);
	*b = (struct bytes){ z->next_in, z->avail_in, z->next_out, z->avail_out };
	if (r == Z_STREAM_END)
		return STEP_END;
	if (r == Z_OK || r == Z_BUF_ERROR)
		return STEP_MORE;
	*why = r == Z_MEM_ERROR ? no_memory : damaged;
	return STEP_FAILED;
}

static void gz_end(struct inflate *f)
{
	inflateEnd(&f->u.gz);
}

static int lzma_code_of(lzma_ret r)
{
	return r == LZMA_OK ? 0 : -ENOMEM;
}

static int xz_begin(struct inflate *f)
{
	return lzma_code_of(lzma_stream_decoder(&f->u.xz, xz_memory, 0));
}

static int lzma_begin(struct inflate *f)
{
	return lzma_code_of(lzma_alone_decoder(&f->u.xz, xz_memory));
}

static enum step xz_step(struct inflate *f, struct bytes *b, const char **why)
{
	lzma_stream *z = &f->u.xz;
	lzma_ret r;

	z->next_in = b->in;
	z->avail_in = b->in_n;
	z->next_out = b->out;
	z->avail_out = b->out_n;
	r = lzma_code(z, LZMA_RUN);
	*b = (struct bytes){ z->next_in, z->avail_in, z->next_out, z->avail_out };
	if (r == LZMA_STREAM_END)
		return STEP_END;
	if (r == LZMA_OK || r == LZMA_BUF_ERROR)
		return STEP_MORE;
	if (r == LZMA_MEMLIMIT_ERROR)
		*why = "needs more than 192 MiB of memory to decompress";
	else if (r == LZMA_OPTIONS_ERROR)
		*why = "compressed with options that are not supported";
	else
		*why = r == LZMA_MEM_ERROR ? no_memory : damaged;
	return STEP_FAILED;
}

static void xz_end(struct inflate *f)
{
	lzma_end(&f->u.xz);
}

static int zst_begin(struct inflate *f)
{
	if (!f->u.zst && !(f->u.zst = ZSTD_createDCtx()))
		return -ENOMEM;
	ZSTD_DCtx_reset(f->u.zst, ZSTD_reset_session_only);
	return ZSTD_isError(ZSTD_DCtx_setParameter(f->u.zst, ZSTD_d_windowLogMax, ZSTD_WINDOW)) ? -ENOMEM : 0;
}

static enum step zst_step(struct inflate *f, struct bytes *b, const char **why)
{
	ZSTD_inBuffer in = { b->in, b->in_n, 0 };
	ZSTD_outBuffer out = { b->out, b->out_n, 0 };
	size_t r = ZSTD_decompressStream(f->u.zst, &out, &in);

	*b = (struct bytes){ b->in + in.pos, b->in_n - in.pos, b->out + out.pos, b->out_n - out.pos };
	if (!ZSTD_isError(r))
		return r ? STEP_MORE : STEP_END;
	switch (ZSTD_getErrorCode(r)) {
	case ZSTD_error_frameParameter_windowTooLarge:
		*why = "needs more than 128 MiB of memory to decompress";
		break;
	case ZSTD_error_memory_allocation:
		*why = no_memory;
		break;
	case ZSTD_error_dictionary_wrong:
		*why = "compressed with a dictionary that is not here";
		break;
	default: /* some forty ways of being damaged */
		*why = damaged;
	}
	return STEP_FAILED;
}

static void zst_end(struct inflate *f)
{
	ZSTD_freeDCtx(f->u.zst);
	f->u.zst = NULL;
}

static int bz_begin(struct inflate *f)
{
	BZ2_bzDecompressEnd(&f->u.bz);
	f->u.bz = (bz_stream){ 0 };
	return BZ2_bzDecompressInit(&f->u.bz, 0, 0) == BZ_OK ? 0 : -ENOMEM;
}

static enum step bz_step(struct inflate *f, struct bytes *b, const char **why)
{
	bz_stream *z = &f->u.bz;
	int r;

	z->next_in = (char *)(uintptr_t)b->in; /* not written to */
	z->avail_in = (unsigned)b->in_n;
	z->next_out = (char *)b->out;
	z->avail_out = (unsigned)b->out_n;
	r = BZ2_bzDecompress(z);
	*b = (struct bytes){ (uint8_t *)z->next_in, z->avail_in, (uint8_t *)z->next_out, z->avail_out };
	if (r == BZ_STREAM_END)
		return STEP_END;
	if (r == BZ_OK)
		return STEP_MORE;
	*why = r == BZ_MEM_ERROR ? no_memory : damaged;
	return STEP_FAILED;
}

static void bz_end(struct inflate *f)
{
	BZ2_bzDecompressEnd(&f->u.bz);
}

static const struct decoder decoders[] = {
	[COMPRESSION_NONE] = { .suffix = "" },
	[COMPRESSION_GZIP] = { ".gz", "gzip", "\x1f\x8b", 2, gz_begin, gz_step, gz_end },
	[COMPRESSION_XZ] = { ".xz", "xz", { '\xfd', '7', 'z', 'X', 'Z', '\0' }, 6, xz_begin, xz_step, xz_end },
	[COMPRESSION_LZMA] = { ".lzma", "lzma", { '\x5d', '\0', '\0' }, 3, lzma_begin, xz_step, xz_end },
	[COMPRESSION_ZSTD] = { ".zst", "zstd", "\x28\xb5\x2f\xfd", 4, zst_begin, zst_step, zst_end },
	[COMPRESSION_BZIP2] = { ".bz2", "bzip2", "BZh", 3, bz_begin, bz_step, bz_end },
};

/* A frame of zstd that has no content: pzstd begins with one. */
static bool is_skippable(const uint8_t *p, size_t n)
{
	return n >= 4 && (p[0] & 0xf0) == 0x50 && !memcmp(p + 1, "\x2a\x4d\x18", 3);
}

enum compression compression_of(const uint8_t *magic, size_t n)
{
	for (size_t i = COMPRESSION_NONE + 1; i < ARRAY_SIZE(decoders); i++)
		if (n >= decoders[i].magic_n && !memcmp(magic, decoders[i].magic, decoders[i].magic_n))
			return (enum compression)i;
	return is_skippable(magic, n) ? COMPRESSION_ZSTD : COMPRESSION_NONE;
}

const char *compression_suffix(enum compression c)
{
	return decoders[c].suffix;
}

int inflate_open(struct inflate **ret, enum compression c, struct input *in, struct err *e)
{
	struct inflate *f = calloc(1, sizeof *f);

	if (!f)
		return err_code(e, -ENOMEM, "decompressor");
	f->decoder = &decoders[c];
	f->in = in;
	*ret = f;
	return 0;
}

/* Between two streams: 1 if another one begins. zstd has frames to skip, xz pads with zeros. */
static int next_stream(struct inflate *f, struct err *e)
{
	const struct decoder *d = f->decoder;
	ssize_t n;

	while ((n = input_peek(f->in, MAGIC_MOST, e)) > 0) {
		const uint8_t *p = f->in->data + f->in->pos;

		if (n >= d->magic_n && !memcmp(p, d->magic, d->magic_n))
			return d->begin != lzma_begin; /* lzma has no magic worth the name */
		if (d->begin == zst_begin && is_skippable(p, (size_t)n))
			return 1;
		if (d->begin != xz_begin || *p)
			return 0;
		f->in->pos++;
	}
	return (int)n;
}

static int begin_stream(struct inflate *f, struct err *e)
{
	int r = f->decoder->begin(f);

	if (r < 0)
		return err_code(e, r, "%s", f->decoder->name);
	f->begun = f->in_stream = true;
	return 0;
}

/* Decodes as much as one filling of the input gives, or until OUT is full or the stream ends. */
static int step(struct inflate *f, struct bytes *b, struct err *e)
{
	const char *why = damaged;
	ssize_t n = input_peek(f->in, 1, e);
	const uint8_t *before = b->out;
	enum step s;

	if (n < 0)
		return (int)n;
	b->in = f->in->data + f->in->pos;
	b->in_n = (size_t)n;
	s = f->decoder->step(f, b, &why);
	f->in->pos += (size_t)n - b->in_n;
	if (s == STEP_FAILED)
		return err_set(e, why == no_memory ? -ENOMEM : -EINVAL, "%s: %s", f->decoder->name, why);
	if (s == STEP_END)
		f->in_stream = false;
	else if (!n && b->out == before)
		return err_set(e, -EINVAL, "%s: cut short", f->decoder->name);
	return 0;
}

static ssize_t read_stored(struct inflate *f, void *to, size_t n, struct err *e)
{
	ssize_t have = input_peek(f->in, 1, e);

	if (have < 0)
		return have;
	if ((size_t)have < n)
		n = (size_t)have;
	memcpy(to, f->in->data + f->in->pos, n);
	f->in->pos += n;
	return (ssize_t)n;
}

ssize_t inflate_read(struct inflate *f, void *to, size_t n, struct err *e)
{
	struct bytes b = { .out = to, .out_n = n };
	int r;

	if (!f->decoder->begin)
		return read_stored(f, to, n, e);
	if (!f->begun && (r = begin_stream(f, e)) < 0)
		return r;
	while (!f->ended && b.out_n && (size_t)(b.out - (uint8_t *)to) < n) {
		if (!f->in_stream) {
			if ((r = next_stream(f, e)) < 0 || (r == 1 && (r = begin_stream(f, e)) < 0))
				return r;
			f->ended = !f->in_stream;
			continue;
		}
		if ((r = step(f, &b, e)) < 0)
			return r;
	}
	return b.out - (uint8_t *)to;
}

void inflate_free(struct inflate *f)
{
	if (f && f->decoder->end)
		f->decoder->end(f);
	free(f);
}

/* ---- blocks */

struct inflate_block {
	enum compression kind;
	z_stream gz;
	ZSTD_DCtx *zst;
};

int inflate_block_open(struct inflate_block **ret, enum compression c, struct err *e)
{
	struct inflate_block *b = calloc(1, sizeof *b);
	bool ok = b;

	if (b)
		b->kind = c;
	if (ok && c == COMPRESSION_GZIP)
		ok = inflateInit(&b->gz) == Z_OK;
	if (ok && c == COMPRESSION_ZSTD)
		ok = (b->zst = ZSTD_createDCtx());
	if (!ok) {
		inflate_block_free(b);
		return err_code(e, -ENOMEM, "decompressor");
	}
	*ret = b;
	return 0;
}

static ssize_t gz_block(struct inflate_block *b, const void *from, size_t n, void *to, size_t size)
{
	if (inflateReset(&b->gz) != Z_OK)
		return -EINVAL;
	b->gz.next_in = (uint8_t *)(uintptr_t)from;
	b->gz.avail_in = (uInt)n;
	b->gz.next_out = to;
	b->gz.avail_out = (uInt)size;
	return inflate(&b->gz, Z_FINISH) == Z_STREAM_END ? (ssize_t)(size - b->gz.avail_out) : -EINVAL;
}

static ssize_t xz_block(const void *from, size_t n, void *to, size_t size)
{
	uint64_t memory = xz_memory;
	size_t in = 0, out = 0;
	lzma_ret r = lzma_stream_buffer_decode(&memory, 0, NULL, from, &in, n, to, &out, size);

	return r == LZMA_OK ? (ssize_t)out : r == LZMA_MEM_ERROR ? -ENOMEM : -EINVAL;
}

ssize_t inflate_block(struct inflate_block *b, const void *from, size_t n, void *to, size_t size)
{
	size_t r;

	if (b->kind == COMPRESSION_GZIP)
		return gz_block(b, from, n, to, size);
	if (b->kind == COMPRESSION_XZ)
		return xz_block(from, n, to, size);
	r = ZSTD_decompressDCtx(b->zst, to, size, from, n);
	return ZSTD_isError(r) ? -EINVAL : (ssize_t)r;
}

void inflate_block_free(struct inflate_block *b)
{
	if (!b)
		return;
	inflateEnd(&b->gz);
	ZSTD_freeDCtx(b->zst);
	free(b);
}
