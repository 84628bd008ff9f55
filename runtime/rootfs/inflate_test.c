#include "runtime/rootfs/inflate.h"

#include <errno.h>
#include <string.h>

#include "core/auto.h"
#include "core/buf.h"
#include "test/unit/test.h"

static const char text[] = "hello, squashed world\n";

static const struct {
	const char *name;
	enum compression kind;
	size_t n;
	const char *bytes;
} row[] = {
	{ "gzip", COMPRESSION_GZIP, 42,
	  "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\xd7\x51\x28\x2e\x2c\x4d\x2c\xce\x48\x4d"
	  "\x51\x28\xcf\x2f\xca\x49\xe1\x02\x00\xf6\x2d\x79\x47\x16\x00\x00\x00" },
	{ "xz", COMPRESSION_XZ, 80,
	  "\xfd\x37\x7a\x58\x5a\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x16\x00\x00\x00\x74\x2f\xe5\xa3\x01"
	  "\x00\x15\x68\x65\x6c\x6c\x6f\x2c\x20\x73\x71\x75\x61\x73\x68\x65\x64\x20\x77\x6f\x72\x6c\x64\x0a\x00"
	  "\x00\x00\x87\xdc\x56\xa2\x41\x16\x63\xfa\x00\x01\x2e\x16\x56\x09\x55\xdf\x1f\xb6\xf3\x7d\x01\x00\x00"
	  "\x00\x00\x04\x59\x5a" },
	{ "lzma", COMPRESSION_LZMA, 46,
	  "\x5d\x00\x00\x80\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x34\x19\x49\xee\x8d\xef\x8c\x6b\x43\x86\xdf"
	  "\xe6\xab\x79\x1c\x94\xbf\xcb\xb5\x80\x31\xc2\x61\x99\xa7\xf0\xff\xff\x96\xac\x80\x00" },
	{ "zstd", COMPRESSION_ZSTD, 35,
	  "\x28\xb5\x2f\xfd\x04\x68\xb1\x00\x00\x68\x65\x6c\x6c\x6f\x2c\x20\x73\x71\x75\x61\x73\x68\x65\x64\x20"
	  "\x77\x6f\x72\x6c\x64\x0a\xa7\x47\x02\x6b" },
	{ "bzip2", COMPRESSION_BZIP2, 59,
	  "\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\x27\x52\x28\xdb\x00\x00\x05\x51\x80\x00\x10\x40\x04\x26\x44"
	  "\xba\x80\x20\x00\x31\x00\x00\x08\x9a\x32\x3d\x23\xf5\x24\x69\xd1\x4a\x98\x44\x4b\x5c\xa0\xb7\xf8\xbb"
	  "\x92\x29\xc2\x84\x81\x3a\x91\x46\xd8" },
};

/* Gives STEP bytes at a time, so that every boundary is met. */
struct drip {
	const char *bytes;
	size_t n, step;
};

static ssize_t fill(void *ctx, void *to, size_t n, struct err *e)
{
	struct drip *d = ctx;

	(void)e;
	if (n > d->step)
		n = d->step;
	if (n > d->n)
		n = d->n;
	memcpy(to, d->bytes, n);
	d->bytes += n;
	d->n -= n;
	return (ssize_t)n;
}

/* All of it, PIECE bytes at a time, into OUT; 0 or what inflate_read() said. */
static int inflate_all(enum compression kind, const void *bytes, size_t n, size_t step, size_t piece, struct buf *out, struct err *e)
{
	struct drip drip = { bytes, n, step };
	uint8_t window[16];
	struct input in = { .fill = fill, .ctx = &drip, .data = window, .size = sizeof window };
	struct inflate *f;
	char to[64];
	ssize_t got;

	if (!CHECK(!inflate_open(&f, kind, &in, e)))
		return -EINVAL;
	while ((got = inflate_read(f, to, piece, e)) > 0)
		buf_add(out, to, (size_t)got);
	inflate_free(f);
	return (int)got;
}

