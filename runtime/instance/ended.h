/* ended - what the end of init means, in words and in consequences */
#pragma once
#include <stdbool.h>
#include "core/buf.h"
#include "core/lock.h"
#include "runtime/instance/plan.h"

/* A reboot(2) from inside arrives as the death of pid 1 by SIGHUP (restart) or SIGINT (halt, power off). */
bool ended_in_reboot(int status);

/* "powered off", "killed by signal 9", "init exited with status 1" */
void ended_text(int status, struct buf *to);

/* Appends a line to the instance's log. */
void ended_log(int dir, int status);

/* A restart: as long as somebody has KEEP, the end of an ephemeral instance is not its removal. DIR: the instance's, whose lock is
 * held. */
int ended_keep(int dir, struct lock *keep, struct err *e);
bool ended_is_kept(int dir);

/* An ephemeral instance ended by itself: removes it, once nobody else has its lock. The store is reached by plan's descriptor. */
void ended_destroy(const struct plan *p);
