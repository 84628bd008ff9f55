/* tarwrite - members into a tar archive, always in the same form
 *
 * ustar where it fits, else a pax header before it whose records are in the order of their keys; numeric owners only, whole
 * seconds, no access times. Two blocks of zeros end it, padded to 10,240 bytes. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "runtime/image/deflate.h"
#include "runtime/image/records.h"

struct tarwrite {
	struct deflate *to;
	uint64_t written;
};

/* A piece of a file that is no hole. */
struct tar_piece {
	uint64_t offset, n;
};

/* The head of a member: its name, link and xattrs as in struct member (mtime_ns is not kept). Regular files are followed by their
 * SIZE bytes through tarwrite_data(), or, with PIECES, by the sum of those. */
int tarwrite_member(struct tarwrite *t, const struct member *m, const struct tar_piece *pieces, size_t n_pieces, struct err *e);
int tarwrite_data(struct tarwrite *t, const void *bytes, size_t n, struct err *e);
int tarwrite_pad(struct tarwrite *t, struct err *e); /* after a file's data */
int tarwrite_end(struct tarwrite *t, struct err *e);
