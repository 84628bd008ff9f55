#include "applets/list.h"
#include "core/auto.h"
#include "test/unit/test.h"

static const char *columns(struct arena *a, const char *spec)
{
	AUTO(buf) struct buf b = BUF_NONE;
	struct err e = ERR_NONE;
	struct columns c;

	if (columns_parse(a, spec, &c, &e) < 0)
		return arena_dup(a, e.text);
	for (size_t i = 0; i < c.n; i++) {
		const struct column *col = &c.item[i];

		if (col->letter)
			buf_addch(&b, col->letter);
		else
			buf_addf(&b, "[%s%s%s %s %d]", col->device ? col->device : "", col->device ? "." : "", col->key, col->header, col->width);
	}
	return arena_dup(a, b.s);
}

TEST(columns_are_letters_and_keys)
{
	static const struct { const char *spec, *want; } row[] = {
		{ "ns46tS", "ns46tS" },
		{ "n,s,user.a", "ns[user.a user.a -1]" },
		{ "n,user.a:OWNER", "n[user.a OWNER -1]" },
		{ "user.a:OWNER:5", "[user.a OWNER 5]" },
		{ "user.a:OWNER:0", "[user.a OWNER 5]" },
		{ "user.a::-1", "[user.a  -1]" },
		{ "config:image.os", "[image.os image.os -1]" },
		{ "devices:eth0.parent:P", "[eth0.parent P -1]" },
		{ "nz", "Unknown column shorthand char 'z' in 'nz'" },
		{ "n,", "Empty column entry (redundant, leading or trailing command) in 'n,'" },
		{ ",n", "Empty column entry (redundant, leading or trailing command) in ',n'" },
		{ "n,,s", "Empty column entry (redundant, leading or trailing command) in 'n,,s'" },
		{ "", "Empty column entry (redundant, leading or trailing command) in ''" },
		{ "L", "Can't specify column L when not clustered" },
		{ "bogus.key", "Invalid config key 'bogus.key' in 'bogus.key'" },
		{ "user.a:x:y:z", "Invalid config key column format (too many fields): 'user.a:x:y:z'" },
		{ "environment.HOME", "[environment.HOME environment.HOME -1]" },
		{ "user.a:", "Invalid name in 'user.a:', empty string is only allowed when defining maxWidth" },
		{ "user.a:x:q", "Invalid max width (must be an integer) 'q' in 'user.a:x:q'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(arena) struct arena a = ARENA_NONE;

		CHECK_ROW_STR(row[i].spec, columns(&a, row[i].spec), row[i].want);
	}
}

TEST(columns_need_no_more_than_they_show)
{
	static const struct { const char *spec; unsigned parts; } row[] = {
		{ "n", 0 }, { "s", PART_STATUS }, { "nt", PART_RECORD }, { "user.a", PART_RECORD | PART_EXPANDED }, { "m", PART_STATE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(arena) struct arena a = ARENA_NONE;
		struct columns c;

		if (CHECK_ROW_INT(row[i].spec, columns_parse(&a, row[i].spec, &c, NULL), 0))
			CHECK_ROW_INT(row[i].spec, c.parts, row[i].parts);
	}
}

TEST(filters_are_names_fields_and_keys)
{
	static const struct { const char *filter; bool want; } row[] = {
		{ "web1", true }, { "web", true }, { "eb1", false }, { ".*1", true }, { "^we", true }, { "1$", true }, { "web[", false },
		{ "web2|web1", true }, { "name=web1", true }, { "name=web", false }, { "status=running", true },
		{ "status=stopped,RUNNING", true }, { "status=stopped", false }, { "type=container", true }, { "user.owner=bob", true },
		{ "u.o=bob", true }, { "u.o=b.*", true }, { "u.o=b", false }, { "u.owner.x=bob", false }, { "user=bob", false },
		{ "ephemeral=false", true }, { "ipv4=10.0.0.0/8", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(arena) struct arena a = ARENA_NONE;
		struct instance_entry entry = { .record = { .name = "web1", .status = "Running", .type = "container", .architecture = "x86_64",
							    .description = "", .location = "none", .project = "default" } };
		struct names filters = { 0 };

		map_set(&a, &entry.record.expanded_config, "user.owner", "bob");
		names_add(&a, &filters, row[i].filter);
		CHECK_ROW(row[i].filter, filters_match(&a, &filters, &entry) == row[i].want);
	}
}

TEST(cells_of_what_does_not_run_are_empty)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct instance_entry entry = { .record = { .name = "c1", .status = "Stopped", .status_code = STATUS_STOPPED, .ephemeral = true },
					.state = { .pid = 7, .memory_usage = 1028096, .processes = 3, .cpu_ns = 12345678901 } };

	CHECK_STR(column_cell(&a, &(struct column){ .letter = 'p' }, &entry), "");
	CHECK_STR(column_cell(&a, &(struct column){ .letter = 's' }, &entry), "STOPPED");
	CHECK_STR(column_cell(&a, &(struct column){ .letter = 't' }, &entry), "CONTAINER (EPHEMERAL)");
	entry.record.status_code = STATUS_RUNNING;
	map_set(&a, &entry.record.expanded_config, "limits.memory", "64MiB");
	CHECK_STR(column_cell(&a, &(struct column){ .letter = 'p' }, &entry), "7");
	CHECK_STR(column_cell(&a, &(struct column){ .letter = 'm' }, &entry), "1004.00KiB");
	CHECK_STR(column_cell(&a, &(struct column){ .letter = 'M' }, &entry), "1.5%");
	CHECK_STR(column_cell(&a, &(struct column){ .letter = 'u' }, &entry), "12s");
}
