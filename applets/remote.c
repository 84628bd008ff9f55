/* remote - the servers that are known by name */
#include <errno.h>
#include <string.h>
#include "applets/client.h"
#include "applets/out.h"

struct remote_opts {
	const char *format;
};

static const struct opt list_opts[] = {
	OPT_FORMAT(struct remote_opts),
	OPT_END,
};

/* ---- looking */

static const char *option(const struct device *remote, const char *key)
{
	const char *value = map_get(&remote->options, key);

	return value ? value : "";
}

static bool has(const struct device *remote, const char *key)
{
	return str_eq(option(remote, key), "true");
}

/* As LXD's: JSON has Go's names, and all of them; YAML those of config.yml. */
static struct doc *json_remotes(struct arena *a, const struct devices *remotes)
{
	static const char key[][2][10] = { { "Addr", "addr" }, { "AuthType", "auth_type" }, { "Domain", "domain" },
					   { "Project", "project" }, { "Protocol", "protocol" }, { "Public", "public" },
					   { "Global", "Global" }, { "Static", "Static" } };
	struct doc *all = doc_map(a);

	for (size_t i = 0; i < remotes->n; i++) {
		const struct device *remote = &remotes->item[i];
		struct doc *d = doc_map(a);

		for (size_t j = 0; j < ARRAY_SIZE(key); j++)
			doc_put(a, d, key[j][0], j < 5 ? doc_str(a, option(remote, key[j][1])) : doc_bool(a, has(remote, key[j][1])));
		doc_put(a, all, remote->name, d);
	}
	return all;
}

static struct doc *yaml_remotes(struct arena *a, const struct devices *remotes)
{
	struct devices bare = { 0 };

	devices_copy(a, &bare, remotes);
	for (size_t i = 0; i < bare.n; i++) {
		map_unset(&bare.item[i].options, "Global");
		map_unset(&bare.item[i].options, "Static");
	}
	return client_remotes_document(a, &bare);
}

static const char *auth_type(const struct device *remote)
{
	if (str_eq(option(remote, "protocol"), "simplestreams"))
		return "none";
	if (*option(remote, "auth_type"))
		return option(remote, "auth_type");
	return str_after(option(remote, "addr"), "unix:") ? "file access" : "tls";
}

static const char *yes(const struct device *remote, const char *key)
{
	return has(remote, key) ? "YES" : "NO";
}

static void write_table(struct call *c, const struct devices *remotes, const char *current, enum format format)
{
	static const char *const header[] = { "NAME", "URL", "PROTOCOL", "AUTH TYPE", "PUBLIC", "STATIC", "GLOBAL" };
	struct table t;

	table_open(&t, c->arena, header, ARRAY_SIZE(header));
	for (size_t i = 0; i < remotes->n; i++) {
		const struct device *remote = &remotes->item[i];
		const char **cell = table_row(&t), *protocol = option(remote, "protocol");

		cell[0] = str_eq(remote->name, current) ? arena_fmt(c->arena, "%s (current)", remote->name) : remote->name;
		cell[1] = option(remote, "addr");
		cell[2] = *protocol ? protocol : "lxd";
		cell[3] = auth_type(remote);
		cell[4] = yes(remote, "public");
		cell[5] = yes(remote, "Static");
		cell[6] = yes(remote, "Global");
	}
	table_sort(&t);
	table_write(&t, format, c->out);
}

static int list_run(struct call *c)
{
	const struct remote_opts *o = c->opts;
	const struct devices *remotes = client_remotes(c);
	const char *current;
	enum format format;
	int r = format_parse(o->format, &format, c->err);

	if (r < 0 || (r = client_check(c)) < 0)
		return r;
	if (!(current = client_default_remote(c)))
		return c->err->code;
	if (format == FORMAT_JSON)
		out_document(json_remotes(c->arena, remotes), format, c->out);
	else if (format == FORMAT_YAML)
		out_document(yaml_remotes(c->arena, remotes), format, c->out);
	else
		write_table(c, remotes, current, format);
	return 0;
}

static int get_default_run(struct call *c)
{
	const char *name = client_default_remote(c);

	if (!name)
		return c->err->code;
	buf_add_escaped(c->out, name, strlen(name));
	buf_addch(c->out, '\n');
	return 0;
}

