/* fresh - a process that shows nothing of who started it
 *
 * A container is started by cron, an ssh session, a CI job; none of that may show inside: resource limits, nice value, I/O priority,
 * processor affinity, oom_score_adj, umask, ignored and blocked signals, working directory. */
#pragma once
#include "core/err.h"

/* Sets fixed values for all of them; what this host does not let us have (a higher hard limit without CAP_SYS_RESOURCE) stays. */
void fresh_process(void);

/* Only signals and umask: dispositions default, nothing blocked, 022. */
void fresh_signals(void);
