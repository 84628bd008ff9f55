/* protections - which lines of defence an instance would not have on this host, and why */
#pragma once
#include "core/buf.h"
#include "runtime/instance/plan.h"

/* A line each ("off  user namespace: security.privileged=true"); nothing when all are on. */
void protections_off(const struct plan *p, struct buf *to);
