#include "applets/target.h"

#include <errno.h>
#include <string.h>
#include "applets/client.h"
#include "core/name.h"
#include "core/store.h"
#include "runtime/local.h"

const char *target_directory(const struct call *c)
{
	const char *dir = c->global->dir ? c->global->dir : getenv("LXCBOX_DIR");

	return dir && *dir ? dir : STORE_DEFAULT;
}

static int open_local(struct call *c, struct server **ret)
{
	return local_open(ret, c->arena, target_directory(c), c->err);
}

/* Those that are this host's own server */
static int open_remote(struct call *c, const char *name, const struct map *remote, struct server **ret)
{
	const char *addr = map_get(remote, "addr"), *project = map_get(remote, "project");
	int r;

	if (!addr || !str_eq(addr, "unix://"))
		return err_set(c->err, -EOPNOTSUPP, "remote %s: not supported by this version of lxcbox", name);
	if (!c->global->project && project && !str_eq(project, "default"))
		return err_set(c->err, -ENOENT, "remote %s: project \"%s\": Project not found", name, project);
	if (!c->server && (r = open_local(c, &c->server)) < 0)
		return r;
	*ret = c->server;
	return 0;
}

void target_close(struct call *c)
{
	if (c->server)
		local_close(c->server);
	c->server = NULL;
}

int target_reopen(struct call *c, struct target *t)
{
	int r = open_local(c, &c->server);

	if (r >= 0)
		t->server = c->server;
	return r;
}

bool target_has_remote(struct call *c, const char *word)
{
	const char *colon = strchr(word, ':');

	return colon && client_remote(c, arena_dupn(c->arena, word, (size_t)(colon - word)));
}

static int no_remote(struct call *c, const char *name)
{
	int r = client_check(c);

	return r < 0 ? r : err_set(c->err, -ENOENT, "The remote \"%s\" doesn't exist", name);
}

int target_parse(struct call *c, const char *word, struct target *ret)
{
	const char *colon = strchr(word, ':'), *slash = strchr(word, '/'), *remote;
	struct target t = { .name = word, .typed = word };
	const struct device *known;
	int r;

	if (colon && (!slash || slash > colon || target_has_remote(c, word))) {
		remote = arena_dupn(c->arena, word, (size_t)(colon - word));
		t.name = colon + 1;
	} else if (!(remote = client_default_remote(c))) {
		return c->err->code;
	}
	if (!(known = client_remote(c, remote)))
		return no_remote(c, remote);
	if ((r = open_remote(c, remote, &known->options, &t.server)) < 0)
		return r;
	*ret = t;
	return 0;
}

int target_named(struct call *c, const char *word, const char *what, struct target *ret)
{
	int r = target_parse(c, word, ret);

	if (r >= 0 && !*ret->name)
		return err_set(c->err, -EINVAL, "Missing %s name", what);
	return r;
}

int target_instance(struct call *c, const char *word, struct target *ret)
{
	struct err why = ERR_NONE;
	int r = target_named(c, word, "instance", ret);

	if (r < 0)
		return r;
	if (strchr(ret->name, '/'))
		return err_set(c->err, -EOPNOTSUPP, "%s: snapshots are not supported by this version of lxcbox", word);
	if (name_instance(ret->name, &why) < 0)
		return err_set(c->err, -ENOENT, "Instance not found: %s", why.text);
	return 0;
}

int target_server(struct call *c, const char *word, struct target *ret)
{
	int r;

	if (!word)
		word = "";
	if ((r = target_parse(c, word, ret)) < 0)
		return r;
	if (*ret->name)
		return err_set(c->err, -EINVAL, "Only a remote may be given here, not a name: %s", word);
	return 0;
}

int target_no_member(struct call *c, const struct target *t, const char *member)
{
	if (!member || !*member)
		return 0;
	return err_set(c->err, -EINVAL, *t->name ? "--target cannot be used with instances" :
						    "To use --target, the destination remote must be a cluster");
}

int target_filters(struct call *c, struct target *server, struct names *filters)
{
	bool named = c->n_args && strchr(c->args[0], ':') && !strchr(c->args[0], '=');
	int r = target_parse(c, named ? c->args[0] : "", server);

	if (r >= 0 && *server->name)
		names_add(c->arena, filters, server->name);
	for (size_t i = named; i < c->n_args; i++)
		names_add(c->arena, filters, c->args[i]);
	return r;
}

int target_image_source(struct call *c, const char *word, struct image_source *ret)
{
	*ret = (struct image_source){ .host = str_eq(word, "host:") };
	if (ret->host)
		return 0;
	if (str_after(word, "host:"))
		return err_set(c->err, -EINVAL, "%s: \"host:\" is a clone of this host and takes no name", word);
	return target_parse(c, word, &ret->image);
}
