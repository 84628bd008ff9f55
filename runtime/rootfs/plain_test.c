#include "runtime/rootfs/plain.h"
#include <string.h>
#include "test/unit/test.h"

static const struct shift there = { 0, 1000000, 65536 }, back = { 1000000, 0, 65536 };

TEST(capabilities_follow_their_root)
{
	static const char two[24] = { 1, 0, 0, 2, 0, 32 };
	char value[24];
	size_t n = 20;

	memcpy(value, two, sizeof value);
	plain_shift_capability(&there, value, &n);
	CHECK_INT(n, 24);
	CHECK(!memcmp(value, "\1\0\0\3\0\40", 6) && !memcmp(value + 20, "\x40\x42\x0f\0", 4));
	plain_shift_capability(&back, value, &n);
	CHECK_INT(n, 20);
	CHECK(!memcmp(value, two, 20));
}

TEST(capabilities_that_are_not_understood_stay)
{
	static const struct {
		const char *value;
		size_t n;
	} row[] = { { "", 0 }, { "\1\0\0", 3 }, { "\1\0\0\2", 4 }, { "\1\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20 },
		    { "\1\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20 } };

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		char value[24] = "";
		size_t n = row[i].n;

		memcpy(value, row[i].value, n);
		plain_shift_capability(&there, value, &n);
		CHECK_INT(n, row[i].n);
		CHECK(!memcmp(value, row[i].value, n));
	}
}

TEST(acls_name_shifted_users)
{
	/* owner, user 1000, group 70000 (outside of the range), others */
	char acl[36] = "\2\0\0\0\1\0\7\0\xff\xff\xff\xff\2\0\4\0\xe8\3\0\0\x8\0\4\0\x70\x11\1\0\40\0\1\0\xff\xff\xff\xff";
	char old[36];

	memcpy(old, acl, sizeof old);
	plain_shift_acl(&there, acl, sizeof acl);
	CHECK(!memcmp(acl + 16, "\x28\x46\x0f\0", 4)); /* 1001000 */
	CHECK(!memcmp(acl, old, 16) && !memcmp(acl + 20, old + 20, 16));
	plain_shift_acl(&back, acl, sizeof acl);
	CHECK(!memcmp(acl, old, sizeof acl));
	plain_shift_acl(&there, acl, 19); /* cut short: nothing behind the end is touched */
	CHECK(!memcmp(acl, old, sizeof acl));
}
