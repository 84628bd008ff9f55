/* seccomp - the system call filter of a container (libseccomp builds it, the kernel's seccomp(2) loads it)
 *
 * A deny list: what is not named is allowed, so programs newer than the list work. "Not there" (ENOSYS) rather than "forbidden"
 * where a libc has a fallback; clone3 never gets EPERM. Argument rules compare the low 32 bits of ints. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "core/buf.h"
#include "core/err.h"
#include "core/map.h"

struct seccomp_rules {
	bool defaults;		   /* our deny list (LXD's deny_default and more); the two terminal ioctls are denied always */
	bool deny_compat;	   /* 32-bit system calls: ENOSYS as a whole */
	const struct names *deny; /* names, each ENOSYS; unknown ones are an error */
};

/* The filter as struct sock_filter's bytes. */
int seccomp_build(const struct seccomp_rules *rules, struct buf *program, struct err *e);

/* Loads PROGRAM for the calling process; needs CAP_SYS_ADMIN in its user namespace (no_new_privs stays off: sudo works inside). */
int seccomp_enter(const void *program, size_t n, struct err *e);
