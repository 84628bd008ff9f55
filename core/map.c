#include "core/map.h"

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* The end, then signs, then digits, then letters: HTTP_PROXY stands before HTTPS_PROXY. */
static int char_class(char c)
{
	return !c ? 0 : is_letter(c) ? 3 : is_digit(c) ? 2 : 1;
}

/* Compares two runs of digits as numbers of any length and steps over them; equal ones by their leading zeros. */
static int digits_order(const char **a, const char **b)
{
	const char *x = *a, *y = *b, *zx, *zy;
	size_t nx = 0, ny = 0;

	while (*x == '0')
		x++;
	while (*y == '0')
		y++;
	zx = x, zy = y;
	while (is_digit(x[nx]))
		nx++;
	while (is_digit(y[ny]))
		ny++;
	if (nx != ny)
		return nx < ny ? -1 : 1;
	if (memcmp(x, y, nx))
		return memcmp(x, y, nx);
	if (zx - *a != zy - *b)
		return zx - *a < zy - *b ? -1 : 1;
	*a = x + nx;
	*b = y + ny;
	return 0;
}

/* go-yaml's order of keys, except where that one contradicts itself (c2 < c10 < c1b < c2) */
int name_order(const char *a, const char *b)
{
	while (*a || *b) {
		int r = char_class(*a) - char_class(*b);

		if (r)
			return r;
		if (is_digit(*a)) {
			if ((r = digits_order(&a, &b)))
				return r;
		} else if (*a != *b) {
			return (unsigned char)*a - (unsigned char)*b;
		} else {
			a++, b++;
		}
	}
	return 0;
}

/* Where KEY is, or would be put. */
static size_t map_place(const struct map *m, const char *key, bool *found)
{
	size_t low = 0, high = m->n;

	*found = false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int r = name_order(key, m->item[mid].key);

		if (!r) {
			*found = true;
			return mid;
		}
		if (r < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

const char *map_get(const struct map *m, const char *key)
{
	bool found;
	size_t i = map_place(m, key, &found);

	return found ? m->item[i].value : NULL;
}

void map_set(struct arena *a, struct map *m, const char *key, const char *value)
{
	bool found;
	size_t i = map_place(m, key, &found);

	if (!found) {
		m->item = arena_grow(a, m->item, m->n, sizeof *m->item);
		memmove(m->item + i + 1, m->item + i, (m->n - i) * sizeof *m->item);
		m->item[i].key = arena_dup(a, key);
		m->n++;
	}
	m->item[i].value = arena_dup(a, value);
}

bool map_unset(struct map *m, const char *key)
{
	bool found;
	size_t i = map_place(m, key, &found);

	if (!found)
		return false;
	m->n--;
	memmove(m->item + i, m->item + i + 1, (m->n - i) * sizeof *m->item);
	return true;
}

void map_merge(struct arena *a, struct map *to, const struct map *over)
{
	for (size_t i = 0; i < over->n; i++)
		map_set(a, to, over->item[i].key, over->item[i].value);
}

void map_copy(struct arena *a, struct map *to, const struct map *from)
{
	struct map copy = { 0 };

	map_merge(a, &copy, from);
	*to = copy;
}

void map_drop_empty(struct map *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n; i++)
		if (*m->item[i].value)
			m->item[kept++] = m->item[i];
	m->n = kept;
}

bool map_equal(const struct map *a, const struct map *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->item[i].key, b->item[i].key) || strcmp(a->item[i].value, b->item[i].value))
			return false;
	return true;
}

static size_t devices_place(const struct devices *d, const char *name, bool *found)
{
	size_t i = 0;

	while (i < d->n && name_order(d->item[i].name, name) < 0)
		i++;
	*found = i < d->n && !strcmp(d->item[i].name, name);
	return i;
}

struct device *devices_get(const struct devices *d, const char *name)
{
	bool found;
	size_t i = devices_place(d, name, &found);

	return found ? &d->item[i] : NULL;
}

struct device *devices_put(struct arena *a, struct devices *d, const char *name)
{
	bool found;
	size_t i = devices_place(d, name, &found);

	if (found)
		return &d->item[i];
	d->item = arena_grow(a, d->item, d->n, sizeof *d->item);
	memmove(d->item + i + 1, d->item + i, (d->n - i) * sizeof *d->item);
	d->item[i] = (struct device){ .name = arena_dup(a, name) };
	d->n++;
	return &d->item[i];
}

bool devices_remove(struct devices *d, const char *name)
{
	bool found;
	size_t i = devices_place(d, name, &found);

	if (!found)
		return false;
	d->n--;
	memmove(d->item + i, d->item + i + 1, (d->n - i) * sizeof *d->item);
	return true;
}

void devices_merge(struct arena *a, struct devices *to, const struct devices *over)
{
	for (size_t i = 0; i < over->n; i++) {
		struct device *dev = devices_put(a, to, over->item[i].name);

		map_copy(a, &dev->options, &over->item[i].options);
	}
}

void devices_copy(struct arena *a, struct devices *to, const struct devices *from)
{
	struct devices copy = { 0 };

	devices_merge(a, &copy, from);
	*to = copy;
}

void names_add(struct arena *a, struct names *l, const char *name)
{
	l->item = arena_grow(a, l->item, l->n, sizeof *l->item);
	l->item[l->n++] = arena_dup(a, name);
}

bool names_has(const struct names *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->item[i], name))
			return true;
	return false;
}
