/* doc - one tree for JSON and YAML documents
 *
 * A tree lives in an arena. Limits on reading (security rule R9): the size given, depth 64, 100,000 nodes; YAML aliases,
 * tags and second documents are refused, duplicate keys are refused in both. Scalars of YAML keep their text as written and
 * whether they were plain (so that 0644, 1.50 and true stay what the user typed where a string is wanted). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

enum doc_kind { DOC_NULL, DOC_BOOL, DOC_INT, DOC_FLOAT, DOC_STRING, DOC_LIST, DOC_MAP };

struct doc {
	enum doc_kind kind;
	bool plain;	  /* a YAML scalar without quotes, or a JSON number, true, false, null */
	int line;	  /* where it stood (1-based), 0: made by us */
	const char *text; /* scalars: as written; DOC_NULL: "" when made by us */
	int64_t num;	  /* DOC_INT; DOC_BOOL 0 or 1 */
	size_t n;	  /* lists and maps */
	struct doc **item;
	const char **key; /* maps: n keys, in document order */
};

/* Readers. WHAT names the input in errors ("profiles/default.yaml"); errors carry the line. An empty YAML document is
 * DOC_NULL. DATA need not be terminated. */
int doc_read_yaml(struct arena *a, const char *what, const char *data, size_t n, struct doc **ret, struct err *e);
int doc_read_json(struct arena *a, const char *what, const char *data, size_t n, struct doc **ret, struct err *e);

/* Writers. YAML as LXD's (go-yaml v2): block style, list items not indented below their key, {} [] "" for empty ones, plain
 * where the text reads back as the same string, else quoted ("..." for what would read as another type, '...' for leading
 * indicators), | or |- for several lines. Ends with a newline. JSON as Go's encoder: one line, <>& escaped. JSON has no final newline. */
void doc_write_yaml(const struct doc *d, struct buf *to);
void doc_write_json(const struct doc *d, struct buf *to);
void doc_write_json_indented(const struct doc *d, struct buf *to); /* TABs, as `lxc query` */

/* Making trees. Strings are copied. */
struct doc *doc_null(struct arena *a);
struct doc *doc_bool(struct arena *a, bool v);
struct doc *doc_int(struct arena *a, int64_t v);
struct doc *doc_str(struct arena *a, const char *s); /* NULL: DOC_NULL */
struct doc *doc_list(struct arena *a);
struct doc *doc_map(struct arena *a);
void doc_add(struct arena *a, struct doc *list, struct doc *item);
void doc_put(struct arena *a, struct doc *map, const char *key, struct doc *value); /* replaces */
void doc_sort(struct doc *map); /* keys as LXD prints maps: natural order, digits as numbers */

/* Looking. */
struct doc *doc_get(const struct doc *map, const char *key); /* NULL if missing or not a map */
const char *doc_text(const struct doc *map, const char *key); /* the text of a scalar member, NULL if missing, null or no scalar */
