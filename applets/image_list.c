#include "applets/image_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "applets/list.h"
#include "core/architecture.h"
#include "core/auto.h"

static const struct {
	char letter;
	char header[15];
} columns_known[] = {
	{ 'l', "ALIAS" }, { 'L', "ALIASES" }, { 'f', "FINGERPRINT" }, { 'F', "FINGERPRINT" }, { 'p', "PUBLIC" }, { 'd', "DESCRIPTION" },
	{ 'a', "ARCHITECTURE" }, { 't', "TYPE" }, { 's', "SIZE" }, { 'u', "UPLOAD DATE" },
};

static const char *header_of(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(columns_known); i++)
		if (columns_known[i].letter == letter)
			return columns_known[i].header;
	return NULL;
}

int image_columns_check(const char *columns, struct err *e)
{
	for (const char *s = columns; *s || s == columns; s++) {
		if (!*s || (*s == ',' && (s == columns || s[1] == ',' || !s[1])))
			return err_set(e, -EINVAL, "Empty column entry (redundant, leading or trailing command) in '%s'", columns);
		if (*s != ',' && !header_of(*s))
			return err_set(e, -EINVAL, "Unknown column shorthand char '%c' in '%s'", *s, columns);
	}
	return 0;
}

static const char *alias_name(const struct image *image, size_t i)
{
	const char *s = doc_text(image->aliases->item[i], "name");

	return s ? s : "";
}

static size_t alias_count(const struct image *image)
{
	return image->aliases && image->aliases->kind == DOC_LIST ? image->aliases->n : 0;
}

/* ---- filters */

static bool property_matches(struct arena *a, const struct image *image, const char *key, const char *pattern)
{
	for (size_t i = 0; i < image->properties.n; i++)
		if (filter_abbreviates(key, image->properties.item[i].key) && filter_matches(a, pattern, image->properties.item[i].value))
			return true;
	return false;
}

static bool passes(struct arena *a, const struct image *image, const char *filter)
{
	const char *equals = strchr(filter, '=');

	if (equals) {
		const char *key = arena_dupn(a, filter, (size_t)(equals - filter));
		const char *text = doc_text(record_write(a, image_fields, ON_WIRE, image), key);

		if (str_eq(key, "architecture") && architecture_is(image->architecture, equals + 1))
			return true;
		return (text && filter_matches(a, equals + 1, text)) || property_matches(a, image, key, equals + 1);
	}
	for (size_t i = 0; i < alias_count(image); i++)
		if (strstr(alias_name(image, i), filter))
			return true;
	return strstr(image->fingerprint, filter) != NULL;
}

size_t image_filter(struct arena *a, struct image *image, size_t n, const struct names *filters)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		size_t j = 0;

		while (j < filters->n && passes(a, &image[i], filters->item[j]))
			j++;
		if (j == filters->n)
			image[kept++] = image[i];
	}
	return kept;
}

/* ---- rows */

/* "busy2 (1 more)": the shortest */
static const char *shortest_alias(struct arena *a, const struct image *image)
{
	size_t n = alias_count(image);
	const char *best = n ? alias_name(image, 0) : "";

	for (size_t i = 1; i < n; i++)
		if (strlen(alias_name(image, i)) < strlen(best))
			best = alias_name(image, i);
	return n > 1 ? arena_fmt(a, "%s (%zu more)", best, n - 1) : best;
}

static const char *all_aliases(struct arena *a, const struct image *image)
{
	AUTO(buf) struct buf b = BUF_NONE;

	for (size_t i = 0; i < alias_count(image); i++)
		buf_addf(&b, i ? "\n%s" : "%s", alias_name(image, i));
	return arena_dup(a, b.s);
}

/* Megabytes of 1024 x 1024, and called MB: as LXD's. */
static const char *size_text(struct arena *a, int64_t bytes)
{
	uint64_t hundredths = ((uint64_t)(bytes < 0 ? 0 : bytes) / 1024 * 100 + 512) / 1024;

	if (bytes > 0 && bytes < 1 << 20)
		hundredths = ((uint64_t)bytes * 100 + (1 << 19)) >> 20;
	return arena_fmt(a, "%llu.%02uMB", (unsigned long long)(hundredths / 100), (unsigned)(hundredths % 100));
}

static const char *text(const char *s)
{
	return s ? s : "";
}

static const char *cell(struct arena *a, char letter, const struct image *image)
{
	switch (letter) {
	case 'l':
		return shortest_alias(a, image);
	case 'L':
		return all_aliases(a, image);
	case 'f':
		return arena_dupn(a, image->fingerprint, strnlen(image->fingerprint, 12));
	case 'F':
		return image->fingerprint;
	case 'p':
		return out_yes_no(image->public);
	case 'd':
		return text(map_get(&image->properties, "description"));
	case 'a':
		return text(image->architecture);
	case 't':
		return image->type && str_eq(image->type, "virtual-machine") ? "VIRTUAL-MACHINE" : "CONTAINER";
	case 's':
		return size_text(a, image->size);
	case 'u':
		return out_date_words(a, image->uploaded_at);
	}
	return "";
}

