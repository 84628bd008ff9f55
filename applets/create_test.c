#include "applets/create.h"
#include <errno.h>
#include "applets/stdin_yaml.h"
#include "test/unit/test.h"

static const char *pairs(struct arena *a, const char *type)
{
	AUTO(buf) struct buf b = BUF_NONE;
	struct err e = ERR_NONE;
	struct map m = { 0 };

	if (create_apply_type(a, type, &m, &e) < 0)
		return arena_dup(a, e.text);
	for (size_t i = 0; i < m.n; i++)
		buf_addf(&b, "%s=%s ", m.item[i].key, m.item[i].value);
	return arena_dup(a, b.s);
}

TEST(instance_types_are_limits)
{
	static const struct { const char *type, *want; } row[] = {
		{ "c2-m4", "limits.cpu=2 limits.memory=4096MB " },
		{ "m0.5", "limits.memory=512MB " },
		{ "c1.5", "limits.cpu=2 limits.cpu.allowance=75% " },
		{ "t2.micro", "Provided instance type doesn't exist: t2.micro" },
		{ "c2-", "Provided instance type doesn't exist: c2-" },
		{ "c2x", "Provided instance type doesn't exist: c2x" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(arena) struct arena a = ARENA_NONE;

		CHECK_ROW_STR(row[i].type, pairs(&a, row[i].type), row[i].want);
	}
}

TEST(only_a_document_of_ours_is_taken_from_stdin)
{
	static const struct { const char *text; int want; } row[] = {
		{ "config:\n  a: b\n", 1 }, { "# x\n---\n\ndescription: hi\n", 1 }, { "{\"config\": {}}", 1 }, { "{ config: {} }", 1 },
		{ "c1\nc2\n", 0 }, { "config\nc2\n", 0 }, { "con", -EAGAIN }, { "config", -EAGAIN }, { "", -EAGAIN }, { "# only", -EAGAIN },
		{ "foo: bar\n", 0 }, { "- config\n", 0 }, { "\x7f""ELF", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		CHECK_ROW_INT(row[i].text, stdin_looks_like(row[i].text, strlen(row[i].text), instance_fields), row[i].want);
}
