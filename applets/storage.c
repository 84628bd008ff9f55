/* storage - there is one pool, "default": the state directory */
#include <errno.h>
#include "applets/out.h"
#include "applets/target.h"

struct storage_opts {
	const char *format;
};

static const struct opt list_opts[] = {
	OPT_FORMAT(struct storage_opts),
	OPT_END,
};

/* Instances, and profiles whose root is in it */
static int find_users(struct call *c, struct server *s, struct doc *to)
{
	struct arena *a = c->arena;
	struct instance_list list;
	struct profile *profile = NULL;
	size_t n = 0;
	int r = s->instances->list(s, a, 0, NULL, &list, c->err);

	if (r < 0 || (r = s->instances->profile_list(s, a, &profile, &n, c->err)) < 0)
		return r;
	for (size_t i = 0; i < list.n; i++)
		doc_add(a, to, doc_str(a, arena_fmt(a, "/1.0/instances/%s", list.item[i].record.name)));
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < profile[i].devices.n; j++)
			if (map_get(&profile[i].devices.item[j].options, "pool")) {
				doc_add(a, to, doc_str(a, arena_fmt(a, "/1.0/profiles/%s", profile[i].name)));
				break;
			}
	return 0;
}

static struct doc *document(struct call *c, struct doc *used)
{
	struct arena *a = c->arena;
	struct doc *d = doc_map(a), *config = doc_map(a), *locations = doc_list(a);

	doc_put(a, config, "source", doc_str(a, target_directory(c)));
	doc_add(a, locations, doc_str(a, "none"));
	doc_put(a, d, "config", config);
	doc_put(a, d, "description", doc_str(a, ""));
	doc_put(a, d, "name", doc_str(a, "default"));
	doc_put(a, d, "driver", doc_str(a, "overlay"));
	doc_put(a, d, "used_by", used);
	doc_put(a, d, "status", doc_str(a, "Created"));
	doc_put(a, d, "locations", locations);
	return d;
}

static int list_run(struct call *c)
{
	static const char *const header[] = { "NAME", "DRIVER", "SOURCE", "DESCRIPTION", "USED BY", "STATE" };
	const struct storage_opts *o = c->opts;
	struct doc *users = doc_list(c->arena), *all = doc_list(c->arena);
	const char **cell;
	enum format format;
	struct target t;
	struct table table;
	int r = format_parse(o->format, &format, c->err);

	if (r < 0 || (r = target_server(c, c->n_args ? c->args[0] : NULL, &t)) < 0 ||
	    (r = find_users(c, t.server, users)) < 0)
		return r;
	if (format_is_document(format)) {
		doc_add(c->arena, all, document(c, users));
		out_document(all, format, c->out);
		return 0;
	}
	table_open(&table, c->arena, header, ARRAY_SIZE(header));
	cell = table_row(&table);
	cell[0] = "default";
	cell[1] = "overlay";
	cell[2] = target_directory(c);
	cell[4] = out_number(c->arena, (int64_t)users->n);
	cell[5] = "CREATED";
	table_write(&table, format, c->out);
	return 0;
}

static int show_run(struct call *c)
{
	struct doc *users = doc_list(c->arena);
	struct target t;
	int r = target_named(c, c->args[0], "pool", &t);

	if (r < 0)
		return r;
	if (!str_eq(t.name, "default"))
		return err_set(c->err, -ENOENT, "Storage pool not found");
	if ((r = find_users(c, t.server, users)) >= 0)
		doc_write_yaml(document(c, users), c->out);
	return r;
}

static const struct applet storage_applets[] = {
	{ .name = "create" },
	{ .name = "delete", .names = "rm" },
	{ .name = "edit" },
	{ .name = "get" },
	{ .name = "info" },
	{ .name = "list", .names = "ls", .usage = "[<remote>:]", .summary = "List available storage pools", .opts = list_opts,
	  .opts_size = sizeof(struct storage_opts), .max = 1, .run = list_run },
	{ .name = "set" },
	{ .name = "show", .usage = "[<remote>:]<pool>", .summary = "Show storage pool configurations", .min = 1, .max = 1, .run = show_run },
	{ .name = "unset" },
	{ .name = "volume" },
	{ 0 },
};

const struct applet applet_storage = {
	.name = "storage",
	.summary = "Manage storage pools and volumes",
	.sub = storage_applets,
};
