/* profile - sets of keys and devices that instances share */
#include <errno.h>
#include <string.h>
#include "applets/out.h"
#include "applets/pairs.h"
#include "applets/target.h"
#include "applets/yaml_edit.h"
#include "core/name.h"

struct profile_opts {
	const char *format;
	const char *target_project;
};

static const struct opt format_opts[] = {
	OPT_FORMAT(struct profile_opts),
	OPT_END,
};

static int find(struct call *c, const char *word, struct target *t)
{
	return target_named(c, word, "profile", t);
}

static int read_profile(struct call *c, const char *word, struct target *t, struct profile *ret)
{
	int r = find(c, word, t);

	*ret = (struct profile){ 0 };
	return r < 0 ? r : t->server->instances->profile_get(t->server, c->arena, t->name, true, ret, c->err);
}

static int update(struct call *c, const struct target *t, const struct profile *p)
{
	return t->server->instances->profile_update(t->server, p, c->report, c->err);
}

static void say(struct call *c, const char *one, const char *name, const char *two, const char *other, const char *end)
{
	buf_addstr(c->out, one);
	buf_add_escaped(c->out, name, strlen(name));
	buf_addstr(c->out, two);
	buf_add_escaped(c->out, other, strlen(other));
	buf_addf(c->out, "%s\n", end);
}

/* ---- the profiles themselves */

static int list_run(struct call *c)
{
	static const char *const header[] = { "NAME", "DESCRIPTION", "USED BY" };
	const struct profile_opts *o = c->opts;
	struct doc *all = doc_list(c->arena);
	struct profile *p = NULL;
	enum format format;
	struct target t;
	struct table table;
	size_t n = 0;
	int r = format_parse(o->format, &format, c->err);

	if (r < 0 || (r = target_server(c, c->n_args ? c->args[0] : NULL, &t)) < 0 ||
	    (r = t.server->instances->profile_list(t.server, c->arena, &p, &n, c->err)) < 0)
		return r;
	table_open(&table, c->arena, header, ARRAY_SIZE(header));
	for (size_t i = 0; i < n; i++) {
		const char **cell = table_row(&table);

		cell[0] = p[i].name;
		cell[1] = p[i].description ? p[i].description : "";
		cell[2] = out_number(c->arena, (int64_t)p[i].used_by.n);
		doc_add(c->arena, all, record_write(c->arena, profile_fields, ON_WIRE, &p[i]));
	}
	table_sort(&table);
	if (format_is_document(format))
		out_document(all, format, c->out);
	else
		table_write(&table, format, c->out);
	return 0;
}

static int show_run(struct call *c)
{
	struct profile p;
	struct target t;
	int r = read_profile(c, c->args[0], &t, &p);

	if (r < 0)
		return err_in(c->err, r, "Fetch profile");
	doc_write_yaml(record_write(c->arena, profile_fields, ON_WIRE, &p), c->out);
	return 0;
}

static int create_run(struct call *c)
{
	struct profile p = { .description = "" };
	struct target t;
	int r = find(c, c->args[0], &t);

	if (r < 0 || (r = name_profile(t.name, c->err)) < 0)
		return r;
	p.name = t.name;
	if ((r = t.server->instances->profile_create(t.server, &p, c->err)) >= 0)
		say(c, "Profile ", t.name, " created", "", "");
	return r;
}

static int delete_run(struct call *c)
{
	struct target t;
	int r = find(c, c->args[0], &t);

	if (r >= 0 && (r = t.server->instances->profile_delete(t.server, t.name, c->err)) >= 0)
		say(c, "Profile ", t.name, " deleted", "", "");
	return r;
}

static int rename_run(struct call *c)
{
	struct target t;
	int r = find(c, c->args[0], &t);

	if (r < 0 || (r = name_profile(c->args[1], c->err)) < 0)
		return r;
	if ((r = t.server->instances->profile_rename(t.server, t.name, c->args[1], c->err)) >= 0)
		say(c, "Profile ", t.name, " renamed to ", c->args[1], "");
	return r;
}

static int copy_run(struct call *c)
{
	struct target from, to;
	struct profile p;
	int r = read_profile(c, c->args[0], &from, &p);

	if (r < 0 || (r = target_parse(c, c->args[1], &to)) < 0)
		return r;
	p.name = *to.name ? to.name : from.name;
	return (r = name_profile(p.name, c->err)) < 0 ? r : to.server->instances->profile_create(to.server, &p, c->err);
}

