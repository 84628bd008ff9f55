/* pairs - K V, or K=V..., as `set` commands take them; V "-" is what comes on stdin */
#pragma once
#include "applets/applet.h"

int pairs_parse(struct call *c, const char *const *word, size_t n, struct map *ret);

/* Applies them to a record's keys. An empty value takes the key away, which the server does once it knows that there is such a key. */
void pairs_apply(struct arena *a, const struct map *changes, struct map *to);

/* The documents of maps and devices, and the list of devices' names. */
struct doc *pairs_document(struct arena *a, const struct map *map);
struct doc *devices_document(struct arena *a, const struct devices *devices);
