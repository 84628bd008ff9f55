/* alias - command lines by names of the user's own */
#pragma once
#include "applets/applet.h"

/* Replaces WORDS (behind the program's name) if they call an alias: the longest one's name counts, behind flags that stand in
 * front. An alias of a program ("/bin/x ...") becomes that program and does not come back. */
int alias_expand(struct call *c, struct names *words);
