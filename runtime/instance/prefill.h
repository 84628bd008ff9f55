/* prefill - files put into an instance's upper directory before its first start
 *
 * The directories on the way get owner and mode of what lies below: the upper's are what shows. A path whose parent is a link, or not
 * there, below is left alone. */
#pragma once
#include <stdbool.h>
#include "core/err.h"

struct prefill {
	int lower; /* what shows through: the topmost layer's root, or the host's / */
	int upper;
};

/* PATH without leading slash. Replaces what is below; with ONLY_OVER it must be there. 0 also when it was left alone. */
int prefill_file(const struct prefill *p, const char *path, const char *text, bool only_over, struct err *e);

/* What is below does not show (overlayfs' whiteout). */
int prefill_hide(const struct prefill *p, const char *path, struct err *e);
