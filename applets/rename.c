/* rename - give an instance another name */
#include <errno.h>
#include "applets/target.h"
#include "core/name.h"

static int rename_run(struct call *c)
{
	struct target from, to;
	int r = target_instance(c, c->args[0], &from);

	if (r < 0 || (r = target_named(c, c->args[1], "instance", &to)) < 0 || (r = name_instance(to.name, c->err)) < 0)
		return r;
	if (to.server != from.server)
		return err_set(c->err, -EINVAL, "Can't specify a different remote for rename");
	return from.server->instances->rename(from.server, from.name, to.name, c->err);
}

const struct applet applet_rename = {
	.name = "rename",
	.usage = "[<remote>:]<instance> <instance>",
	.summary = "Rename instances",
	.min = 2,
	.max = 2,
	.complete = COMPLETE_STOPPED,
	.run = rename_run,
};
