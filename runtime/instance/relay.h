/* relay - descriptors of the caller that a command inside must not hold itself
 *
 * Whoever holds a descriptor can open it again by /proc/self/fd, with the rights that it has to the file then, not with those it was given. So
 * anonymous pipes, sockets and /dev/null pass as they are; regular files, named pipes, devices and terminals are read or written here and cross as
 * a pipe. Directories never cross. A file that was read ahead gets its offset back: what the command did not take stays unread. */
#pragma once
#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>
#include "core/err.h"

struct relay {
	int outer;     /* the caller's (borrowed) */
	int inner;     /* what the command gets (ours while `piped`, else the same as outer) */
	int pipe;      /* our end; -1: nothing to do (passed as it is, or finished) */
	bool input;    /* from the caller to the command */
	bool piped;
	bool seekable; /* the offset is to be set back */
	bool full;     /* what it goes into has no room: wait for that */
};

#define RELAY_NONE ((struct relay){ .outer = -1, .inner = -1, .pipe = -1 })

/* OWNER: host id that the pipe is given to, so that the command can open /dev/stderr. MAPPED: root inside is not the host's, to whom
 * /dev/null belongs: it could close that to everybody. */
int relay_open(struct relay *r, int fd, bool input, uid_t owner, bool mapped, struct err *e);

/* In the parent once the command has its copies. */
void relay_started(struct relay *r);

/* fd -1 when there is nothing to wait for. */
struct pollfd relay_poll(const struct relay *r);
void relay_handle(struct relay *r, short revents);

/* The command has ended: writes out what it left in an output pipe, sets the offset of an input file back. */
void relay_finish(struct relay *r);
void relay_close(struct relay *r);
