#include "core/yaml_plain.h"

#include "core/auto.h"
#include "test/unit/test.h"

TEST(plain_scalars_mean_what_go_yaml_reads)
{
	static const struct { const char *in; enum doc_kind kind; int64_t num; } row[] = {
		{ "", DOC_NULL, 0 }, { "~", DOC_NULL, 0 }, { "null", DOC_NULL, 0 }, { "NULL", DOC_NULL, 0 },
		{ "nULL", DOC_STRING, 0 }, { "true", DOC_BOOL, 1 }, { "True", DOC_BOOL, 1 }, { "tRue", DOC_STRING, 0 },
		{ "y", DOC_BOOL, 1 }, { "Yes", DOC_BOOL, 1 }, { "on", DOC_BOOL, 1 }, { "n", DOC_BOOL, 0 }, { "off", DOC_BOOL, 0 },
		{ "FALSE", DOC_BOOL, 0 }, { "yesterday", DOC_STRING, 0 }, { "0", DOC_INT, 0 }, { "12", DOC_INT, 12 },
		{ "-3", DOC_INT, -3 }, { "+3", DOC_INT, 3 }, { "0x1F", DOC_INT, 31 }, { "0o17", DOC_INT, 15 }, { "0644", DOC_INT, 420 },
		{ "0b101", DOC_INT, 5 }, { "1_000", DOC_INT, 1000 }, { "1__0_", DOC_INT, 10 }, { "08", DOC_FLOAT, 0 },
		{ "9223372036854775807", DOC_INT, INT64_MAX }, { "9223372036854775808", DOC_FLOAT, 0 },
		{ "99999999999999999999", DOC_FLOAT, 0 }, { "1.5", DOC_FLOAT, 0 }, { ".5", DOC_FLOAT, 0 }, { "1.", DOC_FLOAT, 0 },
		{ "1e3", DOC_FLOAT, 0 }, { "-1.5E-3", DOC_FLOAT, 0 }, { "1e999", DOC_STRING, 0 }, { ".inf", DOC_FLOAT, 0 },
		{ "-.Inf", DOC_FLOAT, 0 }, { ".NaN", DOC_FLOAT, 0 }, { "-.nan", DOC_STRING, 0 }, { ".", DOC_STRING, 0 },
		{ "-", DOC_STRING, 0 }, { "1e", DOC_STRING, 0 }, { "1.2.3", DOC_STRING, 0 }, { "10.0.0.1/24", DOC_STRING, 0 },
		{ "512MiB", DOC_STRING, 0 }, { "0x", DOC_STRING, 0 }, { "1:20", DOC_STRING, 0 }, { "2026-01-02", DOC_STRING, 0 },
		{ "infinity", DOC_STRING, 0 }, { "nan", DOC_STRING, 0 }, { "<<", DOC_STRING, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		int64_t num = 99;

		CHECK_ROW_INT(row[i].in, yaml_plain_kind(row[i].in, &num), row[i].kind);
		if (row[i].kind == DOC_INT || row[i].kind == DOC_BOOL)
			CHECK_ROW_INT(row[i].in, num, row[i].num);
	}
}

TEST(plain_strings_are_those_that_read_back)
{
	static const struct { const char *in; bool is_string, is_time; } row[] = {
		{ "default", true, true }, { "512MiB", true, true }, { "1", false, false }, { "yes", false, false },
		{ "", false, false }, { "1:20", false, false }, { "1:60", true, true }, { "-190:20:30.15", false, false },
		{ "00:16:3e:aa:bb:cc", true, true }, { "12:34:56:10:20:30", false, false },
		{ "2026-01-02", false, true }, { "2026-1-2", false, true }, { "2026-02-30", true, true },
		{ "2026-01-02T03:04:05Z", false, true }, { "2026-01-02t3:4:5.25+02:00", false, true },
		{ "2026-01-02 03:04:05", false, true }, { "2026-01-02 03:04:05Z", true, true }, { "2026-01-02T03:04Z", true, true },
		{ "2024-02-29", false, true }, { "2023-02-29", true, true }, { "2026-13-01", true, true }, { "202-01-01", true, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		CHECK_ROW_INT(row[i].in, yaml_plain_is_string(row[i].in, false), row[i].is_string);
		CHECK_ROW_INT(row[i].in, yaml_plain_is_string(row[i].in, true), row[i].is_time);
	}
}
