#include "applets/pairs.h"

#include <errno.h>
#include <string.h>
#include "applets/stdin_yaml.h"
#include "core/at.h"

/* "-" with something other than a terminal on stdin: all of that, newlines too. */
static int read_value(struct call *c, const char *value, const char **ret)
{
	AUTO(buf) struct buf text = BUF_NONE;
	int r;

	*ret = value;
	if (!str_eq(value, "-") || call_is_terminal(STDIN_FILENO))
		return 0;
	if ((r = fd_read(STDIN_FILENO, DOCUMENT_LIMIT, &text, c->err)) < 0)
		return err_in(c->err, r, "stdin");
	if (memchr(text.s, '\0', text.len))
		return err_set(c->err, -EINVAL, "stdin: a value cannot hold NUL bytes");
	*ret = arena_dupn(c->arena, text.s, text.len);
	return 0;
}

int pairs_parse(struct call *c, const char *const *word, size_t n, struct map *ret)
{
	const char *value;
	int r;

	*ret = (struct map){ 0 };
	if (n == 2 && !strchr(word[0], '=')) {
		if ((r = read_value(c, word[1], &value)) >= 0)
			map_set(c->arena, ret, word[0], value);
		return r;
	}
	for (size_t i = 0; i < n; i++) {
		const char *equals = strchr(word[i], '=');

		if (!equals)
			return err_set(c->err, -EINVAL, "Invalid key=value configuration: %s", word[i]);
		if ((r = read_value(c, equals + 1, &value)) < 0)
			return r;
		map_set(c->arena, ret, arena_dupn(c->arena, word[i], (size_t)(equals - word[i])), value);
	}
	return 0;
}

void pairs_apply(struct arena *a, const struct map *changes, struct map *to)
{
	map_merge(a, to, changes);
}

struct doc *pairs_document(struct arena *a, const struct map *map)
{
	struct doc *d = doc_map(a);

	for (size_t i = 0; i < map->n; i++)
		doc_put(a, d, map->item[i].key, doc_str(a, map->item[i].value));
	return d;
}

struct doc *devices_document(struct arena *a, const struct devices *devices)
{
	struct doc *d = doc_map(a);

	for (size_t i = 0; i < devices->n; i++)
		doc_put(a, d, devices->item[i].name, pairs_document(a, &devices->item[i].options));
	return d;
}
