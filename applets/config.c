/* config - keys of instances and of the server */
#include <errno.h>
#include <string.h>
#include "applets/out.h"
#include "applets/pairs.h"
#include "applets/target.h"
#include "applets/yaml_edit.h"

struct config_opts {
	bool expanded;
	const char *target;
};

static const struct opt expanded_opts[] = {
	OPT(BOOL, 'e', "expanded", struct config_opts, expanded, NULL, "Access the expanded configuration"),
	OPT(STRING, 0, "target", struct config_opts, target, NULL, NULL),
	OPT_END,
};

static const struct opt config_opts[] = {
	OPT(STRING, 0, "target", struct config_opts, target, NULL, NULL),
	OPT_END,
};

static int read_instance(struct call *c, const struct target *t, struct instance *ret)
{
	struct instance_list list;
	int r = t->server->instances->list(t->server, c->arena, PART_RECORD | PART_EXPANDED, t->name, &list, c->err);

	if (r < 0)
		return r;
	if (list.n != 1)
		return err_set(c->err, -ENOENT, "Instance not found");
	if (list.item[0].broken)
		return err_set(c->err, -EIO, "%s", list.item[0].broken);
	*ret = list.item[0].record;
	return 0;
}

/* Word N (missing: the server's): an instance, or with the name "" the server. */
static int find(struct call *c, const char *word, struct target *ret)
{
	const struct config_opts *o = c->opts;
	int r = target_parse(c, word ? word : "", ret);

	if (r < 0 || (*ret->name && (r = target_instance(c, word, ret)) < 0))
		return r;
	return target_no_member(c, ret, o->target);
}

static int read_server(struct call *c, const struct target *t, struct map *ret)
{
	return t->server->instances->config_get(t->server, c->arena, ret, c->err);
}

static int refuse_expanded(struct call *c, const struct target *t, const struct config_opts *o)
{
	return o->expanded && !*t->name ? err_set(c->err, -EINVAL, "--expanded cannot be used with a server") : 0;
}

/* ---- get */

static int config_get_run(struct call *c)
{
	const struct config_opts *o = c->opts;
	const char *key = c->args[c->n_args - 1], *value;
	struct instance i;
	struct map server;
	struct target t;
	int r = find(c, c->n_args > 1 ? c->args[0] : NULL, &t);

	if (r < 0 || (r = refuse_expanded(c, &t, o)) < 0 || (r = *t.name ? read_instance(c, &t, &i) : read_server(c, &t, &server)) < 0)
		return r;
	value = map_get(!*t.name ? &server : o->expanded ? &i.expanded_config : &i.config, key);
	if (!*t.name && value && str_eq(key, "core.trust_password"))
		value = "true";
	buf_addstr(c->out, value ? value : ""); /* as it was set: scripts read it */
	buf_addch(c->out, '\n');
	return 0;
}

/* ---- set, unset */

struct change {
	struct map changes;
	const char *unset;
};

static int change(void *ctx, struct arena *a, struct instance *i, struct err *e)
{
	const struct change *ch = ctx;

	if (ch->unset && !map_get(&i->config, ch->unset))
		return err_set(e, -ENOENT, "Can't unset key '%s', it's not currently set", ch->unset);
	if (ch->unset)
		map_set(a, &i->config, ch->unset, "");
	pairs_apply(a, &ch->changes, &i->config);
	return 0;
}

static int change_instance(struct call *c, const struct target *t, struct change *ch)
{
	return t->server->instances->change(t->server, c->arena, t->name, change, ch, c->report, c->err);
}

/* Whether the words of `set` mean the server: no instance's name among them. */
static bool means_server(struct call *c)
{
	const char *first = c->args[0], *rest = target_has_remote(c, first) ? strchr(first, ':') + 1 : first;
	bool all_pairs = true;

	for (size_t i = 0; i < c->n_args; i++)
		all_pairs &= strchr(c->args[i], '=') != NULL;
	return all_pairs || strchr(rest, '.') || (c->n_args == 2 && !strchr(first, '=') && !strchr(c->args[1], '='));
}

