/* pivot - makes a mount the root of the calling process's mount namespace and lets go of the old one */
#pragma once
#include "core/err.h"

/* Cuts propagation to the host (rslave) and attaches ROOT, a detached mount, somewhere in the caller's own namespace. Both
 * trees are visible afterwards: the host's by its paths, the new one by ROOT. */
int pivot_attach(int root, struct err *e);

/* Enters ROOT. Nothing of the host is reachable afterwards. */
int pivot_enter(int root, struct err *e);
