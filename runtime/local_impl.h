/* local_impl - what the files of the local server share */
#pragma once
#include "core/server.h"
#include "core/store.h"

struct local {
	struct server server;
	const char *path;
	struct store store;
	bool is_open, is_swept;
};

extern const struct instance_ops local_instance_ops;
extern const struct image_ops local_image_ops;

/* The store, opened at the first call. -ENOENT with !CREATE: there is none yet. */
int local_store(struct server *s, bool create, struct store **ret, struct err *e);

/* What crashed commands left in the store: half-built objects, claims of ids. */
int local_sweep(struct store *st, struct err *e);

/* Names and types of devices, of instances and of profiles. local.c */
int local_check_devices(const struct devices *devices, struct err *e);

/* A profile that NAME has is to change, or has changed (its file; FROM is what it was): whether the instance can be with TO, and
 * what reaches it while it runs. One that is gone, or broken, has nothing to say. local.c */
int local_profile_fits(struct server *s, const char *name, const struct profile *to, struct err *e);
int local_profile_changed(struct server *s, const char *name, const struct profile *from, const struct profile *to, struct report *report,
			  struct err *e);

/* local_profile.c */
int local_profile_list(struct server *s, struct arena *a, struct profile **ret, size_t *ret_n, struct err *e);
int local_profile_get(struct server *s, struct arena *a, const char *name, bool users, struct profile *ret, struct err *e);
int local_profile_create(struct server *s, const struct profile *p, struct err *e);
int local_profile_update(struct server *s, const struct profile *p, struct report *report, struct err *e);
int local_profile_delete(struct server *s, const char *name, struct err *e);
int local_profile_rename(struct server *s, const char *name, const char *to, struct err *e);

/* Takes the lock of every instance that nobody holds, and so clears up what a crash left of it. local.c */
int local_repair(struct server *s, struct report *report, struct err *e);

/* local_host.c */
int local_config_get(struct server *s, struct arena *a, struct map *ret, struct err *e);
int local_config_set(struct server *s, const struct map *changes, struct err *e);
int local_info(struct server *s, struct arena *a, struct doc **ret, struct err *e);
int local_check(struct server *s, void (*line)(void *ctx, const char *what, const char *state, const char *loss), void *ctx,
		struct report *report, struct err *e);
