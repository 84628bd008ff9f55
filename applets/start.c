/* start - start instances, thaw frozen ones */
#include <errno.h>
#include "applets/console.h"
#include "applets/target.h"

struct start_opts {
	const char *console;
	bool all, stateless, foreground, explain, dry_run;
};

static const struct opt start_opts[] = {
	OPT(BOOL, 0, "all", struct start_opts, all, NULL, "Run against all instances"),
	OPT_CONSOLE(struct start_opts),
	OPT(BOOL, 0, "dry-run", struct start_opts, dry_run, NULL, "Check everything, change nothing"),
	OPT(BOOL, 0, "explain", struct start_opts, explain, NULL, "Print every step that would be done, change nothing"),
	OPT(BOOL, 0, "foreground", struct start_opts, foreground, NULL, "Stay until the instance ends (for supervisors)"),
	OPT(BOOL, 0, "stateless", struct start_opts, stateless, NULL, "Ignore the instance state"),
	OPT_END,
};

static int start_one(struct call *c, const struct target *t)
{
	const struct start_opts *o = c->opts;
	struct state_change start = { .action = STATE_START, .timeout_ms = -1, .foreground = o->foreground };

	return call_try_log(c, t, t->server->instances->set_state(t->server, t->name, &start, c->report, c->err));
}

static int explain(struct call *c, const struct targets *targets)
{
	const struct start_opts *o = c->opts;
	int r = 0;

	for (size_t i = 0; i < targets->n && r >= 0; i++) {
		AUTO(buf) struct buf text = BUF_NONE;
		struct server *s = targets->item[i].server;

		r = s->instances->explain(s, targets->item[i].name, &text, c->err);
		if (o->explain)
			buf_add(c->out, text.s, text.len);
	}
	return r;
}

static int start_run(struct call *c)
{
	const struct start_opts *o = c->opts;
	struct targets targets;
	int r = call_targets(c, o->all ? TARGETS_STOPPED : TARGETS_NAMED, &targets);

	if (r < 0)
		return r;
	if (o->explain || o->dry_run)
		return explain(c, &targets);
	if (targets.n != 1 && o->console && !(targets.n == 0 && o->all))
		return err_set(c->err, -EINVAL, "--console only works with a single instance");
	if (targets.n > 1 && o->foreground)
		return err_set(c->err, -EINVAL, "--foreground only works with a single instance");
	if (o->console && (r = console_check(c, o->console)) < 0)
		return r;
	r = call_each(c, &targets, "start", start_one);
	return r < 0 || !o->console || !targets.n ? r : console_attach_to(c, &targets.item[0], o->console);
}

const struct applet applet_start = {
	.name = "start",
	.names = "resume",
	.usage = "[<remote>:]<instance> [[<remote>:]<instance>...]",
	.summary = "Start instances",
	.opts = start_opts,
	.opts_size = sizeof(struct start_opts),
	.max = ANY,
	.complete = COMPLETE_STOPPED,
	.run = start_run,
};