static int config_set_run(struct call *c)
{
	const struct config_opts *o = c->opts;
	bool server = means_server(c);
	struct change ch = { 0 };
	struct target t;
	int r;

	if (server) {
		const char *first = c->args[0];
		struct names words = { 0 };
		bool remote = target_has_remote(c, first);

		if ((r = target_parse(c, remote ? arena_dupn(c->arena, first, (size_t)(strchr(first, ':') + 1 - first)) : "", &t)) < 0 ||
		    (r = target_no_member(c, &t, o->target)) < 0)
			return r;
		for (size_t i = 0; i < c->n_args; i++)
			names_add(c->arena, &words, i || !remote ? c->args[i] : strchr(first, ':') + 1);
		if ((r = pairs_parse(c, words.item, words.n, &ch.changes)) < 0)
			return r;
		return t.server->instances->config_set(t.server, &ch.changes, c->err);
	}
	if ((r = find(c, c->args[0], &t)) < 0 || (r = pairs_parse(c, c->args + 1, c->n_args - 1, &ch.changes)) < 0)
		return r;
	return *t.name ? change_instance(c, &t, &ch) : t.server->instances->config_set(t.server, &ch.changes, c->err);
}

static int config_unset_run(struct call *c)
{
	struct change ch = { .unset = c->args[c->n_args - 1] };
	struct map server;
	struct target t;
	int r = find(c, c->n_args > 1 ? c->args[0] : NULL, &t);

	if (r < 0)
		return r;
	if (*t.name)
		return change_instance(c, &t, &ch);
	if ((r = read_server(c, &t, &server)) < 0)
		return r;
	if (!map_get(&server, ch.unset))
		return err_set(c->err, -ENOENT, "Can't unset key '%s', it's not currently set", ch.unset);
	map_set(c->arena, &ch.changes, ch.unset, "");
	return t.server->instances->config_set(t.server, &ch.changes, c->err);
}

/* ---- show, edit */

static struct doc *server_document(struct arena *a, const struct map *config)
{
	struct doc *d = doc_map(a);

	doc_put(a, d, "config", pairs_document(a, config));
	return d;
}

static int config_show_run(struct call *c)
{
	const struct config_opts *o = c->opts;
	struct instance i;
	struct map server;
	struct target t;
	int r = find(c, c->n_args ? c->args[0] : NULL, &t);

	if (r < 0 || (r = refuse_expanded(c, &t, o)) < 0 ||
	    (r = *t.name ? read_instance(c, &t, &i) : read_server(c, &t, &server)) < 0)
		return r;
	if (o->expanded) {
		i.config = i.expanded_config;
		i.devices = i.expanded_devices;
	}
	doc_write_yaml(*t.name ? record_write(c->arena, instance_fields, ON_SHOW, &i) : server_document(c->arena, &server), c->out);
	return 0;
}

static int apply_instance(struct call *c, void *ctx, const struct doc *to)
{
	const struct target *t = ctx;
	struct instance i = { 0 };
	int r = record_read(c->arena, instance_fields, ON_SHOW, t->name, to, &i, NULL, c->err);

	return r < 0 ? r : t->server->instances->update(t->server, c->arena, t->name, &i, c->report, c->err);
}

struct server_config {
	struct map config;
};

static const struct field server_fields[] = {
	FIELD(struct server_config, config, ON_SHOW),
	FIELD_END,
};

static int apply_server(struct call *c, void *ctx, const struct doc *to)
{
	const struct target *t = ctx;
	struct server_config s = { 0 };
	struct map old;
	int r = record_read(c->arena, server_fields, ON_SHOW, "config", to, &s, NULL, c->err);

	if (r < 0 || (r = read_server(c, t, &old)) < 0)
		return r;
	for (size_t i = 0; i < old.n; i++)
		if (!map_get(&s.config, old.item[i].key))
			map_set(c->arena, &s.config, old.item[i].key, "");
	return t->server->instances->config_set(t->server, &s.config, c->err);
}

static int config_edit_run(struct call *c)
{
	struct instance i;
	struct map server;
	struct target t;
	int r = find(c, c->n_args ? c->args[0] : NULL, &t);

	if (r < 0 || (r = *t.name ? read_instance(c, &t, &i) : read_server(c, &t, &server)) < 0)
		return r;
	if (!*t.name)
		return yaml_edit(c, &(struct yaml_edit){
			"config",
			"This is a YAML representation of the configuration of the server.\n"
			"Any line starting with a '# will be ignored.\n",
			server_document(c->arena, &server), apply_server, &t });
	return yaml_edit(c, &(struct yaml_edit){
		t.name,
		"This is a YAML representation of the configuration of an instance.\n"
		"Any line starting with a '# will be ignored.\n"
		"\n"
		"A sample configuration looks like:\n"
		"config:\n"
		"  limits.memory: 512MiB\n"
		"devices: {}\n"
		"profiles:\n"
		"- default\n"
		"\n"
		"Note that the name cannot be changed here, and that volatile keys may be left out.\n",
		record_write(c->arena, instance_fields, ON_SHOW, &i), apply_instance, &t });
}

