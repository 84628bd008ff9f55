#include "applets/create.h"

#include <errno.h>
#include <string.h>
#include "applets/console.h"
#include "applets/stdin_yaml.h"
#include "core/name.h"
#include "core/parse.h"

static int not_supported(struct call *c, const char *what)
{
	return err_set(c->err, -EOPNOTSUPP, "%s not supported by this version of lxcbox", what);
}

/* ---- flags */

static int refuse_flags(struct call *c, const struct create_opts *o)
{
	if (o->vm)
		return not_supported(c, "--vm: virtual machines are");
	if (o->target)
		return not_supported(c, "--target: clusters are");
	if (o->network)
		return not_supported(c, "--network: networks are");
	if (o->empty && c->n_args)
		return err_set(c->err, -EINVAL, "--empty cannot be combined with an image name");
	if (o->empty)
		return not_supported(c, "--empty: instances without an image are");
	if (o->storage && !str_eq(o->storage, "default"))
		return err_set(c->err, -ENOENT, "Failed loading storage pool \"%s\": Storage pool not found", o->storage);
	return 0;
}

/* "0.5", "2": thousandths. */
static int parse_thousandths(const char *s, size_t n, uint32_t *ret)
{
	uint32_t whole = 0, part = 0, one = 1000;
	size_t i = 0;

	for (; i < n && s[i] >= '0' && s[i] <= '9' && whole < 100000; i++)
		whole = whole * 10 + (uint32_t)(s[i] - '0');
	if (!i)
		return -EINVAL;
	if (i < n && s[i] == '.')
		for (i++; i < n && s[i] >= '0' && s[i] <= '9'; i++)
			part += (one /= 10) * (uint32_t)(s[i] - '0');
	*ret = whole * 1000 + part;
	return i == n ? 0 : -EINVAL;
}

int create_apply_type(struct arena *a, const char *type, struct map *config, struct err *e)
{
	uint32_t cpu = 0, memory = 0;

	for (const char *s = type; *s;) {
		size_t n = strcspn(s, "-");
		uint32_t *to = *s == 'c' ? &cpu : *s == 'm' ? &memory : NULL;

		if (!to || parse_thousandths(s + 1, n - 1, to) < 0 || (s[n] && !s[n + 1]))
			return err_set(e, -EINVAL, "Provided instance type doesn't exist: %s", type);
		s += n + (s[n] == '-');
	}
	if (cpu) {
		uint32_t cores = (cpu + 999) / 1000, percent = cpu / 10 / cores;

		map_set(a, config, "limits.cpu", arena_fmt(a, "%u", cores));
		if (percent < 100)
			map_set(a, config, "limits.cpu.allowance", arena_fmt(a, "%u%%", percent));
	}
	if (memory)
		map_set(a, config, "limits.memory", arena_fmt(a, "%uMB", (unsigned)((uint64_t)memory * 1024 / 1000)));
	return 0;
}

static int apply_config(struct call *c, const struct names *words, struct map *config)
{
	for (size_t i = 0; i < words->n; i++) {
		const char *equals = strchr(words->item[i], '=');

		if (!equals)
			return err_set(c->err, -EINVAL, "Bad key=value pair: %s", words->item[i]);
		map_set(c->arena, config, arena_dupn(c->arena, words->item[i], (size_t)(equals - words->item[i])), equals + 1);
	}
	return 0;
}

/* ---- devices */

static int read_profiles(struct call *c, struct server *s, const struct names *names, struct devices *devices)
{
	for (size_t i = 0; i < names->n; i++) {
		struct profile p = { 0 };
		int r = s->instances->profile_get(s, c->arena, names->item[i], false, &p, c->err);

		if (r == -ENOENT) {
			*c->err = ERR_NONE;
			return err_set(c->err, r, "Requested profile \"%s\" doesn't exist", names->item[i]);
		}
		if (r < 0)
			return r;
		devices_merge(c->arena, devices, &p.devices);
	}
	return 0;
}

/* The device to change: the instance's own, or a copy of the profiles'; root is implied. NULL: there is none. */
static struct device *own_device(struct call *c, const char *name, const struct devices *inherited, struct devices *own)
{
	struct device *d = devices_get(own, name), *from = devices_get(inherited, name);

	if (d || (!from && !str_eq(name, "root")))
		return d;
	d = devices_put(c->arena, own, name);
	if (from) {
		map_copy(c->arena, &d->options, &from->options);
	} else {
		map_set(c->arena, &d->options, "type", "disk");
		map_set(c->arena, &d->options, "path", "/");
		map_set(c->arena, &d->options, "pool", "default");
	}
	return d;
}

/* --storage: the root is there, and the instance's own */
static void apply_storage(struct call *c, const char *pool, const struct devices *inherited, struct devices *own)
{
	if (pool)
		map_set(c->arena, &own_device(c, "root", inherited, own)->options, "pool", pool);
}

/* DEV,K=V over what the profiles and stdin say */
static int apply_devices(struct call *c, const struct names *words, const struct devices *inherited, struct devices *own)
{
	for (size_t i = 0; i < words->n; i++) {
		const char *word = words->item[i], *comma = strchr(word, ','), *equals = comma ? strchr(comma, '=') : NULL, *name;
		struct device *d;

		if (!equals)
			return err_set(c->err, -EINVAL, "Bad device override syntax, expecting <device>,<key>=<value>: %s", word);
		name = arena_dupn(c->arena, word, (size_t)(comma - word));
		if (!(d = own_device(c, name, inherited, own)))
			return err_set(c->err, -ENOENT, "Cannot override config for device \"%s\": Device not found in profile devices", name);
		map_set(c->arena, &d->options, arena_dupn(c->arena, comma + 1, (size_t)(equals - comma - 1)), equals + 1);
	}
	return 0;
}

