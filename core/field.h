/* field - one table per record: it alone makes the record YAML on disk, JSON on the wire and `show`
 *
 * The type of a row comes from the member by _Generic, so a row cannot lie. Names lie inside the row: no relocations. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/doc.h"
#include "core/map.h"

struct timestamp {
	int64_t s; /* since 1970; both 0: never (Go's zero time) */
	uint32_t ns;
};

struct timestamp timestamp_now(void);

enum field_type { FIELD_STRING, FIELD_BOOL, FIELD_INT, FIELD_TIME, FIELD_NAMES, FIELD_MAP, FIELD_DEVICES, FIELD_DOC };

enum field_flags {
	ON_DISK = 1, /* in the record's file */
	ON_WIRE = 2, /* in the REST object, `list -f json` */
	ON_SHOW = 4, /* in `show` and `edit`, the part that a user may write */
	NEVER_EMPTY = 8, /* missing or empty in a document: an error naming the field */
	OMIT_EMPTY = 16, /* left out of output when empty */
};

struct field {
	char name[24];
	uint16_t offset;
	uint8_t type;
	uint8_t flags;
};

#define FIELD_TYPE(member) \
	_Generic((member), const char *: FIELD_STRING, bool: FIELD_BOOL, int64_t: FIELD_INT, struct timestamp: FIELD_TIME, \
		 struct names: FIELD_NAMES, struct map: FIELD_MAP, struct devices: FIELD_DEVICES, struct doc *: FIELD_DOC)

/* FIELD(struct instance, ephemeral, ON_DISK | ON_WIRE) */
#define FIELD(record, member, flags) \
	{ #member, offsetof(record, member), FIELD_TYPE(((record *)0)->member), (flags) }
#define FIELD_END { "", 0, 0, 0 }

/* Fills RECORD (zeroed by the caller) from a map; only rows that have one of MASK are taken, all others of the document are
 * ignored or, when REST is not NULL, their names put there. Scalars of any YAML type become strings as written where a
 * string is wanted; null is "not there". Errors: "WHAT: config: not a mapping" with the line. */
int record_read(struct arena *a, const struct field *table, unsigned mask, const char *what, const struct doc *doc,
		void *record, struct names *rest, struct err *e);

/* A map with the rows that have one of MASK, in the order of the table. Empty strings, {} and [] are written out. */
struct doc *record_write(struct arena *a, const struct field *table, unsigned mask, const void *record);
