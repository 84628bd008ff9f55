#include "core/err.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What glibc and Go say, where musl has other words: messages are the same in every build, and those of LXD. */
static const char *usual_name(int code)
{
	switch (code) {
	case EIO:
		return "input/output error";
	case ELOOP:
		return "too many levels of symbolic links";
	case EBUSY:
		return "device or resource busy";
	case EXDEV:
		return "invalid cross-device link";
	case ENOMEM:
		return "cannot allocate memory";
	case EMFILE:
		return "too many open files";
	case ENFILE:
		return "too many open files in system";
	case ENOTSUP:
		return "operation not supported";
	case ERANGE:
		return "numerical result out of range";
	case ETIMEDOUT:
		return "connection timed out";
	case E2BIG:
		return "argument list too long";
	case ENOTTY:
		return "inappropriate ioctl for device";
	case ENAMETOOLONG:
		return "file name too long";
	case ENODATA:
		return "no data available";
	case EOVERFLOW:
		return "value too large for defined data type";
	case EADDRINUSE:
		return "address already in use";
	case ECONNRESET:
		return "connection reset by peer";
	case ENOTCONN:
		return "transport endpoint is not connected";
	case EHOSTUNREACH:
		return "no route to host";
	case EUSERS:
		return "too many users";
	case EDQUOT:
		return "disk quota exceeded";
	case ENOEXEC:
		return "exec format error";
	case ECHILD:
		return "no child processes";
	case EADDRNOTAVAIL:
		return "cannot assign requested address";
	case ENETUNREACH:
		return "network is unreachable";
	}
	return NULL;
}

const char *err_name(int r)
{
	static char text[96];
	const char *usual = usual_name(r < 0 ? -r : r);

	if (usual)
		return usual;
	snprintf(text, sizeof text, "%s", strerror(r < 0 ? -r : r));
	if (isupper((unsigned char)text[0]) && islower((unsigned char)text[1]))
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
