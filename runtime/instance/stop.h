/* stop - the end of a running instance: asked for, waited for, forced */
#pragma once
#include "core/lock.h"
#include "core/report.h"
#include "core/store.h"
#include "runtime/instance/plan.h"

/* DIR: instances/NAME, whose LOCK is held. Clean: the signal that its init takes, then waits TIMEOUT_MS (-1: for ever), without the lock
 * meanwhile, so that somebody else may use force; it is held again afterwards (but for -ENOENT: the instance was removed).
 * Then nothing of it runs, whoever cleaned up (its monitor, or this call when that is dead or does not answer).
 * -ESRCH: not running. -ETIMEDOUT. */
int stop_instance(struct store *st, struct lock *lock, int dir, const char *name, bool force, int timeout_ms,
		  struct err *e);

/* Whether something is alive in the groups of NAME, whatever its state says. */
int stop_is_populated(struct store *st, const char *name, struct err *e);

/* Ends that, when the state is lost that would say what it is: damaged, removed, or of other processes. */
int stop_lost(struct store *st, int dir, const char *name, struct err *e);

/* Freezes or thaws. */
int freeze_instance(struct store *st, const struct lock *lock, int dir, const char *name, bool frozen, struct err *e);

/* What a crash left: a monitor that is gone while init goes on is named in *RET_ADOPT; a cgroup without an instance goes. */
int stop_cleanup(struct store *st, int dir, const char *name, struct err *e);
