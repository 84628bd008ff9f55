#include "core/report.h"

#include <stdio.h>

void report_warn(struct report *r, const char *fmt, ...)
{
	char text[sizeof((struct err *)0)->text];
	va_list ap;

	if (!r || !r->warn)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	r->warn(r, text);
}

void report_progress(struct report *r, const char *what, uint64_t done, uint64_t total)
{
	if (r && r->progress)
		r->progress(r, what, done, total);
}
