/* cgroup - an instance's control groups, on version 1, version 2 and hybrid hosts
 *
 *   v2 tree:          lxcbox/ID.NAME            limits; owned by us, its root delegated to the instance
 *                     lxcbox/ID.NAME/.lxc       where exec puts its commands (v2 forbids processes in inner nodes)
 *                     lxcbox/ID.NAME.monitor    the monitor
 *   each v1 hierarchy that a limit needs: the same names
 *
 * A v2 tree is used wherever there is one, even without controllers: it freezes, kills and is joined at clone. v1 hierarchies
 * are found by the kernel's mount table, not by directory names, and only when something needs their controller.
 * What nobody mounted (minimal hosts) is mounted detached: the host's mount table never changes. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/err.h"

enum cgroup_controller {
	CGROUP_CPU,
	CGROUP_CPUACCT, /* v1 only; v2 counts under cpu */
	CGROUP_CPUSET,
	CGROUP_MEMORY,
	CGROUP_PIDS,
	CGROUP_IO, /* "blkio" in v1 */
	CGROUP_DEVICES, /* v1 only; v2: devbpf.h */
	CGROUP_FREEZER, /* v1 only; v2 always has it */
	CGROUP_HUGETLB,
	CGROUP_SYSTEMD, /* the named hierarchy name=systemd that old guests want; no controller */
	CGROUP_N,
};

#define CGROUP_BIT(c) (1u << (c))

/* What this host has. */
struct cgroup_host {
	int v2;			 /* root of the v2 tree, -1: none */
	unsigned v2_controllers; /* that the root's cgroup.controllers offers */
	int v1[CGROUP_N];	 /* root of the hierarchy that has it, -1 */
};

#define CGROUP_HOST_NONE \
	((struct cgroup_host){ .v2 = -1, .v1 = { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 } })

/* WANTED: the controllers that are needed, ~0: all that exist; for none, and a v2 tree at the usual place, the mount table is not read. */
int cgroup_host_open(struct cgroup_host *h, unsigned wanted, struct err *e);
void cgroup_host_close(struct cgroup_host *h);

/* One instance's directories. */
struct cgroup {
	int v2;
	int v1[CGROUP_N]; /* -1: not there, or v2 has it */
	int tasks[CGROUP_N]; /* their files "tasks", open: the kernel looks at the ids of whoever opened one. Of cgroup_create's only */
};

#define CGROUP_NO_V1 { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 }
#define CGROUP_NONE  ((struct cgroup){ .v2 = -1, .v1 = CGROUP_NO_V1, .tasks = CGROUP_NO_V1 })

/* Makes (or finds empty and takes over) lxcbox/NAME with the controllers WANTED, each where this host has it.
 * One that no hierarchy has: -ENODEV, naming it. -EBUSY: the directory has processes that are not ours. */
int cgroup_create(const struct cgroup_host *h, const char *name, unsigned wanted, struct cgroup *ret, struct err *e);

/* Opens what is there of lxcbox/NAME; missing hierarchies stay -1. -ENOENT: none at all. */
int cgroup_open(const struct cgroup_host *h, const char *name, struct cgroup *ret, struct err *e);
void cgroup_close(struct cgroup *cg);

/* Gives a running instance a controller that it was started without: the directory where version 1 has one, and all processes of
 * the v2 directory into it (the slow path); ROOT as for cgroup_delegate. 0 as well when it has it. */
int cgroup_add(const struct cgroup_host *h, const char *name, enum cgroup_controller c, uid_t root, struct cgroup *cg, struct err *e);
bool cgroup_has(const struct cgroup *cg, enum cgroup_controller c);

/* Gives the instance's root (host id) the files that the kernel lists for delegation; limits stay ours. */
int cgroup_delegate(const struct cgroup *cg, uid_t root, struct err *e);

/* rmdir of lxcbox/NAME everywhere, children first; retries for 100 ms while the kernel still frees. Missing: 0. */
int cgroup_remove(const struct cgroup_host *h, const char *name, struct err *e);

