/* buf - a growing byte string whose error is sticky: build first, look once
 *
 * s is always NUL-terminated (an empty buffer points at a static ""). After a failed allocation every append is ignored and
 * buf_error() says -ENOMEM. Content may hold NUL bytes; len counts. */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "core/err.h"

struct buf {
	char *s;
	size_t len;
	size_t cap; /* 0: s is not ours */
	int error;
};

extern char buf_empty[1];
#define BUF_NONE ((struct buf){ .s = buf_empty })

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_addstr(struct buf *b, const char *s);
void buf_addch(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_vaddf(struct buf *b, const char *fmt, va_list ap);
void buf_fill(struct buf *b, char c, size_t n); /* n times c */
void buf_cut(struct buf *b, size_t len);	/* shortens to LEN bytes */
void buf_reset(struct buf *b);			/* empties, keeps the memory and clears the error */

/* Makes room for N more bytes and returns where they go (NULL: no memory); the caller then adds to len with buf_grew(). */
char *buf_room(struct buf *b, size_t n);
void buf_grew(struct buf *b, size_t n);

/* 0, or -ENOMEM when something was lost. */
int buf_error(const struct buf *b);

/* Hands the string over (free() it), the buffer is empty afterwards. NULL after an error. */
char *buf_take(struct buf *b);
void buf_free(struct buf *b);

/* The character at S, which has N > 0 bytes, and how many of them it takes; 0: not UTF-8 (overlong, surrogate, cut short). */
size_t utf8_char(const char *s, size_t n, uint32_t *ret);

/* Text for a terminal or a one-line message: C0, DEL, C1, bidi controls and broken UTF-8 become \xHH or \u{HHHH}
 * (security rule: strings that are not ours never reach a terminal raw). Newline and tab are escaped too. */
void buf_add_escaped(struct buf *b, const char *s, size_t n);

/* Formats into a fixed array: 0, or -ENAMETOOLONG (the array then holds ""). For sizes that the kernel fixes. */
int str_fmt(char *to, size_t size, const char *fmt, ...) PRINTF(3, 4);

static inline void auto_buf(struct buf *b)
{
	buf_free(b);
}

static inline int str_eq(const char *a, const char *b)
{
	return !strcmp(a, b);
}

/* S without PREFIX, or NULL when it does not begin so. */
static inline const char *str_after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) ? NULL : s + n;
}

/* Whether WORD is one of LIST, which blanks part. */
int str_has_word(const char *list, const char *word);
