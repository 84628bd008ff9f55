/* oldguest - guests whose systemd does not know version 2 of cgroups
 *
 * systemd 232 is the first that boots with it. Older ones (Ubuntu 16.04 has 229) want the named hierarchy of version 1, name=systemd: on a
 * host that has none it is made for them, in no mount table, and goes with the last that uses it. */
#pragma once
#include <stdbool.h>
#include "core/map.h"

/* By what lies in the image: LAYER is its topmost layer's root, -1 none. CONFIG: expanded; a guest that is told to by
 * environment.SYSTEMD_PROC_CMDLINE wants the old hierarchy, too. */
bool oldguest_wants_v1(int layer, const struct map *config);
