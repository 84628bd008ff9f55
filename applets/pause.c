/* pause - freeze every process of an instance until `start` */
#include "applets/target.h"

struct pause_opts {
	bool all;
};

static const struct opt pause_opts[] = {
	OPT(BOOL, 0, "all", struct pause_opts, all, NULL, "Run against all instances"),
	OPT_END,
};

static int pause_one(struct call *c, const struct target *t)
{
	struct state_change freeze = { .action = STATE_FREEZE, .timeout_ms = -1 };

	return t->server->instances->set_state(t->server, t->name, &freeze, c->report, c->err);
}

static int pause_run(struct call *c)
{
	const struct pause_opts *o = c->opts;
	struct targets targets;
	int r = call_targets(c, o->all ? TARGETS_RUNNING : TARGETS_NAMED, &targets);

	if (r < 0)
		return r;
	return call_each(c, &targets, "pause", pause_one);
}

const struct applet applet_pause = {
	.name = "pause",
	.usage = "[<remote>:]<instance> [[<remote>:]<instance>...]",
	.summary = "Pause instances",
	.opts = pause_opts,
	.opts_size = sizeof(struct pause_opts),
	.max = ANY,
	.hidden = true,
	.complete = COMPLETE_RUNNING,
	.run = pause_run,
};
