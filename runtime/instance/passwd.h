/* passwd - /etc/passwd of a container, read by ourselves
 *
 * Never getpwnam(): it may ask a socket or load code that the container provides. A regular file of at most 1 MiB; lines that are
 * not understood are skipped. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "core/err.h"

struct passwd_entry {
	char name[64], home[256], shell[256];
	uint32_t uid, gid;
};

/* By NAME, or with NAME NULL by UID. ROOT: directory to look from (its etc/passwd, never through a link out of it). -ENOENT. */
int passwd_find(int root, const char *name, uint32_t uid, struct passwd_entry *ret, struct err *e);

/* The same over text, for whoever has it (and the fuzzer). */
int passwd_parse(const char *text, size_t n, const char *name, uint32_t uid, struct passwd_entry *ret);
