/* adopt - a running instance whose monitor was killed gets a new one
 *
 * The instance goes on without a monitor; what it lacks is a reader of its console, and somebody who removes what its end leaves. A
 * new monitor is no parent: below Linux 6.15 it cannot learn how init ended (then it counts as powered off). */
#pragma once
#include "runtime/host/process.h"
#include "runtime/instance/step.h"

/* Fills what a start would have left in S: pid, pidfd, cgroups, a descriptor of the root, a new terminal on /dev/console. */
int adopt_open(struct start *s, const struct process *init, struct err *e);

/* The wait status of a process that is not our child and has ended; SIGINT (powered off) when it cannot be known. */
int adopt_status(int pidfd);
