/* init - create an instance from an image, without starting it */
#include "applets/create.h"

static const struct opt init_opts[] = {
	CREATE_OPTS,
	OPT_END,
};

static int init_run(struct call *c)
{
	return create_run(c, c->opts, false);
}

const struct applet applet_init = {
	.name = "init",
	.names = "create",
	.usage = "[<remote>:]<image>|host: [<remote>:][<name>]",
	.summary = "Create instances from images",
	.examples = "lxc init alpine c1\n"
		    "\n"
		    "lxc init alpine c1 < config.yaml\n"
		    "    Create an instance with configuration from config.yaml\n",
	.opts = init_opts,
	.opts_size = sizeof(struct create_opts),
	.min = 1,
	.max = 2,
	.hidden = true,
	.complete = COMPLETE_IMAGES,
	.run = init_run,
};
