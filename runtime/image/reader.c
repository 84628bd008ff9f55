#include "runtime/image/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"
#include "runtime/host/sandbox.h"
#include "runtime/image/records.h"
#include "runtime/image/tar.h"
#include "runtime/rootfs/inflate.h"
#include "runtime/rootfs/squashfs.h"

enum { WINDOW = 256 * 1024, INODES_MOST = 1000000, TAR_BLOCK = 512 };

/* What the decoders may take at most (inflate.h), and room for everything else. */
static const uint64_t memory = (uint64_t)(192 + 64) * 1024 * 1024;

struct reader {
	const struct reading *reading;
	bool spooling;
	struct input input;
	struct record_sink sink;
	struct reading_end end;
	uint8_t window[WINDOW];
};

static ssize_t fill(void *ctx, void *to, size_t n, struct err *e)
{
	struct reader *rd = ctx;
	ssize_t got;
	int r;

	while ((got = read(rd->reading->source, to, n)) < 0 && errno == EINTR)
		;
	if (got <= 0)
		return got < 0 ? err_sys(e, "reading") : 0;
	rd->sink.consumed += (uint64_t)got;
	if (rd->spooling && (r = fd_write(rd->reading->spool, to, (size_t)got)) < 0)
		return err_code(e, r, "spooling");
	return got;
}

static int read_rest(struct reader *rd, struct err *e)
{
	ssize_t n;

	do {
		rd->input.pos = rd->input.len;
		n = input_peek(&rd->input, 1, e);
	} while (n > 0);
	return (int)n;
}

/* ---- tar */

static int not_an_image(const uint8_t *bytes, size_t n, struct err *e)
{
	if (n < 2)
		return err_set(e, -EINVAL, n ? "one byte only" : "empty");
	if (n >= 4 && !memcmp(bytes, "QFI\xfb", 4))
		return err_set(e, -EOPNOTSUPP, "a qcow2 disk: images of virtual machines are not supported");
	return err_set(e, -EINVAL, "unknown format (it begins with %02x %02x): neither squashfs nor tar, plain or in gzip, xz, lzma, zstd, bzip2",
		       bytes[0], bytes[1]);
}

static int read_tar(struct reader *rd, enum compression c, struct err *e)
{
	struct inflate *in;
	struct tar_source from = { .size = rd->reading->size, .unlimited = rd->reading->unlimited };
	int r = inflate_open(&in, c, &rd->input, e);

	if (r < 0)
		return r;
	(void)str_fmt(rd->end.extension, sizeof rd->end.extension, ".tar%s", compression_suffix(c)); /* fits */
	from.in = in;
	r = tar_read(&from, &rd->sink, &rd->end, e);
	inflate_free(in);
	return r;
}

/* ---- squashfs */

static void add_xattr(struct buf *to, const struct squashfs_xattr *x)
{
	struct xattr_head h = { (uint32_t)strlen(x->name), (uint32_t)x->value_n };

	buf_add(to, &h, sizeof h);
	buf_add(to, x->name, h.name_n);
	buf_add(to, x->value, h.value_n);
}

static int send_entry(void *ctx, const struct squashfs_entry *s, struct err *e)
{
	static const enum member_type type[] = {
		[SQUASHFS_DIR] = MEMBER_DIR,	 [SQUASHFS_FILE] = MEMBER_FILE, [SQUASHFS_SYMLINK] = MEMBER_SYMLINK,
		[SQUASHFS_BLOCK] = MEMBER_BLOCK, [SQUASHFS_CHAR] = MEMBER_CHAR, [SQUASHFS_FIFO] = MEMBER_FIFO,
	};
	struct reader *rd = ctx;
	AUTO(buf) struct buf xattrs = BUF_NONE;
	const char *link = s->first ? s->first : s->target ? s->target : "";

	if (s->type == SQUASHFS_SOCKET) { /* no member that the writer would count */
		if (++rd->end.sockets_lost > INODES_MOST && !rd->reading->unlimited)
			return err_set(e, -EFBIG, "more than %d sockets", INODES_MOST);
		return 0;
	}
	for (size_t i = 0; i < s->n_xattrs; i++)
		add_xattr(&xattrs, &s->xattrs[i]);
	if (buf_error(&xattrs))
		return err_code(e, -ENOMEM, "attributes");
	struct member m = {
		.type = s->first ? MEMBER_HARDLINK : type[s->type],
		.mode = s->mode,
		.uid = s->uid,
		.gid = s->gid,
		.major = s->major,
		.minor = s->minor,
		.mtime_s = s->mtime,
		.size = s->size,
		.name_n = (uint32_t)strlen(s->path),
		.link_n = (uint32_t)strlen(link),
		.xattrs_n = (uint32_t)xattrs.len,
		.name = s->path,
		.link = link,
		.xattrs = xattrs.s,
	};
	return sink_member(&rd->sink, &m, e);
}

