/* step - what a start is made of: rows that say themselves, run, and undo
 *
 *   monitor (host side)                          guest (first process inside)
 *   -------------------                          ----------------------------
 *   cgroup, limits
 *   clone                              ------->  waits for its root
 *   id maps, overlay
 *   hands the root over                ------->  becomes root, mounts, devices, console
 *   executes itself anew
 *   takes the console                  <-------
 *                                                pivot, identity, limits, capabilities, filter
 *   end of file: it runs               <-------  exec of init
 *
 * `--explain` is a loop over the table; a failure undoes host-side rows in reverse (the guest's go with its namespaces). */
#pragma once
#include <stdbool.h>
#include "core/buf.h"
#include "core/err.h"
#include "runtime/instance/plan.h"
#include "runtime/isolate/cgroup.h"
#include "runtime/rootfs/overlay.h"
#include "runtime/rootfs/place.h"

enum { GUEST_NODES = 8 };

struct start {
	const struct plan *plan;
	struct idmap map;

	/* host side */
	int dir; /* of the instance */
	struct cgroup_host host;
	struct cgroup cgroup;
	int host_mounts; /* the way back, while this process is in a mount namespace of its own; else -1 */
	int left_mounts; /* the namespace that it has left, or -1 */
	int host_root;	/* "/" there */
	int rw;		/* directory that holds upper/ and work/ */
	struct overlay_parts parts; /* what the root is made of */
	int overlay;	/* the root mount; kept while the instance runs, so that its end needs no sync */
	int channel;	/* our end of the socket pair */
	int theirs;	/* the guest's end */
	int procs;	/* cgroup.procs for a guest that could not be cloned into its cgroup; else -1 */
	pid_t pid;
	int pidfd;
	int console;	/* master of its /dev/console */
	int console_slave; /* kept open: no hangup while no getty holds it */
	char *title; /* argv[0] of this process */
	const void *seccomp;
	size_t seccomp_size;

	/* inside */
	int node[GUEST_NODES]; /* the host's devices as detached mounts, until they are placed; -1 */
	int root;	 /* descriptor of the new root */
	struct place_masks masks;
	int lsm;	 /* the way into the AppArmor profile, or -1 */
};

enum step_where { IN_HOST, IN_GUEST };

struct step {
	char name[16];
	enum step_where where;
	bool (*wanted)(const struct plan *p); /* NULL: always */
	void (*describe)(const struct plan *p, struct buf *to);
	int (*run)(struct start *s, struct err *e);
	void (*undo)(struct start *s); /* NULL: nothing outlives the process */
};

/* In the order in which they run on their side; end with an empty name. */
extern const struct step spawn_steps[];	 /* spawn.c: host side, until the first process inside has its root */
extern const struct step settle_steps[]; /* spawn.c: host side, until init runs; the monitor's exec may lie between the two */
extern const struct step guest_steps[];	 /* guest.c: inside */

/* When nobody waits any more: out of the mount namespace of the start, whose mounts are let go (spawn.c). */
void spawn_leave_mounts(struct start *s);

/* Runs one table; on failure undoes what ran, in reverse, and puts the step's name into the chain. */
int steps_run(const struct step *table, struct start *s, struct err *e);

/* Undoes a table that ran to its end, when one behind it failed. */
void steps_undo(const struct step *table, struct start *s);

/* After the exec of the monitor: what spawn_steps opened and the plan does not carry. */
int spawn_resume(struct start *s, struct err *e);

/* A line per step that PLAN wants, of both tables. */
void steps_explain(const struct plan *p, struct buf *to);

/* What crosses the socket pair. */
struct channel_message {
	enum { CHANNEL_ROOT, CHANNEL_CONSOLE, CHANNEL_ERROR } kind;
	struct err err;
};

int channel_send(int channel, const struct channel_message *m, const int *fd, int n_fds, struct err *e);
/* 1, or 0 at the end; the descriptors (at most N) are O_CLOEXEC, -1 where none came. */
int channel_receive(int channel, struct channel_message *m, int *fd, int n_fds, struct err *e);

/* Opens the host's devices for a container that is unprivileged, while its /dev can be seen; once (guest.c). */
int guest_open_nodes(struct start *s, struct err *e);

/* The guest's whole life up to exec; never returns (guest.c). */
_Noreturn void guest_main(struct start *s);
