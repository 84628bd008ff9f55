/* version - of this client and of a server */
#include <string.h>
#include "applets/target.h"

static int version_run(struct call *c)
{
	const char *remote = c->n_args ? c->args[0] : "";
	struct target t;
	int r = target_parse(c, *remote && !strchr(remote, ':') ? arena_fmt(c->arena, "%s:", remote) : remote, &t);

	buf_addf(c->out, "Client version: %s\nServer version: %s\n", LXD_VERSION, r < 0 ? "unreachable" : LXD_VERSION);
	return 0;
}

const struct applet applet_version = {
	.name = "version",
	.usage = "[<remote>:]",
	.summary = "Show local and remote versions",
	.max = 1,
	.run = version_run,
};
