#include "core/err.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *err_name(int r)
{
	static char text[96];
	size_t n;

	snprintf(text, sizeof text, "%s", strerror(r < 0 ? -r : r));
	n = strlen(text);
	/* "I/O error" keeps its capital: an abbreviation, not a sentence */
	if (n > 1 && islower((unsigned char)text[1]))
		text[0] = (char)tolower((unsigned char)text[0]);
	return text;
}

/* FMT, SEP, then CAUSE. Too long: the head is shortened, the cause stays whole. Everything is put together before the chain
 * is written, since FMT's arguments and CAUSE may lie in it. */
static void chain(struct err *e, const char *cause, const char *sep, const char *fmt, va_list ap)
{
	struct err old = *e;
	size_t room = sizeof e->text - 1, n, tail, sep_n = strlen(sep);
	char head[sizeof e->text];
	int want = vsnprintf(head, sizeof head, fmt, ap);

	if (cause == e->text)
		cause = old.text;
	tail = strnlen(cause, room);
	if (want < 0 || tail + sep_n > room)
		want = 0, sep_n = 0;
	n = (size_t)want < sizeof head ? (size_t)want : sizeof head - 1;
	if (n > room - tail - sep_n)
		n = room - tail - sep_n;
	memcpy(e->text, head, n);
	memcpy(e->text + n, sep, sep_n);
	memcpy(e->text + n + sep_n, cause, tail);
	e->text[n + sep_n + tail] = '\0';
}

int err_sys(struct err *e, const char *fmt, ...)
{
	int r = errno > 0 ? -errno : -EIO;
	va_list ap;

	if (!e)
		return r;
	va_start(ap, fmt);
	chain(e, err_name(r), ": ", fmt, ap);
	va_end(ap);
	e->code = r;
	return r;
}

int err_code(struct err *e, int r, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return r;
	va_start(ap, fmt);
	chain(e, err_name(r), ": ", fmt, ap);
	va_end(ap);
	e->code = r;
	return r;
}

int err_set(struct err *e, int r, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return r;
	va_start(ap, fmt);
	chain(e, "", "", fmt, ap);
	va_end(ap);
	e->code = r;
	return r;
}

int err_in(struct err *e, int r, const char *fmt, ...)
{
	va_list ap;

	if (!e || r >= 0)
		return r;
	va_start(ap, fmt);
	chain(e, e->code ? e->text : err_name(r), ": ", fmt, ap);
	va_end(ap);
	if (!e->code)
		e->code = r;
	return r;
}
