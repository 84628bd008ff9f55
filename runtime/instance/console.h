/* console - the monitor's end of /dev/console: always read, kept in a ring and in console.log, shown to whoever attaches
 *
 *   init's writes --> master --> ring (128 KiB) --> console.log (bounded; the older half is dropped)
 *                                  `--> attached clients (one may type; the others only see)
 *
 * A terminal that nobody reads would block the boot. Clients come by the unix socket `console` in the instance's directory, which
 * only root reaches. */
#pragma once
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include "core/buf.h"
#include "core/err.h"

#define CONSOLE_CLIENTS 4
#define CONSOLE_POLLS	(2 + CONSOLE_CLIENTS)

struct console {
	int master; /* borrowed from the start; -1: none */
	int log;
	int listen;
	int client[CONSOLE_CLIENTS];
	int dir;
	uint64_t log_used, log_size;
	char *ring; /* mmap'ed */
	size_t ring_used; /* bytes ever written */
};

#define CONSOLE_NONE ((struct console){ .master = -1, .log = -1, .listen = -1, .client = { -1, -1, -1, -1 }, .dir = -1 })

int console_open(struct console *c, int master, int dir, int64_t log_size, struct err *e);

/* Adds what to wait for (at most CONSOLE_POLLS) and says how many. */
int console_poll(const struct console *c, struct pollfd *p);
void console_handle(struct console *c, const struct pollfd *p);

/* The last words, after init has ended. */
void console_drain(struct console *c);

/* The last lines that the ring holds, at most MAX bytes, as one line for a message. */
void console_last(const struct console *c, size_t max, struct buf *to);
void console_close(struct console *c);

/* ---- the client's side */

/* Connects to the console of the running instance in DIR. */
int console_attach(int dir, struct err *e);

/* Relays between FD and this side's terminal (raw while it lasts) until ctrl-a q, the end of IN (no terminal) or of the instance. */
int console_relay(int fd, int in, int out, struct err *e);

/* Tells the monitor our window's size; the last one wins. */
int console_resize(int fd, unsigned rows, unsigned columns);
