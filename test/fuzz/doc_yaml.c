/* The two readers of YAML give the same tree, and what is written from it reads back as the same. */
#include "core/doc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As doc_equal(), and as to form and place. */
static int is_same(const struct doc *a, const struct doc *b)
{
	if (a->kind != b->kind || a->plain != b->plain || a->line != b->line || a->n != b->n || a->num != b->num)
		return 0;
	if (doc_is_scalar(a) && strcmp(a->text, b->text))
		return 0;
	for (size_t i = 0; i < a->n; i++)
		if ((a->key && strcmp(a->key[i], b->key[i])) || !is_same(a->item[i], b->item[i]))
			return 0;
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_NONE;
	struct buf b = BUF_NONE;
	struct err e = ERR_NONE;
	struct doc *fast, *slow, *again;
	int r = doc_read_yaml(&a, "fuzz", (const char *)data, size, &fast, &e);

	doc_yaml_by_libyaml = true;
	if (doc_read_yaml(&a, "fuzz", (const char *)data, size, &slow, NULL) != r)
		abort();
	doc_yaml_by_libyaml = false;
	if (!r) {
		if (!is_same(fast, slow))
			abort();
		doc_write_yaml(fast, &b);
		if (doc_read_yaml(&a, "again", b.s, b.len, &again, &e) || !doc_equal(fast, again))
			abort();
		buf_reset(&b);
		doc_write_json(fast, &b);
		if (doc_read_json(&a, "json", b.s, b.len, &again, &e))
			abort();
	} else if (!e.code || !e.text[0]) {
		abort();
	}
	buf_free(&b);
	arena_free(&a);
	return 0;
}
