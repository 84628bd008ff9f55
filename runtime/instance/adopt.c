#include "runtime/instance/adopt.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include "core/at.h"
#include "core/auto.h"
#include "runtime/host/process.h"
#include "runtime/host/sys.h"
#include "runtime/instance/guest_console.h"

/* PIDFD_GET_INFO with PIDFD_INFO_EXIT (6.15): in no header of ours yet. */
struct exit_info {
	uint64_t mask, cgroupid;
	uint32_t pid, tgid, ppid, ids[8];
	int32_t exit_code;
};

#define GET_INFO  _IOWR(0xff, 11, struct exit_info)
#define INFO_EXIT (1u << 3)

int adopt_status(int pidfd)
{
	/* known once whoever inherited it has reaped it */
	for (int i = 0; i < 200; i++) {
		struct exit_info info = { .mask = INFO_EXIT };
		struct timespec t = { 0, 5000000 };

		if (ioctl(pidfd, GET_INFO, &info) < 0 && errno != ESRCH)
			break;
		if (info.mask & INFO_EXIT)
			return info.exit_code;
		nanosleep(&t, NULL);
	}
	return SIGINT;
}

#define CONSOLE_MS 3000 /* file systems of its own may hold whoever looks for a terminal */

/* ---- the console: somebody goes in, puts a new terminal over the dead one, and sends its master out */

static int enter_mounts(int pidfd, bool mapped, struct err *e)
{
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (setns(pidfd, CLONE_NEWNS | (mapped ? CLONE_NEWUSER : 0)) < 0)
		return err_sys(e, "enter");
	if (mapped && (syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0))
		return err_sys(e, "become root inside");
	return 0;
}

static int replace_console(int pidfd, bool mapped, int channel, struct err *e)
{
	int r = enter_mounts(pidfd, mapped, e);

	if (r < 0)
		return r;
	AUTO(fd) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC); /* path: inside */
	if (root < 0)
		return err_sys(e, "/");
	return guest_console(root, true, channel, NULL, e);
}

static int new_console(struct start *s, struct err *e)
{
	struct channel_message m = { .kind = CHANNEL_ERROR };
	int pair[2], fd[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "socketpair");
	AUTO(fd) int ours = pair[0];
	AUTO(fd) int theirs = pair[1];
	pid_t pid = fork();
	if (pid < 0)
		return err_sys(e, "fork");
	if (pid == 0) {
		close((int)s->plan->fd_state); /* a lock that a child which hangs must not go on holding */
		if (replace_console(s->pidfd, s->map.size > 0, theirs, &m.err) < 0)
			(void)channel_send(theirs, &m, NULL, 0, NULL); /* nobody there: nothing to tell */
		_exit(0);
	}
	close(take_fd(&theirs));
	struct pollfd p = { .fd = ours, .events = POLLIN };
	if (poll(&p, 1, CONSOLE_MS) == 0) {
		kill(pid, SIGKILL); /* our own child, not reaped yet */
		return err_set(e, -ETIMEDOUT, "console: the instance does not give a terminal");
	}
	int r = channel_receive(ours, &m, fd, 2, e);
	process_reap(pid, NULL);
	if (r <= 0 || m.kind != CHANNEL_CONSOLE)
		return r < 0 ? r : err_set(e, -EIO, "console: %s", m.err.text);
	s->console = fd[0];
	s->console_slave = fd[1];
	return 0;
}

int adopt_open(struct start *s, const struct process *init, struct err *e)
{
	char path[40];
	int r = cgroup_host_open(&s->host, ~0u, e);

	if (r < 0 || (r = cgroup_open(&s->host, s->plan->cgroup, &s->cgroup, e)) < 0)
		return r;
	s->pid = init->pid;
	s->pidfd = process_open(init, e);
	if (s->pidfd < 0)
		return s->pidfd;
	/* as long as this is open, the end of init does not wait for the disk */
	str_fmt(path, sizeof path, "/proc/%d/root", (int)s->pid);
	s->overlay = openat(AT_FDCWD, path, O_PATH | O_CLOEXEC);
	return new_console(s, e);
}
