/* map - string to string, sorted by key as LXD prints it: config, properties, the options of a device */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "core/arena.h"

struct pair {
	const char *key;
	const char *value;
};

struct map {
	struct pair *item;
	size_t n;
};

const char *map_get(const struct map *m, const char *key); /* NULL: not there */
void map_set(struct arena *a, struct map *m, const char *key, const char *value); /* copies both; keeps the order */
bool map_unset(struct map *m, const char *key);				       /* true if it was there */
void map_copy(struct arena *a, struct map *to, const struct map *from);	       /* TO is overwritten */
void map_merge(struct arena *a, struct map *to, const struct map *over);       /* OVER wins */
void map_drop_empty(struct map *m);						       /* keys whose value is "" */
bool map_equal(const struct map *a, const struct map *b);

/* Name to map: the devices of an instance or profile. */
struct device {
	const char *name;
	struct map options; /* "type" among them */
};

struct devices {
	struct device *item;
	size_t n;
};

struct device *devices_get(const struct devices *d, const char *name);
struct device *devices_put(struct arena *a, struct devices *d, const char *name); /* finds or adds an empty one */
bool devices_remove(struct devices *d, const char *name);
void devices_copy(struct arena *a, struct devices *to, const struct devices *from);
void devices_merge(struct arena *a, struct devices *to, const struct devices *over); /* whole devices; OVER wins */

/* Names in the order given. */
struct names {
	const char **item;
	size_t n;
};

void names_add(struct arena *a, struct names *l, const char *name);
bool names_has(const struct names *l, const char *name);

/* The order of every list and map that we print: natural (digits as numbers; signs before digits before letters; else bytes),
 * as go-yaml sorts keys. <0, 0, >0; 0 only for the same string. */
int name_order(const char *a, const char *b);
