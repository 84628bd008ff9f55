/* crash [-1] N COMMAND... - kills COMMAND before its N-th system call, counted over it and everything it starts
 *
 * Exit status 0: killed at N (with -1 only the process that was about to make the call, else all of them). 3: it ended by itself
 * before (the number of calls on stdout): the sweep is complete. A daemon that it leaves behind goes on untraced.
 *
 * ptrace(2) with PTRACE_SEIZE; every child is followed; each stop at a system call's entry counts one. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_TRACEES 256

static struct tracee {
	pid_t pid;
	int inside; /* between entry and exit of a call */
} tracee[MAX_TRACEES];
static int n_tracees;

static struct tracee *find(pid_t pid)
{
	for (int i = 0; i < n_tracees; i++) {
		if (tracee[i].pid == pid)
			return &tracee[i];
	}
	if (n_tracees == MAX_TRACEES) {
		fprintf(stderr, "crash: too many processes\n");
		exit(2);
	}
	tracee[n_tracees] = (struct tracee){ .pid = pid };
	return &tracee[n_tracees++];
}

static void forget(pid_t pid)
{
	struct tracee *t = find(pid);

	*t = tracee[--n_tracees];
}

static void kill_all(void)
{
	for (int i = 0; i < n_tracees; i++)
		kill(tracee[i].pid, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR)
		;
}

/* A tracee can only be let go while it stands still. */
static void let_go(void)
{
	for (int i = 0; i < n_tracees; i++) {
		int status;

		if (ptrace(PTRACE_INTERRUPT, tracee[i].pid, NULL, NULL) < 0 || waitpid(tracee[i].pid, &status, __WALL) < 0 ||
		    !WIFSTOPPED(status))
			continue;
		int sig = WSTOPSIG(status);
		int pass = status >> 16 || sig == (SIGTRAP | 0x80) ? 0 : sig;
		(void)ptrace(PTRACE_DETACH, tracee[i].pid, NULL, pass);
	}
}

/* True when this was the call to die before. */
static int is_the_one(struct tracee *t, long at, long *count)
{
	t->inside = !t->inside;
	return t->inside && ++*count == at;
}

static pid_t start(char **argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		raise(SIGSTOP);
		execvp(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, NULL, WUNTRACED);
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
	if (ptrace(PTRACE_SEIZE, pid, NULL, options) < 0) {
		perror("crash: ptrace");
		exit(2);
	}
	find(pid);
	kill(pid, SIGCONT);
	return pid;
}

int main(int argc, char **argv)
{
	int only_one = argc > 1 && !strcmp(argv[1], "-1");

	argv += only_one;
	argc -= only_one;
	if (argc < 3) {
		fprintf(stderr, "usage: crash [-1] N COMMAND...\n");
		return 2;
	}
	long at = strtol(argv[1], NULL, 10), count = 0;
	pid_t first = start(argv + 2);
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return 3;
		if (!WIFSTOPPED(status)) {
			forget(pid);
			if (pid == first) {
				/* what it left running (a monitor, an init) is not ours to follow */
				let_go();
				printf("%ld\n", count);
				return 3;
			}
			continue;
		}
		int sig = WSTOPSIG(status), pass = 0;
		if (sig == (SIGTRAP | 0x80)) {
			if (is_the_one(find(pid), at, &count)) {
				if (!only_one) {
					kill_all();
					return 0;
				}
				kill(pid, SIGKILL);
				forget(pid);
				let_go();
				return 0;
			}
		} else if (status >> 16) {
			find(pid); /* a new child, or a group stop */
		} else {
			pass = sig;
		}
		(void)ptrace(PTRACE_SYSCALL, pid, NULL, pass);
	}
}
