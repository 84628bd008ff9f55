#include "core/doc.h"

#include <errno.h>
#include "core/auto.h"
#include "test/unit/test.h"

/* The tree as JSON, or the error. */
static const char *read_as(struct arena *a, const char *in, size_t n, bool by_libyaml)
{
	AUTO(buf) struct buf b = BUF_NONE;
	struct err e = ERR_NONE;
	struct doc *d;
	int r;

	doc_yaml_by_libyaml = by_libyaml;
	r = doc_read_yaml(a, "in", in, n, &d, &e);
	doc_yaml_by_libyaml = false;
	if (r < 0)
		return arena_dup(a, e.text);
	doc_write_json(d, &b);
	return arena_dup(a, b.s);
}

TEST(yaml_is_read_by_both_ways)
{
	static const struct { const char *in, *out; } row[] = {
		{ "", "null" }, { "# only a comment\n", "null" }, { "a: b\n", "{\"a\":\"b\"}" }, { "a: b", "{\"a\":\"b\"}" },
		{ "a:\n- x\n- w\nb: z\n", "{\"a\":[\"x\",\"w\"],\"b\":\"z\"}" },
		{ "a:\n  - x\n  - w\n", "{\"a\":[\"x\",\"w\"]}" },
		{ "a:\n  b:\n    c: d\n  e: f\ng: h\n", "{\"a\":{\"b\":{\"c\":\"d\"},\"e\":\"f\"},\"g\":\"h\"}" },
		{ "- a\n- 'b'\n- \"c\"\n", "[\"a\",\"b\",\"c\"]" },
		{ "- a: b\n  c: d\n", "[{\"a\":\"b\",\"c\":\"d\"}]" },
		{ "- - a\n  - b\n", "[[\"a\",\"b\"]]" },
		{ "a: {}\nb: []\nc: \"\"\nd: ''\n", "{\"a\":{},\"b\":[],\"c\":\"\",\"d\":\"\"}" },
		{ "a: 'it''s'\nb: \"q\\\"\\\\\\n\\t\\x41\\u00e9\"\n", "{\"a\":\"it's\",\"b\":\"q\\\"\\\\\\n\\tA\xc3\xa9\"}" },
		{ "a: |-\n  x\n  y\nb: |\n  x\n\n    y\n\nc: |+\n  x\n\n", "{\"a\":\"x\\ny\",\"b\":\"x\\n\\n  y\\n\",\"c\":\"x\\n\\n\"}" },
		{ "a: |2-\n    x\n  y\n", "{\"a\":\"  x\\ny\"}" },
		{ "a: >-\n  x\n  y\n", "{\"a\":\"x y\"}" },
		{ "a: x\n  y\n", "{\"a\":\"x y\"}" },
		{ "a: \"x\n  y\"\n", "{\"a\":\"x y\"}" },
		{ "a: 1\nb: 0644\nc: yes\nd: ~\ne: 1.5\nf:\n", "{\"a\":1,\"b\":420,\"c\":true,\"d\":null,\"e\":1.5,\"f\":null}" },
		{ "a: x # comment\nb: x#y\n", "{\"a\":\"x\",\"b\":\"x#y\"}" },
		{ "a: http://x:80/\nb: a:b\n", "{\"a\":\"http://x:80/\",\"b\":\"a:b\"}" },
		{ "a: -x\nb: ?x\nc: :x\nd: a, [b]\n", "{\"a\":\"-x\",\"b\":\"?x\",\"c\":\":x\",\"d\":\"a, [b]\"}" },
		{ "\"a b\": c\n'd': e\n", "{\"a b\":\"c\",\"d\":\"e\"}" },
		{ "yes: 1\n1: 2\n", "{\"yes\":1,\"1\":2}" },
		{ "---\na: b\n...\n", "{\"a\":\"b\"}" },
		{ "%YAML 1.1\n---\na: b\n", "{\"a\":\"b\"}" },
		{ "\xef\xbb\xbf" "a: b\n", "{\"a\":\"b\"}" },
		{ "a: \xc3\xa9\n", "{\"a\":\"\xc3\xa9\"}" },
		{ "{a: [b, c]}\n", "{\"a\":[\"b\",\"c\"]}" },
		{ "? a\n: b\n", "{\"a\":\"b\"}" },
		{ "a:\n\n  b: c\n\n\nd: e\n", "{\"a\":{\"b\":\"c\"},\"d\":\"e\"}" },
		{ "a:   b\n", "{\"a\":\"b\"}" }, { "a : b\n", "{\"a\":\"b\"}" }, { "a: b  \n", "{\"a\":\"b\"}" },
		{ "a: 2026-01-02T03:04:05Z\n", "{\"a\":\"2026-01-02T03:04:05Z\"}" },
		{ "<<: x\n", "{\"\\u003c\\u003c\":\"x\"}" },
		{ "a:\n- |-\n  x\n  y\n- z\n", "{\"a\":[\"x\\ny\",\"z\"]}" },
		{ "a: b\r\nc: d\r\n", "{\"a\":\"b\",\"c\":\"d\"}" },
	};
	AUTO(arena) struct arena a = ARENA_NONE;

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		CHECK_ROW_STR(row[i].in, read_as(&a, row[i].in, strlen(row[i].in), false), row[i].out);
		CHECK_ROW_STR(row[i].in, read_as(&a, row[i].in, strlen(row[i].in), true), row[i].out);
	}
}

