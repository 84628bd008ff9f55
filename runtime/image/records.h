/* records - what the reader of an image tells the writer, through a pipe
 *
 *   MEMBER { struct member, name, link, xattrs }   then, for a regular file,   DATA { offset, bytes } ...   in rising order
 *   END { struct reading_end }   or   ERROR { struct err }
 *
 * The reader is not trusted: what record_next() hands out is within its bounds, everything else the writer checks. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/err.h"

enum {
	NAME_LIMIT = 4096,	    /* of a member's name and of a link's target */
	XATTRS_LIMIT = 64 * 1024,   /* all of a member, names and values */
	DATA_MOST = 128 * 1024,	    /* bytes in one DATA */
	RECORDS_PIPE = 1024 * 1024, /* what the pipe should hold: the two sides seldom wait */
};

/* Rule R9: what an archive may unpack to, by its own size. */
static inline uint64_t unpack_limit(uint64_t archive_bytes)
{
	uint64_t limit;

	if (__builtin_mul_overflow(archive_bytes, 250, &limit) || __builtin_add_overflow(limit, (uint64_t)1 << 30, &limit))
		return UINT64_MAX;
	return limit;
}

enum member_type { MEMBER_FILE, MEMBER_DIR, MEMBER_SYMLINK, MEMBER_HARDLINK, MEMBER_CHAR, MEMBER_BLOCK, MEMBER_FIFO };

struct member {
	uint32_t type;
	uint32_t mode; /* 07777 */
	uint32_t uid, gid;
	uint32_t major, minor;
	uint32_t mtime_ns;
	int64_t mtime_s;
	uint64_t size; /* of a file, holes included */

	/* the strings are not terminated in the pipe; xattrs are a sequence of struct xattr_head, name, value */
	uint32_t name_n, link_n, xattrs_n;
	const char *name, *link, *xattrs;
};

struct xattr_head {
	uint32_t name_n, value_n;
};

/* The next attribute from *P (end: END) into the pointers; false at the end or where the sequence is broken. */
bool xattr_next(const char **p, const char *end, struct xattr_head *head, const char **name, const char **value);

struct reading_end {
	char extension[12];
	uint32_t is_squashfs; /* not bool: the reader could send 2 */
	uint32_t sockets_lost;
	uint32_t acls_lost; /* by names of users that mean nothing here */
};

/* ---- the reader's side: collected, and written when there is much */

struct record_sink {
	int fd;
	char *data;
	size_t len;
	uint64_t consumed; /* of the source, goes out with every record */
};

int sink_open(struct record_sink *s, int fd, struct err *e);
int sink_member(struct record_sink *s, const struct member *m, struct err *e);
int sink_data(struct record_sink *s, uint64_t offset, const void *bytes, size_t n, struct err *e); /* any size */
int sink_end(struct record_sink *s, const struct reading_end *end, struct err *e);
void sink_error(struct record_sink *s, const struct err *cause);
void sink_close(struct record_sink *s);

/* ---- the writer's side */

enum record_kind { RECORD_MEMBER = 1, RECORD_DATA, RECORD_END, RECORD_ERROR };

struct record {
	enum record_kind kind;
	uint64_t consumed;
	union {
		struct member member; /* strings point into the source's buffer: valid until the next record */
		struct {
			uint64_t offset;
			const void *bytes;
			size_t n;
		} data;
		struct reading_end end;
		struct err error;
	};
};

struct record_source {
	int fd;
	char *data;
	size_t pos, len;
};

int source_open(struct record_source *s, int fd, struct err *e);
/* -EPIPE: the reader is gone without END or ERROR; -EPROTO: nonsense. */
int record_next(struct record_source *s, struct record *ret, struct err *e);
void source_close(struct record_source *s);

static inline void auto_record_source(struct record_source *s)
{
	source_close(s);
}
