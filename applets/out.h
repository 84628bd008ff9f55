/* out - how results look: tables, CSV, JSON, YAML; sizes and dates */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/arena.h"
#include "core/buf.h"
#include "core/doc.h"
#include "core/err.h"
#include "core/field.h"

enum format { FORMAT_TABLE, FORMAT_CSV, FORMAT_JSON, FORMAT_YAML, FORMAT_COMPACT };

/* The row of a command's --format (short -f), DEF "table". */
#define OPT_FORMAT(record) \
	OPT(STRING, 'f', "format", record, format, "table", "Format (csv|json|table|yaml|compact)")

int format_parse(const char *s, enum format *ret, struct err *e); /* `Invalid format "CSV"` */

static inline bool format_is_document(enum format f)
{
	return f == FORMAT_JSON || f == FORMAT_YAML;
}

/* Text by rows and columns. Cells are foreign strings as they are: whatever a terminal would obey is escaped on the way out.
 * A newline begins another line of its row. */
struct table {
	struct arena *arena;
	size_t columns;
	const char **header;
	const char ***row;
	size_t n;
};

void table_open(struct table *t, struct arena *a, const char *const *header, size_t columns);
const char **table_row(struct table *t); /* a new row of empty cells, to be filled */
void table_sort(struct table *t);	 /* by the first column, then the next; natural; empty last */
void table_write(const struct table *t, enum format f, struct buf *to); /* TABLE, CSV, COMPACT */

/* JSON (with a newline) or YAML. */
void out_document(const struct doc *d, enum format f, struct buf *to);

/* Columns of a terminal that a text takes (combining: 0, wide: 2). */
size_t out_width(const char *s, size_t n);

/* 1004.00KiB, 1.84MiB, 512B; 6.99kB, 96.57MB, 512B */
void out_size_binary(struct buf *to, uint64_t bytes);
void out_size_decimal(struct buf *to, uint64_t bytes);

/* "2026/11/25 00:44 UTC", for `info` in local time; "Nov 25, 2026 at 12:44am (UTC)". Never: "". */
const char *out_date(struct arena *a, struct timestamp t);
const char *out_date_local(struct arena *a, struct timestamp t);
const char *out_date_words(struct arena *a, struct timestamp t);

const char *out_number(struct arena *a, int64_t n);
const char *out_yes_no(bool v);
