#include "runtime/instance/init.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "runtime/host/sys.h"
#include "runtime/instance/unexecutable.h"

#define MAX_ARGS 256

static int try_exec(const char *path, char *const *argv, char *const *env, struct err *e)
{
	execve(path, argv, env);
	int error = errno;
	struct stat s;
	if (error == ENOENT && lstat(path, &s) < 0) /* path: inside, after pivot_root */
		return -ENOENT;
	return unexecutable(path, error, e) == -ENOENT ? -ENOEXEC : -error;
}

static int search(char *const *env, struct err *e)
{
	static const char *const path[] = { "/sbin/init", "/etc/init", "/bin/init", "/bin/sh" };

	for (size_t i = 0; i < sizeof path / sizeof *path; i++) {
		char *argv[] = { (char *)(uintptr_t)path[i], NULL };
		int r = try_exec(path[i], argv, env, e);
		if (r != -ENOENT)
			return r;
	}
	return err_set(e, -ENOENT, "the image has no init: none of " INIT_SEARCHED);
}

static int fill(const struct names *from, char **to)
{
	if (from->n >= MAX_ARGS)
		return -E2BIG;
	for (size_t i = 0; i < from->n; i++)
		to[i] = (char *)(uintptr_t)from->item[i];
	to[from->n] = NULL;
	return 0;
}

int init_exec(const struct plan *p, struct err *e)
{
	char *argv[MAX_ARGS], *env[MAX_ARGS];
	int r = fill(&p->environ, env);

	if (r < 0 || (r = fill(&p->init, argv)) < 0)
		return err_code(e, r, "arguments and environment of init");
	if (!p->init.n)
		return search(env, e);
	r = try_exec(argv[0], argv, env, e);
	return r == -ENOENT ? err_code(e, r, "%s", argv[0]) : r;
}

/* ---- ours */

static void end_processes(void)
{
	kill(-1, SIGTERM);
	for (int i = 0; i < 300 && kill(-1, 0) == 0; i++) {
		struct timespec t = { 0, 10000000 };

		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		nanosleep(&t, NULL);
	}
}

static _Noreturn void finish(int how)
{
	end_processes();
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, how, NULL);
	_exit(0); /* the kernel has ended us by then */
}

static void set_title(char *title)
{
	size_t n = strlen(title);

	memset(title, 0, n);
	memcpy(title, "init", n < 4 ? n : 4);
}

static void nothing(int sig)
{
	(void)sig;
}

/* Whoever stops us looks at which signals are caught, and a pid 1 gets no others; sigwaitinfo() takes them before a handler runs. */
void init_claim_signals(void)
{
	sigset_t set;

	static const int wanted[] = { SIGPWR, SIGTERM, SIGINT, SIGNAL_RTMIN_3, SIGNAL_RTMIN_4, SIGNAL_RTMIN_5, SIGCHLD };

	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		signal(wanted[i], nothing);
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

_Noreturn void init_idle(char *title)
{
	sigset_t set;

	set_title(title);
	prctl(PR_SET_NAME, "init", 0, 0, 0);
	sigfillset(&set);
	for (;;) {
		siginfo_t info;
		int sig = sigwaitinfo(&set, &info);

		switch (sig) {
		case SIGCHLD:
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
			break;
		case SIGPWR:
		case SIGTERM:
		case SIGNAL_RTMIN_3:
		case SIGNAL_RTMIN_4:
			finish((int)LINUX_REBOOT_CMD_POWER_OFF);
		case SIGINT:
		case SIGNAL_RTMIN_5:
			finish(LINUX_REBOOT_CMD_RESTART);
		default:
			break;
		}
	}
}
