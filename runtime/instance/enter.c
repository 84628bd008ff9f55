#include "runtime/instance/enter.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/at.h"
#include "core/auto.h"
#include "runtime/host/descriptors.h"
#include "runtime/host/fresh.h"
#include "runtime/host/process.h"
#include "runtime/host/self.h"
#include "runtime/host/sys.h"
#include "runtime/instance/rlimit.h"
#include "runtime/instance/unexecutable.h"
#include "runtime/isolate/caps.h"
#include "runtime/isolate/keyring.h"
#include "runtime/isolate/seccomp.h"

#define SECCOMP_LIMIT (1 << 20)
#define PATIENCE_MS   2000

/* ---- finding everything out before anything is entered */

/* Version 1 hierarchies are joined where init is: "4:memory:/lxcbox/ID.NAME". Most instances are in none. More text than fits: look in
 * all of them. */
static unsigned joined_v1(pid_t pid)
{
	char path[40], text[4096];
	size_t len = 0;
	ssize_t n;

	str_fmt(path, sizeof path, "/proc/%d/cgroup", (int)pid);
	AUTO(fd) int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC); /* path: our own /proc */
	while (fd >= 0 && len < sizeof text - 1 && (n = read(fd, text + len, sizeof text - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = 0;
	if (len == sizeof text - 1)
		return ~0u;
	for (const char *line = text, *end; *line; line = *end ? end + 1 : end) {
		const char *colon = strchr(line, ':'), *ours = colon ? strstr(colon, ":/lxcbox/") : NULL;

		end = strchrnul(line, '\n');
		if (ours && ours < end && colon[1] != ':')
			return ~0u;
	}
	return 0;
}

static int open_cgroup(struct enter *t, const char *name, struct err *e)
{
	int r = cgroup_host_open(&t->host, joined_v1(t->pid), e);

	if (r < 0)
		return r;
	r = cgroup_open(&t->host, name, &t->cgroup, e);
	return r < 0 ? r : cgroup_exec_leaf(&t->cgroup, t->map.base, &t->leaf, e);
}

int enter_open(struct enter *t, int dir, const char *cgroup, const struct state *state, struct err *e)
{
	int r;

	*t = (struct enter){
		.pidfd = -1, .leaf = -1, .map = state->map, .host = CGROUP_HOST_NONE, .cgroup = CGROUP_NONE, .seccomp = BUF_NONE,
	};
	t->pidfd = state_open_init(state, NULL);
	if (t->pidfd == -ENOSYS || t->pidfd == -EPERM)
		return err_set(e, -ENOSYS, "this kernel has no pidfd_open (Linux 5.3): no container can be entered");
	if (t->pidfd < 0)
		return err_set(e, -ESRCH, "Instance is not running");
	if (state->power == POWER_FROZEN)
		return err_set(e, -EBUSY, "Instance is frozen");
	t->pid = state->init.pid;
	t->capabilities_dropped = state->capabilities_dropped;
	if (!t->map.size && (r = self_protect(e)) < 0)
		return r;
	if ((r = lsm_profile(cgroup, t->lsm_profile, e)) < 0 || (r = open_cgroup(t, cgroup, e)) < 0)
		return r;
	return at_read(dir, "seccomp", SECCOMP_LIMIT, &t->seccomp, e);
}

void enter_close(struct enter *t)
{
	auto_fd(&t->pidfd);
	auto_fd(&t->leaf);
	cgroup_close(&t->cgroup);
	cgroup_host_close(&t->host);
	buf_free(&t->seccomp);
	t->pidfd = t->leaf = -1;
}

/* ---- setns */

/* 5.8: all at once by the pidfd; before, by the links of /proc/PID/ns, opened first. */
static int join(const struct enter *t, int flags)
{
	static const struct {
		int flag;
		char name[8];
	} ns[] = {
		{ CLONE_NEWUSER, "user" }, { CLONE_NEWCGROUP, "cgroup" }, { CLONE_NEWIPC, "ipc" }, { CLONE_NEWUTS, "uts" },
		{ CLONE_NEWNET, "net" },   { CLONE_NEWPID, "pid" },	  { CLONE_NEWNS, "mnt" },
	};
	int fd[ARRAY_SIZE(ns)], r = 0;
	char path[40];

	if (setns(t->pidfd, flags) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(ns); i++) {
		str_fmt(path, sizeof path, "/proc/%d/ns/%s", (int)t->pid, ns[i].name);
		fd[i] = flags & ns[i].flag ? open(path, O_RDONLY | O_CLOEXEC) : -1; /* path: our own /proc */
	}
	for (size_t i = 0; i < ARRAY_SIZE(ns); i++) {
		if ((flags & ns[i].flag) && r == 0 && setns(fd[i], ns[i].flag) < 0)
			r = -errno;
		if (fd[i] >= 0)
			close(fd[i]);
	}
	return r;
}

static int namespaces_of(const struct enter *t)
{
	int flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP;

	return t->map.size ? flags | CLONE_NEWUSER : flags;
}

/* ---- the child */

struct report_message {
	struct err err;
	int status; /* 126, 127, or 1 */
};

static int limit_reached(struct err *e)
{
	return err_set(e, -EAGAIN, "the instance's limit of processes is reached (limits.processes)");
}

/* Version 1 counts who comes in from outside, but refuses only forks. */
static int refuse_one_too_many(const struct cgroup *cg, struct err *e)
{
	int pids = cg->v1[CGROUP_PIDS];

	if (pids < 0 || cgroup_read_number(pids, "pids.current") <= cgroup_read_number(pids, "pids.max"))
		return 0;
	return limit_reached(e);
}

static int enter_namespaces(const struct enter *t, struct err *e)
{
	int r = cgroup_join_v1(&t->cgroup, e);

	if (r < 0 || (r = refuse_one_too_many(&t->cgroup, e)) < 0)
		return r;
	/* nobody inside may look at this process before it is the command: it still has our memory and program */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	r = join(t, namespaces_of(t));
	if (r < 0)
		return err_code(e, r, "enter");
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* root inside first: what is opened or made from here on belongs to it, not to an id that is not mapped */
	if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0)
		return err_sys(e, "become root inside");
	return 0;
}

/* getcwd must name a place below our root: "(unreachable)/..." is a directory of somebody else's. */
static int change_directory(const struct enter_command *c, struct err *e)
{
	char where[4096];

	if (chdir(c->cwd) < 0) {
		if (c->cwd_required)
			return err_sys(e, "--cwd %s", c->cwd);
		if (chdir("/") < 0)
			return err_sys(e, "/");
	}
	if (!getcwd(where, sizeof where) || *where != '/')
		return err_set(e, -EACCES, "--cwd %s: not inside the container", c->cwd);
	return 0;
}

static int take_descriptors(const struct enter_command *c, struct err *e)
{
	int high[3];

	for (int i = 0; i < 3; i++) {
		high[i] = fcntl(c->fd[i], F_DUPFD_CLOEXEC, 10);
		if (high[i] < 0)
			return err_sys(e, "standard descriptor %d", i);
	}
	for (int i = 0; i < 3; i++) {
		if (dup2(high[i], i) < 0)
			return err_sys(e, "standard descriptor %d", i);
	}
	setsid();
	if (c->tty && ioctl(0, TIOCSCTTY, 0) < 0)
		return err_sys(e, "controlling terminal");
	return 0;
}

static int set_rlimits(const struct enter *t, struct err *e)
{
	int r = 0;

	for (size_t i = 0; t->rlimits && i < t->rlimits->n && r == 0; i++)
		r = rlimit_set(0, t->rlimits->item[i].key, t->rlimits->item[i].value, e);
	return r;
}

/* LSM: the way into init's profile, -1 without. */
static int become(const struct enter *t, const struct enter_command *c, int lsm, struct err *e)
{
	int r = lsm >= 0 ? lsm_enter(lsm, t->lsm_profile, e) : 0;

	if (r < 0 || (r = caps_limit(t->capabilities_dropped, e)) < 0 || (r = keyring_leave(e)) < 0 ||
	    (r = seccomp_enter(t->seccomp.s, t->seccomp.len, e)) < 0)
		return r;
	if (c->gid && syscall(SYS_setresgid, c->gid, c->gid, c->gid) < 0)
		return err_sys(e, "group %u", c->gid);
	if (c->uid && syscall(SYS_setresuid, c->uid, c->uid, c->uid) < 0)
		return err_sys(e, "user %u", c->uid);
	return 0;
}

static int exec_failed(const char *path, int error, int *status, struct err *e)
{
	struct stat s;

	if (error == ENOENT && stat(path, &s) < 0) { /* path: inside, as the command's own user */
		*status = 127;
		return err_set(e, -ENOENT, "Command not found: %s", path);
	}
	*status = 126;
	return err_in(e, unexecutable(path, error, e), "Command not executable");
}

/* execvp's search over the PATH that the command gets, without its fallbacks to a shell. */
static int exec_search(const struct enter_command *c, int *status, struct err *e)
{
	const char *name = c->argv[0], *path = "";
	char full[4096];
	int error = ENOENT;

	if (strchr(name, '/')) {
		execve(name, (char *const *)(uintptr_t)c->argv, (char *const *)(uintptr_t)c->env);
		return exec_failed(name, errno, status, e);
	}
	for (const char *const *env = c->env; *env; env++) {
		const char *value = str_after(*env, "PATH=");

		path = value ? value : path;
	}
	for (const char *end; *name && *path; path = *end ? end + 1 : end) {
		end = strchrnul(path, ':');
		if (str_fmt(full, sizeof full, "%.*s/%s", (int)(end - path), path, name) < 0)
			continue;
		execve(full, (char *const *)(uintptr_t)c->argv, (char *const *)(uintptr_t)c->env);
		if (errno != ENOENT && errno != ENOTDIR && error != EACCES)
			error = errno;
		else if (errno == ENOENT && faccessat(AT_FDCWD, full, F_OK, 0) == 0)
			return exec_failed(full, ENOENT, status, e);
	}
	return exec_failed(name, error, status, e);
}

static _Noreturn void child(struct enter *t, struct enter_command *c, int report)
{
	struct report_message m = { .err = ERR_NONE, .status = 1 };

	fresh_process(); /* what the caller has (limits, nice, affinity) does not show inside */
	int r = set_rlimits(t, &m.err); /* out here, where a hard one can be raised */
	int lsm = -1;

	if (r == 0 && *t->lsm_profile)
		r = lsm_open(&lsm, &m.err); /* out here, where /proc is the host's */
	if (r == 0)
		r = enter_namespaces(t, &m.err);
	if (r == 0 && c->inside)
		r = c->inside(c->ctx, &m.err);
	if (r == 0)
		r = take_descriptors(c, &m.err);
	if (r == 0)
		r = become(t, c, lsm, &m.err);
	if (r == 0) {
		report = descriptors_keep(report);
		r = change_directory(c, &m.err);
		m.status = 126;
	}
	if (r == 0)
		exec_search(c, &m.status, &m.err);
	(void)!write(report, &m, sizeof m);
	_exit(m.status);
}

/* ---- the parent */

static pid_t clone_child(const struct enter *t, int *ret_pidfd)
{
	struct clone_args args = { .flags = CLONE_PIDFD, .exit_signal = SIGCHLD, .pidfd = (uintptr_t)ret_pidfd };
	pid_t pid = -1;

	if (t->leaf >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (__u64)t->leaf;
		pid = sys_clone3(&args, sizeof args);
	}
	if (pid >= 0 || (t->leaf >= 0 && errno != ENOSYS && errno != EINVAL && errno != E2BIG && errno != EPERM))
		return pid;
	pid = (pid_t)syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, ret_pidfd, 0, 0); /* < 5.7, or clone3 hidden */
	if (pid == 0 && t->leaf >= 0 && cgroup_join_v2(t->leaf, NULL) < 0)
		_exit(1);
	return pid;
}

