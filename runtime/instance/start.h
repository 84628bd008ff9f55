/* start - from a plan to a running instance: spawns its monitor and waits for "running" or the reason why not */
#pragma once
#include "core/instance.h"
#include "core/lock.h"
#include "core/store.h"
#include "runtime/instance/plan.h"
#include "runtime/instance/state.h"

/* DIR: instances/NAME, whose LOCK is held. INST has its expanded parts. *RET_MONITOR (may be NULL): its monitor, a child of
 * the caller. OWNER: a pidfd, the instance is killed when that process ends; -1: none. A failed start leaves nothing: no process, cgroup or mount.
 * Where owners cannot be shifted by mounts, the record and files are changed (shifted.h), which REPORT is told. */
int start_instance(struct store *st, const struct lock *lock, int dir, const struct instance *inst, int owner, pid_t *ret_monitor,
		   struct report *report, struct err *e);

/* A new monitor for a running instance that lost its own. STATE: what runs. */
int start_adopt(struct store *st, const struct lock *lock, int dir, const struct instance *inst, const struct state *state,
		struct err *e);
