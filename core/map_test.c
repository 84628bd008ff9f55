#include "core/map.h"

#include "core/auto.h"
#include "test/unit/test.h"

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

TEST(name_order_is_natural)
{
	static const char *const sorted[] = {
		"", "-", "HTTP_PROXY", "HTTPS_PROXY", "Z", "a", "a-", "a0", "a00", "a1", "a1-", "a1b", "a01", "a2", "a9", "a10",
		"a10.2", "a10.10", "a18446744073709551616", "a18446744073709551617", "ab", "b", "\xc3\xa9",
	};

	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
		for (size_t j = 0; j < ARRAY_SIZE(sorted); j++)
			if (!CHECK_INT(sign(name_order(sorted[i], sorted[j])), (i > j) - (i < j)))
				test_row(sorted[i], test_row(sorted[j], false));
}

TEST(map_keeps_its_order)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct map m = { 0 };

	map_set(&a, &m, "b", "1");
	map_set(&a, &m, "c10", "2");
	map_set(&a, &m, "c9", "3");
	map_set(&a, &m, "a", "4");
	map_set(&a, &m, "b", "5");
	CHECK_INT(m.n, 4);
	CHECK_STR(m.item[0].key, "a");
	CHECK_STR(m.item[1].value, "5");
	CHECK_STR(m.item[2].key, "c9");
	CHECK_STR(m.item[3].key, "c10");
	CHECK_STR(map_get(&m, "c10"), "2");
	CHECK_STR(map_get(&m, "x"), NULL);
	CHECK(map_unset(&m, "b"));
	CHECK(!map_unset(&m, "b"));
	CHECK_INT(m.n, 3);
	CHECK_STR(map_get(&m, "c9"), "3");
}

TEST(map_of_many)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct map m = { 0 };

	for (int i = 999; i >= 0; i--)
		map_set(&a, &m, arena_fmt(&a, "k%d", i), "v");
	for (int i = 0; i < 1000; i += 2)
		CHECK(map_unset(&m, arena_fmt(&a, "k%d", i)));
	for (int i = 0; i < 1000; i++)
		CHECK_INT(!!map_get(&m, arena_fmt(&a, "k%d", i)), i & 1);
	CHECK_INT(m.n, 500);
}

TEST(map_merge_lets_the_second_win)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct map m = { 0 }, over = { 0 }, copy = { 0 };

	map_set(&a, &m, "a", "1");
	map_set(&a, &m, "b", "1");
	map_set(&a, &over, "b", "2");
	map_set(&a, &over, "c", "2");
	map_copy(&a, &copy, &m);
	CHECK(map_equal(&copy, &m));
	map_merge(&a, &m, &over);
	CHECK_STR(map_get(&m, "a"), "1");
	CHECK_STR(map_get(&m, "b"), "2");
	CHECK_STR(map_get(&m, "c"), "2");
	CHECK_STR(map_get(&copy, "b"), "1");
	CHECK(!map_equal(&copy, &m));
}

TEST(devices_are_merged_whole)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct devices d = { 0 }, over = { 0 }, copy = { 0 };

	map_set(&a, &devices_put(&a, &d, "eth0")->options, "type", "nic");
	map_set(&a, &devices_put(&a, &d, "eth0")->options, "name", "eth0");
	map_set(&a, &devices_put(&a, &d, "a")->options, "type", "disk");
	map_set(&a, &devices_put(&a, &over, "eth0")->options, "type", "none");
	devices_copy(&a, &copy, &d);
	devices_merge(&a, &d, &over);
	CHECK_INT(d.n, 2);
	CHECK_STR(d.item[0].name, "a");
	CHECK_STR(map_get(&devices_get(&d, "eth0")->options, "type"), "none");
	CHECK_STR(map_get(&devices_get(&d, "eth0")->options, "name"), NULL);
	CHECK_STR(map_get(&devices_get(&copy, "eth0")->options, "name"), "eth0");
	CHECK(devices_remove(&d, "a"));
	CHECK(!devices_remove(&d, "a"));
	CHECK(!devices_get(&d, "a"));
}

TEST(names_stay_in_the_order_given)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct names l = { 0 };

	names_add(&a, &l, "z");
	names_add(&a, &l, "a");
	CHECK_INT(l.n, 2);
	CHECK_STR(l.item[0], "z");
	CHECK(names_has(&l, "a"));
	CHECK(!names_has(&l, "b"));
}
