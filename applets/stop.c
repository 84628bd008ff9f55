/* stop - stop instances: ask them to, wait, or with --force kill them */
#include "applets/stop.h"

#include <errno.h>
#include <limits.h>
#include <sys/wait.h>

static const struct opt stop_opts[] = {
	STOP_OPTS,
	OPT(BOOL, 0, "stateful", struct stop_opts, stateful, NULL, NULL),
	OPT_END,
};

int stop_prepare(struct call *c, const struct stop_opts *o, enum targets_which all, struct targets *ret)
{
	int r;

	if (o->console && o->force)
		return err_set(c->err, -EINVAL, "--console can't be used while forcing instance shutdown");
	if (o->stateful)
		return err_set(c->err, -EOPNOTSUPP, "--stateful: saving the memory of an instance is not supported");
	if ((r = call_targets(c, o->all ? all : TARGETS_NAMED, ret)) < 0)
		return r;
	if (o->console && ret->n > 1)
		return err_set(c->err, -EINVAL, "--console only works with a single instance");
	return o->console ? console_check(c, o->console) : 0;
}

int stop_one_by(struct call *c, const struct target *t, const struct stop_opts *o, enum state_action action)
{
	int64_t most = INT_MAX / 1000;
	struct state_change stop = {
		.action = action,
		.force = o->force,
		.timeout_ms = o->timeout < 0 || o->timeout > most ? -1 : (int)o->timeout * 1000,
	};
	int r = t->server->instances->set_state(t->server, t->name, &stop, c->report, c->err);

	return call_try_log(c, t, r);
}

static int stop_one(struct call *c, const struct target *t)
{
	return stop_one_by(c, t, c->opts, STATE_STOP);
}

/* A child asks it to stop, while we show how it goes. */
static int stop_on_console(struct call *c, struct target t, const char *console)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return err_sys(c->err, "fork");
	if (!pid) {
		int r = target_reopen(c, &t);

		r = r < 0 ? r : stop_one(c, &t);
		if (r < 0)
			call_say(c, "Error: %s", c->err->text);
		_exit(r < 0 ? 1 : 0);
	}
	(void)console_attach_to(c, &t, console); /* what counts is whether it stops */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	c->status = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	return 0;
}

static int stop_run(struct call *c)
{
	const struct stop_opts *o = c->opts;
	struct targets targets;
	int r = stop_prepare(c, o, TARGETS_ACTIVE, &targets);

	if (r < 0)
		return r;
	if (o->console && targets.n)
		return stop_on_console(c, targets.item[0], o->console);
	return call_each(c, &targets, "stop", stop_one);
}

const struct applet applet_stop = {
	.name = "stop",
	.usage = "[<remote>:]<instance> [[<remote>:]<instance>...]",
	.summary = "Stop instances",
	.opts = stop_opts,
	.opts_size = sizeof(struct stop_opts),
	.max = ANY,
	.complete = COMPLETE_RUNNING,
	.run = stop_run,
};
