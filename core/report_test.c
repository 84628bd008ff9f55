#include "core/report.h"

#include "core/buf.h"
#include "test/unit/test.h"

static char told[64];
static uint64_t done_of[2];

static void warn(struct report *r, const char *text)
{
	(void)r;
	(void)str_fmt(told, sizeof told, "%s", text);
}

static void progress(struct report *r, const char *what, uint64_t done, uint64_t total)
{
	(void)r;
	(void)str_fmt(told, sizeof told, "%s", what);
	done_of[0] = done;
	done_of[1] = total;
}

TEST(report_reaches_who_listens)
{
	struct report r = { .warn = warn, .progress = progress }, deaf = { 0 };

	report_warn(&r, "%s %d", "no", 1);
	CHECK_STR(told, "no 1");
	report_progress(&r, "Unpack", 5, 10);
	CHECK_STR(told, "Unpack");
	CHECK_INT(done_of[0], 5);
	CHECK_INT(done_of[1], 10);
	report_warn(&deaf, "x");
	report_progress(&deaf, "x", 1, 1);
	report_warn(NULL, "x");
	report_progress(NULL, "x", 1, 1);
	CHECK_STR(told, "Unpack");
}