/* ---- devices */

static int device_list_run(struct call *c)
{
	struct instance i;
	struct target t;
	int r = target_instance(c, c->args[0], &t);

	if (r < 0 || (r = read_instance(c, &t, &i)) < 0)
		return r;
	for (size_t n = 0; n < i.devices.n; n++)
		buf_addf(c->out, "%s\n", i.devices.item[n].name);
	return 0;
}

static int device_show_run(struct call *c)
{
	struct instance i;
	struct target t;
	int r = target_instance(c, c->args[0], &t);

	if (r < 0 || (r = read_instance(c, &t, &i)) < 0)
		return r;
	doc_write_yaml(devices_document(c->arena, &i.devices), c->out);
	return 0;
}

static const struct applet device_applets[] = {
	{ .name = "add" },
	{ .name = "get" },
	{ .name = "list", .names = "ls", .usage = "[<remote>:]<instance>", .summary = "List instance devices", .min = 1, .max = 1,
	  .complete = COMPLETE_INSTANCES, .run = device_list_run },
	{ .name = "override" },
	{ .name = "remove", .names = "rm" },
	{ .name = "set" },
	{ .name = "show", .usage = "[<remote>:]<instance>", .summary = "Show full device configuration", .min = 1, .max = 1,
	  .complete = COMPLETE_INSTANCES, .run = device_show_run },
	{ .name = "unset" },
	{ 0 },
};

static const struct applet config_applets[] = {
	{ .name = "device", .summary = "Manage devices", .sub = device_applets },
	{ .name = "edit", .usage = "[<remote>:][<instance>]", .summary = "Edit instance or server configurations as YAML",
	  .examples = "lxc config edit <instance> < instance.yaml\n    Update the instance configuration from config.yaml.\n",
	  .opts = config_opts, .opts_size = sizeof(struct config_opts), .max = 1, .complete = COMPLETE_INSTANCES, .run = config_edit_run },
	{ .name = "get", .usage = "[<remote>:][<instance>] <key>", .summary = "Get values for instance or server configuration keys",
	  .opts = expanded_opts, .opts_size = sizeof(struct config_opts), .min = 1, .max = 2, .complete = COMPLETE_INSTANCES,
	  .run = config_get_run },
	{ .name = "metadata" },
	{ .name = "set", .usage = "[<remote>:][<instance>] <key>=<value>...", .summary = "Set instance or server configuration keys",
	  .text = "For backward compatibility, a single configuration key may still be set with:\n    lxc config set [<remote>:][<instance>] <key> <value>\n",
	  .examples = "lxc config set c1 limits.cpu=2\n    Will set a CPU limit of \"2\" for the instance.\n\n"
		      "lxc config set core.https_address=[::]:8443\n    Will have the server listen on IPv4 and IPv6 port 8443.\n",
	  .opts = config_opts, .opts_size = sizeof(struct config_opts), .min = 1, .max = ANY, .complete = COMPLETE_INSTANCES,
	  .run = config_set_run },
	{ .name = "show", .usage = "[<remote>:][<instance>]", .summary = "Show instance or server configurations",
	  .opts = expanded_opts, .opts_size = sizeof(struct config_opts), .max = 1, .complete = COMPLETE_INSTANCES, .run = config_show_run },
	{ .name = "template" },
	{ .name = "trust" },
	{ .name = "unset", .usage = "[<remote>:][<instance>] <key>", .summary = "Unset instance or server configuration keys",
	  .opts = config_opts, .opts_size = sizeof(struct config_opts), .min = 1, .max = 2, .complete = COMPLETE_INSTANCES,
	  .run = config_unset_run },
	{ 0 },
};

const struct applet applet_config = {
	.name = "config",
	.summary = "Manage instance and server configuration options",
	.sub = config_applets,
};
