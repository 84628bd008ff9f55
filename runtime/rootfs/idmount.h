/* idmount - a second view of a directory with shifted owners (mount_setattr(2), Linux 5.12; overlay on top 5.19)
 *
 * Nothing is attached to the host's mount table: the result is the fd of a detached mount and goes when it is closed. */
#pragma once
#include <stdbool.h>
#include "core/err.h"

/* Clones the mount of DIR (its subtree at DIR), which must be of the caller's mount namespace. *RET_FD: O_PATH, the caller's to close. */
int idmount_clone(int dir, int *ret_fd, struct err *e);

/* Maps such a clone by USERNS (-1: owners stay). -ENOSYS before 5.12; -EINVAL if its filesystem cannot be idmapped. */
int idmount_map(int fd, int userns, struct err *e);

/* Whether this kernel has none at all. Cheap; that there are some says nothing about a file system. */
bool idmount_is_missing(void);
