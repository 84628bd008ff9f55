/* stop - what `stop` and `restart` have in common */
#pragma once
#include "applets/console.h"
#include "applets/target.h"

struct stop_opts {
	const char *console;
	int64_t timeout;
	bool all, force, stateful;
};

#define STOP_OPTS \
	OPT(BOOL, 0, "all", struct stop_opts, all, NULL, "Run against all instances"), \
	OPT_CONSOLE(struct stop_opts), \
	OPT(BOOL, 'f', "force", struct stop_opts, force, NULL, "Force the instance to stop"), \
	OPT(INT, 0, "timeout", struct stop_opts, timeout, "-1", "Time to wait for the instance to shutdown cleanly")

/* Checks the flags, finds the instances. */
int stop_prepare(struct call *c, const struct stop_opts *o, enum targets_which all, struct targets *ret);

/* One instance, ACTION being STATE_STOP or STATE_RESTART. */
int stop_one_by(struct call *c, const struct target *t, const struct stop_opts *o, enum state_action action);
