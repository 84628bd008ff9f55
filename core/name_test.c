#include "core/name.h"

#include <errno.h>
#include "core/auto.h"
#include "test/unit/test.h"

#define X63 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"

static void check_names(int (*check)(const char *s, struct err *e), const char *const (*row)[2], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct err e = ERR_NONE;
		int r = check(row[i][0], &e);

		CHECK_ROW_INT(row[i][0], r, row[i][1] ? -EINVAL : 0);
		if (row[i][1])
			CHECK_ROW_STR(row[i][0], e.text, row[i][1]);
	}
}
#define CHECK_NAMES(check, ...) \
	do { \
		static const char *const rows_[][2] = { __VA_ARGS__ }; \
		check_names(check, rows_, ARRAY_SIZE(rows_)); \
	} while (0)

TEST(names_of_instances_are_host_names)
{
	CHECK_NAMES(name_instance, { "c1", NULL }, { "a", NULL }, { "A-b-3", NULL }, { X63, NULL },
		    { X63 "x", "Invalid instance name: Name must be 1-63 characters long" },
		    { "", "Invalid instance name: Name must be 1-63 characters long" },
		    { "1a", "Invalid instance name: Name must not start with a number" },
		    { "-a", "Invalid instance name: Name must not start with \"-\" character" },
		    { "a-", "Invalid instance name: Name must not end with \"-\" character" },
		    { "a_b", "Invalid instance name: Name can only contain alphanumeric and hyphen characters" },
		    { "a.b", "Invalid instance name: Name can only contain alphanumeric and hyphen characters" },
		    { "\xc3\xa9", "Invalid instance name: Name can only contain alphanumeric and hyphen characters" },
		    { "a\n", "Invalid instance name: Name can only contain alphanumeric and hyphen characters" },
		    { "../x", "The character \"/\" is reserved for snapshots" });
}

TEST(names_of_snapshots_are_one_component)
{
	CHECK_NAMES(name_snapshot, { "snap0", NULL }, { "2026-01-02_03:04", NULL }, { ".x", NULL },
		    { "a b", "Invalid snapshot name: Cannot contain space or / characters" },
		    { "a/b", "Invalid snapshot name: Cannot contain space or / characters" },
		    { "..", "Invalid snapshot name: Cannot be \".\" or \"..\"" },
		    { ".", "Invalid snapshot name: Cannot be \".\" or \"..\"" },
		    { "", "Invalid snapshot name: Name must be 1-64 characters long" },
		    { X63 "xx", "Invalid snapshot name: Name must be 1-64 characters long" },
		    { "a\033", "Invalid snapshot name: Cannot contain control characters" });
}

TEST(names_of_profiles)
{
	CHECK_NAMES(name_profile, { "default", NULL }, { "a b", NULL }, { "", "Missing profile name" },
		    { "a/b", "Profile names may not contain slashes" }, { "..", "Invalid profile name \"..\"" },
		    { ".", "Invalid profile name \".\"" }, { "a\nb", "Invalid profile name \"a\nb\"" });
}

TEST(names_of_devices)
{
	CHECK_NAMES(name_device, { "eth0", NULL }, { "a/b:c_d.e-f", NULL }, { X63 "x", NULL },
		    { "", "Name must be 1-64 characters long" }, { X63 "xx", "Name must be 1-64 characters long" },
		    { "a b", "Name can only contain alphanumeric, forward slash, hyphen, colon, underscore and full stop "
			     "characters" });
}

TEST(names_of_other_things)
{
	CHECK_NAMES(name_alias, { "debian/12", NULL }, { "a b", NULL },
		    { "", "Invalid alias name: Name must be 1-255 characters long" },
		    { "r:a", "Invalid alias name: Cannot contain \":\"" },
		    { "a\n", "Invalid alias name: Cannot contain control characters" });
	CHECK_NAMES(name_template, { "hosts.tpl", NULL }, { "..x", NULL },
		    { "..", "Invalid template name: Cannot be \".\" or \"..\"" },
		    { "../x", "Invalid template name: Cannot contain \"/\"" },
		    { "", "Invalid template name: Name must be 1-255 characters long" });
	CHECK_NAMES(name_environ, { "PATH", NULL }, { "a b", NULL }, { "", "Environment variables need a name" },
		    { "A=B", "Invalid environment variable name \"A=B\"" });
}

TEST(fingerprints_are_lower_case_hex)
{
	static const char full[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

	CHECK(name_is_fingerprint(full));
	CHECK(!name_is_fingerprint(full + 1));
	CHECK(!name_is_fingerprint("../../../../../../../../../../../../../../../../../../../etc/cron"));
	CHECK(name_is_fingerprint_part("a"));
	CHECK(name_is_fingerprint_part(full));
	CHECK(!name_is_fingerprint_part(""));
	CHECK(!name_is_fingerprint_part("A"));
	CHECK(!name_is_fingerprint_part("0g"));
	CHECK(!name_is_fingerprint_part("%"));
}

TEST(values_are_one_line)
{
	CHECK(value_is_one_line("a b\tc"));
	CHECK(value_is_one_line(""));
	CHECK(!value_is_one_line("a\nb"));
	CHECK(!value_is_one_line("a\r"));
}
