#include "runtime/instance/balance.h"
#include "core/auto.h"
#include "core/buf.h"
#include "core/parse.h"
#include "test/unit/test.h"

static struct cpuset set_of(const char *text)
{
	struct cpuset set = { { 0 } };

	if (*text)
		CHECK_ROW_INT(text, parse_cpuset(text, set.bits, BALANCE_CPUS), 0);
	return set;
}

/* Instances as "NAME COUNT HAS" or "NAME 0 PINNED"; afterwards, by name, where they are. */
struct instance_row {
	const char *name;
	unsigned count;
	const char *set;
};

TEST(balance_is_even_and_stable)
{
	static const struct {
		const char *what, *host;
		struct instance_row in[4];
		const char *out[4];
	} row[] = {
		{ "three on two", "0-1", { { "a", 1, "" }, { "b", 1, "" }, { "c", 1, "" } }, { "0", "1", "0" } },
		{ "nothing moves", "0-1", { { "a", 1, "0" }, { "b", 1, "1" }, { "c", 1, "0" } }, { "0", "1", "0" } },
		{ "kept though not the lowest", "0-1", { { "a", 1, "1" }, { "b", 1, "0" }, { "c", 1, "1" } }, { "1", "0", "1" } },
		{ "one is pinned to 0-0", "0-1", { { "a", 0, "0" }, { "b", 1, "1" }, { "c", 1, "" } }, { "0", "1", "0" } },
		{ "pinned where another was", "0-1", { { "a", 1, "0" }, { "b", 0, "0" }, { "c", 1, "0" } }, { "1", "0", "0" } },
		{ "one has gone", "0-1", { { "a", 1, "0" }, { "c", 1, "0" } }, { "0", "1" } },
		{ "more than there are", "0-1", { { "a", 9, "" } }, { "0-1" } },
		{ "pinned to what is there", "0-1", { { "a", 0, "1-9" }, { "b", 1, "" } }, { "1", "0" } },
		{ "pinned to what is not there", "0-1", { { "a", 0, "7-8" }, { "b", 1, "" } }, { "", "0" } },
		{ "CPUs that went away", "0-1", { { "a", 2, "2-3" } }, { "0-1" } },
		{ "grows around what it has", "0-3", { { "a", 2, "2" }, { "b", 1, "0" } }, { "0,2", "1" } },
		{ "by name, natural", "0-3", { { "c10", 2, "" }, { "c2", 2, "" } }, { "0-1", "2-3" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(arena) struct arena a = ARENA_NONE;
		struct cpuset host = set_of(row[i].host);
		struct balance_item item[4];
		size_t n = 0;

		for (; n < ARRAY_SIZE(item) && row[i].in[n].name; n++)
			item[n] = (struct balance_item){ row[i].in[n].name, row[i].in[n].count, set_of(row[i].in[n].set) };
		balance_sets(&host, item, n);
		for (size_t j = 0; j < n; j++)
			CHECK_ROW_STR(row[i].what, balance_text(&a, &item[j].set), row[i].out[j]);
		balance_sets(&host, item, n); /* and stays so */
		for (size_t j = 0; j < n; j++)
			CHECK_ROW_STR(row[i].what, balance_text(&a, &item[j].set), row[i].out[j]);
	}
}

TEST(balance_knows_the_host)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct cpuset host, first, even = { { 0 } };

	if (!CHECK_INT(balance_host(&host, NULL), 0))
		return;
	CHECK(*balance_text(&a, &host));
	balance_first(&host, 1, &first);
	CHECK(balance_and(&first, &host));
	balance_first(&host, UINT32_MAX, &first);
	CHECK_STR(balance_text(&a, &first), balance_text(&a, &host));
	/* the longest text that there is */
	for (size_t i = 0; i < ARRAY_SIZE(even.bits); i++)
		even.bits[i] = 0x5555555555555555ULL;
	CHECK(strlen(balance_text(&a, &even)) > BALANCE_CPUS);
}
