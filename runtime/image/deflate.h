/* deflate - the writing half of inflate: a compressed stream into a descriptor
 *
 * The same bytes in give the same bytes out, for one version of lxcbox: fixed settings, one thread. */
#pragma once
#include <stddef.h>
#include "core/err.h"
#include "runtime/rootfs/inflate.h"

struct deflate;

/* NONE or ZSTD (level 3, with checksum). FD is borrowed. */
int deflate_open(struct deflate **ret, enum compression c, int fd, struct err *e);
int deflate_write(struct deflate *d, const void *bytes, size_t n, struct err *e);
int deflate_finish(struct deflate *d, struct err *e); /* the last bytes */
void deflate_free(struct deflate *d);

static inline void auto_deflate(struct deflate **d)
{
	deflate_free(*d);
}
