#include "core/doc.h"

#include <string.h>
#include "core/map.h"

static struct doc *make(struct arena *a, enum doc_kind kind, const char *text)
{
	struct doc *d = arena_alloc(a, sizeof *d);

	d->kind = kind;
	d->text = text;
	return d;
}

struct doc *doc_null(struct arena *a)
{
	return make(a, DOC_NULL, "");
}

struct doc *doc_bool(struct arena *a, bool v)
{
	struct doc *d = make(a, DOC_BOOL, v ? "true" : "false");

	d->plain = true;
	d->num = v;
	return d;
}

struct doc *doc_int(struct arena *a, int64_t v)
{
	struct doc *d = make(a, DOC_INT, arena_fmt(a, "%lld", (long long)v));

	d->plain = true;
	d->num = v;
	return d;
}

struct doc *doc_str(struct arena *a, const char *s)
{
	return s ? make(a, DOC_STRING, arena_dup(a, s)) : doc_null(a);
}

struct doc *doc_list(struct arena *a)
{
	return make(a, DOC_LIST, NULL);
}

struct doc *doc_map(struct arena *a)
{
	return make(a, DOC_MAP, NULL);
}

void doc_add(struct arena *a, struct doc *list, struct doc *item)
{
	list->item = arena_grow(a, list->item, list->n, sizeof *list->item);
	list->item[list->n++] = item;
}

void doc_append(struct arena *a, struct doc *map, const char *key, struct doc *value)
{
	map->key = arena_grow(a, map->key, map->n, sizeof *map->key);
	map->key[map->n] = key;
	doc_add(a, map, value);
}

static size_t place(const struct doc *map, const char *key)
{
	size_t i = 0;

	while (i < map->n && strcmp(map->key[i], key))
		i++;
	return i;
}

void doc_put(struct arena *a, struct doc *map, const char *key, struct doc *value)
{
	size_t i = place(map, key);

	if (i < map->n)
		map->item[i] = value;
	else
		doc_append(a, map, arena_dup(a, key), value);
}

struct doc *doc_get(const struct doc *map, const char *key)
{
	size_t i;

	if (!map || map->kind != DOC_MAP)
		return NULL;
	i = place(map, key);
	return i < map->n ? map->item[i] : NULL;
}

bool doc_is_scalar(const struct doc *d)
{
	return d->kind != DOC_NULL && d->kind != DOC_LIST && d->kind != DOC_MAP;
}

const char *doc_text(const struct doc *map, const char *key)
{
	const struct doc *d = doc_get(map, key);

	return d && doc_is_scalar(d) ? d->text : NULL;
}

/* ---- sorting: a heap in place, since keys and items are two arrays ---- */

typedef int order_fn(const char *a, const char *b);

static void swap(struct doc *map, size_t i, size_t j)
{
	const char *key = map->key[i];
	struct doc *item = map->item[i];

	map->key[i] = map->key[j];
	map->item[i] = map->item[j];
	map->key[j] = key;
	map->item[j] = item;
}

static void sink(struct doc *map, size_t i, size_t n, order_fn *order)
{
	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && order(map->key[child], map->key[child + 1]) < 0)
			child++;
		if (order(map->key[i], map->key[child]) >= 0)
			return;
		swap(map, i, child);
	}
}

static bool is_sorted(const struct doc *map, order_fn *order)
{
	for (size_t i = 1; i < map->n; i++)
		if (order(map->key[i - 1], map->key[i]) >= 0)
			return false;
	return true;
}

static void sort(struct doc *map, order_fn *order)
{
	if (is_sorted(map, order))
		return;
	for (size_t i = map->n / 2; i > 0; i--)
		sink(map, i - 1, map->n, order);
	for (size_t n = map->n; n > 1; n--) {
		swap(map, 0, n - 1);
		sink(map, 0, n - 1, order);
	}
}

void doc_sort(struct doc *map)
{
	sort(map, name_order);
}

static const char *twice_of_few(const struct doc *map)
{
	for (size_t i = 1; i < map->n; i++)
		for (size_t j = 0; j < i; j++)
			if (map->key[i][0] == map->key[j][0] && !strcmp(map->key[i], map->key[j]))
				return map->key[i];
	return NULL;
}

const char *doc_key_twice(struct arena *a, const struct doc *map)
{
	struct doc sorted = *map;

	if (map->n <= 24)
		return twice_of_few(map);
	if (is_sorted(map, strcmp))
		return NULL;
	sorted.key = arena_alloc(a, map->n * sizeof *map->key);
	sorted.item = arena_alloc(a, map->n * sizeof *map->item);
	memcpy(sorted.key, map->key, map->n * sizeof *map->key);
	memcpy(sorted.item, map->item, map->n * sizeof *map->item);
	sort(&sorted, strcmp);
	for (size_t i = 1; i < map->n; i++)
		if (!strcmp(sorted.key[i - 1], sorted.key[i]))
			return sorted.key[i];
	return NULL;
}

size_t doc_nodes_most(size_t bytes)
{
	return bytes / 16 > 100000 ? bytes / 16 : 100000;
}

bool doc_equal(const struct doc *a, const struct doc *b)
{
	bool is_number = a->kind == DOC_INT || a->kind == DOC_BOOL;

	if (a->kind != b->kind || a->n != b->n || (is_number && a->num != b->num))
		return false;
	if ((a->kind == DOC_STRING || a->kind == DOC_FLOAT) && strcmp(a->text, b->text))
		return false;
	for (size_t i = 0; i < a->n; i++)
		if ((a->key && strcmp(a->key[i], b->key[i])) || !doc_equal(a->item[i], b->item[i]))
			return false;
	return true;
}