/* ---- image */

static int resolve_image(struct call *c, struct image_source *source)
{
	struct target *t = &source->image;
	struct image image = { 0 };
	const char *slash;
	int r;

	if (source->host)
		return 0;
	if (!*t->name)
		t->name = "default";
	slash = strchr(t->name, '/');
	r = t->server->images->resolve(t->server, c->arena, t->name, &image, c->err);
	if (r == -ENOENT && slash && !strchr(t->typed, ':')) {
		const char *there = arena_fmt(c->arena, "%.*s:%s", (int)(slash - t->name), t->name, slash + 1);

		if (!target_has_remote(c, there))
			return r;
		call_say(c, "The local image '%s' couldn't be found, trying '%s' instead.", t->typed, there);
		*c->err = ERR_NONE;
		return target_parse(c, there, t);
	}
	return r;
}

/* ---- all of it */

static int read_stdin(struct call *c, struct instance *to)
{
	struct doc *doc;
	int r = stdin_peek(c, instance_fields, "stdin", &doc);

	if (r < 0 || !doc || doc->kind != DOC_MAP)
		return r;
	return record_read(c->arena, instance_fields, ON_SHOW, "stdin", doc, to, NULL, c->err);
}

int create_prepare(struct call *c, const struct create_opts *o, const char *image, const char *name, bool use_stdin,
		   struct creation *ret)
{
	struct creation n = { .no_profiles = o->no_profiles };
	struct devices inherited = { 0 };
	int r = refuse_flags(c, o);

	if (r < 0 || (r = target_image_source(c, image, &n.source)) < 0 || (r = target_parse(c, name ? name : "", &n.where)) < 0)
		return r;
	if (*n.where.name && (r = name_instance(n.where.name, c->err)) < 0)
		return r;
	if (use_stdin && (r = read_stdin(c, &n.from)) < 0)
		return r;
	if (o->profile.n)
		n.from.profiles = o->profile;
	if (o->no_profiles)
		n.from.profiles = (struct names){ 0 };
	else if (!n.from.profiles.n)
		names_add(c->arena, &n.from.profiles, "default");
	if (o->ephemeral)
		n.from.ephemeral = true;
	if ((o->type && (r = create_apply_type(c->arena, o->type, &n.from.config, c->err)) < 0) ||
	    (r = apply_config(c, &o->config, &n.from.config)) < 0 ||
	    (r = read_profiles(c, n.where.server, &n.from.profiles, &inherited)) < 0)
		return r;
	apply_storage(c, o->storage, &inherited, &n.from.devices);
	if ((r = apply_devices(c, &o->device, &inherited, &n.from.devices)) < 0 || (r = resolve_image(c, &n.source)) < 0)
		return r;
	*ret = n;
	return 0;
}

void create_request(const struct creation *n, struct instance_create *to)
{
	*to = (struct instance_create){
		.name = *n->where.name ? n->where.name : NULL,
		.image = n->source.host ? "" : n->source.image.name,
		.image_server = n->source.host ? n->where.server : n->source.image.server,
		.host = n->source.host,
		.no_profiles = n->no_profiles,
		.from = &n->from,
	};
}

static int explain(struct call *c, const struct create_opts *o, const struct creation *n, bool start)
{
	AUTO(buf) struct buf text = BUF_NONE;
	const struct instance_ops *ops = n->where.server->instances;
	struct instance_create request;
	const char *name;
	int r;

	create_request(n, &request);
	request.explain = true;
	request.explained = &text;
	request.start = start;
	r = ops->create(n->where.server, c->arena, &request, &name, c->report, c->err);
	if (r >= 0 && o->explain)
		buf_add(c->out, text.s, text.len);
	return r;
}

struct birth {
	struct call *call;
	bool name_made_up;
	bool happened;
};

static void say_name(struct call *c, const char *name)
{
	buf_addf(c->out, "Instance name is: %s\n", name);
}

static void say_starting(void *ctx, const char *name)
{
	struct birth *b = ctx;

	b->happened = true;
	if (b->name_made_up)
		say_name(b->call, name);
	if (!b->call->global->quiet)
		buf_addf(b->call->out, "Starting %s\n", name);
	call_flush(b->call);
}

int create_run(struct call *c, const struct create_opts *o, bool start)
{
	const char *image = c->n_args ? c->args[0] : "", *name = c->n_args > 1 ? c->args[1] : NULL;
	struct instance_create request;
	struct creation n;
	int r;

	if (o->console && (r = console_check(c, o->console)) < 0)
		return r;
	if ((r = create_prepare(c, o, image, name, true, &n)) < 0)
		return r;
	if (o->explain || o->dry_run)
		return explain(c, o, &n, start);
	if (!c->global->quiet)
		buf_addf(c->out, *n.where.name ? "Creating %s\n" : "Creating the instance\n", n.where.name);
	call_flush(c);
	create_request(&n, &request);
	struct birth birth = { .call = c, .name_made_up = !request.name };
	request.start = start;
	request.created = say_starting;
	request.created_ctx = &birth;
	r = n.where.server->instances->create(n.where.server, c->arena, &request, &n.where.name, c->report, c->err);
	n.where.typed = n.where.name;
	if (r < 0)
		return birth.happened ? call_try_log(c, &n.where, r) : r;
	if (!start && birth.name_made_up)
		say_name(c, n.where.name);
	call_flush(c);
	return start && o->console ? console_attach_to(c, &n.where, o->console) : 0;
}
