#include "applets/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include "applets/pairs.h"
#include "core/at.h"

enum { CONFIG_MOST = 1 << 20 };

/* The file before there is one */
static const char first[] =
	"default-remote: local\n"
	"remotes:\n"
	"  images:\n"
	"    addr: https://images.linuxcontainers.org\n"
	"    protocol: simplestreams\n"
	"    public: true\n"
	"  local:\n"
	"    addr: unix://\n"
	"    public: false\n"
	"aliases: {}\n";

static const char fixed[] =
	"remotes:\n"
	"  local:\n"
	"    addr: unix://\n"
	"    Static: true\n"
	"  ubuntu:\n"
	"    addr: https://cloud-images.ubuntu.com/releases\n"
	"    protocol: simplestreams\n"
	"    public: true\n"
	"    Static: true\n"
	"  ubuntu-daily:\n"
	"    addr: https://cloud-images.ubuntu.com/daily\n"
	"    protocol: simplestreams\n"
	"    public: true\n"
	"    Static: true\n";

static const struct field fields[] = {
	{ "default-remote", offsetof(struct client, default_remote), FIELD_STRING, ON_DISK },
	FIELD(struct client, remotes, ON_DISK),
	FIELD(struct client, aliases, ON_DISK),
	FIELD_END,
};

/* ---- reading */

static const char *user_file(struct arena *a)
{
	const char *dir = getenv("LXD_CONF"), *home = getenv("HOME");

	if (dir && *dir)
		return arena_fmt(a, "%s/config.yml", dir);
	return arena_fmt(a, "%s/.config/lxc/config.yml", home && *home ? home : "/root");
}

static const char *global_file(struct arena *a)
{
	const char *dir = getenv("LXD_GLOBAL_CONF");

	return arena_fmt(a, "%s/config.yml", dir && *dir ? dir : "/etc/lxd");
}

static int parse(struct arena *a, const char *what, const char *text, size_t n, struct client *to, struct err *e)
{
	int r = doc_read_yaml(a, what, text, n, &to->doc, e);

	return r < 0 || to->doc->kind == DOC_NULL ? r : record_read(a, fields, ON_DISK, what, to->doc, to, NULL, e);
}

/* 1: there is none. */
static int read_file(struct arena *a, const char *path, struct client *to, struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 1;
	if (fd < 0)
		return err_sys(e, "%s", path);
	if ((r = fd_read(fd, CONFIG_MOST, &text, e)) < 0)
		return err_in(e, r, "%s", path);
	return parse(a, path, text.s, text.len, to, e);
}

/* 1: there is none. */
static int read_user(struct arena *a, const char *path, struct client *to, struct err *e)
{
	int r = read_file(a, path, to, e);

	for (size_t i = 0; i < to->remotes.n; i++) {
		struct map *m = &to->remotes.item[i].options;
		const char *public = map_get(m, "public");

		if (!map_get(m, "auth_type") && (!public || str_eq(public, "false")) && !str_eq(to->remotes.item[i].name, "local"))
			map_set(a, m, "auth_type", "tls"); /* entries older than this key */
	}
	return r;
}

static int read_first(struct arena *a, struct client *to, struct err *e)
{
	return parse(a, "", first, sizeof first - 1, to, e);
}

static int read_global(struct arena *a, struct devices *to, struct err *e)
{
	struct client global = { 0 };
	int r = read_file(a, global_file(a), &global, e);

	for (size_t i = 0; i < global.remotes.n; i++)
		map_set(a, &global.remotes.item[i].options, "Global", "true");
	*to = global.remotes;
	return r;
}

/* What is there without files; the project of "local" is the user's */
static void add_fixed(struct arena *a, struct client *to)
{
	const struct device *local = devices_get(&to->remotes, "local");
	const char *project = local ? map_get(&local->options, "project") : NULL;
	struct client ours = { 0 }, initial = { 0 };

	(void)read_first(a, &initial, NULL); /* right by the tests */
	(void)parse(a, "", fixed, sizeof fixed - 1, &ours, NULL);
	devices_copy(a, &to->fixed, &initial.remotes);
	devices_merge(a, &to->fixed, &ours.remotes);
	if (project)
		map_set(a, &devices_get(&ours.remotes, "local")->options, "project", project);
	devices_merge(a, &to->all, &to->remotes);
	devices_merge(a, &to->all, &ours.remotes);
}

static struct client *get(struct call *c)
{
	struct client *to;
	int user, global = 0;

	if (c->client)
		return c->client;
	to = arena_alloc(c->arena, sizeof *to);
	c->client = to;
	if ((user = read_user(c->arena, user_file(c->arena), to, &to->broken)) >= 0)
		global = read_global(c->arena, &to->all, &to->broken); /* told by client_check() */
	to->is_first = user == 1;
	to->has_files = user != 1 || global != 1;
	return to;
}

