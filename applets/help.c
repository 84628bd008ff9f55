#include <errno.h>
#include <string.h>
#include "applets/applet.h"

enum { COMMANDS_WIDTH = 11, INDENT = 2 };

/* TEXT line by line behind INDENT blanks; empty lines stay empty. */
static void indented(struct buf *to, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		if (n)
			buf_fill(to, ' ', INDENT);
		buf_add(to, text, n);
		buf_addch(to, '\n');
		text += n + (text[n] == '\n');
	}
}

/* ---- flags */

static void flag_name(struct buf *to, const struct opt *o)
{
	if (o->letter)
		buf_addf(to, "  -%c, --%s", o->letter, o->name);
	else
		buf_addf(to, "      --%s", o->name);
	if (o->type == OPT_OPTIONAL)
		buf_addf(to, "[=\"%s\"]", o->def);
}

static void flags(struct buf *to, const struct opt **opt, size_t n)
{
	AUTO(buf) struct buf name = BUF_NONE;
	size_t width = 0;

	for (size_t i = 0; i < n; i++) {
		buf_reset(&name);
		flag_name(&name, opt[i]);
		width = name.len > width ? name.len : width;
	}
	for (size_t i = 0; i < n; i++) {
		const struct opt *o = opt[i];

		buf_reset(&name);
		flag_name(&name, o);
		buf_add(to, name.s, name.len);
		buf_fill(to, ' ', width - name.len + 3);
		buf_addstr(to, o->help);
		if (o->def && *o->def && o->type == OPT_STRING)
			buf_addf(to, " (default \"%s\")", o->def);
		else if (o->def && o->type == OPT_INT)
			buf_addf(to, " (default %s)", o->def);
		buf_addch(to, '\n');
	}
}

/* Adds the rows that are shown, by name. */
static size_t sorted(const struct opt **to, size_t n, size_t most, const struct opt *opt)
{
	for (; opt && opt->name[0] && n < most; opt++) {
		size_t i = n;

		if (!opt->help)
			continue;
		for (; i && strcmp(to[i - 1]->name, opt->name) > 0; i--)
			to[i] = to[i - 1];
		to[i] = opt;
		n++;
	}
	return n;
}

static void flag_section(struct buf *to, const char *head, const struct opt *one, const struct opt *two)
{
	const struct opt *list[40];
	size_t n = sorted(list, sorted(list, 0, ARRAY_SIZE(list), one), ARRAY_SIZE(list), two);

	if (!n)
		return;
	buf_addf(to, "\n%s:\n", head);
	flags(to, list, n);
}

/* ---- commands */

static bool is_shown(const struct help *h, const struct applet *p)
{
	return !applet_is_absent(p) && (!p->hidden || h->all);
}

static size_t commands_width(const struct help *h, const struct applet *parent)
{
	const struct applet *p;
	size_t width = COMMANDS_WIDTH;

	for (size_t i = 0; (p = applet_at(parent, i)); i++)
		if (is_shown(h, p) && strlen(p->name) > width)
			width = strlen(p->name);
	return width;
}

static void commands(const struct help *h, const struct applet *parent, size_t indent, struct buf *to)
{
	size_t width = commands_width(h, parent);
	const struct applet *p;

	for (size_t i = 0; (p = applet_at(parent, i)); i++) {
		if (!is_shown(h, p))
			continue;
		buf_fill(to, ' ', indent);
		buf_addstr(to, p->name);
		buf_fill(to, ' ', width - strlen(p->name) + 1);
		buf_addf(to, "%s\n", p->summary);
		if (h->sub_commands && p->sub)
			commands(h, p, indent + INDENT, to);
	}
}

/* ---- the whole */

static void usage_lines(const struct help *h, const struct applet *p, struct buf *to)
{
	buf_addstr(to, "Usage:\n");
	if (!p)
		buf_addf(to, "  %s [command]\n", h->program);
	else if (p->sub)
		buf_addf(to, "  %s [flags]\n  %s [command]\n", h->path, h->path);
	else
		buf_addf(to, "  %s%s%s%s\n", h->path, *p->usage ? " " : "", p->usage, strstr(p->usage, "[flags]") ? "" : " [flags]");
}

