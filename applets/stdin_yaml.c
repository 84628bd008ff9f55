#include "applets/stdin_yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "core/at.h"

enum { HINT_AFTER_MS = 2000, LOOK_AGAIN_MS = 10 };

/* The first byte that is neither blank, comment nor the "---" of a document's start. */
static size_t skip_empty(const char *s, size_t n)
{
	size_t i = 0;

	for (;;) {
		while (i < n && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t'))
			i++;
		if (n - i >= 3 && !memcmp(s + i, "---", 3))
			i += 3;
		else if (i < n && s[i] == '#')
			while (i < n && s[i] != '\n')
				i++;
		else
			return i;
	}
}

static bool is_field(const char *key, size_t n, const struct field *f)
{
	for (; f->name[0]; f++)
		if (strlen(f->name) == n && !memcmp(f->name, key, n))
			return true;
	return false;
}

int stdin_looks_like(const char *s, size_t n, const struct field *fields)
{
	size_t i = skip_empty(s, n), key;

	if (i < n && s[i] == '{')
		i += 1 + skip_empty(s + i + 1, n - i - 1);
	if (i < n && s[i] == '"')
		i++;
	key = i;
	while (i < n && ((s[i] >= 'a' && s[i] <= 'z') || s[i] == '_'))
		i++;
	if (i == n)
		return -EAGAIN;
	return (s[i] == ':' || s[i] == '"') && is_field(s + key, i - key, fields);
}

static int parse(struct call *c, const char *what, const struct buf *text, struct doc **ret)
{
	return doc_read_yaml(c->arena, what, text->s, text->len, ret, c->err);
}

static int read_all(struct call *c, struct buf *to)
{
	int r = fd_read(STDIN_FILENO, DOCUMENT_LIMIT, to, c->err);

	return err_in(c->err, r, "stdin");
}

int stdin_document(struct call *c, const char *what, struct doc **ret)
{
	AUTO(buf) struct buf text = BUF_NONE;
	int r = read_all(c, &text);

	if (r < 0)
		return r;
	if (skip_empty(text.s, text.len) == text.len)
		return err_set(c->err, -EINVAL, "%s: the document on stdin is empty, nothing was changed", what);
	return parse(c, what, &text, ret);
}

/* A regular file from where it stands: its offset moves only if it is for us. */
static int peek_file(struct call *c, const struct field *fields, const char *what, struct doc **ret)
{
	AUTO(buf) struct buf text = BUF_NONE;
	off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);
	char begin[4096] = "";
	ssize_t n = at < 0 ? -1 : pread(STDIN_FILENO, begin, sizeof begin, at);
	int r;

	if (n <= 0 || stdin_looks_like(begin, (size_t)n, fields) != 1)
		return 0;
	r = read_all(c, &text);
	return r < 0 ? r : parse(c, what, &text, ret);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What is in the pipe now, without taking it: bytes, 0: the end, -EAGAIN: nothing yet. */
static ssize_t look(char *to, size_t size)
{
	int copy[2];
	ssize_t n;

	if (pipe2(copy, O_CLOEXEC) < 0)
		return -errno;
	AUTO(fd) int in = copy[1];
	AUTO(fd) int out = copy[0];
	n = tee(STDIN_FILENO, in, size, SPLICE_F_NONBLOCK);
	return n <= 0 ? (n < 0 ? -errno : 0) : read(out, to, size);
}

/* A pipe: until it is known whose it is, by its first key or its end. */
static int pipe_is_ours(struct call *c, const struct field *fields)
{
	char begin[4096] = "";
	int64_t since = now_ms();
	bool told = false;

	for (;;) {
		struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
		bool ended = poll(&p, 1, LOOK_AGAIN_MS * 10) > 0 && p.revents & POLLHUP; /* asked before looking: what is there then is all */
		ssize_t n = look(begin, sizeof begin);
		int r = n > 0 ? stdin_looks_like(begin, (size_t)n, fields) : -EAGAIN;

		if (r != -EAGAIN || ended || (n < 0 && n != -EAGAIN && n != -EINTR) || n == (ssize_t)sizeof begin)
			return r == 1;
		if (n > 0)
			poll(NULL, 0, LOOK_AGAIN_MS);
		if (!told && now_ms() - since > HINT_AFTER_MS) {
			call_say(c, "Waiting for YAML or the end of input on stdin (</dev/null says that there is none)");
			told = true;
		}
	}
}

static int peek_pipe(struct call *c, const struct field *fields, const char *what, struct doc **ret)
{
	AUTO(buf) struct buf text = BUF_NONE;
	int r = pipe_is_ours(c, fields);

	if (r <= 0)
		return r;
	r = read_all(c, &text);
	return r < 0 ? r : parse(c, what, &text, ret);
}

int stdin_peek(struct call *c, const struct field *fields, const char *what, struct doc **ret)
{
	struct stat st;

	*ret = NULL;
	if (fstat(STDIN_FILENO, &st) < 0)
		return 0;
	if (S_ISREG(st.st_mode))
		return peek_file(c, fields, what, ret);
	if (S_ISFIFO(st.st_mode))
		return peek_pipe(c, fields, what, ret);
	return 0;
}
