/* blame - which of its own limits kept an instance from starting
 *
 * A limit that is too small for any init at all does not fail where it is set, but somewhere later, in words that do not mention it. */
#pragma once
#include "core/err.h"
#include "runtime/instance/step.h"

/* E says how the start ended, R is its code: puts the limit in front when one is the likely cause. Returns R. */
int blame_limits(const struct start *s, int r, struct err *e);
