/* pivot - makes a mount the root of the calling process's mount namespace and lets go of the old one
 *
 * Where the host's / is its first mount (firstroot.h) there is nothing to pivot to: the new root is laid over it.
 * Whoever has CAP_SYS_ADMIN inside could take it off again and, by setns to its own namespace, stand in the host's. So it is laid
 * there by a process outside, and the container's user and mount namespaces come afterwards: in them the mount is locked. */
#pragma once
#include "core/err.h"

/* Cuts propagation to the host (rslave) and attaches ROOT, a detached mount, somewhere in the caller's own namespace. Both
 * trees are visible afterwards: the host's by its paths, the new one by ROOT. */
int pivot_attach(int root, struct err *e);

/* The same on DIR, which was opened before this process came into the namespace that it has for itself: it is found there by its path. */
int pivot_park(int root, int dir, struct err *e);

/* Enters ROOT. Nothing of the host is reachable afterwards. */
int pivot_enter(int root, struct err *e);

/* Instead of both, in a mount namespace of the host's user namespace: / is ROOT for the caller and what it clones from here on. */
int pivot_cover(int root, struct err *e);
