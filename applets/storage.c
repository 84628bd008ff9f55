/* storage - there is one pool, "default": the state directory */
#include "applets/out.h"
#include "applets/target.h"

struct storage_opts {
	const char *format;
};

static const struct opt list_opts[] = {
	OPT_FORMAT(struct storage_opts),
	OPT_END,
};

static void write_document(struct call *c, const char *source, const struct instance_list *users, enum format format)
{
	struct arena *a = c->arena;
	struct doc *all = doc_list(a), *d = doc_map(a), *config = doc_map(a), *used = doc_list(a), *locations = doc_list(a);

	doc_put(a, config, "source", doc_str(a, source));
	for (size_t i = 0; i < users->n; i++)
		doc_add(a, used, doc_str(a, arena_fmt(a, "/1.0/instances/%s", users->item[i].record.name)));
	doc_add(a, locations, doc_str(a, "none"));
	doc_put(a, d, "config", config);
	doc_put(a, d, "description", doc_str(a, ""));
	doc_put(a, d, "name", doc_str(a, "default"));
	doc_put(a, d, "driver", doc_str(a, "overlay"));
	doc_put(a, d, "used_by", used);
	doc_put(a, d, "status", doc_str(a, "Created"));
	doc_put(a, d, "locations", locations);
	doc_add(a, all, d);
	out_document(all, format, c->out);
}

static int list_run(struct call *c)
{
	static const char *const header[] = { "NAME", "DRIVER", "SOURCE", "DESCRIPTION", "USED BY", "STATE" };
	const struct storage_opts *o = c->opts;
	struct instance_list users;
	const char **cell, *source;
	enum format format;
	struct target t;
	struct table table;
	int r = format_parse(o->format, &format, c->err);

	if (r < 0 || (r = target_server(c, c->n_args ? c->args[0] : NULL, &t)) < 0 ||
	    (r = t.server->instances->list(t.server, c->arena, 0, NULL, &users, c->err)) < 0)
		return r;
	source = target_directory(c);
	if (format_is_document(format)) {
		write_document(c, source, &users, format);
		return 0;
	}
	table_open(&table, c->arena, header, ARRAY_SIZE(header));
	cell = table_row(&table);
	cell[0] = "default";
	cell[1] = "overlay";
	cell[2] = source;
	cell[4] = out_number(c->arena, (int64_t)users.n);
	cell[5] = "CREATED";
	table_write(&table, format, c->out);
	return 0;
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
	{ .name = "show" },
	{ .name = "unset" },
	{ .name = "volume" },
	{ 0 },
};

const struct applet applet_storage = {
	.name = "storage",
	.summary = "Manage storage pools and volumes",
	.sub = storage_applets,
};
