/* enter - a process into a running instance: pidfd, setns(2), the leaf cgroup, and init's own restrictions
 *
 *   caller --setns(pid)--clone into the leaf--> child --setns(all others)--> ids, keyring, filter --> exec
 *
 * No request to the monitor is needed. Nothing of the caller crosses: descriptors, session, environment, groups, keyring. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "core/err.h"
#include "core/map.h"
#include "runtime/instance/state.h"
#include "runtime/isolate/cgroup.h"
#include "runtime/isolate/idmap.h"
#include "runtime/isolate/lsm.h"

struct enter {
	int pidfd;
	pid_t pid; /* of init */
	struct idmap map;
	uint64_t capabilities_dropped;
	struct cgroup_host host;
	struct cgroup cgroup;
	int leaf; /* v2 directory for the command, -1 */
	struct buf seccomp;
	char lsm_profile[LSM_PROFILE_SIZE];
	const struct map *rlimits; /* limits.kernel.*, borrowed; may be NULL */
};

/* DIR: instances/NAME, CGROUP: "ID.NAME". STATE: as read; its init is verified again. */
int enter_open(struct enter *t, int dir, const char *cgroup, const struct state *state, struct err *e);
void enter_close(struct enter *t);

/* What the child does once it is inside, before its ids and filter: gets CTX; <0: fails the whole. */
typedef int enter_inside(void *ctx, struct err *e);

struct enter_command {
	const char *const *argv; /* NULL-terminated */
	const char *const *env;
	const char *cwd;
	bool cwd_required; /* a missing one is an error, not "/" */
	uint32_t uid, gid;
	int fd[3];	     /* become 0, 1, 2 */
	bool tty;	     /* fd 0 becomes the controlling terminal */
	int signals;	     /* becomes readable when the caller has had enough of a start that hangs; -1: after some seconds */
	enter_inside *inside; /* may change fd[] and argv (NULL: none) */
	void *ctx;
};

/* Starts it. *RET_PID, *RET_PIDFD (the caller's to close). The command has been executed when this returns 0.
 * -ENOENT and 127, -EACCES and 126 in *RET_STATUS when it could not be; the chain says what and why. */
int enter_spawn(struct enter *t, struct enter_command *c, pid_t *ret_pid, int *ret_pidfd, int *ret_status, struct err *e);
