#include "core/field.h"

#include <errno.h>
#include "core/auto.h"
#include "test/unit/test.h"

struct thing {
	const char *name;
	bool ephemeral;
	int64_t size;
	struct timestamp created_at;
	struct names profiles;
	struct map config;
	struct devices devices;
	struct doc *aliases;
	const char *note;
	const char *status;
};

static const struct field thing_fields[] = {
	FIELD(struct thing, name, ON_DISK | NEVER_EMPTY),
	FIELD(struct thing, ephemeral, ON_DISK),
	FIELD(struct thing, size, ON_DISK),
	FIELD(struct thing, created_at, ON_DISK),
	FIELD(struct thing, profiles, ON_DISK),
	FIELD(struct thing, config, ON_DISK | ON_SHOW),
	FIELD(struct thing, devices, ON_DISK),
	FIELD(struct thing, aliases, ON_DISK),
	FIELD(struct thing, note, ON_DISK | OMIT_EMPTY),
	FIELD(struct thing, status, ON_WIRE),
	FIELD_END,
};

static int read_thing(struct arena *a, const char *yaml, struct thing *t, struct names *rest, struct err *e)
{
	struct doc *d;
	int r = doc_read_yaml(a, "t.yaml", yaml, strlen(yaml), &d, e);

	*t = (struct thing){ 0 };
	return r < 0 ? r : record_read(a, thing_fields, ON_DISK, "t.yaml", d, t, rest, e);
}

TEST(record_is_written_as_it_was_read)
{
	static const char yaml[] =
		"name: c1\nephemeral: true\nsize: -5\ncreated_at: 2026-01-02T03:04:05.5Z\nprofiles:\n- z\n- a\nconfig:\n"
		"  a: \"1\"\n  k9: \"yes\"\n  k10: |-\n    x\n    y\ndevices:\n  root:\n    path: /\n    type: disk\naliases:\n- name: x\n";
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(buf) struct buf b = BUF_NONE;
	struct err e = ERR_NONE;
	struct thing t;

	if (!CHECK_INT(read_thing(&a, yaml, &t, NULL, &e), 0))
		return;
	CHECK_STR(t.name, "c1");
	CHECK_INT(t.ephemeral, true);
	CHECK_INT(t.size, -5);
	CHECK_INT(t.created_at.ns, 500000000);
	CHECK(names_has(&t.profiles, "a"));
	CHECK_STR(map_get(&t.config, "k10"), "x\ny");
	if (CHECK_INT(t.devices.n, 1))
		CHECK_STR(map_get(&t.devices.item[0].options, "path"), "/");
	CHECK_INT(t.aliases ? t.aliases->n : 0, 1);
	doc_write_yaml(record_write(&a, thing_fields, ON_DISK, &t), &b);
	CHECK_STR(b.s, yaml);
}

TEST(record_that_is_empty)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(buf) struct buf b = BUF_NONE;
	struct thing t = { 0 };

	doc_write_yaml(record_write(&a, thing_fields, ON_DISK, &t), &b);
	CHECK_STR(b.s, "name: \"\"\nephemeral: false\nsize: 0\ncreated_at: 0001-01-01T00:00:00Z\nprofiles: []\nconfig: {}\n"
		       "devices: {}\naliases: null\n");
	buf_reset(&b);
	doc_write_json(record_write(&a, thing_fields, ON_WIRE | ON_SHOW, &t), &b);
	CHECK_STR(b.s, "{\"config\":{},\"status\":\"\"}");
}

