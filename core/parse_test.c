#include "core/parse.h"

#include <errno.h>
#include "core/auto.h"
#include "test/unit/test.h"

TEST(numbers_are_the_whole_string_or_an_error)
{
	static const struct { const char *in; int r; uint64_t v; } row[] = {
		{ "0", 0, 0 }, { "00", 0, 0 }, { "4294967295", 0, 4294967295 }, { "4294967296", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 }, { "", -EINVAL, 0 }, { " 1", -EINVAL, 0 }, { "1 ", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 }, { "-1", -EINVAL, 0 }, { "1a", -EINVAL, 0 }, { "0x1", -EINVAL, 0 }, { "1\n", -EINVAL, 0 },
		{ "99999999999999999999999x", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		uint32_t v = 77;

		CHECK_ROW_INT(row[i].in, parse_u32(row[i].in, 0, UINT32_MAX, &v), row[i].r);
		CHECK_ROW_INT(row[i].in, v, row[i].r ? 77 : row[i].v);
	}
}

TEST(numbers_have_bounds)
{
	uint32_t v = 0;
	uint64_t u = 0;
	int64_t s = 0;

	CHECK_INT(parse_u32("4", 5, 9, &v), -ERANGE);
	CHECK_INT(parse_u32("10", 5, 9, &v), -ERANGE);
	CHECK_INT(parse_u32("9", 5, 9, &v), 0);
	CHECK_INT(parse_u64("18446744073709551615", 0, UINT64_MAX, &u), 0);
	CHECK(u == UINT64_MAX);
	CHECK_INT(parse_u64("18446744073709551616", 0, UINT64_MAX, &u), -ERANGE);
	CHECK_INT(parse_i64("-9223372036854775808", INT64_MIN, INT64_MAX, &s), 0);
	CHECK(s == INT64_MIN);
	CHECK_INT(parse_i64("-9223372036854775809", INT64_MIN, INT64_MAX, &s), -ERANGE);
	CHECK_INT(parse_i64("9223372036854775808", INT64_MIN, INT64_MAX, &s), -ERANGE);
	CHECK_INT(parse_i64("+7", -8, 8, &s), 0);
	CHECK_INT(parse_i64("-9", -8, 8, &s), -ERANGE);
	CHECK_INT(parse_i64("--1", -8, 8, &s), -EINVAL);
	CHECK_INT(parse_i64("-", -8, 8, &s), -EINVAL);
	CHECK_INT(s, 7);
}

TEST(octal_is_for_modes)
{
	uint32_t v = 0;

	CHECK_INT(parse_octal("0644", 07777, &v), 0);
	CHECK_INT(v, 0644);
	CHECK_INT(parse_octal("7777", 07777, &v), 0);
	CHECK_INT(parse_octal("10000", 07777, &v), -ERANGE);
	CHECK_INT(parse_octal("888", 07777, &v), -EINVAL);
	CHECK_INT(parse_octal("0o644", 07777, &v), -EINVAL);
	CHECK_INT(parse_octal("", 07777, &v), -EINVAL);
}

TEST(go_ints_know_prefixes)
{
	static const struct { const char *in; int r; int64_t v; } row[] = {
		{ "10", 0, 10 }, { "0x1F", 0, 31 }, { "0X1f", 0, 31 }, { "0o17", 0, 15 }, { "017", 0, 15 }, { "0b101", 0, 5 },
		{ "-0x10", 0, -16 }, { "+5", 0, 5 }, { "0", 0, 0 }, { "-0", 0, 0 }, { "1_000", 0, 1000 }, { "0x_f", 0, 15 },
		{ "08", -EINVAL, 0 }, { "0b2", -EINVAL, 0 }, { "0x", -EINVAL, 0 }, { "_1", -EINVAL, 0 }, { "1_", -EINVAL, 0 },
		{ "1__0", -EINVAL, 0 }, { "", -EINVAL, 0 }, { "-", -EINVAL, 0 }, { "1.0", -EINVAL, 0 },
		{ "9223372036854775807", 0, INT64_MAX }, { "9223372036854775808", -ERANGE, 0 },
		{ "-9223372036854775808", 0, INT64_MIN }, { "0xFFFFFFFFFFFFFFFFF", -ERANGE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		int64_t v = 0;

		CHECK_ROW_INT(row[i].in, parse_go_int(row[i].in, &v), row[i].r);
		CHECK_ROW_INT(row[i].in, v, row[i].v);
	}
}

TEST(truth_is_LXDs)
{
	static const struct { const char *in; int r; bool v; } row[] = {
		{ "true", 0, true }, { "TRUE", 0, true }, { "Yes", 0, true }, { "1", 0, true }, { "on", 0, true },
		{ "false", 0, false }, { "no", 0, false }, { "0", 0, false }, { "OFF", 0, false },
		{ "maybe", -EINVAL, false }, { "", -EINVAL, false }, { "y", -EINVAL, false }, { "true ", -EINVAL, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		bool v = !row[i].v;

		CHECK_ROW_INT(row[i].in, parse_bool(row[i].in, &v), row[i].r);
		CHECK_ROW_INT(row[i].in, v, row[i].r ? !row[i].v : row[i].v);
	}
}

TEST(size_is_the_whole_string_or_an_error)
{
	static const struct { const char *in; int r; uint64_t bytes; } row[] = {
		{ "10MB", 0, 10000000 }, { "10MiB", 0, 10485760 }, { "0", 0, 0 }, { "1024", 0, 1024 }, { "5B", 0, 5 },
		{ "5 bytes", 0, 5 }, { "1kB", 0, 1000 }, { "1KiB", 0, 1024 }, { "7EiB", 0, 7ULL << 60 },
		{ "9EB", 0, 9000000000000000000 }, { "1GB", 0, 1000000000 }, { "2TiB", 0, 2ULL << 40 }, { "3PiB", 0, 3ULL << 50 },
		{ "20EiB", -ERANGE, 0 }, { "8EiB", -ERANGE, 0 }, { "10EB", -ERANGE, 0 }, { "9999999999999999999999", -ERANGE, 0 },
		{ "1e3", -EINVAL, 0 }, { "64M", -EINVAL, 0 }, { "64mb", -EINVAL, 0 }, { "1KB", -EINVAL, 0 }, { "1.5GB", -EINVAL, 0 },
		{ "64 MB", -EINVAL, 0 }, { "-1", -EINVAL, 0 }, { "max", -EINVAL, 0 }, { "", -EINVAL, 0 }, { "MB", -EINVAL, 0 },
		{ "9999999999999999999999M", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		uint64_t v = 0;

		CHECK_ROW_INT(row[i].in, parse_size(row[i].in, &v), row[i].r);
		CHECK_ROW_INT(row[i].in, v, row[i].bytes);
	}
}

TEST(durations_are_seconds)
{
	static const struct { const char *in; int r; uint64_t v; } row[] = {
		{ "90", 0, 90 }, { "90s", 0, 90 }, { "5m", 0, 300 }, { "1h", 0, 3600 }, { "2d", 0, 172800 }, { "0", 0, 0 },
		{ "1x", -EINVAL, 0 }, { "1hs", -EINVAL, 0 }, { "h", -EINVAL, 0 }, { "", -EINVAL, 0 }, { "-1", -EINVAL, 0 },
		{ "9223372036854775807d", -ERANGE, 0 }, { "99999999999999999999999", -ERANGE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		uint64_t v = 0;

		CHECK_ROW_INT(row[i].in, parse_duration(row[i].in, &v), row[i].r);
		CHECK_ROW_INT(row[i].in, v, row[i].v);
	}
}

TEST(times_are_rfc3339)
{
	static const struct { const char *in; int64_t s; int r; uint32_t ns; } row[] = {
		{ "1970-01-01T00:00:01Z", 1, 0, 0 },
		{ "2026-01-02T03:04:05.123456789Z", 1767323045, 0, 123456789 },
		{ "2026-01-02T03:04:05.5Z", 1767323045, 0, 500000000 },
		{ "2026-01-02T05:04:05+02:00", 1767323045, 0, 0 },
		{ "2026-01-01T21:34:05-05:30", 1767323045, 0, 0 },
		{ "2024-02-29T00:00:00Z", 1709164800, 0, 0 },
		{ "1969-12-31T23:59:59Z", -1, 0, 0 },
		{ "0001-01-01T00:00:00Z", 0, 0, 0 },
		{ "9999-12-31T23:59:59Z", 253402300799, 0, 0 },
		{ "2026-02-29T00:00:00Z", 0, -ERANGE, 0 },
		{ "2026-13-01T00:00:00Z", 0, -ERANGE, 0 },
		{ "2026-01-01T24:00:00Z", 0, -ERANGE, 0 },
		{ "2026-01-01", 0, -EINVAL, 0 },
		{ "2026-01-01 00:00:00Z", 0, -EINVAL, 0 },
		{ "2026-01-01T00:00:00", 0, -EINVAL, 0 },
		{ "2026-01-01T00:00:00.Z", 0, -EINVAL, 0 },
		{ "2026-01-01T00:00:00Zx", 0, -EINVAL, 0 },
		{ "2026-01-01T00:00:00+1:00", 0, -EINVAL, 0 },
		{ "", 0, -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		int64_t s = 0;
		uint32_t ns = 0;

		CHECK_ROW_INT(row[i].in, parse_time(row[i].in, &s, &ns), row[i].r);
		CHECK_ROW_INT(row[i].in, s, row[i].s);
		CHECK_ROW_INT(row[i].in, ns, row[i].ns);
	}
}

TEST(times_are_printed_as_Go_does)
{
	static const struct { int64_t s; uint32_t ns; const char *out; } row[] = {
		{ 0, 0, "0001-01-01T00:00:00Z" },
		{ 1767323045, 123456789, "2026-01-02T03:04:05.123456789Z" },
		{ 1767323045, 500000000, "2026-01-02T03:04:05.5Z" },
		{ 1767323045, 0, "2026-01-02T03:04:05Z" },
		{ 951782399, 1, "2000-02-28T23:59:59.000000001Z" },
		{ 951782400, 0, "2000-02-29T00:00:00Z" },
		{ -1, 0, "1969-12-31T23:59:59Z" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		char to[40];
		int64_t s;
		uint32_t ns;

		format_time(row[i].s, row[i].ns, to);
		CHECK_STR(to, row[i].out);
		CHECK_INT(parse_time(to, &s, &ns), 0);
		CHECK_INT(s, row[i].s);
		CHECK_INT(ns, row[i].ns);
	}
}

TEST(expiry_counts_by_the_calendar)
{
	static const struct { const char *in; int r; const char *at; } row[] = {
		{ "1H", 0, "2026-01-31T13:00:00Z" }, { "30M", 0, "2026-01-31T12:30:00Z" }, { "5S", 0, "2026-01-31T12:00:05Z" },
		{ "1d", 0, "2026-02-01T12:00:00Z" }, { "2w", 0, "2026-02-14T12:00:00Z" }, { "1m", 0, "2026-03-03T12:00:00Z" },
		{ "1y", 0, "2027-01-31T12:00:00Z" }, { "11m", 0, "2026-12-31T12:00:00Z" }, { "1y 1m 1d 1H", 0, "2027-03-04T13:00:00Z" },
		{ " 3d ", 0, "2026-02-03T12:00:00Z" }, { "1d  1H", -EINVAL, NULL },
		{ "1h", -EINVAL, NULL }, { "1d 1d", -EINVAL, NULL }, { "d", -EINVAL, NULL }, { "1", -EINVAL, NULL },
		{ "1d,1H", -EINVAL, NULL }, { "-1d", -EINVAL, NULL }, { "8000y", -ERANGE, NULL }, { "4294967296d", -ERANGE, NULL },
	};
	int64_t from, at = 0, s;
	uint32_t ns;

	CHECK_INT(parse_time("2026-01-31T12:00:00Z", &from, &ns), 0);
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		CHECK_ROW_INT(row[i].in, parse_expiry(row[i].in, from, &s), row[i].r);
		if (row[i].at && CHECK_INT(parse_time(row[i].at, &at, &ns), 0))
			CHECK_ROW_INT(row[i].in, s, at);
	}
	CHECK_INT(parse_expiry("", from, &s), 0);
	CHECK_INT(s, 0);
}

TEST(cpusets_are_ranges)
{
	static const struct { const char *in; int r; uint64_t low; const char *out; } row[] = {
		{ "0", 0, 1, "0" }, { "0-3,7", 0, 0x8f, "0-3,7" }, { "7,0-3", 0, 0x8f, "0-3,7" }, { "1,2", 0, 6, "1-2" },
		{ "63", 0, 1ULL << 63, "63" }, { "0-69", 0, UINT64_MAX, "0-69" },
		{ "70", -ERANGE, 0, NULL }, { "99999999999999999999", -ERANGE, 0, NULL }, { "0-18446744073709551615", -ERANGE, 0, NULL },
		{ "3-1", -EINVAL, 0, NULL }, { "1,1", -EINVAL, 0, NULL }, { "0-3,2", -EINVAL, 0, NULL }, { "", -EINVAL, 0, NULL },
		{ "1,", -EINVAL, 0, NULL }, { ",1", -EINVAL, 0, NULL }, { "1-", -EINVAL, 0, NULL }, { "1-2-3", -EINVAL, 0, NULL },
		{ "a", -EINVAL, 0, NULL }, { "1 ,2", -EINVAL, 0, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		uint64_t bits[2];
		char to[64];

		CHECK_ROW_INT(row[i].in, parse_cpuset(row[i].in, bits, 70), row[i].r);
		if (row[i].r)
			continue;
		CHECK_ROW(row[i].in, bits[0] == row[i].low);
		CHECK_ROW_INT(row[i].in, format_cpuset(bits, 70, to, sizeof to), 0);
		CHECK_ROW_STR(row[i].in, to, row[i].out);
	}
}

TEST(cpusets_say_when_they_do_not_fit)
{
	uint64_t bits[1] = { 0x55 };
	char to[6];

	CHECK_INT(format_cpuset(bits, 64, to, sizeof to), -ENAMETOOLONG);
	bits[0] = 0;
	CHECK_INT(format_cpuset(bits, 64, to, sizeof to), 0);
	CHECK_STR(to, "");
}
