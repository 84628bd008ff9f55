/* acl - POSIX ACLs as tar archives carry them, into the value of system.posix_acl_{access,default} */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "core/buf.h"

/* Two forms exist under SCHILY.acl.access and .default: text ("user::rwx,user:joe:r-x:1001,mask::r-x,...", by star and GNU tar)
 * and the raw value of the attribute (by LXD). Appends the latter. False: neither, or it names users by name only. */
bool acl_value(const char *from, size_t n, struct buf *to);
