/* exec - a command inside an instance: for `exec`, `shell` and `run` */
#pragma once
#include "applets/target.h"

struct exec_opts {
	struct names env;
	const char *cwd, *mode;
	struct opt_uint user, group;
	bool tty, no_tty, no_stdin;
};

#define EXEC_OPTS_OF(record, member) \
	OPT(STRING, 0, "cwd", record, member cwd, NULL, "Directory to run the command in (default /root)"), \
	OPT(BOOL, 'n', "disable-stdin", record, member no_stdin, NULL, "Disable stdin (reads from /dev/null)"), \
	OPT(LIST, 0, "env", record, member env, NULL, "Environment variable to set (e.g. HOME=/home/foo)"), \
	OPT(BOOL, 't', "force-interactive", record, member tty, NULL, "Force pseudo-terminal allocation"), \
	OPT(BOOL, 'T', "force-noninteractive", record, member no_tty, NULL, "Disable pseudo-terminal allocation"), \
	OPT(UINT, 0, "group", record, member group, NULL, "Group ID to run the command as (default 0)"), \
	OPT(STRING, 0, "mode", record, member mode, "auto", "Override the terminal mode (auto, interactive or non-interactive)"), \
	OPT(UINT, 0, "user", record, member user, NULL, "User ID to run the command as (default 0)")

/* The request that the flags mean; refuses combinations. ARGV is NULL-terminated. */
int exec_prepare(struct call *c, const struct exec_opts *o, const char *const *argv, struct exec_request *ret);

/* Runs it; c->status becomes the command's. */
int exec_in(struct call *c, const struct target *t, const struct exec_request *request);
