#include <string.h>
#include "applets/applet.h"
#include "applets/target.h"

static void offer(struct call *c, const char *typed, const char *name, const char *what)
{
	if (!str_after(name, typed))
		return;
	buf_add_escaped(c->out, name, strlen(name));
	buf_addf(c->out, *what ? "\t%s\n" : "%s\n", what);
}

static void offer_flags(struct call *c, const char *typed, const struct opt *o)
{
	for (; o && o->name[0]; o++)
		if (o->help)
			offer(c, typed, arena_fmt(c->arena, "--%s", o->name), o->help);
}

static void offer_commands(struct call *c, const char *typed, const struct applet *parent)
{
	const struct applet *p;

	for (size_t i = 0; (p = applet_at(parent, i)); i++)
		if (!applet_is_absent(p) && !p->hidden)
			offer(c, typed, p->name, p->summary);
}

static void offer_instances(struct call *c, const char *typed, struct server *s, enum complete kind)
{
	struct instance_list list;

	if (s->instances->list(s, c->arena, kind == COMPLETE_INSTANCES ? 0 : PART_STATUS, NULL, &list, c->err) < 0)
		return;
	for (size_t i = 0; i < list.n; i++) {
		int64_t status = list.item[i].record.status_code;

		if (kind == COMPLETE_INSTANCES || (status == STATUS_STOPPED) == (kind == COMPLETE_STOPPED))
			offer(c, typed, list.item[i].record.name, "");
	}
}

static void offer_images(struct call *c, const char *typed, struct server *s)
{
	struct image_alias_entry *list;
	size_t n;

	offer(c, typed, "host:", "a clone of this host");
	if (s->images->alias_list(s, c->arena, &list, &n, c->err) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		offer(c, typed, list[i].name, list[i].description ? list[i].description : "");
}

static void offer_profiles(struct call *c, const char *typed, struct server *s)
{
	struct profile *list;
	size_t n;

	if (s->instances->profile_list(s, c->arena, &list, &n, c->err) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		offer(c, typed, list[i].name, "");
}

static void offer_words(struct call *c, const char *typed, enum complete kind)
{
	struct target t;

	if (kind == COMPLETE_COMMANDS)
		offer_commands(c, typed, NULL);
	if (kind == COMPLETE_NOTHING || kind == COMPLETE_COMMANDS || target_server(c, NULL, &t) < 0)
		return;
	if (kind == COMPLETE_IMAGES)
		offer_images(c, typed, t.server);
	else if (kind == COMPLETE_PROFILES)
		offer_profiles(c, typed, t.server);
	else
		offer_instances(c, typed, t.server, kind);
}

/* Whether the last of WORDS is a flag that waits for its value. */
static bool is_value_of_flag(const struct found *f)
{
	const struct opt_set set[2] = { { f->applet ? f->applet->opts : NULL, NULL }, { global_opts, NULL } };
	const char *s = f->words.n ? f->words.item[f->words.n - 1] : "";
	const struct opt *o = NULL;
	void *to;

	if (s[0] != '-' || !s[1] || strchr(s, '='))
		return false;
	if (s[1] == '-')
		o = opts_named(set, 2, s + 2, strlen(s + 2), &to);
	else
		o = opts_letter(set, 2, s[strlen(s) - 1], &to);
	return o && opt_takes_word(o);
}

/* `lxcbox __complete WORD... LAST`: lines "candidate<TAB>what it is", then ":4" (do not complete file names). Nothing ever
 * goes to stderr, and the status is 0: it is asked in the middle of somebody's typing. */
int complete_run(struct call *c)
{
	const char *typed = c->n_args ? c->args[c->n_args - 1] : "";
	struct found f;

	applet_find(c->arena, NULL, c->program, c->args, c->n_args ? c->n_args - 1 : 0, &f);
	if (is_value_of_flag(&f)) {
		buf_addstr(c->out, ":0\n");
		return 0;
	}
	if (*typed == '-') {
		offer_flags(c, typed, f.applet ? f.applet->opts : NULL);
		offer_flags(c, typed, global_opts);
	} else if (!f.applet || f.applet->sub) {
		offer_commands(c, typed, f.applet);
	} else {
		offer_words(c, typed, (enum complete)f.applet->complete);
	}
	buf_addstr(c->out, ":4\n");
	return 0;
}
