/* delete - remove instances and all that is in them */
#include <errno.h>
#include <strings.h>
#include "applets/target.h"

struct delete_opts {
	bool force, interactive;
};

static const struct opt delete_opts[] = {
	OPT(BOOL, 'f', "force", struct delete_opts, force, NULL, "Force the removal of running instances"),
	OPT(BOOL, 'i', "interactive", struct delete_opts, interactive, NULL, "Require user confirmation"),
	OPT_END,
};

static int delete_one(struct call *c, const struct target *t)
{
	const struct delete_opts *o = c->opts;

	return t->server->instances->remove(t->server, t->name, o->force, c->report, c->err);
}

/* All names are looked at before anything is removed. */
static int check_exists(struct call *c, const struct target *t)
{
	struct instance_list list;
	int r = t->server->instances->list(t->server, c->arena, 0, t->name, &list, c->err);

	return err_in(c->err, r, "Failed checking instance exists \"%s:%s\"", t->server->name, t->name);
}

/* A line of stdin, byte by byte: what follows belongs to somebody else. */
static void read_line(char *to, size_t size)
{
	size_t n = 0;
	char ch;

	while (read(STDIN_FILENO, &ch, 1) == 1 && ch != '\n')
		if (n + 1 < size)
			to[n++] = ch;
	to[n] = '\0';
}

static int confirm(struct call *c, const struct target *t)
{
	char answer[16];

	buf_addf(c->out, "Remove %s (yes/no): ", t->typed);
	call_flush(c);
	read_line(answer, sizeof answer);
	return strcasecmp(answer, "yes") ? err_set(c->err, -ECANCELED, "User aborted delete operation") : 0;
}

static int delete_run(struct call *c)
{
	const struct delete_opts *o = c->opts;
	struct targets targets;
	int r = call_targets(c, TARGETS_NAMED, &targets);

	for (size_t i = 0; i < targets.n && r >= 0; i++)
		r = check_exists(c, &targets.item[i]);
	for (size_t i = 0; i < targets.n && r >= 0 && o->interactive; i++)
		r = confirm(c, &targets.item[i]);
	return r < 0 ? r : call_each(c, &targets, "delete", delete_one);
}

const struct applet applet_delete = {
	.name = "delete",
	.names = "rm",
	.usage = "[<remote>:]<instance> [[<remote>:]<instance>...]",
	.summary = "Delete instances",
	.opts = delete_opts,
	.opts_size = sizeof(struct delete_opts),
	.min = 1,
	.max = ANY,
	.complete = COMPLETE_INSTANCES,
	.run = delete_run,
};