static void second_names(const struct applet *p, struct buf *to)
{
	buf_addf(to, "\nAliases:\n  %s, ", p->name);
	for (const char *s = p->names; *s; s++) {
		buf_addch(to, *s);
		if (*s == ',')
			buf_addch(to, ' ');
	}
	buf_addch(to, '\n');
}

void help_usage(const struct help *h, const struct applet *p, struct buf *to)
{
	usage_lines(h, p, to);
	if (p && p->names)
		second_names(p, to);
	if (p && p->examples) {
		buf_addstr(to, "\nExamples:\n");
		indented(to, p->examples);
	}
	if (!p || p->sub) {
		buf_addstr(to, "\nAvailable Commands:\n");
		commands(h, p, INDENT, to);
	}
	if (p) {
		flag_section(to, "Flags", p->opts, NULL);
		flag_section(to, "Global Flags", global_opts, NULL);
	} else {
		static const struct opt all[] = { OPT(BOOL, 0, "all", struct global, all, NULL, "Show less common commands"), OPT_END };

		flag_section(to, "Flags", all, global_opts);
	}
	if (!p || p->sub)
		buf_addf(to, "\nUse \"%s [command] --help\" for more information about a command.\n", p ? h->path : h->program);
}

void help_write(const struct help *h, const struct applet *p, struct buf *to)
{
	buf_addstr(to, "Description:\n");
	if (p) {
		indented(to, p->summary);
		if (p->text) {
			buf_addch(to, '\n');
			indented(to, p->text);
		}
	} else {
		indented(to, "LXC and LXD in one executable\n\nAll features are driven through the commands below.\n"
			     "For help with any of those, simply call them with --help.\n");
	}
	buf_addch(to, '\n');
	help_usage(h, p, to);
}

/* ---- suggestions */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* How many letters have to be changed, added or left out. */
static size_t distance(const char *a, const char *b)
{
	size_t row[32], n = strlen(b);

	if (n >= ARRAY_SIZE(row))
		return n;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; *a; a++, i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t above = row[j], least = diagonal + (lower(*a) != lower(b[j - 1]));

			least = above + 1 < least ? above + 1 : least;
			least = row[j - 1] + 1 < least ? row[j - 1] + 1 : least;
			diagonal = above;
			row[j] = least;
		}
	}
	return row[n];
}

static bool begins_with(const char *name, const char *typed)
{
	for (; *typed; name++, typed++)
		if (lower(*name) != lower(*typed))
			return false;
	return true;
}

void help_suggest(const char *typed, struct buf *to)
{
	const struct applet *p;
	bool any = false;

	for (size_t i = 0; (p = applet_at(NULL, i)); i++) {
		if (applet_is_absent(p) || p->hidden || (distance(typed, p->name) > 2 && !begins_with(p->name, typed)))
			continue;
		if (!any)
			buf_addstr(to, "\nDid you mean this?\n");
		any = true;
		buf_addf(to, "\t%s\n", p->name);
	}
	if (any)
		buf_addch(to, '\n');
}

/* ---- the command */

struct help_opts {
	bool all;
};

static const struct opt help_opts[] = {
	OPT(BOOL, 0, "all", struct help_opts, all, NULL, "Show less common commands"),
	OPT_END,
};

static int help_run(struct call *c)
{
	const struct help_opts *o = c->opts;
	struct help h = { c->program, c->program, o->all, c->global->sub_commands };
	struct found f;

	applet_find(c->arena, NULL, c->program, c->args, c->n_args, &f);
	h.path = f.path;
	if (f.applet && applet_is_absent(f.applet))
		return err_set(c->err, -EOPNOTSUPP, "\"%s\" is not supported by this version", f.path);
	if (f.applet || !f.words.n) {
		help_write(&h, f.applet, c->out);
		return 0;
	}
	call_say(c, "Unknown help topic [`%s`]", f.words.item[0]);
	c->applet = NULL;
	c->path = c->program;
	call_usage(c, NULL);
	return 0;
}

const struct applet applet_help = {
	.name = "help",
	.usage = "[command]",
	.summary = "Help about any command",
	.opts = help_opts,
	.opts_size = sizeof(struct help_opts),
	.max = ANY,
	.complete = COMPLETE_COMMANDS,
	.run = help_run,
};
