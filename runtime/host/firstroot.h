/* firstroot - whether the host's / is the first mount of all
 *
 * That is the kernel's own rootfs: the / of an initramfs. Before Linux 7.0 pivot_root(2) refuses there (EINVAL). */
#pragma once
#include <stdbool.h>

bool firstroot(void);
