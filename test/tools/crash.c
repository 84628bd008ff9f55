/* crash [-1] N COMMAND...          kills COMMAND before its N-th system call, counted over it and everything it starts
 * crash --fail ERROR N[+] COMMAND...   makes its N-th call (+: that and all later ones) of those that can fail so fail with ERROR
 *
 * Exit status 0: done at N (with -1 only the process that was about to make the call is killed, else all of them). 3: it ended
 * by itself before (the number of calls on stdout): the sweep is complete. A daemon that it leaves behind goes on untraced.
 * --fail: says on stdout which call it was, and "exit STATUS" or "signal NUMBER" of COMMAND. Calls of other programs than COMMAND's
 * (of a container's init) neither count nor fail. x86-64 only.
 *
 * ptrace(2) with PTRACE_SEIZE; every child is followed; each stop at a system call's entry counts one. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_TRACEES 256

static struct tracee {
	pid_t pid;
	int inside; /* between entry and exit of a call */
	int failing; /* this call */
	int foreign; /* another program */
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
	int status;
	pid_t pid;

	for (int i = 0; i < n_tracees; i++)
		kill(tracee[i].pid, SIGKILL);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid > 0 && WIFSTOPPED(status)) /* born a moment ago, and not in the table yet */
			kill(pid, SIGKILL);
	}
}

/* A tracee can only be let go while it stands still; one may stand still only when another goes on (vfork). */
static void let_go(void)
{
	const struct timespec t = { 0, 1000000 };

	for (int i = 0; i < n_tracees; i++)
		(void)ptrace(PTRACE_INTERRUPT, tracee[i].pid, NULL, NULL);
	for (int tries = 0; n_tracees && tries < 2000; tries++) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL | WNOHANG);

		if (pid < 0 && errno != EINTR)
			return;
		if (pid <= 0) {
			nanosleep(&t, NULL);
			continue;
		}
		if (WIFSTOPPED(status)) {
			int sig = WSTOPSIG(status);
			int pass = status >> 16 || sig == (SIGTRAP | 0x80) ? 0 : sig;

			(void)ptrace(PTRACE_DETACH, pid, NULL, pass);
		}
		forget(pid);
	}
}

/* ---- calls that fail */

#if defined(__x86_64__)

enum { DISK = 1, READ = 2, FD = 4, MEMORY = 8, WAIT = 16, PROCESS = 32, RIGHT = 64 };

