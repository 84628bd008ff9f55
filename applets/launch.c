/* launch - create an instance from an image and start it */
#include "applets/create.h"

static const struct opt launch_opts[] = {
	CREATE_OPTS,
	OPT(OPTIONAL, 0, "console", struct create_opts, console, "console", "Immediately attach to the console"),
	OPT_END,
};

static int launch_run(struct call *c)
{
	return create_run(c, c->opts, true);
}

const struct applet applet_launch = {
	.name = "launch",
	.usage = "[<remote>:]<image>|host: [<remote>:][<name>]",
	.summary = "Create and start instances from images",
	.text = "The image host: is a throw-away clone of the running host: nothing is copied, and\n"
		"what is changed inside does not reach it.\n"
		"\n"
		"YAML on stdin (config, devices, profiles, description, ephemeral) is applied as well.\n",
	.examples = "lxc launch alpine c1\n"
		    "\n"
		    "lxc launch host: c1 -c limits.memory=512MiB\n"
		    "\n"
		    "lxc launch alpine c1 < config.yaml\n"
		    "    Create and start an instance with configuration from config.yaml\n",
	.opts = launch_opts,
	.opts_size = sizeof(struct create_opts),
	.min = 1,
	.max = 2,
	.complete = COMPLETE_IMAGES,
	.run = launch_run,
};