static int apply_edit(struct call *c, void *ctx, const struct doc *to)
{
	const struct target *t = ctx;
	struct profile p = { 0 };
	int r = record_read(c->arena, profile_fields, ON_SHOW, t->name, to, &p, NULL, c->err);

	p.name = t->name;
	return r < 0 ? r : update(c, t, &p);
}

static int edit_run(struct call *c)
{
	struct profile p = { 0 };
	struct target t;
	int r = find(c, c->args[0], &t);

	if (r < 0)
		return r;
	r = t.server->instances->profile_get(t.server, c->arena, t.name, true, &p, c->err);
	if (r == -ENOENT || (r < 0 && call_is_terminal(STDIN_FILENO)))
		return r;
	*c->err = ERR_NONE; /* a damaged one can be replaced by what comes on stdin */
	return yaml_edit(c, &(struct yaml_edit){
		t.name,
		"This is a YAML representation of the profile.\n"
		"Any line starting with a '# will be ignored.\n"
		"\n"
		"A profile consists of a set of configuration items followed by a set of\n"
		"devices. A sample configuration looks like:\n"
		"config:\n"
		"  limits.memory: 512MiB\n"
		"devices:\n"
		"  homedir:\n"
		"    path: /extra\n"
		"    source: /home/user\n"
		"    type: disk\n"
		"\n"
		"Note that the name is shown but cannot be changed\n",
		record_write(c->arena, profile_fields, ON_WIRE, &p), apply_edit, &t });
}

/* ---- keys */

static int get_run(struct call *c)
{
	const char *value;
	struct profile p;
	struct target t;
	int r = read_profile(c, c->args[0], &t, &p);

	if (r < 0)
		return r;
	value = map_get(&p.config, c->args[1]);
	buf_addstr(c->out, value ? value : "");
	buf_addch(c->out, '\n');
	return 0;
}

static int set_run(struct call *c)
{
	struct map changes;
	struct profile p;
	struct target t;
	int r = read_profile(c, c->args[0], &t, &p);

	if (r < 0 || (r = pairs_parse(c, c->args + 1, c->n_args - 1, &changes)) < 0)
		return r;
	pairs_apply(c->arena, &changes, &p.config);
	return update(c, &t, &p);
}

static int unset_run(struct call *c)
{
	struct profile p;
	struct target t;
	int r = read_profile(c, c->args[0], &t, &p);

	map_set(c->arena, &p.config, c->args[1], "");
	return r < 0 ? r : update(c, &t, &p);
}

/* ---- the profiles of an instance */

struct profile_change {
	const struct names *assign; /* NULL: one is added or removed */
	const char *add, *remove;
};

static int change(void *ctx, struct arena *a, struct instance *i, struct err *e)
{
	const struct profile_change *ch = ctx;
	struct names left = { 0 };

	if (ch->assign) {
		i->profiles = *ch->assign;
		return 0;
	}
	if (ch->remove && !names_has(&i->profiles, ch->remove))
		return err_set(e, -ENOENT, "Profile %s isn't currently applied to %s", ch->remove, i->name);
	for (size_t n = 0; n < i->profiles.n; n++)
		if (!ch->remove || !str_eq(i->profiles.item[n], ch->remove))
			names_add(a, &left, i->profiles.item[n]);
	if (ch->add)
		names_add(a, &left, ch->add);
	i->profiles = left;
	return 0;
}

static int change_instance(struct call *c, struct target *t, struct profile_change *ch)
{
	int r = target_instance(c, c->args[0], t);

	return r < 0 ? r : t->server->instances->change(t->server, c->arena, t->name, change, ch, c->report, c->err);
}

/* "p1, p2": blanks around a name are not meant */
static struct names split_names(struct arena *a, const char *s)
{
	struct names names = { 0 };

	while (*s) {
		size_t n = strcspn(s, ","), from = strspn(s, " "), to = n;

		while (to > from && s[to - 1] == ' ')
			to--;
		names_add(a, &names, arena_dupn(a, s + from, to - from));
		if (s[n] && !s[n + 1])
			names_add(a, &names, "");
		s += n + (s[n] == ',');
	}
	return names;
}

static int assign_run(struct call *c)
{
	struct names names = split_names(c->arena, c->args[1]);
	struct profile_change ch = { .assign = &names };
	struct target t;
	int r = change_instance(c, &t, &ch);

	if (r >= 0)
		say(c, "Profiles ", names.n ? c->args[1] : "(none)", " applied to ", t.name, "");
	return r;
}

static int add_run(struct call *c)
{
	struct profile_change ch = { .add = c->args[1] };
	struct target t;
	int r = change_instance(c, &t, &ch);

	if (r >= 0)
		say(c, "Profile ", c->args[1], " added to ", t.name, "");
	return r;
}

