/* create - what `launch`, `init` and `run` have in common: from flags, stdin and an image to a new instance */
#pragma once
#include "applets/target.h"

struct create_opts {
	struct names config, device, profile;
	const char *console, *network, *storage, *target, *type;
	bool no_profiles, ephemeral, empty, vm, explain, dry_run;
};

#define CREATE_OPTS \
	OPT(LIST, 'c', "config", struct create_opts, config, NULL, "Config key/value to apply to the new instance"), \
	OPT(LIST, 'd', "device", struct create_opts, device, NULL, "New key/value to apply to a specific device"), \
	OPT(BOOL, 0, "dry-run", struct create_opts, dry_run, NULL, "Check everything, change nothing"), \
	OPT(BOOL, 0, "empty", struct create_opts, empty, NULL, NULL), \
	OPT(BOOL, 'e', "ephemeral", struct create_opts, ephemeral, NULL, "Ephemeral instance"), \
	OPT(BOOL, 0, "explain", struct create_opts, explain, NULL, "Print every step that would be done, change nothing"), \
	OPT(STRING, 'n', "network", struct create_opts, network, NULL, NULL), \
	OPT(BOOL, 0, "no-profiles", struct create_opts, no_profiles, NULL, "Create the instance with no profiles applied"), \
	OPT(LIST, 'p', "profile", struct create_opts, profile, NULL, "Profile to apply to the new instance"), \
	OPT(STRING, 's', "storage", struct create_opts, storage, NULL, "Storage pool name"), \
	OPT(STRING, 0, "target", struct create_opts, target, NULL, NULL), \
	OPT(STRING, 't', "type", struct create_opts, type, NULL, "Instance type (c2-m4: processors and GiB of memory)"), \
	OPT(BOOL, 0, "vm", struct create_opts, vm, NULL, NULL)

/* What is to be created, all of it checked as far as that is possible without doing it. */
struct creation {
	struct target where; /* name "": generated */
	struct image_source source;
	struct instance from;
	bool no_profiles;
};

/* From IMAGE and N (NULL: no name) and the flags; with USE_STDIN also from YAML on stdin. */
int create_prepare(struct call *c, const struct create_opts *o, const char *image, const char *name, bool use_stdin,
		   struct creation *ret);

/* Fills the request of the server's. */
void create_request(const struct creation *n, struct instance_create *to);

/* The whole of `launch` (START) and `init`. */
int create_run(struct call *c, const struct create_opts *o, bool start);

/* "c2-m4" -> limits.cpu, limits.memory. Other types are refused. */
int create_apply_type(struct arena *a, const char *type, struct map *config, struct err *e);
