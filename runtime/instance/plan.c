#include "runtime/instance/plan.h"
#include <errno.h>
#include "core/auto.h"
#include "core/parse.h"
#include "runtime/host/firstroot.h"
#include "runtime/instance/keys.h"
#include "runtime/instance/shifted.h"
#include "runtime/isolate/caps.h"
#include "runtime/isolate/cgroup.h"
#include "runtime/isolate/lsm.h"
#include "runtime/rootfs/layer.h"

#define LOG_SIZE (1 << 20)

static void plan_defaults(struct arena *a, const char *store_id, const struct instance *inst, struct plan *p)
{
	*p = (struct plan){
		.name = inst->name,
		.cgroup = arena_fmt(a, "%s.%s", store_id, inst->name),
		.hostname = inst->name,
		.architecture = inst->architecture,
		.layers = inst->layers,
		.seccomp_default = true,
		.lsm_profile = "",
		.idmap_size = IDMAP_SIZE,
		.memory = -1,
		.swappiness = -1,
		.processes = -1,
		.cpu_percent = -1,
		.cpu_priority = 10,
		.cpu_quota_us = -1,
		.cpu_period_us = 100000,
		.cpus = "",
		.ephemeral = inst->ephemeral,
		.log_size = LOG_SIZE,
		.fd_instance = -1,
		.fd_state = -1,
		.fd_result = -1,
		.fd_seccomp = -1,
		.fd_store = -1,
		.fd_owner = -1,
		.fd_pidfd = -1,
		.fd_channel = -1,
		.fd_overlay = -1,
	};
	names_add(a, &p->environ, "container=lxc");
}

/* Its owners are shifted on the disk: copies of its layers, and ids that may be everybody's. */
static void plan_shifted(struct arena *a, struct plan *p, uint32_t base)
{
	struct names layers = { 0 };

	for (size_t i = 0; i < p->layers.n; i++)
		names_add(a, &layers, arena_fmt(a, LAYER_SHIFTED, p->layers.item[i], base));
	p->layers = layers;
	p->shifted = true;
	p->idmap_base = base;
}

/* What the records say without being configuration: where the ids are, what kind of clone it is. */
static int plan_volatile(struct arena *a, struct plan *p, const struct map *config, struct err *e)
{
	const char *base = map_get(config, "volatile.idmap.base"), *size = map_get(config, "security.idmap.size");
	const char *host = map_get(config, "volatile.lxcbox.host"), *own = map_get(config, "volatile.lxcbox.init");
	uint32_t v;

	p->host_clone = host && str_eq(host, "true");
	p->own_init = own && str_eq(own, "true");
	if (p->privileged)
		return 0;
	if (!base || parse_u32(base, 1, UINT32_MAX - 1, &v) < 0)
		return err_set(e, -EINVAL, "volatile.idmap.base: no range of ids is recorded");
	p->idmap_base = v;
	if (size) {
		if (parse_u32(size, 1, UINT32_MAX - 1, &v) < 0)
			return err_set(e, -EINVAL, "security.idmap.size: not a number: %s", size);
		p->idmap_size = v;
	}
	if (shifted_base(config))
		plan_shifted(a, p, shifted_base(config));
	return 0;
}

/* Kinds of devices that this build starts with; the root disk is the overlay itself. */
static int plan_devices(const struct devices *devices, struct err *e)
{
	for (size_t i = 0; i < devices->n; i++) {
		const struct map *o = &devices->item[i].options;
		const char *type = map_get(o, "type"), *path = map_get(o, "path");

		if (type && str_eq(type, "none"))
			continue;
		if (type && str_eq(type, "disk") && path && str_eq(path, "/") && !map_get(o, "source"))
			continue;
		return err_set(e, -EOPNOTSUPP, "device \"%s\": devices of type %s are not supported by this version of lxcbox",
			       devices->item[i].name, type ? type : "(none)");
	}
	return 0;
}

static int plan_lsm(struct arena *a, struct plan *p, struct err *e)
{
	char profile[LSM_PROFILE_SIZE];
	int r = lsm_profile(p->cgroup, profile, e);

	if (r == 0)
		p->lsm_profile = arena_dup(a, profile);
	return r;
}

int plan_build(struct arena *a, const char *store_id, const struct instance *inst, struct plan *ret, struct err *e)
{
	plan_defaults(a, store_id, inst, ret);
	int r = keys_plan(a, ret, &inst->expanded_config, e);

	if (r < 0 || (r = plan_volatile(a, ret, &inst->expanded_config, e)) < 0 || (r = plan_lsm(a, ret, e)) < 0)
		return r;
	if (ret->privileged)
		ret->capabilities_dropped = (int64_t)CAPS_PRIVILEGED_DROP;
	ret->covers_root = firstroot();
	/* what is thrown away at its stop need not survive a power cut */
	ret->volatile_root = ret->ephemeral;
	return plan_devices(&inst->expanded_devices, e);
}

void plan_as_started(struct plan *p, const struct idmap *map, uint64_t capabilities_dropped)
{
	p->privileged = !map->size;
	p->capabilities_dropped = (int64_t)capabilities_dropped;
	if (map->size) {
		p->idmap_base = map->base;
		p->idmap_size = map->size;
	}
}

struct cgroup_memory plan_memory_limit(const struct plan *p)
{
	return (struct cgroup_memory){ p->memory, p->memory_soft, p->swap, p->swappiness };
}

unsigned plan_controllers(const struct plan *p)
{
	unsigned wanted = 0;

	if (p->memory >= 0 || p->swappiness >= 0)
		wanted |= CGROUP_BIT(CGROUP_MEMORY);
	if (p->processes >= 0)
		wanted |= CGROUP_BIT(CGROUP_PIDS);
	if (p->cpu_quota_us >= 0 || p->cpu_percent >= 0)
		wanted |= CGROUP_BIT(CGROUP_CPU);
	if (*p->cpus)
		wanted |= CGROUP_BIT(CGROUP_CPUSET);
	if (p->old_systemd)
		wanted |= CGROUP_BIT(CGROUP_SYSTEMD);
	return wanted;
}