static int remove_run(struct call *c)
{
	struct profile_change ch = { .remove = c->args[1] };
	struct target t;
	int r = change_instance(c, &t, &ch);

	if (r >= 0)
		say(c, "Profile ", c->args[1], " removed from ", t.name, "");
	return r;
}

/* ---- devices */

static int device_list_run(struct call *c)
{
	struct profile p;
	struct target t;
	int r = read_profile(c, c->args[0], &t, &p);

	for (size_t i = 0; r >= 0 && i < p.devices.n; i++)
		buf_addf(c->out, "%s\n", p.devices.item[i].name);
	return r;
}

static int device_show_run(struct call *c)
{
	struct profile p;
	struct target t;
	int r = read_profile(c, c->args[0], &t, &p);

	if (r >= 0)
		doc_write_yaml(devices_document(c->arena, &p.devices), c->out);
	return r;
}

#define P     "[<remote>:]<profile>"
#define N_P   "[<remote>:]<instance> <profile>"
#define PROF  .complete = COMPLETE_PROFILES
#define INST  .complete = COMPLETE_INSTANCES

static const struct applet device_applets[] = {
	{ .name = "add" },
	{ .name = "get" },
	{ .name = "list", .names = "ls", .usage = P, .summary = "List profile devices", .min = 1, .max = 1, PROF, .run = device_list_run },
	{ .name = "remove", .names = "rm" },
	{ .name = "set" },
	{ .name = "show", .usage = P, .summary = "Show full device configuration", .min = 1, .max = 1, PROF, .run = device_show_run },
	{ .name = "unset" },
	{ 0 },
};

static const struct opt copy_opts[] = {
	OPT(STRING, 0, "target-project", struct profile_opts, target_project, NULL, NULL),
	OPT_END,
};

static const struct applet profile_applets[] = {
	{ .name = "add", .usage = N_P, .summary = "Add profiles to instances", .min = 2, .max = 2, INST, .run = add_run },
	{ .name = "assign", .names = "apply", .usage = "[<remote>:]<instance> <profiles>", .summary = "Assign sets of profiles to instances",
	  .examples = "lxc profile assign foo default,bar\n    Set the profiles for \"foo\" to \"default\" and \"bar\".\n\n"
		      "lxc profile assign foo ''\n    Remove all profiles from \"foo\"\n",
	  .min = 2, .max = 2, INST, .run = assign_run },
	{ .name = "copy", .names = "cp", .usage = P " [<remote>:]<profile>", .summary = "Copy profiles", .opts = copy_opts,
	  .opts_size = sizeof(struct profile_opts), .min = 2, .max = 2, PROF, .run = copy_run },
	{ .name = "create", .usage = P, .summary = "Create profiles", .min = 1, .max = 1, .run = create_run },
	{ .name = "delete", .names = "rm", .usage = P, .summary = "Delete profiles", .min = 1, .max = 1, PROF, .run = delete_run },
	{ .name = "device", .summary = "Manage devices", .sub = device_applets },
	{ .name = "edit", .usage = P, .summary = "Edit profile configurations as YAML",
	  .examples = "lxc profile edit <profile> < profile.yaml\n    Update a profile using the content of profile.yaml\n", .min = 1, .max = 1,
	  PROF, .run = edit_run },
	{ .name = "get", .usage = P " <key>", .summary = "Get values for profile configuration keys", .min = 2, .max = 2, PROF, .run = get_run },
	{ .name = "list", .names = "ls", .usage = "[<remote>:]", .summary = "List profiles", .opts = format_opts,
	  .opts_size = sizeof(struct profile_opts), .max = 1, .run = list_run },
	{ .name = "remove", .usage = N_P, .summary = "Remove profiles from instances", .min = 2, .max = 2, INST, .run = remove_run },
	{ .name = "rename", .names = "mv", .usage = P " <new-name>", .summary = "Rename profiles", .min = 2, .max = 2, PROF, .run = rename_run },
	{ .name = "set", .usage = P " <key>=<value>...", .summary = "Set profile configuration keys", .min = 2, .max = ANY, PROF, .run = set_run },
	{ .name = "show", .usage = P, .summary = "Show profile configurations", .min = 1, .max = 1, PROF, .run = show_run },
	{ .name = "unset", .usage = P " <key>", .summary = "Unset profile configuration keys", .min = 2, .max = 2, PROF, .run = unset_run },
	{ 0 },
};

const struct applet applet_profile = {
	.name = "profile",
	.summary = "Manage profiles",
	.sub = profile_applets,
};