/* What a call can fail of; a row per call that the program makes. */
static const struct {
	const char *name;
	unsigned kinds;
	int number;
} calls[] = {
#define CALL(name, kinds) { #name, kinds, SYS_##name }
	CALL(open, DISK | FD | MEMORY | RIGHT),
	CALL(openat, DISK | FD | MEMORY | RIGHT),
	CALL(openat2, DISK | FD | MEMORY | RIGHT),
	CALL(mkdir, DISK | MEMORY | RIGHT),
	CALL(mkdirat, DISK | MEMORY | RIGHT),
	CALL(mknodat, DISK | MEMORY | RIGHT),
	CALL(symlinkat, DISK | MEMORY | RIGHT),
	CALL(linkat, DISK | MEMORY | RIGHT),
	CALL(unlinkat, DISK | MEMORY | RIGHT),
	CALL(renameat, DISK | MEMORY | RIGHT),
	CALL(renameat2, DISK | MEMORY | RIGHT),
	CALL(write, DISK | MEMORY | WAIT),
	CALL(writev, DISK | MEMORY | WAIT),
	CALL(pwrite64, DISK | MEMORY | WAIT),
	CALL(copy_file_range, DISK | MEMORY | WAIT),
	CALL(sendfile, DISK | MEMORY | WAIT),
	CALL(ftruncate, DISK | MEMORY),
	CALL(fallocate, DISK | MEMORY),
	CALL(fsync, DISK),
	CALL(fdatasync, DISK),
	CALL(syncfs, DISK),
	CALL(fchmod, DISK | RIGHT),
	CALL(fchmodat, DISK | RIGHT),
	CALL(fchown, DISK | RIGHT),
	CALL(fchownat, DISK | RIGHT),
	CALL(utimensat, DISK | RIGHT),
	CALL(fsetxattr, DISK | MEMORY | RIGHT),
	CALL(read, READ | MEMORY | WAIT),
	CALL(pread64, READ | MEMORY | WAIT),
	CALL(readlink, READ | MEMORY),
	CALL(readlinkat, READ | MEMORY),
	CALL(getdents64, READ | MEMORY),
	CALL(stat, READ | MEMORY),
	CALL(lstat, READ | MEMORY),
	CALL(fstat, READ),
	CALL(newfstatat, READ | MEMORY),
	CALL(statx, READ | MEMORY),
	CALL(fstatfs, READ),
	CALL(statfs, READ | MEMORY),
	CALL(flock, WAIT | MEMORY),
	CALL(pipe2, FD | MEMORY),
	CALL(dup, FD),
	CALL(dup3, FD),
	CALL(socket, FD | MEMORY | RIGHT),
	CALL(socketpair, FD | MEMORY),
	CALL(memfd_create, FD | MEMORY),
	CALL(eventfd2, FD | MEMORY),
	CALL(signalfd4, FD | MEMORY),
	CALL(epoll_create1, FD | MEMORY),
	CALL(pidfd_open, FD | MEMORY),
	CALL(open_tree, FD | MEMORY | RIGHT),
	CALL(fsopen, FD | MEMORY | RIGHT),
	CALL(fsconfig, MEMORY | RIGHT),
	CALL(fsmount, FD | MEMORY | RIGHT),
	CALL(move_mount, MEMORY | RIGHT),
	CALL(mount_setattr, MEMORY | RIGHT),
	CALL(mount, MEMORY | RIGHT),
	CALL(umount2, MEMORY | RIGHT),
	CALL(pivot_root, MEMORY | RIGHT),
	CALL(unshare, MEMORY | RIGHT),
	CALL(setns, MEMORY | RIGHT),
	CALL(mmap, MEMORY),
	CALL(mremap, MEMORY),
	CALL(mprotect, MEMORY),
	CALL(clone, MEMORY | PROCESS | RIGHT),
	CALL(clone3, MEMORY | PROCESS | RIGHT),
	CALL(fork, MEMORY | PROCESS),
	CALL(vfork, MEMORY | PROCESS),
	CALL(execve, MEMORY | DISK),
	CALL(execveat, MEMORY | DISK),
	CALL(poll, WAIT),
	CALL(ppoll, WAIT),
	CALL(epoll_pwait, WAIT),
	CALL(wait4, WAIT),
	CALL(waitid, WAIT),
	CALL(nanosleep, WAIT),
	CALL(clock_nanosleep, WAIT),
	CALL(sendmsg, WAIT | MEMORY),
	CALL(recvmsg, WAIT | MEMORY),
	CALL(getrandom, WAIT),
	CALL(setresuid, PROCESS | RIGHT),
	CALL(setresgid, RIGHT),
	CALL(setgroups, RIGHT | MEMORY),
	CALL(capset, RIGHT),
	CALL(prctl, RIGHT),
	CALL(seccomp, RIGHT | MEMORY),
	CALL(bpf, RIGHT | MEMORY),
	CALL(keyctl, RIGHT | MEMORY),
	CALL(prlimit64, RIGHT),
	CALL(sched_setaffinity, RIGHT | MEMORY),
	CALL(chdir, READ | MEMORY | RIGHT),
	CALL(fchdir, READ | RIGHT),
	CALL(chroot, READ | MEMORY | RIGHT),
#undef CALL
};

static const struct {
	const char *name;
	int number;
	unsigned kinds;
} errors[] = {
	{ "EIO", EIO, DISK | READ },	{ "ENOSPC", ENOSPC, DISK }, { "EDQUOT", EDQUOT, DISK },	   { "EROFS", EROFS, DISK },
	{ "EINTR", EINTR, WAIT },	{ "EMFILE", EMFILE, FD },   { "ENFILE", ENFILE, FD },	   { "ENOMEM", ENOMEM, MEMORY },
	{ "EAGAIN", EAGAIN, PROCESS },	{ "EPERM", EPERM, RIGHT },  { "EACCES", EACCES, RIGHT },
};

static int error_number;
static unsigned error_kinds;
static const char *failed_call;

static void choose_error(const char *name)
{
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		if (!strcmp(errors[i].name, name)) {
			error_number = errors[i].number;
			error_kinds = errors[i].kinds;
			return;
		}
	}
	fprintf(stderr, "crash: no error %s\n", name);
	exit(2);
}

static int is_stream(pid_t pid, const struct user_regs_struct *regs)
{
	static const int moves[] = { SYS_read, SYS_write, SYS_writev, SYS_pread64, SYS_sendfile };
	char path[64];
	struct stat s;

	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
		if (moves[i] != (int)regs->orig_rax)
			continue;
		snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, (int)regs->rdi);
		return stat(path, &s) < 0 || !S_ISREG(s.st_mode);
	}
	return 0;
}

