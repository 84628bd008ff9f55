/* check - this kernel and host, feature by feature; and what crashes left is repaired */
#include <errno.h>
#include "applets/out.h"
#include "applets/target.h"

struct check_opts {
	const char *format;
};

static const struct opt check_opts[] = {
	OPT_FORMAT(struct check_opts),
	OPT_END,
};

struct lines {
	struct table table;
	struct doc *doc;
	struct arena *arena;
};

static const char *copy(struct arena *a, const char *s)
{
	return arena_dup(a, s ? s : "");
}

static void take_line(void *ctx, const char *what, const char *state, const char *loss)
{
	struct lines *l = ctx;
	struct doc *d = doc_map(l->arena);
	const char **cell = table_row(&l->table);

	cell[0] = copy(l->arena, what);
	cell[1] = copy(l->arena, state);
	cell[2] = copy(l->arena, loss);
	doc_put(l->arena, d, "what", doc_str(l->arena, cell[0]));
	doc_put(l->arena, d, "state", doc_str(l->arena, cell[1]));
	doc_put(l->arena, d, "loss", doc_str(l->arena, cell[2]));
	doc_add(l->arena, l->doc, d);
}

static int check_run(struct call *c)
{
	static const char *const header[] = { "WHAT", "STATE", "WITHOUT IT" };
	const struct check_opts *o = c->opts;
	struct lines lines = { .arena = c->arena, .doc = doc_list(c->arena) };
	enum format format;
	struct target t;
	int r = format_parse(o->format, &format, c->err), wrong;

	if (r < 0 || (r = target_server(c, c->n_args ? c->args[0] : NULL, &t)) < 0)
		return r;
	if (!t.server->instances->check)
		return err_set(c->err, -EOPNOTSUPP, "%s cannot be checked from here", t.server->name);
	table_open(&lines.table, c->arena, header, ARRAY_SIZE(header));
	wrong = t.server->instances->check(t.server, take_line, &lines, c->report, c->err);
	if (wrong < 0)
		return wrong;
	if (format_is_document(format))
		out_document(lines.doc, format, c->out);
	else
		table_write(&lines.table, format, c->out);
	return wrong ? err_set(c->err, -EIO, "%d of these are wrong here", wrong) : 0;
}

const struct applet applet_check = {
	.name = "check",
	.usage = "[<remote>:]",
	.summary = "Check what this kernel and host can do, repair what crashes left",
	.opts = check_opts,
	.opts_size = sizeof(struct check_opts),
	.max = 1,
	.run = check_run,
};
