#include "applets/applet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "applets/alias.h"
#include "applets/client.h"
#include "applets/install.h"
#include "applets/progress.h"
#include "applets/target.h"
#include "core/at.h"

#define APPLET(name)		     extern const struct applet applet_##name;
#define ABSENT(name, names, summary) static const struct applet applet_##name = { #name, names, "", summary, .max = ANY, .hidden = true };
#include "applets/table.h"
#undef APPLET
#undef ABSENT

#define APPLET(name)		     &applet_##name,
#define ABSENT(name, names, summary) &applet_##name,
static const struct applet *const applets[] = {
#include "applets/table.h"
};

const struct opt global_opts[] = {
	OPT(BOOL, 0, "debug", struct global, debug, NULL, "Show all debug messages"),
	OPT(STRING, 0, "dir", struct global, dir, NULL, "State directory (LXCBOX_DIR, /var/lib/lxcbox)"),
	OPT(BOOL, 0, "force-local", struct global, force_local, NULL, "Use this host's server whatever is configured"),
	OPT(BOOL, 'h', "help", struct global, help, NULL, "Print help"),
	OPT(STRING, 0, "project", struct global, project, NULL, "Override the source project"),
	OPT(BOOL, 'q', "quiet", struct global, quiet, NULL, "Don't show progress information"),
	OPT(BOOL, 0, "sub-commands", struct global, sub_commands, NULL, "Use with help or --help to view sub-commands"),
	OPT(BOOL, 'v', "verbose", struct global, verbose, NULL, "Show all information messages"),
	OPT(BOOL, 0, "version", struct global, version, NULL, "Print version number"),
	OPT_END,
};

static const struct opt root_opts[] = {
	OPT(BOOL, 0, "all", struct global, all, NULL, "Show less common commands"),
	OPT(STRING, 0, "install", struct global, install, NULL, "Make a link for each command, and lxc, in this directory"),
	OPT_END,
};

static const struct applet root = { .name = "", .opts = root_opts, .min = 0, .max = ANY };

/* ---- the table */

const struct applet *applet_at(const struct applet *parent, size_t i)
{
	if (parent && parent != &root)
		return parent->sub && parent->sub[i].name ? &parent->sub[i] : NULL;
	return i < ARRAY_SIZE(applets) ? applets[i] : NULL;
}

/* Whether LIST ("mv,move"; NULL: empty) has NAME. */
static bool is_second_name(const char *list, const char *name)
{
	size_t n = strlen(name);

	while (list && *list) {
		size_t len = strcspn(list, ",");

		if (len == n && !strncmp(list, name, n))
			return true;
		list += len + (list[len] == ',');
	}
	return false;
}

const struct applet *applet_named(const struct applet *parent, const char *name)
{
	const struct applet *p;

	for (size_t i = 0; (p = applet_at(parent, i)); i++)
		if (str_eq(p->name, name) || is_second_name(p->names, name))
			return p;
	return NULL;
}

bool applet_is_absent(const struct applet *p)
{
	return !p->run && !p->sub;
}

/* Whether the word after flag S would be its value. */
static bool takes_next(const struct opt_set *set, const char *s)
{
	const struct opt *o;
	void *to;

	if (strchr(s, '='))
		return false;
	if (s[1] == '-')
		o = opts_named(set, 2, s + 2, strlen(s + 2), &to);
	else if (s[1] && !s[2])
		o = opts_letter(set, 2, s[1], &to);
	else
		return false;
	return !o || opt_takes_word(o);
}

/* The first word that is no flag and no flag's value, as far as APPLET knows its flags. false: none. */
static bool first_word(const struct applet *applet, const struct names *words, size_t *at)
{
	const struct opt_set set[2] = { { applet->opts, NULL }, { global_opts, NULL } };

	for (size_t i = 0; i < words->n; i++) {
		const char *s = words->item[i];

		if (str_eq(s, "--"))
			return false;
		if (*s == '-') {
			if (takes_next(set, s) && ++i + 1 >= words->n)
				return false; /* cobra's, too: the last word is then nobody's name */
		} else if (*s) {
			*at = i;
			return true;
		}
	}
	return false;
}

