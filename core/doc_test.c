#include "core/doc.h"

#include "core/auto.h"
#include "test/unit/test.h"

static const char *json(struct arena *a, const struct doc *d)
{
	AUTO(buf) struct buf b = BUF_NONE;

	doc_write_json(d, &b);
	return arena_dup(a, b.s);
}

TEST(doc_is_built_and_looked_at)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct doc *m = doc_map(&a), *l = doc_list(&a);

	doc_put(&a, m, "s", doc_str(&a, "x"));
	doc_put(&a, m, "n", doc_str(&a, NULL));
	doc_put(&a, m, "i", doc_int(&a, -5));
	doc_put(&a, m, "b", doc_bool(&a, true));
	doc_put(&a, m, "l", l);
	doc_add(&a, l, doc_int(&a, INT64_MIN));
	doc_put(&a, m, "s", doc_str(&a, "y"));
	CHECK_STR(json(&a, m), "{\"s\":\"y\",\"n\":null,\"i\":-5,\"b\":true,\"l\":[-9223372036854775808]}");
	CHECK_STR(doc_text(m, "s"), "y");
	CHECK_STR(doc_text(m, "i"), "-5");
	CHECK_STR(doc_text(m, "b"), "true");
	CHECK_STR(doc_text(m, "n"), NULL);
	CHECK_STR(doc_text(m, "l"), NULL);
	CHECK_STR(doc_text(m, "none"), NULL);
	CHECK(!doc_get(l, "x"));
	CHECK(!doc_get(NULL, "x"));
	CHECK(doc_get(m, "l") == l);
}

TEST(doc_sort_is_natural)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct doc *m = doc_map(&a);

	for (int i = 0; i < 200; i++)
		doc_put(&a, m, arena_fmt(&a, "k%d", i * 7919 % 200), doc_int(&a, i * 7919 % 200));
	doc_sort(m);
	for (int i = 0; i < 200; i++) {
		CHECK_STR(m->key[i], arena_fmt(&a, "k%d", i));
		CHECK_INT(m->item[i]->num, i);
	}
}

TEST(doc_key_twice_finds_it_among_few_and_many)
{
	AUTO(arena) struct arena a = ARENA_NONE;

	for (int n = 2; n < 300; n += 37) {
		struct doc *m = doc_map(&a);

		for (int i = 0; i < n; i++)
			doc_append(&a, m, arena_fmt(&a, "k%d", i), doc_null(&a));
		CHECK_STR(doc_key_twice(&a, m), NULL);
		doc_append(&a, m, "k1", doc_null(&a));
		CHECK_STR(doc_key_twice(&a, m), "k1");
	}
}

TEST(doc_equal_compares_meaning)
{
	static const struct { const char *a, *b; bool is_equal; } row[] = {
		{ "a: yes", "a: true", true }, { "a: 0x10", "a: 16", true }, { "a: x", "a: 'x'", true }, { "a: ~", "a:", true },
		{ "a: 1", "a: '1'", false }, { "a: 1", "b: 1", false }, { "a: 1", "a: 2", false }, { "[a, b]", "- a\n- b", true },
		{ "[a]", "[a, b]", false }, { "{}", "[]", false },
	};
	AUTO(arena) struct arena a = ARENA_NONE;

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct doc *x, *y;

		if (CHECK_INT(doc_read_yaml(&a, "x", row[i].a, strlen(row[i].a), &x, NULL), 0) &&
		    CHECK_INT(doc_read_yaml(&a, "y", row[i].b, strlen(row[i].b), &y, NULL), 0))
			CHECK_ROW_INT(row[i].a, doc_equal(x, y), row[i].is_equal);
	}
}
