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

/* Without a /dev: what reads as empty, and what is written to it fails as it did on the closed one. */
static int open_null(void)
{
	int null = open("/dev/null", O_RDWR), fd[2];

	if (null >= 0)
		return null;
	if (pipe(fd) < 0)
		return -1;
	close(fd[1]);
	return fd[0];
}

/* Nothing that we open later may become 0, 1 or 2 by accident. */
static void standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open_null() != fd) /* the lowest that is free */
			_exit(1);
	}
}

int main(int argc, char **argv)
{
	if (argc > 0 && local_is_monitor(argv[0]))
		return local_monitor_main(argc, argv);
	standard_descriptors();
	/* a reader that went away, a limit of the size of files: errors like any other; commands inside start with the default */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	arena_no_memory = no_memory;
	return applet_main(argc, argv);
}