void applet_find(struct arena *a, const struct applet *start, const char *path, const char *const *word, size_t n, struct found *ret)
{
	struct found f = { start ? start : &root, path, { 0 } };
	const struct applet *child;
	size_t at;

	for (size_t i = 0; i < n; i++)
		names_add(a, &f.words, word[i]);
	while ((f.applet == &root || f.applet->sub) && first_word(f.applet, &f.words, &at) &&
	       (child = applet_named(f.applet, f.words.item[at]))) {
		memmove(&f.words.item[at], &f.words.item[at + 1], (f.words.n - at - 1) * sizeof *f.words.item);
		f.words.n--;
		f.applet = child;
		f.path = arena_fmt(a, "%s %s", f.path, child->name);
	}
	if (f.applet == &root)
		f.applet = NULL;
	*ret = f;
}

/* ---- what a command may call */

void call_flush(struct call *c)
{
	int r;

	if (!c->out->len && !buf_error(c->out))
		return;
	progress_pause(c->progress);
	r = buf_error(c->out);
	if (r >= 0)
		r = fd_write(STDOUT_FILENO, c->out->s, c->out->len);
	if (r < 0 && !c->out_error)
		c->out_error = r;
	buf_reset(c->out);
}

/* What stderr cannot take has nowhere else to go. */
static void talk(const struct buf *text)
{
	(void)fd_write(STDERR_FILENO, text->s, text->len);
}

void call_say(struct call *c, const char *fmt, ...)
{
	AUTO(buf) struct buf text = BUF_NONE, line = BUF_NONE;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	buf_add_escaped(&line, text.s, text.len);
	buf_addch(&line, '\n');
	progress_pause(c->progress);
	talk(&line);
}

bool call_is_terminal(int fd)
{
	return isatty(fd) == 1;
}

static struct help call_help(const struct call *c)
{
	return (struct help){ c->program, c->path, c->global->all, c->global->sub_commands };
}

void call_usage(struct call *c, const char *missing)
{
	AUTO(buf) struct buf text = BUF_NONE;
	const struct help h = call_help(c);

	if (missing)
		buf_addf(&text, "%s: %s\n\n", c->path, missing);
	help_usage(&h, c->applet, &text);
	talk(&text);
}

/* ---- running one */

static int unknown_command(struct call *c, const char *name, const char *in)
{
	if (!c->applet) {
		int r = client_check(c); /* it may be an alias */

		if (r < 0)
			return r;
		help_suggest(name, c->tail);
	}
	return err_set(c->err, -EINVAL, "unknown command \"%s\" for \"%s\"", name, in);
}

static int run_root(struct call *c, const struct names *words)
{
	const struct help h = call_help(c);
	size_t at;

	if (first_word(&root, words, &at))
		return unknown_command(c, words->item[at], c->program);
	if (c->global->install && !c->global->help)
		return install_links(c, c->global->install);
	if (c->global->version && !c->global->help)
		buf_addf(c->out, str_eq(c->program, "lxc") ? LXD_VERSION "\n" : "lxcbox " LXCBOX_VERSION " (LXD " LXD_VERSION " compatible)\n");
	else
		help_write(&h, NULL, c->out);
	return 0;
}

static int run_applet(struct call *c)
{
	const struct applet *p = c->applet;
	const struct help h = call_help(c);

	if (c->global->help) {
		help_write(&h, p, c->out);
		return 0;
	}
	if (p->sub && c->n_args)
		return unknown_command(c, c->args[0], c->path);
	if (p->sub) {
		call_usage(c, "a command is missing");
		return 0;
	}
	if (c->n_args < p->min || (p->max != ANY && c->n_args > p->max)) {
		help_write(&h, p, c->out);
		return c->n_args ? err_set(c->err, -EINVAL, "Invalid number of arguments") : 0;
	}
	if (c->global->project && *c->global->project && !str_eq(c->global->project, "default"))
		return err_set(c->err, -ENOENT, "project \"%s\": Project not found", c->global->project);
	return p->run(c);
}

