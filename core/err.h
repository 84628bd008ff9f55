/* err - one error, told as a chain: what was tried, ..., what went wrong
 *
 * A flat value: nothing to free, works without memory, crosses a pipe as bytes. Functions return 0 or -errno and fill the
 * chain; whoever adds what was being tried puts it in front, so the cause stays last. When the text is full, outer parts
 * are lost, never the cause. Every function takes a NULL chain and then only passes the code through. */
#pragma once
#include <stdarg.h>

struct err {
	int code;	 /* -errno of the cause, 0 when nothing was set */
	char text[1020]; /* no newline, not escaped: whoever prints escapes */
};

#define ERR_NONE ((struct err){ 0 })
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Starts the chain from errno: "WHAT: strerror". Returns -errno (-EIO when errno is 0). */
int err_sys(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* Starts the chain from a given -errno R: "WHAT: strerror". Returns R. */
int err_code(struct err *e, int r, const char *fmt, ...) PRINTF(3, 4);

/* Starts the chain with our own words. Returns R. */
int err_set(struct err *e, int r, const char *fmt, ...) PRINTF(3, 4);

/* Puts "WHAT: " in front of a chain that has been started (starts it from R if it was not). Returns R; nothing is done
 * when R is no error, so that `err_in(e, call(..., e), "...")` is fine. */
int err_in(struct err *e, int r, const char *fmt, ...) PRINTF(3, 4);

/* The kernel's text for -errno R, in lower case at the beginning as LXD prints it; static storage. */
const char *err_name(int r);