TEST(yaml_that_is_refused)
{
	static const struct { const char *in, *error; } row[] = {
		{ "a: b\na: c\n", "in: line 2: key \"a\" is there twice" },
		{ "a:\n  b: 1\n  c: 1\n  'b': 2\n", "in: line 4: key \"b\" is there twice" },
		{ "a: &x b\nc: *x\n", "in: line 1: anchors are not supported" },
		{ "a: &x\n  b: c\n", "in: line 1: anchors are not supported" },
		{ "a: *x\n", "in: line 1: aliases are not supported" },
		{ "a: b\nc: !!str d\n", "in: line 2: tags are not supported" },
		{ "a: ! d\n", "in: line 1: tags are not supported" },
		{ "!x\na: b\n", "in: line 1: tags are not supported" },
		{ "a: b\n---\nc: d\n", "in: line 2: more than one document" },
		{ "? [a]\n: b\n", "in: line 1: a key must be a scalar" },
		{ "? {a: b}\n: c\n", "in: line 1: a key must be a scalar" },
		{ "a: \"x\\0y\"\n", "in: line 1: NUL in a string" },
		{ "a: b\n c: d\n", "in: line 2: mapping values are not allowed in this context" },
		{ "a: [b\n", "in: line 2: did not find expected ',' or ']'" },
		{ "a:\n\t- b\n", "in: line 2: found character that cannot start any token" },
		{ "a: b\nc: \xff\n", "in: line 2: invalid leading UTF-8 octet" },
		{ "a: \"\x01\"\n", "in: line 1: control characters are not allowed" },
	};
	AUTO(arena) struct arena a = ARENA_NONE;

	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		CHECK_ROW_STR(row[i].in, read_as(&a, row[i].in, strlen(row[i].in), false), row[i].error);
	CHECK_STR(read_as(&a, "a: b\nc: \0\n", 10, false), "in: line 2: NUL in a document");
	CHECK_STR(read_as(&a, "", 0, false), "null");
}

TEST(yaml_has_limits)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(buf) struct buf b = BUF_NONE;

	for (int i = 0; i < 64; i++) {
		buf_fill(&b, ' ', 2 * (size_t)i);
		buf_addstr(&b, i < 63 ? "a:\n" : "a: b\n");
	}
	CHECK(read_as(&a, b.s, b.len, false)[0] == '{');
	CHECK_STR(read_as(&a, b.s, b.len, false), read_as(&a, b.s, b.len, true));
	buf_cut(&b, b.len - 3);
	buf_addf(&b, "\n%128sa: b\n", "");
	CHECK_STR(read_as(&a, b.s, b.len, false), "in: line 65: too deeply nested");
	buf_reset(&b);
	buf_fill(&b, '[', 1000000);
	CHECK(read_as(&a, b.s, b.len, false)[0] == 'i');
	buf_reset(&b);
	for (int i = 0; i < 99999; i++)
		buf_addstr(&b, "- 1\n");
	CHECK(read_as(&a, b.s, b.len, false)[0] == '[');
	buf_addstr(&b, "- 1\n");
	CHECK_STR(read_as(&a, b.s, b.len, false), "in: line 100000: too many nodes");
	CHECK_STR(read_as(&a, b.s, b.len, true), "in: line 100000: too many nodes");
}