TEST(record_takes_scalars_as_they_were_typed)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct names rest = { 0 };
	struct thing t;

	CHECK_INT(read_thing(&a, "name: 0644\nconfig: {a: 1.50, b: yes, c: ~, d: 2026-01-02}\nsize: 0x10\nprofiles: [1, no]\n"
				 "devices: {x: ~}\nstatus: foo\nbogus: 1\nephemeral: ~\n", &t, &rest, NULL), 0);
	CHECK_STR(t.name, "0644");
	CHECK_STR(map_get(&t.config, "a"), "1.50");
	CHECK_STR(map_get(&t.config, "b"), "yes");
	CHECK_STR(map_get(&t.config, "c"), NULL);
	CHECK_STR(map_get(&t.config, "d"), "2026-01-02");
	CHECK_INT(t.size, 16);
	CHECK(names_has(&t.profiles, "no"));
	CHECK_INT(t.devices.n, 0);
	CHECK_STR(t.status, NULL); /* ON_WIRE only: not taken */
	CHECK_INT(rest.n, 2);
	CHECK(names_has(&rest, "status"));
	CHECK(names_has(&rest, "bogus"));
}

TEST(record_that_is_refused)
{
	static const struct { const char *in, *error; } row[] = {
		{ "[]\n", "t.yaml: not a mapping" },
		{ "", "t.yaml: not a mapping" },
		{ "size: 1\n", "t.yaml: line 1: name: missing" },
		{ "name: \"\"\n", "t.yaml: line 1: name: missing" },
		{ "name: ~\n", "t.yaml: line 1: name: missing" },
		{ "name: []\n", "t.yaml: line 1: name: not a string" },
		{ "name: x\nephemeral: \"true\"\n", "t.yaml: line 2: ephemeral: neither true nor false" },
		{ "name: x\nephemeral: 1\n", "t.yaml: line 2: ephemeral: neither true nor false" },
		{ "name: x\nsize: 1.5\n", "t.yaml: line 2: size: not a whole number" },
		{ "name: x\nsize: 99999999999999999999\n", "t.yaml: line 2: size: not a whole number" },
		{ "name: x\ncreated_at: now\n", "t.yaml: line 2: created_at: not a time" },
		{ "name: x\ncreated_at: 5\n", "t.yaml: line 2: created_at: not a time" },
		{ "name: x\nprofiles: a\n", "t.yaml: line 2: profiles: not a list" },
		{ "name: x\nprofiles: [[]]\n", "t.yaml: line 2: profiles: not a list of strings" },
		{ "name: x\nprofiles: [~]\n", "t.yaml: line 2: profiles: not a list of strings" },
		{ "name: x\nconfig: a\n", "t.yaml: line 2: config: not a mapping" },
		{ "name: x\nconfig:\n  user.x:\n  - a\n", "t.yaml: line 4: config: user.x: not a string" },
		{ "name: x\ndevices: []\n", "t.yaml: line 2: devices: not a mapping" },
		{ "name: x\ndevices:\n  eth0: nic\n", "t.yaml: line 3: devices: eth0: not a mapping" },
		{ "name: x\ndevices:\n  eth0:\n    type: []\n", "t.yaml: line 4: devices: eth0: type: not a string" },
	};
	AUTO(arena) struct arena a = ARENA_NONE;

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct err e = ERR_NONE;
		struct thing t;

		CHECK_ROW_INT(row[i].in, read_thing(&a, row[i].in, &t, NULL, &e), -EINVAL);
		CHECK_ROW_STR(row[i].in, e.text, row[i].error);
	}
}

TEST(record_from_json_has_no_line)
{
	static const char in[] = "{\"name\":\"x\",\"config\":[]}";
	AUTO(arena) struct arena a = ARENA_NONE;
	struct err e = ERR_NONE;
	struct thing t = { 0 };
	struct doc *d;

	if (CHECK_INT(doc_read_json(&a, "body", in, strlen(in), &d, NULL), 0))
		CHECK_INT(record_read(&a, thing_fields, ON_DISK, "body", d, &t, NULL, &e), -EINVAL);
	CHECK_STR(e.text, "body: config: not a mapping");
}

TEST(timestamp_now_is_now)
{
	CHECK(timestamp_now().s > 1700000000);
}
