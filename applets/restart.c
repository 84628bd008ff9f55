/* restart - stop instances and start them again */
#include "applets/stop.h"

static const struct opt restart_opts[] = {
	STOP_OPTS,
	OPT_END,
};

static int restart_one(struct call *c, const struct target *t)
{
	return stop_one_by(c, t, c->opts, STATE_RESTART);
}

static int restart_run(struct call *c)
{
	const struct stop_opts *o = c->opts;
	struct targets targets;
	int r = stop_prepare(c, o, TARGETS_RUNNING, &targets);

	if (r < 0)
		return r;
	r = call_each(c, &targets, "restart", restart_one);
	return r < 0 || !o->console || !targets.n ? r : console_attach_to(c, &targets.item[0], o->console);
}

const struct applet applet_restart = {
	.name = "restart",
	.usage = "[<remote>:]<instance> [[<remote>:]<instance>...]",
	.summary = "Restart instances",
	.opts = restart_opts,
	.opts_size = sizeof(struct stop_opts),
	.max = ANY,
	.complete = COMPLETE_RUNNING,
	.run = restart_run,
};