/* The call's name if it can fail of the error that was chosen. */
static const char *can_fail(pid_t pid)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		return NULL;
	if ((regs.orig_rax == SYS_write || regs.orig_rax == SYS_writev) && regs.rdi <= 2)
		return NULL; /* what it says is looked at */
	if ((error_kinds & (DISK | READ)) && is_stream(pid, &regs))
		return NULL; /* a pipe knows no disk */
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		if (calls[i].number == (int)regs.orig_rax)
			return calls[i].kinds & error_kinds ? calls[i].name : NULL;
	}
	return NULL;
}

static void leave_out(pid_t pid)
{
	struct user_regs_struct regs;

	(void)ptrace(PTRACE_GETREGS, pid, NULL, &regs);
	regs.orig_rax = (unsigned long long)-1;
	(void)ptrace(PTRACE_SETREGS, pid, NULL, &regs);
}

static void answer(pid_t pid)
{
	struct user_regs_struct regs;

	(void)ptrace(PTRACE_GETREGS, pid, NULL, &regs);
	regs.rax = (unsigned long long)-error_number;
	(void)ptrace(PTRACE_SETREGS, pid, NULL, &regs);
}

#else
static int error_number;
static const char *failed_call;

static void choose_error(const char *name)
{
	fprintf(stderr, "crash: --fail %s: not on this machine\n", name);
	exit(2);
}

static const char *can_fail(pid_t pid)
{
	(void)pid;
	return NULL;
}

static void leave_out(pid_t pid)
{
	(void)pid;
}

static void answer(pid_t pid)
{
	(void)pid;
}
#endif

/* True when this was the call to die before. */
static int is_the_one(struct tracee *t, long at, int and_later, long *count)
{
	const char *name;

	t->inside = !t->inside;
	if (t->inside && !error_number)
		return ++*count == at;
	if (t->inside && !t->foreign && (name = can_fail(t->pid)) && (++*count == at || (and_later && *count > at))) {
		failed_call = failed_call ? failed_call : name;
		leave_out(t->pid);
		t->failing = 1;
	} else if (!t->inside && t->failing) {
		answer(t->pid);
		t->failing = 0;
	}
	return 0;
}

static int is_birth(int event)
{
	return event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE;
}

static int same_program(pid_t a, pid_t b)
{
	char path[64];
	struct stat sa, sb;

	snprintf(path, sizeof path, "/proc/%d/exe", a);
	if (stat(path, &sa) < 0)
		return 0;
	snprintf(path, sizeof path, "/proc/%d/exe", b);
	return !stat(path, &sb) && sa.st_ino == sb.st_ino && sa.st_dev == sb.st_dev;
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
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
	if (ptrace(PTRACE_SEIZE, pid, NULL, options) < 0) {
		perror("crash: ptrace");
		exit(2);
	}
	/* until it is COMMAND, nothing of it fails */
	find(pid)->foreign = 1;
	kill(pid, SIGCONT);
	return pid;
}

static int ended(int status, long count)
{
	/* what it left running (a monitor, an init) is not ours to follow */
	let_go();
	if (!failed_call) {
		printf("%ld\n", count);
		return 3;
	}
	printf("%s %s %d\n", failed_call, WIFEXITED(status) ? "exit" : "signal", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return 0;
}

int main(int argc, char **argv)
{
	int only_one = argc > 1 && !strcmp(argv[1], "-1");

	if (argc > 2 && !strcmp(argv[1], "--fail")) {
		choose_error(argv[2]);
		argv++;
		argc--;
	}
	argv += only_one || error_number;
	argc -= only_one || error_number;
	if (argc < 3) {
		fprintf(stderr, "usage: crash [-1] N COMMAND...\n       crash --fail ERROR N[+] COMMAND...\n");
		return 2;
	}
	char *plus;
	long at = strtol(argv[1], &plus, 10), count = 0;
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
			if (pid == first)
				return ended(status, count);
			continue;
		}
		int sig = WSTOPSIG(status), pass = 0;
		if (sig == (SIGTRAP | 0x80)) {
			if (is_the_one(find(pid), at, *plus == '+', &count)) {
				if (!only_one) {
					kill_all();
					return 0;
				}
				kill(pid, SIGKILL);
				forget(pid);
				let_go();
				return 0;
			}
		} else if (status >> 16 == PTRACE_EVENT_EXEC) {
			find(pid)->foreign = pid != first && !same_program(pid, first);
		} else if (is_birth(status >> 16)) {
			unsigned long child;

			if (ptrace(PTRACE_GETEVENTMSG, pid, NULL, &child) == 0)
				find((pid_t)child)->foreign = find(pid)->foreign;
		} else if (status >> 16) {
			find(pid); /* a new child, or a group stop */
		} else {
			pass = sig;
		}
		(void)ptrace(PTRACE_SYSCALL, pid, NULL, pass);
	}
}
