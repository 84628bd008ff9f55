/* target - REMOTE:NAME -> the server and the name on it; several of them at once */
#pragma once
#include "applets/applet.h"

struct target {
	struct server *server;
	const char *name;  /* "": the server itself */
	const char *typed; /* as the user wrote it, for messages */
};

/* Splits WORD at the first colon (none: the default remote) and opens that server. */
int target_parse(struct call *c, const char *word, struct target *ret);

/* One that names an instance, or an image, profile, ... (WHAT, for "Missing WHAT name"). */
int target_named(struct call *c, const char *word, const char *what, struct target *ret);

/* An instance. A name that no instance can have is "not found"; N/SNAP is refused. */
int target_instance(struct call *c, const char *word, struct target *ret);

/* A server: WORD is "REMOTE:" or NULL. Anything behind the colon is an error. */
int target_server(struct call *c, const char *word, struct target *ret);

/* Whether WORD begins with the name of a remote and a colon. */
bool target_has_remote(struct call *c, const char *word);

/* --target MEMBER (NULL: not given): there is no cluster of which T could be. */
int target_no_member(struct call *c, const struct target *t, const char *member);

/* The server that words of `list` name, and their filters: "local:c1" is a server and a filter. */
int target_filters(struct call *c, struct target *server, struct names *filters);

/* The image that `launch` and the like start from: "host:" is no remote, but a clone of this host. */
struct image_source {
	bool host;
	struct target image; /* name "": the alias "default" */
};

int target_image_source(struct call *c, const char *word, struct image_source *ret);

/* One more server of this host, for a forked child: the parent's descriptors share their offsets with it. */
int target_reopen(struct call *c, struct target *t);

void target_close(struct call *c);

/* The state directory of this host's server, as given. */
const char *target_directory(const struct call *c);

/* ---- several names (each.c) */

enum targets_which {
	TARGETS_NAMED,
	TARGETS_STOPPED, /* --all: every one in that state, on the servers given */
	TARGETS_RUNNING,
	TARGETS_ACTIVE, /* running or frozen */
};

struct targets {
	struct target *item;
	size_t n;
};

/* From the words of the command. No word without --all: the usage is told and there are none. */
int call_targets(struct call *c, enum targets_which which, struct targets *ret);

typedef int call_fn(struct call *c, const struct target *t);

/* Calls FN for each: one here, several at a time in children. All are tried; with several each failure is told under its
 * name and the result is "Some instances failed to VERB". */
int call_each(struct call *c, const struct targets *targets, const char *verb, call_fn *fn);

/* Adds LXD's hint to the error if a log may say more (not for refusals). Returns R. */
int call_try_log(struct call *c, const struct target *t, int r);
