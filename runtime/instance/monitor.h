/* monitor - the one small process that stays for each running instance
 *
 *   caller --clone--> monitor: steps up to the root --exec of itself--> "running" to the caller --> loop until init has ended
 *
 * The exec, which makes it small and takes it out of the container's reach, costs no time: the first process inside mounts meanwhile.
 * That one is still an image of the caller then, so where it could harm (a privileged one) or stays (an init of ours), or where
 * nothing is to be made (adoption), the exec comes first.
 *
 * It keeps the pidfd of init, the console's master, a descriptor of the overlay (so that the end of init needs no sync of the
 * upper's file system), and the flock of the state file. It may be killed: the instance goes on, the next command that takes the
 * lock adopts it. */
#pragma once
#include "core/err.h"
#include "runtime/instance/plan.h"

/* What the caller hears on the result pipe: the chain (code 0: it runs), one write. */
struct monitor_result {
	struct err err;
};

/* How ps shows it: "[lxcbox] NAME"; main() knows a monitor by it. */
#define MONITOR_TITLE "[lxcbox]"

/* The environment says which descriptor holds the plan (ps shows the arguments). Exit status of the process. */
#define MONITOR_PLAN "LXCBOX_PLAN"

int monitor_main(int argc, char **argv);

/* In the process that was cloned for it: does what PLAN says, result on plan->fd_result. Its descriptors must be open here. */
_Noreturn void monitor_begin(const struct plan *plan);