TEST(streams_are_told_by_their_first_bytes)
{
	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		CHECK_ROW_INT(row[i].name, compression_of((const uint8_t *)row[i].bytes, row[i].n), row[i].kind);
	CHECK_INT(compression_of((const uint8_t *)"metadata.yaml", 13), COMPRESSION_NONE);
	CHECK_INT(compression_of((const uint8_t *)"\x1f", 1), COMPRESSION_NONE);
	CHECK_INT(compression_of((const uint8_t *)"\x5f\x2a\x4d\x18", 4), COMPRESSION_ZSTD);
	CHECK_INT(compression_of((const uint8_t *)"\x5f\x2a\x4d", 3), COMPRESSION_NONE);
	CHECK_INT(compression_of(NULL, 0), COMPRESSION_NONE);
}

TEST(streams_inflate_whatever_the_pieces)
{
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		for (size_t step = 1; step < 20; step += 6) {
			for (size_t piece = 1; piece < 64; piece += 20) {
				AUTO(buf) struct buf out = BUF_NONE;

				CHECK_ROW_INT(row[i].name, inflate_all(row[i].kind, row[i].bytes, row[i].n, step, piece, &out, NULL), 0);
				CHECK_ROW_STR(row[i].name, out.s, text);
			}
		}
	}
}

TEST(streams_that_are_cut_are_refused)
{
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		for (size_t n = 6; n < row[i].n; n++) {
			AUTO(buf) struct buf out = BUF_NONE;
			struct err e = ERR_NONE;

			CHECK_ROW(row[i].name, inflate_all(row[i].kind, row[i].bytes, n, 16, 64, &out, &e) < 0 && strstr(e.text, "cut short"));
		}
	}
}

TEST(streams_that_are_damaged_are_refused)
{
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(buf) struct buf bad = BUF_NONE;
		AUTO(buf) struct buf out = BUF_NONE;

		buf_add(&bad, row[i].bytes, row[i].n);
		bad.s[row[i].n - 6] ^= 0x10;
		CHECK_ROW(row[i].name, inflate_all(row[i].kind, bad.s, bad.len, 16, 64, &out, NULL) < 0 ||
					       row[i].kind == COMPRESSION_LZMA); /* lzma has no checksum */
	}
}

TEST(streams_may_follow_each_other_and_garbage_follow_them)
{
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(buf) struct buf twice = BUF_NONE;
		AUTO(buf) struct buf out = BUF_NONE;
		bool lzma = row[i].kind == COMPRESSION_LZMA;

		buf_add(&twice, row[i].bytes, row[i].n);
		buf_fill(&twice, '\0', row[i].kind == COMPRESSION_XZ ? 8 : 0);
		buf_add(&twice, row[i].bytes, row[i].n);
		buf_addstr(&twice, "garbage");
		CHECK_ROW_INT(row[i].name, inflate_all(row[i].kind, twice.s, twice.len, 5, 7, &out, NULL), 0);
		CHECK_ROW_INT(row[i].name, out.len, (lzma ? 1 : 2) * strlen(text));
	}
}

TEST(blocks_that_would_not_fit_are_refused)
{
	static const enum compression kind[] = { COMPRESSION_XZ, COMPRESSION_ZSTD };

	for (size_t k = 0; k < ARRAY_SIZE(kind); k++) {
		struct inflate_block *b;
		char to[64];

		if (!CHECK(!inflate_block_open(&b, kind[k], NULL)))
			return;
		for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
			if (row[i].kind != kind[k])
				continue;
			CHECK_ROW_INT(row[i].name, inflate_block(b, row[i].bytes, row[i].n, to, sizeof to), strlen(text));
			CHECK_ROW_INT(row[i].name, inflate_block(b, row[i].bytes, row[i].n, to, strlen(text) - 1), -EINVAL);
			CHECK_ROW_INT(row[i].name, inflate_block(b, row[i].bytes, row[i].n - 1, to, sizeof to), -EINVAL);
			CHECK_ROW_INT(row[i].name, inflate_block(b, row[i].bytes, row[i].n, to, sizeof to), strlen(text));
		}
		inflate_block_free(b);
	}
}
