#include "runtime/instance/shifted.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/parse.h"
#include "runtime/instance/record.h"
#include "runtime/isolate/idmap.h"
#include "runtime/rootfs/layer.h"
#include "runtime/rootfs/plain.h"

static const char key[] = "volatile.lxcbox.shifted", new_upper[] = "upper.new", new_links[] = ".upper.new";

uint32_t shifted_base(const struct map *config)
{
	const char *value = map_get(config, key);
	uint32_t base = 0;

	return value && parse_u32(value, 1, UINT32_MAX - 1, &base) == 0 ? base : 0;
}

static bool is_true(const struct map *config, const char *name)
{
	const char *value = map_get(config, name);
	bool v = false;

	return value && parse_bool(value, &v) == 0 && v;
}

/* ---- noting */

static int choose_base(struct store *st, const struct instance *inst, struct idmap *ret, bool *ret_shared, struct err *e)
{
	const struct map *config = &inst->expanded_config;
	int r = record_idmap(inst, ret, e);

	if (r < 0)
		return r;
	*ret_shared = !is_true(config, "security.idmap.isolated") && !map_get(config, "security.idmap.base") && ret->size == IDMAP_SIZE;
	return *ret_shared ? idmap_shared(st, true, ret, e) : 0;
}

static int refuse_host_clone(const struct err *why, struct err *e)
{
	return err_set(e, -EOPNOTSUPP, "this kernel has no idmapped mounts for / (Linux 5.19, and a file system that takes them), which unprivileged clones of the host "
				       "need: security.privileged=true is the way without%s%s", why ? ": " : "", why ? why->text : "");
}

int shifted_note(struct store *st, struct arena *a, int dir, struct instance *inst, const struct err *why, struct report *report,
		 struct err *e)
{
	struct instance noted = *inst;
	struct idmap map;
	bool shared;
	int r;

	if (is_true(&inst->config, "volatile.lxcbox.host"))
		return refuse_host_clone(why, e);
	if ((r = choose_base(st, inst, &map, &shared, e)) < 0)
		return r;
	const char *base = arena_fmt(a, "%u", map.base);
	noted.config = noted.expanded_config = (struct map){ 0 };
	map_copy(a, &noted.config, &inst->config);
	map_copy(a, &noted.expanded_config, &inst->expanded_config);
	map_set(a, &noted.config, key, base);
	map_set(a, &noted.expanded_config, key, base);
	if ((r = record_save(a, dir, &noted, e)) < 0)
		return r;
	report_warn(report, "%s: no idmapped mounts here (Linux 5.19): its files are copied to ids %u-%u, %s", inst->name, map.base,
		    map.base + map.size - 1, shared ? "which such containers share" : "its own");
	*inst = noted;
	return 0;
}

/* ---- making it so */

static int shift_layers(struct store *st, const struct instance *inst, const struct shift *shift, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < inst->layers.n && r == 0; i++)
		r = layer_shift(st, inst->layers.item[i], shift, e);
	return r;
}

static int clear_away(int rw, struct err *e)
{
	int r = at_remove_tree(rw, new_upper, e);

	return r < 0 ? r : at_remove_tree(rw, new_links, e);
}

/* Built beside it and exchanged: a crash leaves the one or the other. */
static int exchange_upper(int rw, int upper, const struct shift *shift, struct err *e)
{
	int r = clear_away(rw, e);

	if (r < 0 || (r = plain_copy(upper, rw, new_upper, shift, e)) < 0)
		return r;
	if (syncfs(rw) < 0)
		return err_sys(e, "syncfs");
	if (renameat2(rw, new_upper, rw, "upper", RENAME_EXCHANGE) < 0)
		return err_sys(e, "rename");
	return clear_away(rw, e);
}

static int shift_upper(int dir, uint32_t base, uint32_t size, bool privileged, struct err *e)
{
	struct stat s;
	AUTO(fd) int rw = at_open(dir, "rw", O_RDONLY | O_DIRECTORY, 0, e);
	AUTO(fd) int upper = rw < 0 ? rw : at_open(rw, "upper", O_RDONLY | O_DIRECTORY, 0, e);

	if (upper < 0)
		return upper;
	if (fstat(upper, &s) < 0)
		return err_sys(e, "rw/upper");
	bool is_shifted = s.st_uid >= base && s.st_uid - base < size;
	if (is_shifted == !privileged)
		return 0;
	const struct shift to = privileged ? (struct shift){ base, 0, size } : (struct shift){ 0, base, size };
	return err_in(e, exchange_upper(rw, upper, &to, e), "rw/upper");
}

int shifted_ready(struct store *st, int dir, const struct instance *inst, struct err *e)
{
	struct shift shift = { 0, shifted_base(&inst->expanded_config), IDMAP_SIZE };
	struct idmap map;
	int r = record_idmap(inst, &map, e);

	if (r < 0)
		return r;
	if (map.size)
		shift.size = map.size;
	if (map.size && (r = shift_layers(st, inst, &shift, e)) < 0)
		return r;
	return shift_upper(dir, shift.to, shift.size, !map.size, e);
}