const struct client *client_get(struct call *c)
{
	return get(c);
}

static const struct client *with_remotes(struct call *c)
{
	struct client *to = get(c);

	if (!to->has_remotes) {
		if (to->is_first)
			(void)read_first(c->arena, to, NULL); /* right by the tests */
		add_fixed(c->arena, to);
	}
	to->has_remotes = true;
	return to;
}

const struct devices *client_remotes(struct call *c)
{
	return c->global->force_local ? &with_remotes(c)->fixed : &with_remotes(c)->all;
}

/* Nearly all commands mean this host, and nearly no user has a file: no list is made for them. */
const struct device *client_remote(struct call *c, const char *name)
{
	if (get(c)->has_files || !str_eq(name, "local"))
		return devices_get(client_remotes(c), name);
	struct device *local = arena_alloc(c->arena, sizeof *local);
	local->name = "local";
	map_set(c->arena, &local->options, "addr", "unix://");
	return local;
}

int client_check(struct call *c)
{
	const struct err *broken = &client_get(c)->broken;

	if (!broken->code || c->global->force_local)
		return 0;
	*c->err = *broken;
	return broken->code;
}

const char *client_default_remote(struct call *c)
{
	const char *name = getenv("LXC_REMOTE");

	if (c->global->force_local)
		return "local";
	if (name && *name)
		return name;
	if (client_check(c) < 0)
		return NULL;
	name = client_get(c)->default_remote;
	return name && *name ? name : "local";
}

/* ---- writing */

static int make_parents(struct arena *a, const char *path, struct err *e)
{
	for (const char *s = path + 1; (s = strchr(s, '/')); s++) {
		const char *dir = arena_dupn(a, path, (size_t)(s - path));

		if (mkdir(dir, 0755) < 0 && errno != EEXIST)
			return err_sys(e, "%s", dir);
	}
	return 0;
}

/* The file that is meant, whatever links lead to it */
static const char *resolved(struct arena *a, const char *path)
{
	AUTO(str) char *real = realpath(path, NULL);

	return real ? arena_dup(a, real) : path;
}

int client_open(struct call *c, struct client *ret)
{
	const char *path = user_file(c->arena);
	int r = make_parents(c->arena, path, c->err);

	if (r < 0)
		return r;
	path = resolved(c->arena, path);
	AUTO(fd) int dir = open(arena_dupn(c->arena, path, (size_t)(strrchr(path, '/') - path)), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || flock(dir, LOCK_EX) < 0)
		return err_sys(c->err, "%s", path);
	*ret = (struct client){ 0 };
	if ((r = read_user(c->arena, path, ret, c->err)) == 1)
		r = read_first(c->arena, ret, c->err);
	return r < 0 ? r : take_fd(&dir);
}

struct doc *client_remotes_document(struct arena *a, const struct devices *remotes)
{
	struct doc *d = devices_document(a, remotes);

	for (size_t i = 0; i < d->n; i++) {
		const char *public = doc_text(d->item[i], "public");

		doc_put(a, d->item[i], "public", doc_bool(a, public && str_eq(public, "true")));
	}
	return d;
}

static bool is_fixed(struct call *c, const char *name)
{
	const struct device *d = devices_get(&with_remotes(c)->fixed, name);

	return d && map_get(&d->options, "Static") && !str_eq(name, "local");
}

int client_save(struct call *c, int fd, const struct client *to)
{
	AUTO(buf) struct buf text = BUF_NONE;
	struct doc *d = to->doc->kind == DOC_MAP ? to->doc : doc_map(c->arena);
	const char *path = resolved(c->arena, user_file(c->arena));
	struct devices remotes = { 0 };

	for (size_t i = 0; i < to->remotes.n; i++) /* those that are always there are not stored, but for "local" */
		if (!is_fixed(c, to->remotes.item[i].name))
			devices_put(c->arena, &remotes, to->remotes.item[i].name)->options = to->remotes.item[i].options;
	doc_put(c->arena, d, "default-remote", doc_str(c->arena, to->default_remote ? to->default_remote : "local"));
	doc_put(c->arena, d, "remotes", client_remotes_document(c->arena, &remotes));
	doc_put(c->arena, d, "aliases", pairs_document(c->arena, &to->aliases));
	doc_write_yaml(d, &text);
	if (buf_error(&text) < 0)
		return err_code(c->err, buf_error(&text), "%s", path);
	return at_write_atomic(fd, strrchr(path, '/') + 1, text.s, text.len, 0600, c->err);
}
