/* local - this host's state directory as a server of instances and images: the engine's door */
#pragma once
#include "core/server.h"

/* PATH: the state directory (created when something is written). The server borrows PATH. Opening is lazy and cheap. */
int local_open(struct server **ret, struct arena *a, const char *path, struct err *e);
void local_close(struct server *s);

/* Executes the command anew from a read-only mount of its program, unless it runs there already: what enters a privileged container
 * must not be writable from inside. exec does so by itself; a command that does something before its exec calls this first. */
int local_protect(struct err *e);

/* By its argv[0]: this process is an instance's monitor. main() hands over before it does anything else. */
bool local_is_monitor(const char *argv0);
int local_monitor_main(int argc, char **argv);
