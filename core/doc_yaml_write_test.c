#include "core/doc.h"

#include "core/auto.h"
#include "test/unit/test.h"

/* What go-yaml v2.4 printed for { m: { k: VALUE } }, from "k: " on. */
TEST(yaml_strings_are_written_as_LXD_does)
{
	static const struct { const char *in, *out; } row[] = {
		{ "default", "default" }, { "", "\"\"" }, { "1", "\"1\"" }, { "yes", "\"yes\"" }, { "y", "\"y\"" }, { "~", "\"~\"" },
		{ "1.5", "\"1.5\"" }, { "0x1f", "\"0x1f\"" }, { "2026-01-02", "\"2026-01-02\"" }, { "1:20", "\"1:20\"" },
		{ "512MiB", "512MiB" }, { "[abc", "'[abc'" }, { "{abc", "'{abc'" }, { "it's", "it's" }, { "'x", "'''x'" },
		{ "a: b", "'a: b'" }, { "a:", "'a:'" }, { "a:b", "a:b" }, { "a #b", "'a #b'" }, { "a#b", "a#b" }, { " a", "' a'" },
		{ "a ", "'a '" }, { "-", "'-'" }, { "- a", "'- a'" }, { "-a", "-a" }, { "---", "'---'" }, { "@a", "'@a'" },
		{ "a\tb", "\"a\\tb\"" }, { "a\rb", "\"a\\rb\"" }, { "\x01\x7f", "\"\\x01\\x7F\"" }, { "\xc3\xa9", "\xc3\xa9" },
		{ "\xc2\x85", "\"\\N\"" }, { "\xf0\x9f\x98\x80", "\"\\U0001F600\"" }, { "a\\b\"c", "a\\b\"c" }, { "\"a\\", "'\"a\\'" },
		{ "a\nb", "|-\n    a\n    b" }, { "a\n", "|\n    a" }, { "a\n\n", "|+\n    a\n" }, { "\na", "|2-\n\n    a" },
		{ "  a\nb", "|2-\n      a\n    b" }, { "a\n\nb\n", "|\n    a\n\n    b" }, { "a \nb", "\"a \\nb\"" }, { "a\n\tb", "\"a\\n\\tb\"" },
		{ "a\xff", "\"a\xef\xbf\xbd\"" },
		{ "the quick brown fox jumps over the lazy dog the quick brown fox jumps over the lazy dog and on",
		  "the quick brown fox jumps over the lazy dog the quick brown fox jumps over the\n    lazy dog and on" },
		{ "# the quick brown fox jumps over the lazy dog the quick brown fox jumps over the lazy  dog and on",
		  "'# the quick brown fox jumps over the lazy dog the quick brown fox jumps over\n    the lazy  dog and on'" },
	};
	AUTO(arena) struct arena a = ARENA_NONE;

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(buf) struct buf b = BUF_NONE;
		struct doc *top = doc_map(&a), *m = doc_map(&a);

		doc_put(&a, top, "m", m);
		doc_put(&a, m, "k", doc_str(&a, row[i].in));
		doc_write_yaml(top, &b);
		CHECK_ROW_STR(row[i].in, b.s, arena_fmt(&a, "m:\n  k: %s\n", row[i].out));
	}
}

TEST(yaml_structure_is_written_as_LXD_does)
{
	static const struct { const char *json, *out; } row[] = {
		{ "{}", "{}\n" }, { "[]", "[]\n" }, { "\"x\"", "x\n" }, { "null", "null\n" },
		{ "{\"a\":[],\"b\":{},\"c\":\"\",\"d\":null,\"e\":true,\"f\":-5,\"g\":1.5}",
		  "a: []\nb: {}\nc: \"\"\nd: null\ne: true\nf: -5\ng: 1.5\n" },
		{ "{\"profiles\":[\"default\",\"p\"],\"z\":1}", "profiles:\n- default\n- p\nz: 1\n" },
		{ "{\"devices\":{\"root\":{\"path\":\"/\",\"type\":\"disk\"}}}", "devices:\n  root:\n    path: /\n    type: disk\n" },
		{ "[{\"a\":1,\"b\":[2]},[3,[4]],[]]", "- a: 1\n  b:\n  - 2\n- - 3\n  - - 4\n- []\n" },
		{ "{\"a\":[{\"b\":{\"c\":1}}]}", "a:\n- b:\n    c: 1\n" },
		{ "{\"yes\":1,\"\":2,\"a b\":3,\"1\":4,\"'\":5}", "\"yes\": 1\n\"\": 2\na b: 3\n\"1\": 4\n'''': 5\n" },
		{ "{\"a\\nb\":1}", "? |-\n  a\n  b\n: 1\n" },
		{ "[\"x\\ny\"]", "- |-\n  x\n  y\n" },
	};
	AUTO(arena) struct arena a = ARENA_NONE;

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(buf) struct buf b = BUF_NONE;
		struct doc *d;

		if (!CHECK_INT(doc_read_json(&a, "in", row[i].json, strlen(row[i].json), &d, NULL), 0))
			continue;
		doc_write_yaml(d, &b);
		CHECK_ROW_STR(row[i].json, b.s, row[i].out);
	}
}

TEST(yaml_times_stay_plain_when_they_were)
{
	static const char in[] = "a: 2026-01-02T03:04:05Z\nb: \"2026-01-02T03:04:05Z\"\n";
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(buf) struct buf b = BUF_NONE;
	struct doc *d;

	if (!CHECK_INT(doc_read_yaml(&a, "in", in, strlen(in), &d, NULL), 0))
		return;
	doc_write_yaml(d, &b);
	CHECK_STR(b.s, in);
}
