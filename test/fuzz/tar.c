/* An archive through decompressor and tar reader into records, and these through what the writer checks of them. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "runtime/image/records.h"
#include "runtime/image/route.h"
#include "runtime/image/tar.h"
#include "runtime/rootfs/inflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INFLATED_MOST = 1024 * 1024 };

struct bytes {
	const uint8_t *p;
	size_t n;
};

static ssize_t fill(void *ctx, void *to, size_t n, struct err *e)
{
	struct bytes *b = ctx;

	(void)e;
	if (n > b->n)
		n = b->n;
	memcpy(to, b->p, n);
	b->p += n;
	b->n -= n;
	return (ssize_t)n;
}

static void check_route(const struct member *m)
{
	static struct route r;

	for (int kind = UNPACK_UNIFIED; kind <= UNPACK_ROOTFS; kind++) {
		if (route_member((enum unpack_kind)kind, m->name, m->name_n, &r, NULL) < 0)
			continue;
		if (strlen(r.path) != r.n || r.path[0] == '/' || strstr(r.path, "//") || (r.n && r.path[r.n - 1] == '/'))
			abort();
		for (const char *p = r.path; (p = strstr(p, "..")); p++)
			if ((p == r.path || p[-1] == '/') && (!p[2] || p[2] == '/'))
				abort();
		if (kind == UNPACK_ROOTFS && r.zone != ZONE_ROOTFS)
			abort();
	}
}

static void check_xattrs(const struct member *m)
{
	const char *p = m->xattrs, *end = p + m->xattrs_n, *name, *value;
	struct xattr_head h;

	while (xattr_next(&p, end, &h, &name, &value))
		;
	if (p != end)
		abort();
}

/* What the reader sent is what its contract says. */
static void check_records(int fd)
{
	struct record_source source;
	struct record rec;
	uint64_t size = 0, end = 0;

	if (source_open(&source, fd, NULL) < 0)
		return;
	while (record_next(&source, &rec, NULL) >= 0) {
		if (rec.kind == RECORD_MEMBER) {
			check_route(&rec.member);
			check_xattrs(&rec.member);
			size = rec.member.type == MEMBER_FILE ? rec.member.size : 0;
			end = 0;
		} else if (rec.kind == RECORD_DATA) {
			if (rec.data.offset < end || rec.data.offset + rec.data.n > size)
				abort();
			end = rec.data.offset + rec.data.n;
		}
	}
	source_close(&source);
}

static void read_tar(struct inflate *in, size_t size)
{
	int fd = memfd_create("records", MFD_CLOEXEC);
	struct tar_source from = { .in = in, .size = size };
	struct reading_end notes = { 0 };
	struct record_sink sink;

	if (sink_open(&sink, fd, NULL) < 0)
		return;
	if (tar_read(&from, &sink, &notes, NULL) >= 0)
		(void)sink_end(&sink, &notes, NULL);
	sink_close(&sink);
	(void)lseek(fd, 0, SEEK_SET);
	check_records(fd);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t window[65536];
	struct bytes bytes = { data, size };
	struct input input = { .fill = fill, .ctx = &bytes, .data = window, .size = sizeof window };
	enum compression c = compression_of(data, size);
	struct inflate *in;
	char out[4096];
	ssize_t n;

	if (inflate_open(&in, c, &input, NULL) < 0)
		return 0;
	if (c == COMPRESSION_NONE)
		read_tar(in, size);
	else
		for (size_t sum = 0; sum < INFLATED_MOST && (n = inflate_read(in, out, sizeof out, NULL)) > 0;)
			sum += (size_t)n;
	inflate_free(in);
	return 0;
}
