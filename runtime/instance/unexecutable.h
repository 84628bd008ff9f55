/* unexecutable - why a file inside could not be executed: of a script, what its "#!" names may be the reason */
#pragma once
#include "core/err.h"

/* PATH: inside, seen as whoever tried it; ERROR: execve's errno. Returns -ERROR. */
int unexecutable(const char *path, int error, struct err *e);
