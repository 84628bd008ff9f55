/* This host as a server: its own configuration, what it tells about itself, what it can do */
#include <errno.h>
#include <fcntl.h>
#include <sys/utsname.h>
#include "core/architecture.h"
#include "core/at.h"
#include "core/auto.h"
#include "core/doc.h"
#include "runtime/host/probe.h"
#include "runtime/local_impl.h"
#include "runtime/rootfs/overlay.h"

#define CONFIG_LIMIT (1 << 20)

static int read_config(struct store *st, struct arena *a, struct map *ret, struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;
	struct doc *doc;
	int r = at_read(st->dir, "config.yaml", CONFIG_LIMIT, &text, e);

	*ret = (struct map){ 0 };
	if (r == -ENOENT)
		return 0;
	if (r < 0 || (r = doc_read_yaml(a, "config.yaml", text.s, text.len, &doc, e)) < 0)
		return r;
	if (doc->kind == DOC_NULL)
		return 0;
	if (doc->kind != DOC_MAP)
		return err_set(e, -EINVAL, "config.yaml: not a mapping");
	for (size_t i = 0; i < doc->n; i++) {
		if (!doc->item[i]->text)
			return err_set(e, -EINVAL, "config.yaml: line %d: %s: not a string", doc->item[i]->line, doc->key[i]);
		map_set(a, ret, doc->key[i], doc->item[i]->text);
	}
	return 0;
}

int local_config_get(struct server *s, struct arena *a, struct map *ret, struct err *e)
{
	struct store *st;
	int r = local_store(s, false, &st, e);

	*ret = (struct map){ 0 };
	if (r == -ENOENT && e)
		*e = ERR_NONE;
	return r == -ENOENT ? 0 : r < 0 ? r : read_config(st, a, ret, e);
}

/* Server keys come with the server; only free ones can be kept until then. */
int local_config_set(struct server *s, const struct map *changes, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(lock) struct lock lock = LOCK_NONE;
	AUTO(buf) struct buf text = BUF_NONE;
	struct map config;
	struct store *st;
	int r = local_store(s, true, &st, e);

	for (size_t i = 0; r == 0 && i < changes->n; i++) {
		if (!str_after(changes->item[i].key, "user."))
			return err_set(e, -EINVAL, "cannot set '%s' to '%s': unknown key", changes->item[i].key,
				       changes->item[i].value);
	}
	if (r < 0 || (r = lock_take(&lock, st->dir, ".config.lock", LOCK_EXCLUSIVE, true, NULL, e)) < 0 ||
	    (r = read_config(st, &a, &config, e)) < 0)
		return r;
	for (size_t i = 0; i < changes->n; i++) {
		if (*changes->item[i].value)
			map_set(&a, &config, changes->item[i].key, changes->item[i].value);
		else
			map_unset(&config, changes->item[i].key);
	}
	struct doc *doc = doc_map(&a);
	for (size_t i = 0; i < config.n; i++)
		doc_put(&a, doc, config.item[i].key, doc_str(&a, config.item[i].value));
	doc_write_yaml(doc, &text);
	if (buf_error(&text))
		return err_code(e, buf_error(&text), "config.yaml");
	return at_write_atomic(st->dir, "config.yaml", text.s, text.len, 0600, e);
}

static struct doc *environment(struct arena *a, const struct utsname *u)
{
	struct doc *env = doc_map(a), *list = doc_list(a);

	doc_put(a, env, "addresses", doc_list(a));
	doc_add(a, list, doc_str(a, architecture_host()));
	doc_put(a, env, "architectures", list);
	doc_put(a, env, "certificate", doc_str(a, ""));
	doc_put(a, env, "certificate_fingerprint", doc_str(a, ""));
	doc_put(a, env, "driver", doc_str(a, "lxc"));
	doc_put(a, env, "driver_version", doc_str(a, "lxcbox"));
	doc_put(a, env, "firewall", doc_str(a, "nftables"));
	doc_put(a, env, "kernel", doc_str(a, u->sysname));
	doc_put(a, env, "kernel_architecture", doc_str(a, u->machine));
	doc_put(a, env, "kernel_version", doc_str(a, u->release));
	doc_put(a, env, "project", doc_str(a, "default"));
	doc_put(a, env, "server", doc_str(a, "lxcbox"));
	doc_put(a, env, "server_clustered", doc_bool(a, false));
	doc_put(a, env, "server_name", doc_str(a, u->nodename));
	doc_put(a, env, "server_version", doc_str(a, "5.0.2"));
	doc_put(a, env, "storage", doc_str(a, "overlay"));
	doc_put(a, env, "storage_version", doc_str(a, "1"));
	return env;
}

int local_info(struct server *s, struct arena *a, struct doc **ret, struct err *e)
{
	struct doc *d = doc_map(a), *config = doc_map(a), *methods = doc_list(a);
	struct utsname u;
	struct map keys;
	int r = local_config_get(s, a, &keys, e);

	if (r < 0)
		return r;
	if (uname(&u) < 0)
		return err_sys(e, "uname");
	for (size_t i = 0; i < keys.n; i++)
		doc_put(a, config, keys.item[i].key, doc_str(a, keys.item[i].value));
	doc_add(a, methods, doc_str(a, "tls"));
	doc_put(a, d, "config", config);
	doc_put(a, d, "api_extensions", doc_list(a));
	doc_put(a, d, "api_status", doc_str(a, "stable"));
	doc_put(a, d, "api_version", doc_str(a, "1.0"));
	doc_put(a, d, "auth", doc_str(a, "trusted"));
	doc_put(a, d, "public", doc_bool(a, false));
	doc_put(a, d, "auth_methods", methods);
	doc_put(a, d, "environment", environment(a, &u));
	*ret = d;
	return 0;
}

int local_check(struct server *s, void (*line)(void *ctx, const char *what, const char *state, const char *loss), void *ctx,
		struct report *report, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct store *st;
	int wrong = probe_host(line, ctx);
	int r = local_store(s, false, &st, e);

	if (r == -ENOENT) {
		if (e)
			*e = ERR_NONE;
		return wrong;
	}
	if (r < 0)
		return r;
	const char *fs = overlay_refused_by(st->dir);
	line(ctx, "state directory", fs ? arena_fmt(&a, "on %s", fs) : "yes", fs ? "overlayfs cannot write there: no container starts" : "");
	wrong += fs != NULL;
	if (!st->read_only && (r = local_repair(s, report, e)) < 0)
		return r;
	return wrong;
}
