/* guest_console - the terminal behind /dev/console, made inside by descriptors only: no name that the container could have planted is trusted */
#pragma once
#include <stdbool.h>
#include "core/err.h"

/* A terminal of the devpts below ROOT: both ends, the caller's to close whatever is returned. */
int guest_terminal(int root, int *ret_master, int *ret_slave, struct err *e);

/* Opens a terminal of the devpts below ROOT, puts it on /dev/console (REPLACE: what lies there is taken off first), and sends master and
 * slave through CHANNEL. *RET_SLAVE (may be NULL): the slave, the caller's to close. */
int guest_console(int root, bool replace, int channel, int *ret_slave, struct err *e);