/* The calling single-threaded process, which may have lost its ids since cgroup_create, moves itself by "0" into tasks of every v1 directory (cheap: never cgroup.procs of
 * another process, which waits for a grace period of 7-15 ms on a quiet machine since 6.0). */
int cgroup_join_v1(const struct cgroup *cg, struct err *e);
/* The same for v2, by host's root only, when CLONE_INTO_CGROUP was not to be had (< 5.7). */
int cgroup_join_v2(int dir, struct err *e);

/* The leaf for exec below the instance's v2 directory, made when missing; -1 in *ret without v2. */
int cgroup_exec_leaf(const struct cgroup *cg, uid_t root, int *ret, struct err *e);

/* ---- limits; -1: none */
struct cgroup_memory {
	int64_t bytes;
	bool soft;	    /* pressed back to it, but not stopped by it */
	int64_t swap;	    /* what may be swapped out besides a hard limit */
	int64_t swappiness; /* version 1 only; -1: as its parent */
};
/* -EBUSY: more than that is in use, and cannot be had back. The limit is never lifted on the way to another one. */
int cgroup_set_memory(const struct cgroup *cg, const struct cgroup_memory *limit, struct err *e);
int cgroup_set_pids(const struct cgroup *cg, int64_t max, struct err *e);
int cgroup_set_cpu_quota(const struct cgroup *cg, int64_t quota_us, uint64_t period_us, struct err *e);
/* LXD: trunc(S * percent / 100) - (10 - priority), S = 1024 (v1), 100 (v2), clamped to what the kernel takes. */
int cgroup_set_cpu_weight(const struct cgroup *cg, unsigned percent, unsigned priority, struct err *e);
int cgroup_set_cpus(const struct cgroup *cg, const char *cpus, struct err *e); /* "0-3,7"; "": those of its parent */
int cgroup_cpus(const struct cgroup *cg, char *to, size_t size); /* as set; length or -errno */

/* ---- state and force */
int cgroup_freeze(const struct cgroup *cg, bool frozen, int timeout_ms, struct err *e);
int cgroup_kill(const struct cgroup *cg, struct err *e); /* SIGKILL to all, frozen or not; does not wait */
bool cgroup_is_populated(const struct cgroup *cg);

struct cgroup_usage {
	int64_t memory, memory_peak, swap, swap_peak, processes, cpu_ns, oom_kills; /* -1: not known here */
};
void cgroup_usage(const struct cgroup *cg, struct cgroup_usage *ret);

/* One version's way of all that; cgroup.c picks by controller. */
struct cgroup_ops {
	int (*memory)(int dir, const struct cgroup_memory *limit, struct err *e);
	int (*pids)(int dir, int64_t max, struct err *e);
	int (*cpu_quota)(int dir, int64_t quota_us, uint64_t period_us, struct err *e);
	int (*cpu_weight)(int dir, unsigned percent, unsigned priority, struct err *e);
	int (*cpus)(int dir, const char *cpus, struct err *e);
	int (*freeze)(int dir, bool frozen, int timeout_ms, struct err *e);
	void (*memory_usage)(int dir, struct cgroup_usage *u);
	void (*cpu_usage)(int dir, struct cgroup_usage *u);
	void (*pids_usage)(int dir, struct cgroup_usage *u);
};
extern const struct cgroup_ops cgroup1_ops, cgroup2_ops;

/* Shared by both versions: one small file. */
int cgroup_write(int dir, const char *file, const char *value, struct err *e); /* "memory.max: VALUE: ..." */
int cgroup_read(int dir, const char *file, char *to, size_t size);	       /* length or -errno */
int64_t cgroup_read_number(int dir, const char *file);			       /* "max": INT64_MAX; -1: not there */
int64_t cgroup_read_field(int dir, const char *file, const char *key);	       /* "oom_kill 3" lines; -1 */

static inline void auto_cgroup(struct cgroup *cg)
{
	cgroup_close(cg);
}

static inline void auto_cgroup_host(struct cgroup_host *h)
{
	cgroup_host_close(h);
}