/* ---- changing */

/* The first word's remote: known, and (to CHANGE) one of the file's. RET is for its entry there. */
static int find(struct call *c, bool change, const struct client *file, struct device **ret)
{
	const struct device *known = devices_get(client_remotes(c), c->args[0]);

	if (!known)
		return err_set(c->err, -ENOENT, "Remote %s doesn't exist", c->args[0]);
	if (change && has(known, "Static"))
		return err_set(c->err, -EPERM, "Remote %s is static and cannot be modified", c->args[0]);
	if (change && has(known, "Global"))
		return err_set(c->err, -EPERM, "Remote %s is global and cannot be modified", c->args[0]);
	*ret = devices_get(&file->remotes, c->args[0]);
	if (change && !*ret)
		return err_set(c->err, -ENOENT, "Remote %s doesn't exist", c->args[0]);
	return 0;
}

static const char *default_of(const struct client *file)
{
	return file->default_remote ? file->default_remote : "local";
}

static int rename_entry(struct call *c, struct client *file, struct device *remote)
{
	const char *to = c->args[1];
	struct map options;

	if (devices_get(client_remotes(c), to) || devices_get(&file->remotes, to))
		return err_set(c->err, -EEXIST, "Remote %s already exists", to);
	if (strchr(to, ':') || !*to)
		return err_set(c->err, -EINVAL, "Remote names may not be empty or contain colons");
	map_copy(c->arena, &options, &remote->options);
	devices_remove(&file->remotes, c->args[0]);
	devices_put(c->arena, &file->remotes, to)->options = options;
	if (str_eq(default_of(file), c->args[0]))
		file->default_remote = to;
	return 0;
}

static int remove_entry(struct call *c, struct client *file, struct device *remote)
{
	if (str_eq(default_of(file), remote->name))
		return err_set(c->err, -EBUSY, "Can't remove the default remote");
	devices_remove(&file->remotes, c->args[0]);
	return 0;
}

static int set_url(struct call *c, struct client *file, struct device *remote)
{
	(void)file;
	map_set(c->arena, &remote->options, "addr", c->args[1]);
	return 0;
}

static int set_default(struct call *c, struct client *file, struct device *remote)
{
	(void)remote;
	file->default_remote = c->args[0];
	return 0;
}

static int change(struct call *c, bool entry, int (*fn)(struct call *c, struct client *file, struct device *remote))
{
	struct device *remote;
	struct client file;
	AUTO(fd) int fd = client_open(c, &file);
	int r;

	if (fd < 0)
		return fd;
	if ((r = find(c, entry, &file, &remote)) < 0 || (r = fn(c, &file, remote)) < 0)
		return r;
	return client_save(c, fd, &file);
}

static int rename_run(struct call *c)
{
	return change(c, true, rename_entry);
}

static int remove_run(struct call *c)
{
	return change(c, true, remove_entry);
}

static int set_url_run(struct call *c)
{
	return change(c, true, set_url);
}

static int switch_run(struct call *c)
{
	return change(c, false, set_default);
}

static const struct applet remote_applets[] = {
	{ .name = "add" },
	{ .name = "get-default", .usage = "", .summary = "Show the default remote", .run = get_default_run },
	{ .name = "list", .names = "ls", .usage = "", .summary = "List the available remotes", .opts = list_opts,
	  .opts_size = sizeof(struct remote_opts), .run = list_run },
	{ .name = "remove", .names = "rm", .usage = "<remote>", .summary = "Remove remotes", .min = 1, .max = 1, .run = remove_run },
	{ .name = "rename", .names = "mv", .usage = "<remote> <new-name>", .summary = "Rename remotes", .min = 2, .max = 2,
	  .run = rename_run },
	{ .name = "set-url", .usage = "<remote> <URL>", .summary = "Set the URL for the remote", .min = 2, .max = 2, .run = set_url_run },
	{ .name = "switch", .names = "set-default", .usage = "<remote>", .summary = "Switch the default remote", .min = 1, .max = 1,
	  .run = switch_run },
	{ 0 },
};

const struct applet applet_remote = {
	.name = "remote",
	.summary = "Manage the list of remote servers",
	.sub = remote_applets,
};
