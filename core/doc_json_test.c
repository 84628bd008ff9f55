#include "core/doc.h"

#include <errno.h>
#include "core/auto.h"
#include "test/unit/test.h"

/* What reading and writing IN gives, or the error. */
static const char *through(struct arena *a, const char *in, size_t n)
{
	AUTO(buf) struct buf b = BUF_NONE;
	struct err e = ERR_NONE;
	struct doc *d;

	if (doc_read_json(a, "in", in, n, &d, &e) < 0)
		return arena_dup(a, e.text);
	doc_write_json(d, &b);
	return arena_dup(a, b.s);
}

TEST(json_is_read_and_written)
{
	static const struct { const char *in, *out; } row[] = {
		{ "{}", "{}" }, { " [ ] ", "[]" }, { "null", "null" }, { "true", "true" }, { "-0", "0" }, { "12", "12" },
		{ "1.50", "1.50" }, { "1e3", "1e3" }, { "18446744073709551616", "18446744073709551616" },
		{ "{\"a\" : [1, {\"b\":\"c\"}], \"d\":false}", "{\"a\":[1,{\"b\":\"c\"}],\"d\":false}" },
		{ "\"<>&\\u2028\\u0001\\n\\t\\r\\\"\\\\\\/\"", "\"\\u003c\\u003e\\u0026\\u2028\\u0001\\n\\t\\r\\\"\\\\/\"" },
		{ "\"\\u00e9\\ud83d\\ude00\"", "\"\xc3\xa9\xf0\x9f\x98\x80\"" },
	};
	AUTO(arena) struct arena a = ARENA_NONE;

	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		CHECK_ROW_STR(row[i].in, through(&a, row[i].in, strlen(row[i].in)), row[i].out);
}

TEST(json_that_is_refused)
{
	static const struct { const char *in, *begins; } row[] = {
		{ "", "in: line 1: " }, { "{", "in: line 1: " }, { "[1,\n2,\n]", "in: line 2: " }, { "{} {}", "in: line 1: " },
		{ "[1] // c", "in: line 1: " }, { "{a:1}", "in: line 1: " }, { "[NaN]", "in: line 1: " }, { "[01]", "in: line 1: " },
		{ "\"\xff\"", "in: line 1: " }, { "\"\\ud800\"", "in: line 1: " }, { "{\"a\":1,\"a\":2}", "in: key \"a\" is there twice" },
		{ "[\"a\\u0000b\"]", "in: NUL in a string" }, { "{\"\\u0000\":1}", "in: NUL in a string" },
	};
	AUTO(arena) struct arena a = ARENA_NONE;

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		const char *text = through(&a, row[i].in, strlen(row[i].in));

		if (strncmp(text, row[i].begins, strlen(row[i].begins)))
			CHECK_ROW_STR(row[i].in, text, row[i].begins);
	}
}

TEST(json_has_limits)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(buf) struct buf b = BUF_NONE;

	buf_fill(&b, '[', 64);
	buf_fill(&b, ']', 64);
	CHECK_STR(through(&a, b.s, b.len), b.s);
	buf_reset(&b);
	buf_fill(&b, '[', 65);
	buf_fill(&b, ']', 65);
	CHECK_STR(through(&a, b.s, b.len), "in: too deeply nested");
	buf_reset(&b);
	buf_fill(&b, '[', 1000000);
	CHECK(through(&a, b.s, b.len)[0] == 'i');
	buf_reset(&b);
	buf_addch(&b, '[');
	for (int i = 0; i < 99999; i++)
		buf_addstr(&b, i ? ",1" : "1");
	buf_addstr(&b, "]");
	CHECK(through(&a, b.s, b.len)[0] == '[');
	buf_cut(&b, b.len - 1);
	buf_addstr(&b, ",1]");
	CHECK_STR(through(&a, b.s, b.len), "in: too many nodes");
}

TEST(json_keeps_the_kind_of_numbers)
{
	static const char in[] = "[1,1.0,1e2,-7,9223372036854775807,9223372036854775808,\"1\",true,null]";
	static const enum doc_kind kind[] = { DOC_INT, DOC_FLOAT, DOC_FLOAT, DOC_INT, DOC_INT, DOC_FLOAT, DOC_STRING, DOC_BOOL,
					      DOC_NULL };
	AUTO(arena) struct arena a = ARENA_NONE;
	struct doc *d;

	if (!CHECK_INT(doc_read_json(&a, "in", in, strlen(in), &d, NULL), 0))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kind); i++) {
		CHECK_INT(d->item[i]->kind, kind[i]);
		CHECK_INT(d->item[i]->plain, kind[i] != DOC_STRING);
	}
	CHECK_INT(d->item[3]->num, -7);
	CHECK_STR(d->item[1]->text, "1.0");
}

TEST(json_indented_is_as_lxc_query_prints)
{
	static const char in[] = "{\"a\":[],\"b\":{},\"c\":[1,{\"d\":\"e\"}]}";
	static const char out[] = "{\n\t\"a\": [],\n\t\"b\": {},\n\t\"c\": [\n\t\t1,\n\t\t{\n\t\t\t\"d\": \"e\"\n\t\t}\n\t]\n}";
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(buf) struct buf b = BUF_NONE;
	struct doc *d;

	if (!CHECK_INT(doc_read_json(&a, "in", in, strlen(in), &d, NULL), 0))
		return;
	doc_write_json_indented(d, &b);
	CHECK_STR(b.s, out);
}

TEST(json_from_yaml_is_json)
{
	static const char in[] = "[0x1F, .5, 1_0.5, .inf, -.INF, .nan, 1., 08, yes, ~]";
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(buf) struct buf b = BUF_NONE;
	struct doc *d;

	if (!CHECK_INT(doc_read_yaml(&a, "in", in, strlen(in), &d, NULL), 0))
		return;
	doc_write_json(d, &b);
	CHECK_STR(b.s, "[31,0.5,10.5,null,null,null,1,8,true,null]");
}

TEST(json_of_broken_text_is_valid)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(buf) struct buf b = BUF_NONE;

	doc_write_json(doc_str(&a, "a\xff" "b"), &b);
	CHECK_STR(b.s, "\"a\\ufffdb\"");
}
