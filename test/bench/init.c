/* init - the init of benchmarks: notes when its first instruction ran, then waits for ever
 *
 * CLOCK_MONOTONIC in ns, as a number and a line end, into /stamp of its own root. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static void nothing(int sig)
{
	(void)sig;
}

int main(void)
{
	struct timespec t;
	char text[32];

	clock_gettime(CLOCK_MONOTONIC, &t);
	int n = snprintf(text, sizeof text, "%lld\n", (long long)t.tv_sec * 1000000000 + t.tv_nsec);
	int fd = openat(AT_FDCWD, "/stamp", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd >= 0)
		(void)!write(fd, text, (size_t)n);
	close(fd);
	signal(SIGTERM, nothing); /* some runtimes try it first; only KILL ends us, as with all of them */
	for (;;)
		pause();
}
