#include "core/buf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

char buf_empty[1];

/* One size for all that are small: an allocator has room for the next where the last was, and need not ask the kernel each time. */
enum { CAP_LEAST = 1000 };

static char *no_memory(struct buf *b)
{
	b->error = -ENOMEM;
	return NULL;
}

char *buf_room(struct buf *b, size_t n)
{
	size_t need, cap;
	char *s;

	if (b->error)
		return NULL;
	if (__builtin_add_overflow(b->len, n, &need) || __builtin_add_overflow(need, 1, &need))
		return no_memory(b);
	if (need <= b->cap)
		return b->s + b->len;
	if (__builtin_add_overflow(b->cap, b->cap, &cap) || cap < need)
		cap = need;
	if (cap < CAP_LEAST)
		cap = CAP_LEAST;
	if (!(s = realloc(b->cap ? b->s : NULL, cap)))
		return no_memory(b);
	b->s = s;
	b->cap = cap;
	b->s[b->len] = '\0';
	return b->s + b->len;
}

void buf_grew(struct buf *b, size_t n)
{
	b->len += n;
	if (b->cap)
		b->s[b->len] = '\0';
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
	char *to;

	if (!n || !(to = buf_room(b, n)))
		return;
	memcpy(to, bytes, n);
	buf_grew(b, n);
}

void buf_addstr(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addch(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_fill(struct buf *b, char c, size_t n)
{
	char *to;

	if (!n || !(to = buf_room(b, n)))
		return;
	memset(to, c, n);
	buf_grew(b, n);
}

void buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	char *to;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0)
		b->error = -ENOMEM;
	else if ((to = buf_room(b, (size_t)n))) {
		vsnprintf(to, (size_t)n + 1, fmt, again);
		buf_grew(b, (size_t)n);
	}
	va_end(again);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(b, fmt, ap);
	va_end(ap);
}

void buf_cut(struct buf *b, size_t len)
{
	if (len >= b->len)
		return;
	b->len = len;
	b->s[len] = '\0';
}

void buf_reset(struct buf *b)
{
	buf_cut(b, 0);
	b->error = 0;
}

int buf_error(const struct buf *b)
{
	return b->error;
}

char *buf_take(struct buf *b)
{
	char *s = buf_room(b, 0); /* an empty string is handed over as memory of its own, too */

	if (!s) {
		buf_free(b);
		return NULL;
	}
	s = b->s;
	*b = BUF_NONE;
	return s;
}

void buf_free(struct buf *b)
{
	if (b->cap)
		free(b->s);
	*b = BUF_NONE;
}

size_t utf8_char(const char *text, size_t n, uint32_t *ret)
{
	const unsigned char *s = (const unsigned char *)text;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
	uint32_t c = len == 1 ? s[0] : len ? s[0] & (0x7fU >> len) : 0;

	if (!len || len > n)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if (s[i] >> 6 != 2)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return len;
}

static bool is_harmless(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	if (c == 0x61c || c == 0x200e || c == 0x200f || c == 0x2028 || c == 0x2029 || c == 0xfeff)
		return false;
	return !(c >= 0x202a && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069);
}

void buf_add_escaped(struct buf *b, const char *s, size_t n)
{
	const char *end = s + n;

	while (s < end) {
		uint32_t c = 0;
		size_t len = utf8_char(s, (size_t)(end - s), &c);

		if (len && is_harmless(c))
			buf_add(b, s, len);
		else if (!len || len == 1)
			buf_addf(b, "\\x%02x", (unsigned char)*s);
		else
			buf_addf(b, "\\u{%04x}", (unsigned)c);
		s += len ? len : 1;
	}
}

int str_fmt(char *to, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(to, size, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < size)
		return 0;
	if (size)
		to[0] = '\0';
	return -ENAMETOOLONG;
}

int str_has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	if (!n || strchr(word, ' '))
		return 0;
	for (const char *p = list; (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return 1;
	return 0;
}
