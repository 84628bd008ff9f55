#include "runtime/image/records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/at.h"

/* What precedes every record in the pipe. */
struct head {
	uint32_t kind;
	uint32_t size; /* of what follows */
	uint64_t consumed;
};

enum {
	RECORD_MOST = sizeof(struct head) + sizeof(struct member) + 2 * NAME_LIMIT + XATTRS_LIMIT + DATA_MOST,
	SINK_SIZE = 2 * RECORD_MOST,
	SINK_ENOUGH = 64 * 1024, /* written from here on */
};

bool xattr_next(const char **p, const char *end, struct xattr_head *head, const char **name, const char **value)
{
	size_t left = (size_t)(end - *p);

	if (left < sizeof *head)
		return false;
	memcpy(head, *p, sizeof *head);
	left -= sizeof *head;
	if (head->name_n > left || head->value_n > left - head->name_n)
		return false;
	*name = *p + sizeof *head;
	*value = *name + head->name_n;
	*p = *value + head->value_n;
	return true;
}

/* ---- sink */

int sink_open(struct record_sink *s, int fd, struct err *e)
{
	*s = (struct record_sink){ .fd = fd, .data = malloc(SINK_SIZE) };
	return s->data ? 0 : err_code(e, -ENOMEM, "records");
}

void sink_close(struct record_sink *s)
{
	free(s->data);
	s->data = NULL;
}

static int flush(struct record_sink *s, struct err *e)
{
	int r = fd_write(s->fd, s->data, s->len);

	s->len = 0;
	return r < 0 ? err_code(e, r, "records") : 0;
}

static void put(struct record_sink *s, const void *bytes, size_t n)
{
	if (n)
		memcpy(s->data + s->len, bytes, n);
	s->len += n;
}

/* Room for a record is always there: SINK_SIZE is that much larger than SINK_ENOUGH. */
static void begin(struct record_sink *s, enum record_kind kind, size_t size)
{
	struct head h = { kind, (uint32_t)size, s->consumed };

	put(s, &h, sizeof h);
}

static int finish(struct record_sink *s, struct err *e)
{
	return s->len < SINK_ENOUGH ? 0 : flush(s, e);
}

int sink_member(struct record_sink *s, const struct member *m, struct err *e)
{
	if (m->name_n > NAME_LIMIT || m->link_n > NAME_LIMIT)
		return err_set(e, -ENAMETOOLONG, "name longer than %d bytes", NAME_LIMIT);
	if (m->xattrs_n > XATTRS_LIMIT)
		return err_set(e, -E2BIG, "more than 64 KiB of extended attributes");
	begin(s, RECORD_MEMBER, sizeof *m + m->name_n + m->link_n + m->xattrs_n);
	put(s, m, sizeof *m);
	put(s, m->name, m->name_n);
	put(s, m->link, m->link_n);
	put(s, m->xattrs, m->xattrs_n);
	return finish(s, e);
}

int sink_data(struct record_sink *s, uint64_t offset, const void *bytes, size_t n, struct err *e)
{
	const char *p = bytes;
	int r = 0;

	while (n && r >= 0) {
		size_t part = n < DATA_MOST ? n : DATA_MOST;

		begin(s, RECORD_DATA, sizeof offset + part);
		put(s, &offset, sizeof offset);
		put(s, p, part);
		p += part;
		offset += part;
		n -= part;
		r = finish(s, e);
	}
	return r;
}

int sink_end(struct record_sink *s, const struct reading_end *end, struct err *e)
{
	begin(s, RECORD_END, sizeof *end);
	put(s, end, sizeof *end);
	return flush(s, e);
}

void sink_error(struct record_sink *s, const struct err *cause)
{
	begin(s, RECORD_ERROR, sizeof *cause);
	put(s, cause, sizeof *cause);
	(void)flush(s, NULL); /* nobody reads any more: nothing can be told */
}

/* ---- source */

int source_open(struct record_source *s, int fd, struct err *e)
{
	*s = (struct record_source){ .fd = fd, .data = malloc(SINK_SIZE) };
	return s->data ? 0 : err_code(e, -ENOMEM, "records");
}

void source_close(struct record_source *s)
{
	free(s->data);
	s->data = NULL;
}

/* Until N bytes are there in one piece. */
static int need(struct record_source *s, size_t n, struct err *e)
{
	if (SINK_SIZE - s->pos < n) {
		memmove(s->data, s->data + s->pos, s->len - s->pos);
		s->len -= s->pos;
		s->pos = 0;
	}
	while (s->len - s->pos < n) {
		ssize_t got = read(s->fd, s->data + s->len, SINK_SIZE - s->len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, "records");
		if (!got)
			return -EPIPE;
		s->len += (size_t)got;
	}
	return 0;
}

static int nonsense(struct err *e)
{
	return err_set(e, -EPROTO, "the reader sent nonsense");
}

static int take_member(const char *p, size_t n, struct member *m, struct err *e)
{
	if (n < sizeof *m)
		return nonsense(e);
	memcpy(m, p, sizeof *m);
	if (m->name_n > NAME_LIMIT || m->link_n > NAME_LIMIT || m->xattrs_n > XATTRS_LIMIT ||
	    n - sizeof *m != (size_t)m->name_n + m->link_n + m->xattrs_n)
		return nonsense(e);
	m->name = p + sizeof *m;
	m->link = m->name + m->name_n;
	m->xattrs = m->link + m->link_n;
	return 0;
}

static int take_data(const char *p, size_t n, struct record *rec, struct err *e)
{
	if (n < sizeof rec->data.offset)
		return nonsense(e);
	memcpy(&rec->data.offset, p, sizeof rec->data.offset);
	rec->data.bytes = p + sizeof rec->data.offset;
	rec->data.n = n - sizeof rec->data.offset;
	return 0;
}

static int take_end(const char *p, size_t n, struct reading_end *end, struct err *e)
{
	if (n != sizeof *end)
		return nonsense(e);
	memcpy(end, p, sizeof *end);
	end->extension[sizeof end->extension - 1] = '\0';
	return 0;
}

static int take_error(const char *p, size_t n, struct err *error, struct err *e)
{
	if (n != sizeof *error)
		return nonsense(e);
	memcpy(error, p, sizeof *error);
	error->text[sizeof error->text - 1] = '\0';
	if (error->code >= 0 || error->code < -4095)
		error->code = -EIO;
	return 0;
}

int record_next(struct record_source *s, struct record *ret, struct err *e)
{
	struct head h;
	const char *p;
	int r;

	if (s->pos == s->len)
		s->pos = s->len = 0;
	if ((r = need(s, sizeof h, e)) < 0)
		return r;
	memcpy(&h, s->data + s->pos, sizeof h);
	if (h.size > RECORD_MOST - sizeof h)
		return nonsense(e);
	if ((r = need(s, sizeof h + h.size, e)) < 0)
		return r;
	p = s->data + s->pos + sizeof h;
	s->pos += sizeof h + h.size;
	ret->kind = h.kind;
	ret->consumed = h.consumed;
	switch (ret->kind) {
	case RECORD_MEMBER:
		return take_member(p, h.size, &ret->member, e);
	case RECORD_DATA:
		return take_data(p, h.size, ret, e);
	case RECORD_END:
		return take_end(p, h.size, &ret->end, e);
	case RECORD_ERROR:
		return take_error(p, h.size, &ret->error, e);
	}
	return nonsense(e);
}
