/* filter - the system call filter of an instance as a file: built once per set of rules and program of ours, not once per start
 *
 * instances/NAME/seccomp is what init and every exec load. The store's own `seccomp` is the last one that was built, behind the
 * hash of everything that it came from and of itself: one that is old, torn or of other rules is not found, and built anew. Neither is
 * synced. Building takes libseccomp 0.4 ms, as long as all mounts of a start. */
#pragma once
#include "core/err.h"
#include "core/store.h"
#include "runtime/instance/plan.h"

/* DIR: instances/NAME. *RET_FD: the filter, open to read. */
int filter_open(struct store *st, int dir, const struct plan *p, int *ret_fd, struct err *e);
