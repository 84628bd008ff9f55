#include "applets/out.h"
#include "applets/progress.h"
#include "core/auto.h"
#include "test/unit/test.h"

static void fill(struct table *t, const char *const *cell, size_t n)
{
	for (size_t i = 0; i < n; i += t->columns) {
		const char **row = table_row(t);

		for (size_t j = 0; j < t->columns; j++)
			row[j] = cell[i + j];
	}
}

TEST(a_table_looks_as_tablewriters)
{
	static const char *const header[] = { "NAME", "STATE", "limits.cpu" };
	static const char *const cell[] = { "c10", "RUNNING", "2", "c2", "STOPPED", "", "c2", "", "a\nlonger text\nb" };
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(buf) struct buf b = BUF_NONE;
	struct table t;

	table_open(&t, &a, header, 3);
	fill(&t, cell, ARRAY_SIZE(cell));
	table_sort(&t);
	table_write(&t, FORMAT_TABLE, &b);
	CHECK_STR(b.s, "+------+---------+-------------+\n"
		       "| NAME |  STATE  | LIMITS CPU  |\n"
		       "+------+---------+-------------+\n"
		       "| c2   | STOPPED |             |\n"
		       "+------+---------+-------------+\n"
		       "| c2   |         | a           |\n"
		       "|      |         | longer text |\n"
		       "|      |         | b           |\n"
		       "+------+---------+-------------+\n"
		       "| c10  | RUNNING | 2           |\n"
		       "+------+---------+-------------+\n");
	buf_reset(&b);
	table_write(&t, FORMAT_CSV, &b);
	CHECK_STR(b.s, "c2,STOPPED,\nc2,,\"a\nlonger text\nb\"\nc10,RUNNING,2\n");
	buf_reset(&b);
	t.n = 1;
	table_write(&t, FORMAT_COMPACT, &b);
	CHECK_STR(b.s, "  NAME   STATE   LIMITS CPU  \n"
		       "  c2    STOPPED              \n");
}

TEST(an_empty_table_has_its_header)
{
	static const char *const header[] = { "NAME" };
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(buf) struct buf b = BUF_NONE;
	struct table t;

	table_open(&t, &a, header, 1);
	table_write(&t, FORMAT_TABLE, &b);
	CHECK_STR(b.s, "+------+\n| NAME |\n+------+\n");
	buf_reset(&b);
	table_write(&t, FORMAT_CSV, &b);
	CHECK_STR(b.s, "");
}

TEST(foreign_text_cannot_reach_the_terminal)
{
	static const char *const header[] = { "A" };
	static const char *const cell[] = { "\033]0;x\a", "say \"a,b\"", " x", "\xe6\xbc\xa2\xe5\xad\x97" };
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(buf) struct buf b = BUF_NONE;
	struct table t;

	table_open(&t, &a, header, 1);
	fill(&t, cell, ARRAY_SIZE(cell));
	table_write(&t, FORMAT_CSV, &b);
	CHECK_STR(b.s, "\\x1b]0;x\\x07\n\"say \"\"a,b\"\"\"\n\" x\"\n\xe6\xbc\xa2\xe5\xad\x97\n");
	CHECK_INT(out_width(cell[3], strlen(cell[3])), 4);
	CHECK_INT(out_width("e\xcc\x81", 3), 1);
}

TEST(sizes_are_lxds)
{
	static const struct { uint64_t bytes; const char *binary, *decimal; } row[] = {
		{ 0, "0B", "0B" }, { 999, "999B", "999B" }, { 1000, "1000B", "1.00kB" }, { 1024, "1.00KiB", "1.02kB" },
		{ 1028096, "1004.00KiB", "1.03MB" }, { 1929380, "1.84MiB", "1.93MB" }, { 6990, "6.83KiB", "6.99kB" },
		{ 5368709120, "5.00GiB", "5.37GB" }, { 1ULL << 60, "1.00EiB", "1.15EB" }, { UINT64_MAX, "16.00EiB", "18.45EB" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(buf) struct buf binary = BUF_NONE, decimal = BUF_NONE;

		out_size_binary(&binary, row[i].bytes);
		out_size_decimal(&decimal, row[i].bytes);
		CHECK_ROW_STR(row[i].binary, binary.s, row[i].binary);
		CHECK_ROW_STR(row[i].decimal, decimal.s, row[i].decimal);
	}
}

TEST(dates_are_lxds)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct timestamp t = { 1795567440, 0 };

	CHECK_STR(out_date(&a, t), "2026/11/25 00:44 UTC");
	CHECK_STR(out_date_words(&a, t), "Nov 25, 2026 at 12:44am (UTC)");
	CHECK_STR(out_date(&a, (struct timestamp){ 0 }), "");
}

TEST(progress_has_rate_and_rest)
{
	static const struct { uint64_t done, total, began, ms; const char *want; } row[] = {
		{ 0, 100, 0, 0, "Unpack: 0%" },
		{ 42000000, 100000000, 0, 1000, "Unpack: 42% (42.00MB/s, 2s left)" },
		{ 100, 100, 0, 1000, "Unpack: 100% (100B/s)" },
		{ 5000, 0, 0, 1000, "Unpack: 5.00kB (5.00kB/s)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(buf) struct buf b = BUF_NONE;

		progress_text(&b, "Unpack", row[i].done, row[i].total, row[i].began, row[i].ms);
		CHECK_ROW_STR(row[i].want, b.s, row[i].want);
	}
}
