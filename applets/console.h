/* console - the instance's console on this terminal, as the flag --console of others, too */
#pragma once
#include "applets/target.h"

#define OPT_CONSOLE(record) \
	OPT(OPTIONAL, 0, "console", record, console, "console", "Immediately attach to the console")

/* Whether TYPE ("console", "vga") can be had on this terminal, before anything is changed. */
int console_check(struct call *c, const char *type);
int console_attach_to(struct call *c, const struct target *t, const char *type);
