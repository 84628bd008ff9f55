/* create - a new instance: record, id range, empty upper directory; nothing is copied, whatever the image's size */
#pragma once
#include "core/instance.h"
#include "core/lock.h"
#include "core/report.h"
#include "core/store.h"

struct create {
	struct instance inst; /* merged and complete but for name, ids and layers */
	struct names layers;  /* topmost first; of the image */
	bool host;	      /* a clone of the running host */
	bool own_init;
	bool owned; /* goes with the process that made it, even when it never started */
};

/* NAME must be valid. -EEXIST. On success the instance exists, LOCK is held and *RET_DIR open; inst is as recorded. */
int create_instance(struct store *st, struct arena *a, const char *name, struct create *c, struct lock *lock, int *ret_dir,
		    struct err *e);

/* The same checks without the effects, for --explain: fills in ids that would fit. */
int create_pretend(struct store *st, struct arena *a, const char *name, struct create *c, struct err *e);

/* An instance that does not run goes. LOCK held. */
int destroy_instance(struct store *st, const struct lock *lock, const char *name, const struct instance *inst,
		     struct err *e);

/* A stopped instance gets another name. LOCK held; its ids stay. */
int rename_instance(struct store *st, const struct lock *lock, int dir, const struct instance *inst, const char *to, struct err *e);

/* "adjective-animal" that is not taken. */
int create_name(struct store *st, struct arena *a, const char **ret, struct err *e);
