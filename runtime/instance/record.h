/* record - the records of instances and profiles in the store: read, expanded, written */
#pragma once
#include "core/instance.h"
#include "core/profile.h"
#include "core/server.h"
#include "core/store.h"
#include "runtime/isolate/idmap.h"

/* Profiles that were read once; a list of a thousand instances reads each profile once. */
struct profile_cache {
	struct profile *item;
	size_t n;
};

/* instances/NAME: its directory. -ENOENT "Instance not found". */
int record_open_dir(struct store *st, const char *name, struct err *e);

/* What instance.yaml says. Errors name the file. */
int record_load(struct arena *a, int dir, const char *name, struct instance *ret, struct err *e);
/* The first one, in a directory that nobody sees yet: written and synced, no rename. */
int record_create(struct arena *a, int dir, const struct instance *inst, struct err *e);
int record_save(struct arena *a, int dir, const struct instance *inst, struct err *e);

/* expanded_config, expanded_devices: profiles in order, later wins per key, own config last; devices whole by name. A profile
 * that is gone is an error that names it. */
int record_expand(struct store *st, struct arena *a, struct profile_cache *cache, struct instance *inst, struct err *e);

/* Status by `state`; boot: this boot's id. */
int record_status(int dir, const char *boot, struct instance *inst, struct err *e);

/* The ids of an instance; size 0 when it is privileged. */
int record_idmap(const struct instance *inst, struct idmap *ret, struct err *e);

int profile_load(struct store *st, struct arena *a, const char *name, struct profile *ret, struct err *e);
int profile_save(struct store *st, struct arena *a, const struct profile *p, struct err *e);
