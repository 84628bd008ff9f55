/* progress - what the engine reports while it works: warnings, and a bar where somebody can see it */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/report.h"

struct progress {
	struct report report; /* first: this is what the engine gets */
	bool bar;	      /* stderr is a terminal that can rewrite a line */
	size_t shown;	      /* columns that are on the line now */
	const void *what;     /* of the current bar; another one starts its clock anew */
	int64_t began_ms, drawn_ms;
	uint64_t began_done;
};

/* QUIET: warnings only. */
void progress_open(struct progress *p, bool quiet);

/* Takes the bar off the line, so that something else may be printed. */
void progress_pause(struct progress *p);

/* The text of a bar (pure): "Unpack: 42% (96.57MB/s, 3s left)". MS: since BEGAN bytes were done. */
struct buf;
void progress_text(struct buf *to, const char *what, uint64_t done, uint64_t total, uint64_t began, uint64_t ms);