static int clone_failed(int error, struct err *e)
{
	if (error == EAGAIN)
		return limit_reached(e);
	return err_code(e, -error, "fork into the instance");
}

/* A file system of the container's own can hold whoever opens, enters or executes something there as long as it likes: from some time on the
 * caller may give up. */
static bool is_given_up(int listen, int signals)
{
	struct pollfd p[] = { { listen, POLLIN, 0 }, { signals, POLLIN, 0 } };

	return poll(p, 1, PATIENCE_MS) == 0 && (signals < 0 || poll(p, 2, -1) > 0) && !p[0].revents;
}

int enter_spawn(struct enter *t, struct enter_command *c, pid_t *ret_pid, int *ret_pidfd, int *ret_status, struct err *e)
{
	struct report_message m;
	int pipe_end[2], pidfd = -1;

	*ret_status = 1;
	if (pipe2(pipe_end, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	AUTO(fd) int listen = pipe_end[0];
	AUTO(fd) int report = pipe_end[1];
	int r = join(t, CLONE_NEWPID); /* for the children of this process only */
	if (r < 0)
		return err_code(e, r, "enter the process namespace");
	pid_t pid = clone_child(t, &pidfd);
	if (pid < 0)
		return clone_failed(errno, e);
	if (pid == 0)
		child(t, c, report);
	close(take_fd(&report));
	*ret_pid = pid;
	*ret_pidfd = pidfd;
	if (is_given_up(listen, c->signals)) {
		(void)sys_pidfd_send_signal(pidfd, SIGKILL);
		return err_set(e, -EINTR, "the instance does not let the command start");
	}
	ssize_t n = read(listen, &m, sizeof m);
	if (n != sizeof m)
		return 0;
	process_reap(pid, NULL);
	close(pidfd);
	*ret_status = m.status;
	if (e)
		*e = m.err;
	return m.err.code ? m.err.code : -EIO;
}
