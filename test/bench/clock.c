/* clock COMMAND... - when a command was started and when it was over
 *
 * Prints "START END STATUS", CLOCK_MONOTONIC in ns, to descriptor 3. START is taken just before the process is made. */
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>


static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t actions;
	int status = 127 << 8;
	pid_t pid;

	if (argc < 2)
		return 2;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addclose(&actions, 3);
	long long start = now();
	if (posix_spawnp(&pid, argv[1], &actions, NULL, argv + 1, environ) == 0)
		waitpid(pid, &status, 0);
	dprintf(3, "%lld %lld %d\n", start, now(), WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
