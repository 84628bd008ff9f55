/* namespaces - why the kernel makes no more of them
 *
 * Each kind has a sysctl, user.max_user_namespaces, user.max_mnt_namespaces, ... (Linux 4.9), and user namespaces nest 32 deep. The kernel says
 * "no space left on device" (EUSERS before 4.9 and for the depth), which nobody takes for that. */
#pragma once
#include "core/err.h"

/* err_sys() for the failed making of a namespace, or of a detached mount, which needs one. Returns -errno. */
int namespaces_err(struct err *e, const char *what);
