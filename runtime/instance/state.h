/* state - what runs: instances/NAME/state, and what a crash left of it
 *
 *   power RUNNING|FROZEN|STOPPED   boot id   init's pid and start time   monitor's pid and start time   capabilities dropped
 *   its ids: the first here, and how many (0: no user namespace)
 *
 * One line of a fixed length, rewritten in place by one write(2) without fsync; its mtime is last_used_at. While the instance
 * runs, the monitor holds the file's flock: it says "do not start this root a second time", wherever it is looked at from. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "core/err.h"
#include "core/field.h"
#include "runtime/host/process.h"
#include "runtime/isolate/idmap.h"

/* STARTING is only ever recorded: it says that a start may have left something when nobody is alive any more; it reads as STOPPED. */
enum power { POWER_STOPPED, POWER_RUNNING, POWER_FROZEN, POWER_STARTING };

struct state {
	enum power power;
	char boot[BOOT_ID_SIZE];
	struct process init;
	struct process monitor;
	/* what init was started with, whatever the configuration says by now: what is executed beside it has the same */
	uint64_t capabilities_dropped; /* from its bounding set */
	struct idmap map;	       /* of its user namespace; size 0: none */
	struct timestamp last_used; /* read only: the file's mtime */
	enum power recorded; /* what the file says, whatever became of it */
	bool was_up; /* said RUNNING under another boot id: was up when the host went down */
};

/* Reads instances/NAME/state (DIR: the instance's directory). What is written is held against the world: a pid that is gone or another's by now makes it
 * STOPPED. Missing, empty or zeros: STOPPED. Anything else: -EBADMSG; something may run (stop_lost). */
int state_read(int dir, const char *boot, struct state *ret, struct err *e);

/* Without a look at the processes: for who opens init next, which finds out (state_open_init). */
int state_recorded(int dir, const char *boot, struct state *ret, struct err *e);

/* FD: the open state file. */
int state_write(int fd, const struct state *s, struct err *e);

/* A pidfd of init, or -ESRCH. */
int state_open_init(const struct state *s, struct err *e);

/* Opens (creates) the state file and takes its flock for a monitor to be. -EBUSY: a monitor is alive. */
int state_claim(int dir, int *ret_fd, struct err *e);

/* Waits until no monitor holds it. -ETIMEDOUT. */
int state_wait_released(int dir, int timeout_ms);
