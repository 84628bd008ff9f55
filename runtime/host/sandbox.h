/* sandbox - a process that can compute and use the descriptors it was given, and nothing else
 *
 * For parsers of what others wrote (security rules R9, V34). A forked child calls sandbox_enter() and then works: no privileges
 * (setgroups, setgid, setuid to nobody; no capabilities; no_new_privs), no other descriptors, no new ones, no core dump, bounded
 * memory, dead when its parent dies, and a system call that is neither reading, writing nor memory kills it (seccomp).
 * Under sanitizers, which need more calls and much address space, the memory limit and the filter are left out. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "core/err.h"

struct sandbox {
	const int *fds; /* what stays open, in any order; -1 is none */
	size_t n_fds;
	uint64_t memory; /* bytes of address space, what the process has already included; allocations beyond fail */
};

/* For a single-threaded child; there is no way back. Allowed afterwards: read, pread, write, and memory calls that make nothing
 * executable. A kernel without seccomp only lacks the filter. */
int sandbox_enter(const struct sandbox *s, struct err *e);
