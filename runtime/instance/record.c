#include "runtime/instance/record.h"
#include <errno.h>
#include <fcntl.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/name.h"
#include "core/parse.h"
#include "runtime/instance/shifted.h"
#include "runtime/instance/state.h"

#define RECORD_LIMIT (1 << 20)

int record_open_dir(struct store *st, const char *name, struct err *e)
{
	int fd = name_instance(name, NULL) < 0 ? -1 : openat(st->instances, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	return errno == ENOENT || name_instance(name, NULL) < 0 ? err_set(e, -ENOENT, "Instance not found") : err_sys(e, "instances/%s", name);
}

static int load(struct arena *a, int dir, const char *file, const char *what, const struct field *table, void *ret,
		struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;
	struct doc *doc;
	int r = at_read(dir, file, RECORD_LIMIT, &text, e);

	if (r < 0)
		return r;
	if ((r = doc_read_yaml(a, what, text.s, text.len, &doc, e)) < 0)
		return r;
	if (doc->kind != DOC_MAP)
		return err_set(e, -EINVAL, "%s: not a mapping", what);
	return record_read(a, table, ON_DISK, what, doc, ret, NULL, e);
}

static int save(struct arena *a, int dir, const char *file, const struct field *table, const void *record, struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;

	doc_write_yaml(record_write(a, table, ON_DISK, record), &text);
	if (buf_error(&text))
		return err_code(e, buf_error(&text), "%s", file);
	return at_write_atomic(dir, file, text.s, text.len, 0600, e);
}

int record_load(struct arena *a, int dir, const char *name, struct instance *ret, struct err *e)
{
	*ret = (struct instance){ 0 };
	int r = load(a, dir, "instance.yaml", "instance.yaml", instance_fields, ret, e);
	if (r < 0)
		return err_in(e, r, "instances/%s", name);
	ret->name = arena_dup(a, name);
	ret->location = "none";
	ret->type = "container";
	ret->project = "default";
	if (!ret->description)
		ret->description = "";
	if (!ret->architecture)
		ret->architecture = "";
	return 0;
}

int record_create(struct arena *a, int dir, const struct instance *inst, struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;

	doc_write_yaml(record_write(a, instance_fields, ON_DISK, inst), &text);
	if (buf_error(&text))
		return err_code(e, buf_error(&text), "instance.yaml");
	AUTO(fd) int fd = openat(dir, "instance.yaml", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "instance.yaml");
	int r = fd_write(fd, text.s, text.len);
	if (r == 0 && (fsync(fd) < 0 || fsync(dir) < 0))
		r = -errno;
	return r < 0 ? err_code(e, r, "instance.yaml") : 0;
}

int record_save(struct arena *a, int dir, const struct instance *inst, struct err *e)
{
	return save(a, dir, "instance.yaml", instance_fields, inst, e);
}

static int cached(struct store *st, struct arena *a, struct profile_cache *cache, const char *name, struct profile **ret,
		  struct err *e)
{
	for (size_t i = 0; i < cache->n; i++) {
		if (str_eq(cache->item[i].name, name)) {
			*ret = &cache->item[i];
			return 0;
		}
	}
	struct profile p;
	int r = profile_load(st, a, name, &p, e);
	if (r < 0)
		return r;
	cache->item = arena_grow(a, cache->item, cache->n, sizeof *cache->item);
	cache->item[cache->n] = p;
	*ret = &cache->item[cache->n++];
	return 0;
}

int record_expand(struct store *st, struct arena *a, struct profile_cache *cache, struct instance *inst, struct err *e)
{
	inst->expanded_config = (struct map){ 0 };
	inst->expanded_devices = (struct devices){ 0 };
	for (size_t i = 0; i < inst->profiles.n; i++) {
		struct profile *p;
		int r = cached(st, a, cache, inst->profiles.item[i], &p, e);

		if (r == -ENOENT)
			return err_set(e, r, "Profile not found: %s", inst->profiles.item[i]);
		if (r < 0)
			return r;
		map_merge(a, &inst->expanded_config, &p->config);
		devices_merge(a, &inst->expanded_devices, &p->devices);
	}
	map_merge(a, &inst->expanded_config, &inst->config);
	devices_merge(a, &inst->expanded_devices, &inst->devices);
	return 0;
}

int record_status(int dir, const char *boot, struct instance *inst, struct err *e)
{
	static const enum instance_status code[] = {
		[POWER_STOPPED] = STATUS_STOPPED,
		[POWER_RUNNING] = STATUS_RUNNING,
		[POWER_FROZEN] = STATUS_FROZEN,
		[POWER_STARTING] = STATUS_STOPPED, /* never read so */
	};
	struct state s;
	int r = state_read(dir, boot, &s, e);

	if (r < 0)
		return r;
	inst->status_code = code[s.power];
	inst->status = instance_status_name(inst->status_code);
	inst->last_used_at = s.last_used;
	return 0;
}

int record_idmap(const struct instance *inst, struct idmap *ret, struct err *e)
{
	const struct map *config = inst->expanded_config.n ? &inst->expanded_config : &inst->config;
	const char *privileged = map_get(config, "security.privileged"), *base = map_get(config, "volatile.idmap.base");
	const char *size = map_get(config, "security.idmap.size");
	bool is_privileged = false;

	*ret = (struct idmap){ 0, 0 };
	if (privileged && parse_bool(privileged, &is_privileged) == 0 && is_privileged)
		return 0;
	ret->size = IDMAP_SIZE;
	if (size && parse_u32(size, 1, UINT32_MAX - 1, &ret->size) < 0)
		return err_set(e, -EINVAL, "security.idmap.size: not a number: %s", size);
	if ((ret->base = shifted_base(config)))
		return 0;
	if (!base || parse_u32(base, 1, UINT32_MAX - 1, &ret->base) < 0)
		return err_set(e, -EINVAL, "volatile.idmap.base: no range of ids is recorded");
	return 0;
}

static int profile_file(const char *name, char to[300], struct err *e)
{
	int r = name_profile(name, e);

	return r < 0 ? r : str_fmt(to, 300, "%s.yaml", name);
}

int profile_load(struct store *st, struct arena *a, const char *name, struct profile *ret, struct err *e)
{
	char file[300];
	int r = profile_file(name, file, e);

	*ret = (struct profile){ 0 };
	if (r < 0)
		return r;
	r = load(a, st->profiles, file, file, profile_fields, ret, e);
	if (r == -ENOENT)
		return err_set(e, r, "Profile not found");
	if (r < 0)
		return err_in(e, r, "profiles");
	ret->name = arena_dup(a, name);
	if (!ret->description)
		ret->description = "";
	return 0;
}

int profile_save(struct store *st, struct arena *a, const struct profile *p, struct err *e)
{
	char file[300];
	int r = profile_file(p->name, file, e);

	return r < 0 ? r : save(a, st->profiles, file, profile_fields, p, e);
}
