#include "applets/progress.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "applets/out.h"
#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"

enum { DRAW_EVERY_MS = 100 };

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void progress_pause(struct progress *p)
{
	AUTO(buf) struct buf line = BUF_NONE;

	if (!p->shown)
		return;
	buf_addch(&line, '\r');
	buf_fill(&line, ' ', p->shown);
	buf_addch(&line, '\r');
	(void)fd_write(STDERR_FILENO, line.s, line.len); /* only talk */
	p->shown = 0;
}

void progress_text(struct buf *to, const char *what, uint64_t done, uint64_t total, uint64_t began, uint64_t ms)
{
	uint64_t rate = ms && done > began ? (uint64_t)((double)(done - began) * 1000 / (double)ms) : 0;

	buf_add_escaped(to, what, strlen(what));
	buf_addstr(to, ": ");
	if (total)
		buf_addf(to, "%u%%", (unsigned)(done >= total ? 100 : (double)done * 100 / (double)total));
	else
		out_size_decimal(to, done);
	if (!rate)
		return;
	buf_addstr(to, " (");
	out_size_decimal(to, rate);
	buf_addstr(to, "/s");
	if (total > done)
		buf_addf(to, ", %llus left", (unsigned long long)((total - done + rate - 1) / rate));
	buf_addch(to, ')');
}

static void draw(struct report *r, const char *what, uint64_t done, uint64_t total)
{
	struct progress *p = (struct progress *)r;
	AUTO(buf) struct buf line = BUF_NONE;
	int64_t now = now_ms();
	size_t width, before = p->shown;

	if (p->what != what || done < p->began_done) {
		p->what = what;
		p->began_ms = now;
		p->began_done = done;
	} else if (now - p->drawn_ms < DRAW_EVERY_MS && done != total) {
		return;
	}
	p->drawn_ms = now;
	buf_addch(&line, '\r');
	progress_text(&line, what, done, total, p->began_done, (uint64_t)(now - p->began_ms));
	width = out_width(line.s + 1, line.len - 1);
	if (before > width)
		buf_fill(&line, ' ', before - width);
	(void)fd_write(STDERR_FILENO, line.s, line.len);
	p->shown = before > width ? before : width;
}

static void warn(struct report *r, const char *text)
{
	AUTO(buf) struct buf line = BUF_NONE;

	progress_pause((struct progress *)r);
	buf_addstr(&line, "Warning: ");
	buf_add_escaped(&line, text, strlen(text));
	buf_addch(&line, '\n');
	(void)fd_write(STDERR_FILENO, line.s, line.len);
}

void progress_open(struct progress *p, bool quiet)
{
	const char *term = getenv("TERM");

	*p = (struct progress){ .report = { .warn = warn } };
	p->bar = !quiet && isatty(STDERR_FILENO) == 1 && term && !str_eq(term, "dumb") && !getenv("NO_COLOR");
	if (p->bar)
		p->report.progress = draw;
}
