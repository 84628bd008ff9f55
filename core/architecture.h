/* architecture - LXD's names of processors, and everybody else's for the same */
#pragma once
#include <stdbool.h>

/* LXD's architecture names: "amd64" -> "x86_64"; NULL: unknown. */
const char *architecture_name(const char *name_or_alias);
/* This kernel's own (uname; "unknown" when LXD has no name for it), and whether it runs the programs of another (x86_64 runs
 * i686). */
const char *architecture_host(void);
bool architecture_runs(const char *arch);

/* Whether SPELLING, in any case, is a name of the one that NAME (LXD's) stands for. */
bool architecture_is(const char *name, const char *spelling);
