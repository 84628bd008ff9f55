/* main - argv[0] or argv[1] -> applet */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include "applets/applet.h"
#include "core/at.h"
#include "runtime/local.h"

static void no_memory(void)
{
	static const char text[] = "Error: out of memory\n";

	(void)fd_write(STDERR_FILENO, text, sizeof text - 1);
	_exit(1);
}

/* Nothing that we open later may become 0, 1 or 2 by accident. */
static void standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			_exit(1);
	} while (fd <= STDERR_FILENO);
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc > 0 && local_is_monitor(argv[0]))
		return local_monitor_main(argc, argv);
	standard_descriptors();
	signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error like any other; commands inside start with the default */
	arena_no_memory = no_memory;
	return applet_main(argc, argv);
}
