#include "runtime/image/deflate.h"

#include <errno.h>
#include <stdlib.h>

#include <zstd.h>

#include "core/at.h"

enum { LEVEL = 3, ROOM = 256 * 1024 };

struct deflate {
	int fd;
	ZSTD_CCtx *zst; /* NULL: as it is */
	char room[ROOM];
};

int deflate_open(struct deflate **ret, enum compression c, int fd, struct err *e)
{
	struct deflate *d;

	if (c != COMPRESSION_NONE && c != COMPRESSION_ZSTD)
		return err_set(e, -EOPNOTSUPP, "cannot compress to %s", compression_suffix(c));
	if (!(d = calloc(1, sizeof *d)) || (c == COMPRESSION_ZSTD && !(d->zst = ZSTD_createCCtx()))) {
		deflate_free(d);
		return err_code(e, -ENOMEM, "compressor");
	}
	d->fd = fd;
	if (d->zst) {
		(void)ZSTD_CCtx_setParameter(d->zst, ZSTD_c_compressionLevel, LEVEL); /* both in range */
		(void)ZSTD_CCtx_setParameter(d->zst, ZSTD_c_checksumFlag, 1);
	}
	*ret = d;
	return 0;
}

/* *LEFT: what the compressor still has, with DIRECTIVE end; otherwise of no interest. */
static int step(struct deflate *d, ZSTD_inBuffer *in, ZSTD_EndDirective directive, size_t *left, struct err *e)
{
	ZSTD_outBuffer out = { d->room, ROOM, 0 };
	int r;

	*left = ZSTD_compressStream2(d->zst, &out, in, directive);
	if (ZSTD_isError(*left))
		return err_code(e, -ENOMEM, "compressor");
	if ((r = fd_write(d->fd, d->room, out.pos)) < 0)
		return err_code(e, r, "writing");
	return 0;
}

int deflate_write(struct deflate *d, const void *bytes, size_t n, struct err *e)
{
	ZSTD_inBuffer in = { bytes, n, 0 };
	size_t left;
	int r = 0;

	if (!d->zst) {
		r = fd_write(d->fd, bytes, n);
		return r < 0 ? err_code(e, r, "writing") : 0;
	}
	while (!r && in.pos < in.size)
		r = step(d, &in, ZSTD_e_continue, &left, e);
	return r;
}

int deflate_finish(struct deflate *d, struct err *e)
{
	ZSTD_inBuffer in = { NULL, 0, 0 };
	size_t left = 1;
	int r = 0;

	while (d->zst && !r && left)
		r = step(d, &in, ZSTD_e_end, &left, e);
	return r;
}

void deflate_free(struct deflate *d)
{
	if (d)
		ZSTD_freeCCtx(d->zst);
	free(d);
}
