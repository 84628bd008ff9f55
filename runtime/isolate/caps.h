/* caps - capability sets (capabilities(7)) */
#pragma once
#include <stdint.h>
#include "core/err.h"

/* LXD's list for privileged containers: sys_time sys_module sys_rawio mac_admin mac_override. */
#define CAPS_PRIVILEGED_DROP \
	((1ull << 25) | (1ull << 16) | (1ull << 17) | (1ull << 33) | (1ull << 32))

/* Takes DROPPED from the bounding set, permitted and effective sets; empties the inheritable and ambient ones. */
int caps_limit(uint64_t dropped, struct err *e);