static int send_data(void *ctx, uint64_t offset, const void *bytes, size_t n, struct err *e)
{
	struct reader *rd = ctx;

	return sink_data(&rd->sink, offset, bytes, n, e);
}

/* All of it, to where pread(2) can reach it. *RET: there. */
static int take_image(struct reader *rd, int *ret, struct err *e)
{
	int r;

	*ret = rd->reading->image;
	if (rd->reading->image < 0) {
		*ret = rd->reading->spool;
		rd->spooling = true;
		if ((r = fd_write(rd->reading->spool, rd->input.data, rd->input.len)) < 0)
			return err_code(e, r, "spooling");
	}
	return read_rest(rd, e);
}

static int read_squashfs(struct reader *rd, struct err *e)
{
	const struct squashfs_walker walker = { send_entry, send_data, rd };
	struct squashfs_limits most = { UINT32_MAX - 1, UINT64_MAX };
	struct squashfs *fs;
	int r, image;

	rd->end.is_squashfs = true;
	(void)str_fmt(rd->end.extension, sizeof rd->end.extension, ".squashfs"); /* fits */
	if ((r = take_image(rd, &image, e)) < 0)
		return r;
	if (!rd->reading->unlimited)
		most = (struct squashfs_limits){ INODES_MOST, unpack_limit(rd->sink.consumed) };
	r = squashfs_open(&fs, image, rd->sink.consumed, &most, e);
	if (r < 0)
		return r;
	r = squashfs_walk(fs, &walker, e);
	squashfs_free(fs);
	return r;
}

/* ---- which of them */

static int read_source(struct reader *rd, struct err *e)
{
	ssize_t n = input_peek(&rd->input, TAR_BLOCK, e);
	const uint8_t *bytes = rd->window;
	enum compression c;

	if (n < 0)
		return (int)n;
	if (squashfs_is_magic(bytes, (size_t)n))
		return read_squashfs(rd, e);
	c = compression_of(bytes, (size_t)n);
	if (!c && !tar_is_header(bytes, (size_t)n))
		return not_an_image(bytes, (size_t)n, e);
	return read_tar(rd, c, e);
}

static int run(struct reader *rd, struct err *e)
{
	int r = read_source(rd, e);

	if (r < 0 || (r = read_rest(rd, e)) < 0)
		return r;
	return sink_end(&rd->sink, &rd->end, e);
}

_Noreturn void reader_run(const struct reading *reading)
{
	const int fds[] = { reading->source, reading->image, reading->spool, reading->records };
	const struct sandbox box = { fds, ARRAY_SIZE(fds), memory };
	struct reader *rd = calloc(1, sizeof *rd);
	struct err e = ERR_NONE;
	int r;

	if (!rd || sink_open(&rd->sink, reading->records, &e) < 0)
		_exit(1);
	rd->reading = reading;
	rd->input = (struct input){ .fill = fill, .ctx = rd, .data = rd->window, .size = sizeof rd->window };
	if ((r = sandbox_enter(&box, &e)) < 0 || (r = run(rd, &e)) < 0) {
		if (!e.code)
			(void)err_code(&e, r, "reading");
		sink_error(&rd->sink, &e);
	}
	_exit(0);
}
