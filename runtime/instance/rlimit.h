/* rlimit - limits.kernel.NAME: the kernel's limits of a process by LXD's names */
#pragma once
#include <stdint.h>
#include <sys/types.h>
#include "core/err.h"

/* "nofile" and "1024", "1024:4096", "unlimited". -EINVAL says what would be right, or what of this host's it exceeds. */
int rlimit_check(const char *name, const char *value, struct err *e);

/* For process PID, 0: the caller. From outside its user namespace, where alone a hard limit can be raised. What this host does not
 * allow is named ("limits.kernel.nofile=...: ..."). */
int rlimit_set(pid_t pid, const char *name, const char *value, struct err *e);
