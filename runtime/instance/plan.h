/* plan - everything that a start is going to do, decided before anything is done
 *
 *   records (profiles + own config, expanded, validated)  --plan_build-->  plan  --steps-->  system calls
 *
 * Building is pure: no effects, no root needed. `--explain` prints the steps of a plan and stops. The plan crosses the exec of the monitor
 * as bytes (plan_pack, plan_unpack): nothing behind it parses configuration. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "core/buf.h"
#include "core/field.h"
#include "core/instance.h"
#include "runtime/isolate/cgroup.h"
#include "runtime/isolate/idmap.h"

struct plan {
	const char *name;
	const char *cgroup; /* "ID.NAME" */
	const char *hostname;
	const char *architecture;
	struct names layers; /* topmost first */

	/* isolation */
	bool privileged;
	bool nesting;
	int64_t idmap_base;
	int64_t idmap_size;
	int64_t capabilities_dropped; /* bit mask */
	struct names seccomp_deny;    /* further system calls by name: ENOSYS */
	bool seccomp_default;	      /* our deny list */
	bool seccomp_compat;	      /* 32-bit calls denied */
	const char *lsm_profile;      /* AppArmor profile to enter; "" when the LSM is off */

	/* root filesystem */
	bool shifted;	   /* owners lie shifted on the disk: nothing is mapped */
	bool covers_root;  /* it is laid over the host's / (pivot.h) */
	bool host_clone;   /* layers lie over the host's own / */
	bool volatile_root; /* overlay never syncs */

	/* init */
	bool own_init;	       /* ours idles as pid 1 */
	bool old_systemd;      /* wants the hierarchy name=systemd of cgroups version 1 (oldguest.h) */
	struct names init;     /* argv; empty: searched */
	struct names environ;  /* K=V of init */
	struct map sysctls;
	struct map rlimits; /* "nofile" -> "1024:4096" */

	/* limits; -1 (and "" for cpus): none */
	int64_t memory;
	bool memory_soft;
	int64_t swap;	    /* bytes besides a hard limit of memory; 0: none */
	int64_t swappiness; /* cgroup v1; -1: as the host's */
	int64_t processes;
	int64_t cpu_percent, cpu_priority;
	int64_t cpu_quota_us, cpu_period_us;
	const char *cpus;
	int64_t cpu_count; /* 0: cpus are the ones that were asked for; else so many, and balance.h moves them */

	/* life */
	bool ephemeral;
	bool autorestart;
	int64_t log_size;
	int64_t adopt_pid, adopt_start; /* a running init that lost its monitor; pid 0: a start */

	/* descriptors that the monitor inherits; -1: none. Filled by start.c */
	int64_t fd_instance, fd_state, fd_result, fd_seccomp, fd_store, fd_owner;
	struct names fd_layers; /* numbers, like layers */

	/* a first process that its monitor has made before its exec; pid 0: none */
	int64_t born_pid, fd_pidfd, fd_channel, fd_overlay;
};

/* INST with expanded_config and expanded_devices filled. STORE_ID goes into the cgroup's name. */
int plan_build(struct arena *a, const char *store_id, const struct instance *inst, struct plan *ret, struct err *e);

/* What a running instance keeps until its end, whatever its configuration says by now: the ids of its user namespace (size 0: privileged) and the
 * capabilities that its init has lost. */
void plan_as_started(struct plan *p, const struct idmap *map, uint64_t capabilities_dropped);

void plan_pack(const struct plan *p, struct buf *to);
int plan_unpack(struct arena *a, const void *data, size_t n, struct plan *ret, struct err *e);

static inline struct idmap plan_idmap(const struct plan *p)
{
	return (struct idmap){ (uint32_t)p->idmap_base, p->privileged ? 0 : (uint32_t)p->idmap_size };
}

struct cgroup_memory plan_memory_limit(const struct plan *p);

/* The cgroup controllers that its limits need, as bits of enum cgroup_controller. */
unsigned plan_controllers(const struct plan *p);
