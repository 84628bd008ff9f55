/* keyring - a session keyring of its own: what is in that of whoever called us is nobody's business inside */
#pragma once
#include "core/err.h"

/* For this process, before it executes something inside. -EDQUOT where the user that it is has had no room for one more key for a second:
 * an instance could bring that about, so it is an error, never ignored. */
int keyring_leave(struct err *e);
