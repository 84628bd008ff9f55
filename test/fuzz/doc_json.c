/* What JSON says, it says after having been written as JSON and as YAML, too. */
#include "core/doc.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_NONE;
	struct buf b = BUF_NONE;
	struct err e = ERR_NONE;
	struct doc *d, *again;

	if (!doc_read_json(&a, "fuzz", (const char *)data, size, &d, &e)) {
		doc_write_json(d, &b);
		if (doc_read_json(&a, "again", b.s, b.len, &again, &e) || !doc_equal(d, again))
			abort();
		buf_reset(&b);
		doc_write_json_indented(d, &b);
		if (doc_read_json(&a, "indented", b.s, b.len, &again, &e) || !doc_equal(d, again))
			abort();
		buf_reset(&b);
		doc_write_yaml(d, &b);
		if (doc_read_yaml(&a, "yaml", b.s, b.len, &again, &e))
			abort();
	} else if (!e.code || !e.text[0]) {
		abort();
	}
	buf_free(&b);
	arena_free(&a);
	return 0;
}
