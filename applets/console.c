/* console - attach to the console of an instance, or show what was printed there */
#include "applets/console.h"

#include <errno.h>

struct console_opts {
	const char *type;
	bool show_log;
};

static const struct opt console_opts[] = {
	OPT(BOOL, 0, "show-log", struct console_opts, show_log, NULL, "Retrieve the instance's console log"),
	OPT(STRING, 't', "type", struct console_opts, type, "console", "Type of connection to establish: 'console'"),
	OPT_END,
};

int console_check(struct call *c, const char *type)
{
	if (str_eq(type, "vga"))
		return err_set(c->err, -EOPNOTSUPP, "the vga console is not supported by this version of lxcbox");
	if (!str_eq(type, "console"))
		return err_set(c->err, -EINVAL, "Unknown console type \"%s\"", type);
	if (!call_is_terminal(STDIN_FILENO))
		return err_set(c->err, -ENOTTY, "a console needs a terminal on stdin: inappropriate ioctl for device");
	return 0;
}

int console_attach_to(struct call *c, const struct target *t, const char *type)
{
	int r = console_check(c, type);

	if (r < 0)
		return r;
	buf_addstr(c->out, "To detach from the console, press: <ctrl>+a q\n\r");
	call_flush(c);
	return t->server->instances->console(t->server, t->name, STDIN_FILENO, STDOUT_FILENO, c->err);
}

static int show_log(struct call *c, const struct target *t)
{
	AUTO(buf) struct buf text = BUF_NONE;
	int r = t->server->instances->console_log(t->server, t->name, &text, c->err);

	if (r < 0)
		return r;
	buf_addstr(c->out, "\nConsole log:\n\n");
	buf_add(c->out, text.s, text.len); /* the raw stream, as on the console */
	buf_addch(c->out, '\n');
	return 0;
}

static int console_run(struct call *c)
{
	const struct console_opts *o = c->opts;
	struct target t;
	int r = target_instance(c, c->args[0], &t);

	if (r < 0)
		return r;
	return o->show_log ? show_log(c, &t) : console_attach_to(c, &t, o->type);
}

const struct applet applet_console = {
	.name = "console",
	.usage = "[<remote>:]<instance>",
	.summary = "Attach to instance consoles",
	.text = "<ctrl>+a q detaches; <ctrl>+a twice sends one.\n",
	.opts = console_opts,
	.opts_size = sizeof(struct console_opts),
	.min = 1,
	.max = 1,
	.complete = COMPLETE_RUNNING,
	.run = console_run,
};
