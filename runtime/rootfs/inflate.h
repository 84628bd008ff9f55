/* inflate - gzip, xz, lzma, zstd, bzip2: streams (an archive's) and single blocks (a squashfs image's)
 *
 * Decoders work on bytes of strangers, inside the sandbox. Their memory is bounded (rule R9): xz and lzma 192 MiB, zstd windows
 * 2^27. Each stream's checksum is verified, and an input that ends within a stream is an error. Streams may follow each other
 * (pigz, pbzip2, pzstd, `cat a.gz b.gz`); what follows and is no stream is ignored, as the tools do. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/err.h"

/* Where compressed bytes come from: a window onto a stream. */
struct input {
	ssize_t (*fill)(void *ctx, void *to, size_t n, struct err *e); /* 0: the end; -errno */
	void *ctx;
	uint8_t *data; /* SIZE bytes, the owner's */
	size_t size;
	size_t pos, len; /* unread: data[pos .. len) */
	bool end;
};

/* Makes N (<= size) bytes available at data + pos, less only at the end. Returns how many there are, or -errno. */
ssize_t input_peek(struct input *in, size_t n, struct err *e);

enum compression {
	COMPRESSION_NONE,
	COMPRESSION_GZIP,
	COMPRESSION_XZ,
	COMPRESSION_LZMA,
	COMPRESSION_ZSTD,
	COMPRESSION_BZIP2,
};

/* By the first bytes; NONE when it is none of them. */
enum compression compression_of(const uint8_t *magic, size_t n);
const char *compression_suffix(enum compression c); /* "", ".gz", ".xz", ".lzma", ".zst", ".bz2" */

struct inflate;

int inflate_open(struct inflate **ret, enum compression c, struct input *in, struct err *e);

/* Up to N bytes; 0: all streams ended as they should. */
ssize_t inflate_read(struct inflate *f, void *to, size_t n, struct err *e);
void inflate_free(struct inflate *f);

/* One compressed block; C is GZIP (meaning a zlib stream), XZ or ZSTD. Returns the size, -EINVAL for broken data or data that
 * would not fit. */
struct inflate_block;

int inflate_block_open(struct inflate_block **ret, enum compression c, struct err *e);
ssize_t inflate_block(struct inflate_block *b, const void *from, size_t n, void *to, size_t size);
void inflate_block_free(struct inflate_block *b);
