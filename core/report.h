/* report - how the engine talks to whoever called it, beside errors: warnings and progress
 *
 * The engine never prints; applets give it one of these (the tool's on stderr and a bar, a server's into the operation). */
#pragma once
#include <stdint.h>
#include "core/err.h"

struct report {
	void (*warn)(struct report *r, const char *text);
	/* WHAT as "Unpack"; DONE of TOTAL bytes (TOTAL 0: unknown). Called often: rate limiting is the receiver's. NULL: none. */
	void (*progress)(struct report *r, const char *what, uint64_t done, uint64_t total);
};

void report_warn(struct report *r, const char *fmt, ...) PRINTF(2, 3); /* r may be NULL */
void report_progress(struct report *r, const char *what, uint64_t done, uint64_t total);
