/* A squashfs image, walked to its end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "core/at.h"
#include "runtime/rootfs/squashfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BYTES_MOST = 4 * 1024 * 1024, INODES_MOST = 10000 };

struct seen {
	uint64_t bytes, size, end;
};

static int see_entry(void *ctx, const struct squashfs_entry *s, struct err *e)
{
	struct seen *seen = ctx;

	(void)e;
	if (s->path[0] == '/' || strstr(s->path, "//") || strlen(s->path) > 4096 || (s->type == SQUASHFS_SYMLINK && !s->first && !s->target))
		abort();
	for (size_t i = 0; i < s->n_xattrs; i++)
		if (!strchr(s->xattrs[i].name, '.') || (s->xattrs[i].value_n && !s->xattrs[i].value))
			abort();
	seen->size = s->type == SQUASHFS_FILE ? s->size : 0;
	seen->end = 0;
	return 0;
}

static int see_data(void *ctx, uint64_t offset, const void *bytes, size_t n, struct err *e)
{
	struct seen *seen = ctx;
	unsigned sum = 0;

	(void)e;
	if (offset < seen->end || offset + n > seen->size)
		abort();
	for (size_t i = 0; i < n; i++) /* every byte is there */
		sum += ((const unsigned char *)bytes)[i];
	seen->end = offset + n;
	seen->bytes += n + (sum & 1);
	return seen->bytes > BYTES_MOST ? -EFBIG : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = { 0 };
	const struct squashfs_walker walker = { see_entry, see_data, &seen };
	const struct squashfs_limits most = { INODES_MOST, BYTES_MOST };
	int fd = memfd_create("image", MFD_CLOEXEC);
	struct squashfs *fs;
	struct err e = ERR_NONE;

	if (!fd_write(fd, data, size) && !squashfs_open(&fs, fd, size, &most, &e)) {
		(void)squashfs_walk(fs, &walker, &e);
		squashfs_free(fs);
	}
	close(fd);
	return 0;
}