TEST(yaml_scalars_keep_text_line_and_form)
{
	static const char in[] = "a: 0644\nb: '0644'\nc: |-\n  x\n  y\nd:\n- yes\ne: 1.50\n";
	AUTO(arena) struct arena a = ARENA_NONE;

	for (int i = 0; i < 2; i++) {
		struct doc *d;

		doc_yaml_by_libyaml = i;
		if (!CHECK_INT(doc_read_yaml(&a, "in", in, strlen(in), &d, NULL), 0))
			continue;
		CHECK_INT(d->line, 1);
		CHECK_STR(doc_text(d, "a"), "0644");
		CHECK_INT(doc_get(d, "a")->plain, true);
		CHECK_INT(doc_get(d, "a")->num, 0644);
		CHECK_INT(doc_get(d, "b")->plain, false);
		CHECK_INT(doc_get(d, "b")->kind, DOC_STRING);
		CHECK_INT(doc_get(d, "b")->line, 2);
		CHECK_INT(doc_get(d, "c")->plain, false);
		CHECK_INT(doc_get(d, "c")->line, 3);
		CHECK_INT(doc_get(d, "d")->line, 7);
		CHECK_STR(doc_get(d, "d")->item[0]->text, "yes");
		CHECK_INT(doc_get(d, "d")->item[0]->line, 7);
		CHECK_STR(doc_text(d, "e"), "1.50");
		CHECK_INT(doc_get(d, "e")->line, 8);
	}
	doc_yaml_by_libyaml = false;
}

/* ---- random documents: what is written is read back, and by both ways alike ---- */

static unsigned seed;

static unsigned below(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

static const char *random_text(struct arena *a)
{
	static const char *const part[] = {
		"a", "b c", "yes", "1", "-", " ", "\n", ":", ": ", "#", " #", "'", "\"", "\\", "[", "{", "\t", "\xc3\xa9", "0x1f", "2026-01-02",
		"~", "%", "\xf0\x9f\x98\x80", "|", "\r", "\x7f", "the quick brown fox jumps over it", "\xe2\x80\xa8", ".", "_", "null",
	};
	AUTO(buf) struct buf b = BUF_NONE;

	for (unsigned i = below(7); i > 0; i--)
		buf_addstr(&b, part[below(ARRAY_SIZE(part))]);
	return arena_dup(a, b.s);
}

static struct doc *random_doc(struct arena *a, int depth)
{
	struct doc *d = below(2) ? doc_map(a) : doc_list(a);
	unsigned n = below(5), kind = below(depth > 4 ? 5 : 10);

	if (kind < 5)
		return kind == 0 ? doc_bool(a, below(2)) : kind == 1 ? doc_int(a, (int)below(1000) - 500) :
		       kind == 2 ? doc_null(a) : doc_str(a, random_text(a));
	for (unsigned i = 0; i < n; i++) {
		if (d->kind == DOC_LIST)
			doc_add(a, d, random_doc(a, depth + 1));
		else
			doc_put(a, d, random_text(a), random_doc(a, depth + 1));
	}
	return d;
}

TEST(yaml_that_is_written_is_read_back)
{
	for (unsigned i = 0; i < 3000; i++) {
		AUTO(arena) struct arena a = ARENA_NONE;
		AUTO(buf) struct buf b = BUF_NONE;
		struct doc *d, *by_us, *by_libyaml;
		struct err e = ERR_NONE;

		seed = i * 7919;
		d = random_doc(&a, 0);
		doc_write_yaml(d, &b);
		if (!CHECK_ROW_INT(b.s, doc_read_yaml(&a, "in", b.s, b.len, &by_us, &e), 0)) {
			CHECK_STR(e.text, "");
			return;
		}
		doc_yaml_by_libyaml = true;
		CHECK_INT(doc_read_yaml(&a, "in", b.s, b.len, &by_libyaml, &e), 0);
		doc_yaml_by_libyaml = false;
		if (!CHECK_ROW(b.s, doc_equal(d, by_us)) || !CHECK_ROW(b.s, doc_equal(by_us, by_libyaml)))
			return;
	}
}
