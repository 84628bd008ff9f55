/* project - there is one, "default", and everything is in it */
#include <errno.h>
#include <string.h>
#include "applets/client.h"
#include "applets/out.h"
#include "applets/target.h"

struct project_opts {
	const char *format;
};

static const struct opt list_opts[] = {
	OPT_FORMAT(struct project_opts),
	OPT_END,
};

static const char feature[][25] = { "features.images", "features.networks", "features.profiles", "features.storage.volumes" };

static int used_by(struct call *c, struct server *s, struct doc *to)
{
	struct instance_list instances;
	struct profile *profile = NULL;
	struct image *image = NULL;
	size_t n = 0;
	int r = s->instances->list(s, c->arena, 0, NULL, &instances, c->err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < instances.n; i++)
		doc_add(c->arena, to, doc_str(c->arena, arena_fmt(c->arena, "/1.0/instances/%s", instances.item[i].record.name)));
	if ((r = s->instances->profile_list(s, c->arena, &profile, &n, c->err)) < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		doc_add(c->arena, to, doc_str(c->arena, arena_fmt(c->arena, "/1.0/profiles/%s", profile[i].name)));
	if ((r = s->images->list(s, c->arena, &image, &n, c->err)) < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		doc_add(c->arena, to, doc_str(c->arena, arena_fmt(c->arena, "/1.0/images/%s", image[i].fingerprint)));
	return 0;
}

static struct doc *document(struct arena *a, struct doc *users)
{
	struct doc *d = doc_map(a), *config = doc_map(a);

	for (size_t i = 0; i < ARRAY_SIZE(feature); i++)
		doc_put(a, config, feature[i], doc_str(a, "true"));
	doc_put(a, d, "config", config);
	doc_put(a, d, "description", doc_str(a, "Default LXD project"));
	doc_put(a, d, "name", doc_str(a, "default"));
	doc_put(a, d, "used_by", users);
	return d;
}

static void write_table(struct call *c, const struct doc *users, enum format format)
{
	static const char *const header[] = { "NAME", "IMAGES", "PROFILES", "STORAGE VOLUMES", "NETWORKS", "DESCRIPTION", "USED BY" };
	const char **cell;
	struct table t;

	table_open(&t, c->arena, header, ARRAY_SIZE(header));
	cell = table_row(&t);
	cell[0] = "default (current)";
	cell[1] = cell[2] = cell[3] = cell[4] = "YES";
	cell[5] = "Default LXD project";
	cell[6] = out_number(c->arena, (int64_t)users->n);
	table_write(&t, format, c->out);
}

static int list_run(struct call *c)
{
	const struct project_opts *o = c->opts;
	struct doc *users = doc_list(c->arena);
	enum format format;
	struct target t;
	int r = format_parse(o->format, &format, c->err);

	if (r < 0 || (r = target_server(c, c->n_args ? c->args[0] : NULL, &t)) < 0 || (r = used_by(c, t.server, users)) < 0)
		return r;
	if (format_is_document(format)) {
		struct doc *all = doc_list(c->arena);

		doc_add(c->arena, all, document(c->arena, users));
		out_document(all, format, c->out);
	} else {
		write_table(c, users, format);
	}
	return 0;
}

static int need_default(struct call *c, const char *name)
{
	return str_eq(name, "default") ? 0 : err_set(c->err, -ENOENT, "Project not found");
}

static int show_run(struct call *c)
{
	struct doc *users = doc_list(c->arena);
	struct target t;
	int r = target_named(c, c->args[0], "project", &t);

	if (r < 0 || (r = need_default(c, t.name)) < 0 || (r = used_by(c, t.server, users)) < 0)
		return r;
	doc_write_yaml(document(c->arena, users), c->out);
	return 0;
}

/* The remote may be one that cannot be asked because of the project that is set. */
static int switch_run(struct call *c)
{
	const char *colon = strchr(c->args[0], ':'), *name = colon ? colon + 1 : c->args[0], *remote;
	struct client file;
	struct device *entry;
	int r = need_default(c, name);

	if (r < 0)
		return r;
	if (!(remote = colon ? arena_dupn(c->arena, c->args[0], (size_t)(colon - c->args[0])) : client_default_remote(c)))
		return c->err->code;
	AUTO(fd) int fd = client_open(c, &file);
	if (fd < 0)
		return fd;
	if (!(entry = devices_get(&file.remotes, remote)))
		return err_set(c->err, -ENOENT, "The remote \"%s\" doesn't exist", remote);
	map_set(c->arena, &entry->options, "project", name);
	return client_save(c, fd, &file);
}

static const struct applet project_applets[] = {
	{ .name = "create" },
	{ .name = "delete", .names = "rm" },
	{ .name = "edit" },
	{ .name = "get" },
	{ .name = "info" },
	{ .name = "list", .names = "ls", .usage = "[<remote>:]", .summary = "List projects", .opts = list_opts,
	  .opts_size = sizeof(struct project_opts), .max = 1, .run = list_run },
	{ .name = "rename", .names = "mv" },
	{ .name = "set" },
	{ .name = "show", .usage = "[<remote>:]<project>", .summary = "Show project options", .min = 1, .max = 1, .run = show_run },
	{ .name = "switch", .usage = "[<remote>:]<project>", .summary = "Switch the current project", .min = 1, .max = 1, .run = switch_run },
	{ .name = "unset" },
	{ 0 },
};

const struct applet applet_project = {
	.name = "project",
	.summary = "Manage projects",
	.sub = project_applets,
};