void image_table(struct arena *a, const struct image *image, size_t n, const char *columns, enum format f, struct buf *to)
{
	const char *header[64];
	char letter[64];
	size_t n_columns = 0;
	struct table t;

	for (const char *s = columns; *s && n_columns < ARRAY_SIZE(letter); s++)
		if (*s != ',') {
			header[n_columns] = header_of(*s);
			letter[n_columns++] = *s;
		}
	table_open(&t, a, header, n_columns);
	for (size_t i = 0; i < n; i++) {
		const char **row = table_row(&t);

		for (size_t j = 0; j < n_columns; j++)
			row[j] = cell(a, letter[j], &image[i]);
	}
	table_sort(&t);
	table_write(&t, f, to);
}

/* ---- documents */

struct doc *image_document(struct arena *a, const struct image *image, unsigned mask)
{
	struct doc *d = record_write(a, image_fields, mask, image);

	if (!image->expires_at.s && !image->expires_at.ns) { /* LXD's "never" of images is the beginning of Unix' time */
		struct doc *never = doc_str(a, "1970-01-01T00:00:00Z");

		never->plain = true;
		doc_put(a, d, "expires_at", never);
	}
	return d;
}

void image_documents(struct arena *a, const struct image *image, size_t n, enum format f, struct buf *to)
{
	struct doc *all = doc_list(a);

	for (size_t i = 0; i < n; i++)
		doc_add(a, all, image_document(a, &image[i], ON_WIRE));
	out_document(all, f, to);
}

/* ---- info */

static void pair_line(struct buf *to, const char *indent, const char *key, const char *value)
{
	buf_addstr(to, indent);
	buf_add_escaped(to, key, strlen(key));
	buf_addstr(to, ": ");
	buf_add_escaped(to, value, strlen(value));
	buf_addch(to, '\n');
}

static void timestamps(struct arena *a, const struct image *image, struct buf *to)
{
	const char *expires = out_date(a, image->expires_at), *used = out_date(a, image->last_used_at);

	buf_addstr(to, "Timestamps:\n");
	if (image->created_at.s)
		pair_line(to, "    ", "Created", out_date(a, image->created_at));
	pair_line(to, "    ", "Uploaded", out_date(a, image->uploaded_at));
	pair_line(to, "    ", "Expires", *expires ? expires : "never");
	pair_line(to, "    ", "Last used", *used ? used : "never");
}

void image_info(struct arena *a, const struct image *image, struct buf *to)
{
	pair_line(to, "", "Fingerprint", image->fingerprint);
	pair_line(to, "", "Size", size_text(a, image->size));
	pair_line(to, "", "Architecture", text(image->architecture));
	pair_line(to, "", "Type", text(image->type));
	pair_line(to, "", "Public", out_yes_no(image->public));
	timestamps(a, image, to);
	buf_addstr(to, "Properties:\n");
	for (size_t i = 0; i < image->properties.n; i++)
		pair_line(to, "    ", image->properties.item[i].key, image->properties.item[i].value);
	buf_addstr(to, "Aliases:\n");
	for (size_t i = 0; i < alias_count(image); i++) {
		buf_addstr(to, "    - ");
		buf_add_escaped(to, alias_name(image, i), strlen(alias_name(image, i)));
		buf_addch(to, '\n');
	}
	pair_line(to, "", "Cached", out_yes_no(image->cached));
	pair_line(to, "", "Auto update", image->auto_update ? "enabled" : "disabled");
	buf_addstr(to, image->profiles.n ? "Profiles:\n" : "Profiles: []\n");
	for (size_t i = 0; i < image->profiles.n; i++) {
		buf_addstr(to, "    - ");
		buf_add_escaped(to, image->profiles.item[i], strlen(image->profiles.item[i]));
		buf_addch(to, '\n');
	}
}

/* ---- aliases */

void image_alias_table(struct arena *a, const struct image_alias_entry *alias, size_t n, enum format f, struct buf *to)
{
	static const char *const header[] = { "ALIAS", "FINGERPRINT", "TYPE", "DESCRIPTION" };
	struct doc *all = doc_list(a);
	struct table t;

	table_open(&t, a, header, ARRAY_SIZE(header));
	for (size_t i = 0; i < n; i++) {
		struct doc *d = doc_map(a);
		const char **row = table_row(&t);

		row[0] = alias[i].name;
		row[1] = arena_dupn(a, alias[i].target, strnlen(alias[i].target, 12));
		row[2] = "CONTAINER";
		row[3] = text(alias[i].description);
		doc_put(a, d, "description", doc_str(a, row[3]));
		doc_put(a, d, "target", doc_str(a, alias[i].target));
		doc_put(a, d, "name", doc_str(a, alias[i].name));
		doc_put(a, d, "type", doc_str(a, alias[i].type ? alias[i].type : "container"));
		doc_add(a, all, d);
	}
	table_sort(&t);
	if (format_is_document(f))
		out_document(all, f, to);
	else
		table_write(&t, f, to);
}
