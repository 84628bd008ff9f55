/* self - our own program, out of reach of what runs inside (CVE-2019-5736) */
#pragma once
#include "core/err.h"

/* Our program through a read-only clone of its mount, for execveat(fd, "", AT_EMPTY_PATH): inside, /proc/PID/exe can be neither written nor
 * made writable. Without open_tree or mount_setattr: a sealed copy in memory. */
int self_open(int *ret_fd, struct err *e);

/* Executes the whole command anew from there unless it runs from there already. Returns 0 when nothing was to be done. Called
 * before this process enters a privileged container, with no state taken yet. */
int self_protect(struct err *e);
