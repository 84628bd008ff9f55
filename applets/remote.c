/* remote - the servers that are known by name */
#include <stdlib.h>
#include "applets/out.h"
#include "applets/target.h"

struct remote_opts {
	const char *format;
};

static const struct opt list_opts[] = {
	OPT_FORMAT(struct remote_opts),
	OPT_END,
};

static const struct {
	char name[14];
	char addr[42];
	bool simplestreams, is_static;
} known[] = {
	{ "images", "https://images.linuxcontainers.org", true, false },
	{ "local", "unix://", false, true },
	{ "ubuntu", "https://cloud-images.ubuntu.com/releases", true, true },
	{ "ubuntu-daily", "https://cloud-images.ubuntu.com/daily", true, true },
};

/* As LXD's: JSON has Go's names, and all of them; YAML those of config.yml. */
static struct doc *json_entry(struct arena *a, size_t i)
{
	struct doc *d = doc_map(a);

	doc_put(a, d, "Addr", doc_str(a, known[i].addr));
	doc_put(a, d, "AuthType", doc_str(a, ""));
	doc_put(a, d, "Domain", doc_str(a, ""));
	doc_put(a, d, "Project", doc_str(a, ""));
	doc_put(a, d, "Protocol", doc_str(a, known[i].simplestreams ? "simplestreams" : ""));
	doc_put(a, d, "Public", doc_bool(a, known[i].simplestreams));
	doc_put(a, d, "Global", doc_bool(a, false));
	doc_put(a, d, "Static", doc_bool(a, known[i].is_static));
	return d;
}

static struct doc *yaml_entry(struct arena *a, size_t i)
{
	struct doc *d = doc_map(a);

	doc_put(a, d, "addr", doc_str(a, known[i].addr));
	if (known[i].simplestreams)
		doc_put(a, d, "protocol", doc_str(a, "simplestreams"));
	doc_put(a, d, "public", doc_bool(a, known[i].simplestreams));
	return d;
}

static const char *default_remote(void)
{
	const char *name = getenv("LXC_REMOTE");

	return name && *name ? name : "local";
}

static void write_table(struct call *c, enum format format)
{
	static const char *const header[] = { "NAME", "URL", "PROTOCOL", "AUTH TYPE", "PUBLIC", "STATIC", "GLOBAL" };
	struct table t;

	table_open(&t, c->arena, header, ARRAY_SIZE(header));
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const char **cell = table_row(&t);

		cell[0] = str_eq(known[i].name, default_remote()) ? arena_fmt(c->arena, "%s (current)", known[i].name) : known[i].name;
		cell[1] = known[i].addr;
		cell[2] = known[i].simplestreams ? "simplestreams" : "lxd";
		cell[3] = known[i].simplestreams ? "none" : "file access";
		cell[4] = known[i].simplestreams ? "YES" : "NO";
		cell[5] = known[i].is_static ? "YES" : "NO";
		cell[6] = "NO";
	}
	table_sort(&t);
	table_write(&t, format, c->out);
}

static int list_run(struct call *c)
{
	const struct remote_opts *o = c->opts;
	struct doc *all = doc_map(c->arena);
	enum format format;
	int r = format_parse(o->format, &format, c->err);

	if (r < 0)
		return r;
	if (!format_is_document(format)) {
		write_table(c, format);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		doc_put(c->arena, all, known[i].name, format == FORMAT_JSON ? json_entry(c->arena, i) : yaml_entry(c->arena, i));
	out_document(all, format, c->out);
	return 0;
}

static int get_default_run(struct call *c)
{
	buf_addf(c->out, "%s\n", default_remote());
	return 0;
}

static const struct applet remote_applets[] = {
	{ .name = "add" },
	{ .name = "get-default", .usage = "", .summary = "Show the default remote", .run = get_default_run },
	{ .name = "list", .names = "ls", .usage = "", .summary = "List the available remotes", .opts = list_opts,
	  .opts_size = sizeof(struct remote_opts), .run = list_run },
	{ .name = "remove", .names = "rm" },
	{ .name = "rename", .names = "mv" },
	{ .name = "set-url" },
	{ .name = "switch", .names = "set-default" },
	{ 0 },
};

const struct applet applet_remote = {
	.name = "remote",
	.summary = "Manage the list of remote servers",
	.sub = remote_applets,
};