static int parse_and_run(struct call *c, struct global *g, const struct applet *start, const char *path, const char *const *word, size_t n)
{
	struct found f;
	struct names args = { 0 };
	void *opts;
	int r;

	applet_find(c->arena, start, path, word, n, &f);
	c->applet = f.applet;
	c->path = f.path;
	if (f.applet && applet_is_absent(f.applet))
		return err_set(c->err, -EOPNOTSUPP, "\"%s\" is not supported by this version", f.path);

	opts = f.applet ? arena_alloc(c->arena, f.applet->opts_size + 1U) : g;
	const struct opt_set set[2] = { { f.applet ? f.applet->opts : root_opts, opts }, { global_opts, g } };
	opts_defaults(c->arena, set, 2);
	r = opts_parse(c->arena, set, 2, f.applet ? f.applet->behind : (struct behind){ 0 }, f.words.item, f.words.n, &args, c->err);
	c->opts = opts;
	c->n_args = args.n;
	c->args = args.item = arena_grow(c->arena, args.item, args.n, sizeof *args.item);
	args.item[args.n] = NULL;
	if (!f.applet) {
		size_t at;

		/* cobra looks at the name first: "unknown command" comes before "unknown flag" */
		return r < 0 && !first_word(&root, &f.words, &at) ? r : run_root(c, &f.words);
	}
	if (r < 0)
		return r;
	progress_open(c->progress, g->quiet);
	return run_applet(c);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int dispatch(struct call *c, struct global *g, int argc, char **argv)
{
	const char *called = argc > 0 ? base_name(argv[0]) : "lxcbox";
	const struct applet *link = NULL;
	struct names words = { 0 };
	int r;

	c->program = str_eq(called, "lxc") ? "lxc" : "lxcbox";
	c->path = c->program;
	for (int i = 1; i < argc; i++)
		names_add(c->arena, &words, argv[i]);
	if (str_after(called, "lxc") && words.n && str_eq(words.item[0], "__complete")) {
		c->args = words.item + 1;
		c->n_args = words.n - 1;
		return complete_run(c);
	}
	if (str_after(called, "lxcbox") || str_eq(called, "lxc")) {
		if ((r = alias_expand(c, &words)) < 0)
			return r;
	} else if ((link = applet_named(NULL, called))) {
		c->path = arena_fmt(c->arena, "%s %s", c->program, link->name);
	} else {
		return unknown_command(c, called, c->program);
	}
	return parse_and_run(c, g, link, c->path, words.item, words.n);
}

static void tell_error(struct call *c)
{
	static const char no_memory[] = "Error: out of memory\n";
	AUTO(buf) struct buf line = BUF_NONE;

	buf_addstr(&line, "Error: ");
	buf_add_escaped(&line, c->err->text, strlen(c->err->text));
	buf_addch(&line, '\n');
	buf_add(&line, c->tail->s, c->tail->len);
	if (buf_error(&line))
		(void)fd_write(STDERR_FILENO, no_memory, sizeof no_memory - 1);
	else
		talk(&line);
}

/* The status of a command whose output could not be written. */
static int lost_output(struct call *c, int status)
{
	if (c->out_error == -EPIPE)
		return status ? status : 141; /* as if SIGPIPE had ended us; the reader wanted no more */
	*c->err = ERR_NONE;
	buf_reset(c->tail);
	(void)err_code(c->err, c->out_error, "cannot write to stdout");
	tell_error(c);
	return status ? status : 1;
}

int applet_main(int argc, char **argv)
{
	/* until the process ends: to give its memory back page by page takes longer than its end */
	static struct arena arena;
	static _Alignas(max_align_t) char first[8192];
	static struct buf out = BUF_NONE, tail = BUF_NONE;
	struct err err = ERR_NONE;
	struct global global = { 0 };
	struct progress progress = { 0 };
	struct call c = { .global = &global, .arena = &arena, .out = &out, .err = &err, .tail = &tail,
			  .progress = &progress, .report = &progress.report };
	int r, status;

	arena_lend(&arena, first, sizeof first);
	(void)buf_room(&out, 1); /* held until the end, it keeps the page that all small buffers share (buf.c) */
	r = dispatch(&c, &global, argc, argv);
	progress_pause(&progress);
	call_flush(&c);
	status = c.status ? c.status : r < 0;
	if (r < 0)
		tell_error(&c);
	target_close(&c);
	return c.out_error ? lost_output(&c, status) : status;
}
