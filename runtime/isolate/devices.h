/* devices - which devices a privileged container may touch: an allow list
 *
 * Version 2 of cgroups has no devices controller but a BPF program on the directory; it works on the v2 tree of a hybrid host as
 * well. Version 1 is the fallback. Unprivileged containers need neither: the kernel refuses mknod and device mounts. */
#pragma once
#include "core/err.h"
#include "runtime/isolate/cgroup.h"

/* -ENODEV: neither is to be had; a privileged container must not start then. */
int devices_limit(const struct cgroup *cg, struct err *e);
