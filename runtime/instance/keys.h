/* keys - the table of configuration keys: one row does everything for its key
 *
 * type and check validate; plan puts it into the plan of the next start; live changes a running instance. Help, manual,
 * completion and validation are loops over the rows. Rows ending in "." are families (environment.NAME); in the name of a row
 * with KEY_DEVICE "*" stands for a device's name. */
#pragma once
#include <stdbool.h>
#include "core/instance.h"
#include "runtime/instance/plan.h"
#include "runtime/isolate/cgroup.h"

enum key_type {
	KEY_ANY,
	KEY_BOOL,
	KEY_INT,
	KEY_U32,
	KEY_PRIORITY,	  /* 0..10 */
	KEY_SIZE,	  /* LXD's bytes */
	KEY_SIZE_OR_PCT,  /* or N% of the host's memory */
	KEY_SIZE_OR_BOOL, /* Incus' limits.memory.swap */
	KEY_CPUSET,	  /* "0-3,7"; a plain number is one of that form, too */
	KEY_ONEOF,	  /* words in `values` */
	KEY_EXPIRY,
	KEY_CRON,
	KEY_YAML, /* a mapping */
	KEY_UUID,
};

enum key_flags {
	KEY_LIVE = 1,	   /* applied to a running instance at once */
	KEY_EXEC = 2,	   /* looked at by each exec */
	KEY_FAMILY = 4,	   /* name is a prefix that ends in '.' */
	KEY_MULTILINE = 8, /* may hold line breaks */
	KEY_VOLATILE = 16, /* ours; not in profiles, kept when an edit leaves it out */
	KEY_INSTANCE = 32, /* not in profiles (image.*) */
	KEY_VM = 64,	   /* of virtual machines: accepted in profiles, unknown on containers */
	KEY_STORED = 128,  /* known and shown, without effect here */
	KEY_DEVICE = 256,  /* "*" in the name stands for a device's name */
	KEY_FREE = 512,	   /* a family whose names are the user's: any but control characters and ".." */
};

/* A running instance while its configuration changes. */
struct live {
	const struct plan *now; /* with the new values */
	struct cgroup *cgroup;	/* gets the directories that a new limit needs */
	const struct cgroup_host *host;
};

struct key {
	char name[48];
	enum key_type type;
	unsigned flags;
	const char *unset;   /* what holds when it is not set, for help: "unlimited" */
	const char *values;  /* KEY_ONEOF: "soft hard" */
	const char *same_as; /* an older or foreign name of that key: only one of both may be set */
	int (*check)(const char *key, const char *value, struct err *e); /* beyond the type's; NULL: none */
	int (*plan)(struct arena *a, struct plan *p, const char *key, const char *value, struct err *e);
	int (*live)(struct live *l, struct err *e); /* brings the kernel to l->now, also when the key was unset */
	const char *help;
};

extern const struct key keys_table[]; /* ends with an empty name */

/* The row of a key; NULL: unknown. */
const struct key *keys_find(const char *key);

enum keys_where {
	KEYS_INSTANCE, /* an instance's own */
	KEYS_PROFILE,
	KEYS_EXPANDED, /* own and profiles' together: a profile's VM keys are no mistake of the instance's */
};

/* LXD's words, the value's key in front: "limits.memory: Invalid value: abc". Unknown: "Unknown configuration key: K".
 * An empty value (unset) is right for every known key. */
int keys_check(const char *key, const char *value, enum keys_where where, struct err *e);

/* Every pair of a map, and what only together is wrong (mutually exclusive keys). */
int keys_check_map(const struct map *config, enum keys_where where, struct err *e);

/* Applies every row that has a plan function, in the table's order. */
int keys_plan(struct arena *a, struct plan *p, const struct map *config, struct err *e);

/* Brings a running instance from the old to the new expanded config: rows whose value differs, in table order. On failure the
 * ones already changed are set back (by UNDO, the plan before), in reverse. */
int keys_live(const struct map *from, const struct map *to, struct live *l, const struct plan *undo, struct err *e);
