/* identity - what makes an instance itself inside: host name, hosts, machine id, a resolver where the image has none */
#pragma once
#include "runtime/instance/prefill.h"

int identity_fill(const struct prefill *p, const char *name, struct err *e);
