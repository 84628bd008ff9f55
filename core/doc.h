/* doc - one tree for JSON and YAML documents
 *
 * A tree lives in an arena. Limits on reading (security rule R9): the size given, depth 64, 100,000 nodes (a document larger
 * than 1.6 MB: one for 16 bytes); YAML aliases, anchors, tags, second documents and keys that are no scalars are refused;
 * duplicate keys and NUL in a string are refused in both. Scalars keep their text as written and whether they were plain (so
 * that 0644, 1.50 and true stay what the user typed where a string is wanted). What a plain scalar of YAML means is go-yaml
 * v2's word: y and off are DOC_BOOL, 0x1F and 1_000 DOC_INT; a number that int64_t cannot hold is DOC_FLOAT; a timestamp is
 * a DOC_STRING. */
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
	int line;	  /* where it stood (1-based), 0: made by us, or JSON */
	const char *text; /* scalars: as written; DOC_NULL: "" when made by us */
	int64_t num;	  /* DOC_INT; DOC_BOOL 0 or 1; else 0 */
	size_t n;	  /* lists and maps */
	struct doc **item;
	const char **key; /* maps: n keys, in document order */
};

/* Readers. WHAT names the input in errors ("profiles/default.yaml"); errors carry the line. An empty YAML document is
 * DOC_NULL. DATA need not be terminated. */
int doc_read_yaml(struct arena *a, const char *what, const char *data, size_t n, struct doc **ret, struct err *e);
int doc_read_json(struct arena *a, const char *what, const char *data, size_t n, struct doc **ret, struct err *e);

/* For tests: when set, libyaml reads all documents, else only those that are not in the plain form that our writer makes. */
extern bool doc_yaml_by_libyaml;

/* Writers. YAML as LXD's (go-yaml v2): block style, list items not indented below their key, {} [] "" for empty ones, plain
 * where the text reads back as the same string, else quoted ("..." for what would read as another type, '...' for leading
 * indicators), | or |- for several lines, long lines folded at a blank behind column 80. Ends with a newline. A string that
 * looks like a timestamp is quoted unless it is marked plain. JSON as Go's encoder: one line, <>& escaped, no final newline.
 * Bytes that are not UTF-8 become U+FFFD in both. */
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
void doc_append(struct arena *a, struct doc *map, const char *key, struct doc *value); /* KEY is new, and kept, not copied */
void doc_sort(struct doc *map); /* keys as LXD prints maps: natural order, digits as numbers */

/* Looking. */
struct doc *doc_get(const struct doc *map, const char *key); /* NULL if missing or not a map */
const char *doc_text(const struct doc *map, const char *key); /* the text of a scalar member, NULL if missing, null or no scalar */
bool doc_is_scalar(const struct doc *d); /* neither null, list nor map */
bool doc_equal(const struct doc *a, const struct doc *b); /* the same meaning: true and yes are, 1 and "1" are not */

/* For the readers: a key that MAP has twice, or NULL; how many nodes a document of so many bytes may have. */
const char *doc_key_twice(struct arena *a, const struct doc *map);
size_t doc_nodes_most(size_t bytes);
enum { DOC_DEPTH_MOST = 64 };
