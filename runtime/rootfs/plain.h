/* plain - a tree of files as a copy of its own, every owner moved to another range of ids
 *
 * For kernels and file systems without idmapped mounts: there the shift has to lie on the disk. Everything that an owner hides in
 * moves along: POSIX ACLs, the root of file capabilities. Hard links, holes, times and all other attributes stay as they are; data
 * is shared with the original where the file system can (reflinks). */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "core/err.h"

/* Ids from FROM on become those from TO on; the others stay. */
struct shift {
	uint32_t from, to, size;
};

/* Makes PARENT/NAME, which must not be there, as a copy of the directory FROM, of which nothing changes meanwhile. Directories of any
 * depth: the walk goes by descriptors, and does not recurse. Mount points below FROM are left empty. PARENT/.NAME is used besides.
 * After a failure both may be there in part, the caller's to remove. Not synced. */
int plain_copy(int from, int parent, const char *name, const struct shift *shift, struct err *e);

/* For the tests: values of security.capability (24 bytes of room) and system.posix_acl_*, changed in place. */
void plain_shift_capability(const struct shift *s, char *value, size_t *n);
void plain_shift_acl(const struct shift *s, char *value, size_t n);
