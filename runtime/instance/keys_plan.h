/* keys_plan - what the rows of keys_table put into the plan (keys_plan.c), and how they reach a running instance (keys_live.c)
 *
 * Plan functions see checked values, and a value of an older record that this version refuses: that is an error as well. */
#pragma once
#include "runtime/instance/keys.h"

typedef int key_plan(struct arena *a, struct plan *p, const char *key, const char *value, struct err *e);
typedef int key_live(struct live *l, struct err *e);

key_plan plan_memory, plan_memory_enforce, plan_memory_swap, plan_memory_swap_priority;
key_plan plan_cpus, plan_cpu_allowance, plan_cpu_priority, plan_processes, plan_rlimit;
key_plan plan_autorestart, plan_environment, plan_sysctl;
key_plan plan_privileged, plan_nesting;
key_plan plan_deny_default, plan_deny_compat, plan_deny, plan_raw_lxc;
key_plan plan_unsupported_true, plan_checked;

key_live live_memory, live_cpus, live_cpu_share, live_processes;
