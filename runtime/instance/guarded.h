/* guarded - paths of /proc and /sys that tell about the host or steer it: hidden or read-only inside */
#pragma once
#include <stdbool.h>
#include "core/buf.h"
#include "core/err.h"
#include "runtime/rootfs/place.h"

/* ROOT: the container's root with its proc and sys mounted. PRIVILEGED: sysctls and /sys are read-only besides, but for the network's. */
int guarded_paths(int root, struct place_masks *masks, bool privileged, struct err *e);
void guarded_describe(bool privileged, struct buf *to);
