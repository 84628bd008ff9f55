/* exec - run a command in an instance */
#include "applets/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static const struct opt exec_opts[] = {
	EXEC_OPTS_OF(struct exec_opts, ),
	OPT_END,
};

static bool wants_tty(const struct exec_opts *o)
{
	if (o->no_stdin || o->no_tty || str_eq(o->mode, "non-interactive"))
		return false;
	return o->tty || str_eq(o->mode, "interactive") || (call_is_terminal(STDIN_FILENO) && call_is_terminal(STDOUT_FILENO));
}

int exec_prepare(struct call *c, const struct exec_opts *o, const char *const *argv, struct exec_request *ret)
{
	if (o->tty && o->no_tty)
		return err_set(c->err, -EINVAL, "You can't pass -t and -T at the same time");
	if ((o->tty || o->no_tty) && !str_eq(o->mode, "auto"))
		return err_set(c->err, -EINVAL, "You can't pass -t or -T at the same time as --mode");
	*ret = (struct exec_request){
		.argv = argv,
		.cwd = o->cwd && *o->cwd ? o->cwd : NULL,
		.has_user = o->user.given,
		.has_group = o->group.given,
		.user = o->user.value,
		.group = o->group.value,
		.tty = wants_tty(o),
		.term = getenv("TERM"),
		.fd = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO },
	};
	if (o->no_stdin && (ret->fd[0] = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0) /* path: as given; closed at our exit */
		return err_sys(c->err, "/dev/null");
	for (size_t i = 0; i < o->env.n; i++) {
		const char *word = o->env.item[i];

		names_add(c->arena, &ret->env, strchr(word, '=') ? word : arena_fmt(c->arena, "%s=", word));
	}
	return 0;
}

int exec_in(struct call *c, const struct target *t, const struct exec_request *request)
{
	int status = 0, r;

	call_flush(c);
	r = t->server->instances->exec(t->server, t->name, request, &status, c->report, c->err);
	c->status = status;
	return r;
}

static int exec_applet(struct call *c)
{
	struct exec_request request;
	struct target t;
	int r = exec_prepare(c, c->opts, c->args + 1, &request);

	if (r < 0 || (r = target_instance(c, c->args[0], &t)) < 0)
		return r;
	return exec_in(c, &t, &request);
}

const struct applet applet_exec = {
	.name = "exec",
	.usage = "[<remote>:]<instance> [flags] [--] <command line>",
	.summary = "Execute commands in instances",
	.text = "The command is executed directly using exec, so there is no shell and\n"
		"shell patterns (variables, file redirects, ...) won't be understood.\n"
		"If you need a shell environment you need to execute the shell\n"
		"executable, passing the shell commands as arguments, for example:\n"
		"\n"
		"  lxc exec <instance> -- sh -c \"cd /tmp && pwd\"\n"
		"\n"
		"Mode defaults to non-interactive, interactive mode is selected if both stdin AND stdout are terminals.\n",
	.opts = exec_opts,
	.opts_size = sizeof(struct exec_opts),
	.min = 2,
	.max = ANY,
	.behind = { 2, false }, /* LXD takes its own flags wherever they stand */
	.complete = COMPLETE_RUNNING,
	.run = exec_applet,
};

/* ---- shell: the same with a login shell, which is chosen inside */

static int shell_run(struct call *c)
{
	static const char *const none[] = { NULL };
	struct exec_request request;
	struct target t;
	int r = exec_prepare(c, c->opts, none, &request);

	if (r < 0 || (r = target_instance(c, c->args[0], &t)) < 0)
		return r;
	request.login_shell = true;
	return exec_in(c, &t, &request);
}

const struct applet applet_shell = {
	.name = "shell",
	.usage = "[<remote>:]<instance>",
	.summary = "Open a login shell in an instance",
	.opts = exec_opts,
	.opts_size = sizeof(struct exec_opts),
	.min = 1,
	.max = 1,
	.complete = COMPLETE_RUNNING,
	.run = shell_run,
};
