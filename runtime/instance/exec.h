/* exec - a command in a running instance, with this process's descriptors or a terminal of its own */
#pragma once
#include "core/instance.h"
#include "core/server.h"
#include "runtime/instance/enter.h"

/* ENTER: opened. INST: with its expanded config (environment.*). Blocks until the command has ended; *RET_STATUS as a shell has it. */
int exec_run(struct enter *t, const struct instance *inst, const struct exec_request *req, int *ret_status,
	     struct report *report, struct err *e);
