/* idmap - which host ids stand for an instance's ids, and user namespaces made of that
 *
 * One extent by default: inside 0..size-1 is base..base+size-1 outside, for users and groups alike. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "core/err.h"
#include "core/store.h"

struct idmap {
	uint32_t base; /* host id of the instance's root */
	uint32_t size; /* 0: no user namespace (privileged) */
};

#define IDMAP_SIZE 65536

/* Whether we are in a user namespace that has not all ids: inside a container. */
bool idmap_is_nested(void);
/* After something failed with R: says so when it is because MAP is not among the ids that we have. Returns R. */
int idmap_explain(const struct idmap *map, int r, struct err *e);

/* Where instances' ranges are taken from: root's entries of /etc/subuid and /etc/subgid where both allow, else
 * 1000000 .. 1000000000. The file names are parameters for the tests. */
int idmap_pool(const char *subuid, const char *subgid, struct idmap *ret, struct err *e);

/* Whose a claim is: the directory of the instance by inode, and where it may lie: below trash/ while it is built, below
 * instances/ afterwards, below either name while it is renamed. */
struct idmap_owner {
	uint64_t inode;
	char place[2][96]; /* "trash/new-1f2e", "instances/c1" */
};

/* Claims a range of SIZE ids: disjoint from every other claim of this store, also from one that is being made now; no record is read.
 * It comes from the pool or, when that is used up, from ids that /etc/subuid and /etc/subgid give to nobody. -ENOSPC: none is left. */
int idmap_claim(struct store *st, const struct idmap_owner *owner, uint32_t size, struct idmap *ret, struct err *e);
void idmap_release(struct store *st, const struct idmap_owner *owner, const struct idmap *map);
/* Removes the claims of owners that are nowhere: after a crash. */
int idmap_sweep(struct store *st, struct err *e);
int idmap_rename(struct store *st, const struct idmap_owner *owner, const struct idmap *map, struct err *e);

/* The range of the store itself, for instances whose files lie shifted on the disk (no idmapped mounts): one for all, so that a layer
 * is copied once. With CLAIM it is claimed when it is not there; without, -ENOENT. */
int idmap_shared(struct store *st, bool claim, struct idmap *ret, struct err *e);

/* Writes /proc/PID/{uid_map,gid_map}. */
int idmap_write(pid_t pid, const struct idmap *map, struct err *e);

/* A user namespace with that map and nobody in it, for idmapped mounts (a child that ends at once). The caller closes it. */
int idmap_userns(const struct idmap *map, struct err *e);

/* File system ids (and effective uid) of the instance's root for the calling thread, capabilities kept; idmap_root_end()
 * undoes. Needed where the kernel looks at who creates: overlay's work directory, quotas of user namespaces. */
int idmap_root_fs(const struct idmap *map, struct err *e);
int idmap_root_fs_end(struct err *e);
int idmap_root_effective(const struct idmap *map, struct err *e);
int idmap_root_effective_end(struct err *e);
