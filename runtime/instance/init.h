/* init - pid 1 of a container: the image's, or ours */
#pragma once
#include "core/err.h"
#include "runtime/instance/plan.h"

#define INIT_SEARCHED "/sbin/init /etc/init /bin/init /bin/sh"

/* Executes what the plan names, else the first of INIT_SEARCHED that is there. Returns only on failure: what was tried and why
 * it did not work. */
int init_exec(const struct plan *p, struct err *e);

/* Our own: TITLE is argv[0], where ps looks for its name; waits, reaps, passes TERM on at the end. PWR, TERM, 37, 38: power off; INT, 39: reboot. Never returns. */
_Noreturn void init_idle(char *title);

/* Catches those signals: to be called before anybody hears that the instance runs, who may stop it at once. */
void init_claim_signals(void);
