#include "runtime/instance/monitor.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/parse.h"
#include "runtime/host/descriptors.h"
#include "runtime/host/fresh.h"
#include "runtime/host/process.h"
#include "runtime/host/self.h"
#include "runtime/host/sys.h"
#include "runtime/instance/adopt.h"
#include "runtime/instance/blame.h"
#include "runtime/instance/console.h"
#include "runtime/instance/ended.h"
#include "runtime/instance/plan.h"
#include "runtime/instance/state.h"
#include "runtime/instance/step.h"
#include "runtime/isolate/lsm.h"

#define EARLY_END_MS 10
#define STACK_USED   (64 << 10) /* at most, and mapped in any case */

struct monitor {
	struct arena arena; /* of the plan; it is small and is needed again at a restart */
	struct plan plan;
	struct start start;
	struct console console;
	char *title; /* argv[0], where ps looks */
	int state;  /* the flock of it is ours until the end */
	int result; /* -1 once the caller has heard */
};

/* ---- beginning */

static int load_plan(struct monitor *m, int fd, struct err *e)
{
	struct stat s;

	if (fstat(fd, &s) < 0)
		return err_sys(e, "plan");
	void *data = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return err_sys(e, "plan");
	int r = plan_unpack(&m->arena, data, (size_t)s.st_size, &m->plan, e);
	munmap(data, (size_t)s.st_size);
	close(fd);
	return r;
}

/* FLAG 0: the exec is to hand them on. FD_CLOEXEC: what was inherited on purpose must not be inherited once more. */
static void mark_descriptors(const struct plan *p, int flag)
{
	const int64_t one[] = { p->fd_instance, p->fd_state, p->fd_result,  p->fd_seccomp, p->fd_store,
				p->fd_owner,	p->fd_pidfd, p->fd_channel, p->fd_overlay };

	for (size_t i = 0; i < ARRAY_SIZE(one); i++)
		(void)fcntl((int)one[i], F_SETFD, flag); /* -1: nothing there */
	for (size_t i = 0; i < p->fd_layers.n; i++) {
		uint32_t fd;

		if (parse_u32(p->fd_layers.item[i], 3, 1 << 20, &fd) == 0)
			(void)fcntl((int)fd, F_SETFD, flag);
	}
}

static int map_seccomp(struct monitor *m, struct err *e)
{
	int fd = (int)m->plan.fd_seccomp;
	struct stat s;

	if (fstat(fd, &s) < 0)
		return err_sys(e, "seccomp");
	void *data = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return err_sys(e, "seccomp");
	m->start.seccomp = data;
	m->start.seccomp_size = (size_t)s.st_size;
	return 0;
}

static void null_stdio(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC); /* path: the host's own /dev */

	for (int i = 0; fd >= 0 && i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
}

static int write_state(struct monitor *m, enum power power, struct err *e)
{
	struct state s = { .power = power, .capabilities_dropped = (uint64_t)m->plan.capabilities_dropped };
	int r = process_boot_id(s.boot, e);

	if (r < 0)
		return r;
	if (!m->plan.privileged)
		s.map = plan_idmap(&m->plan);
	if (power != POWER_STOPPED) {
		s.init.pid = m->start.pid;
		s.monitor.pid = getpid();
		if ((r = process_start_time(s.init.pid, &s.init.start, e)) < 0 ||
		    (r = process_start_time(s.monitor.pid, &s.monitor.start, e)) < 0)
			return r;
	}
	return state_write(m->state, &s, e);
}

/* ---- one life of the instance, from its first step to "init runs" */

static void start_none(struct monitor *m)
{
	m->start = (struct start){
		.plan = &m->plan,
		.title = m->title,
		.map = plan_idmap(&m->plan),
		.dir = (int)m->plan.fd_instance,
		.host = CGROUP_HOST_NONE,
		.cgroup = CGROUP_NONE,
		.host_mounts = -1,
		.left_mounts = -1,
		.host_root = -1,
		.rw = -1,
		.parts = OVERLAY_PARTS_NONE,
		.overlay = -1,
		.channel = -1,
		.theirs = -1,
		.procs = -1,
		.pidfd = -1,
		.console = -1,
		.console_slave = -1,
		.seccomp = m->start.seccomp,
		.seccomp_size = m->start.seccomp_size,
		.root = -1,
		.node = { -1, -1, -1, -1, -1, -1, -1, -1 },
		.masks = { -1, -1 },
		.lsm = -1,
	};
}

/* Inits that are known to stay need no second look. A script's program is its shell, and its first argument the shell's path. */
static bool is_known_init(pid_t pid)
{
	static const char known[][12] = { "systemd", "busybox" };
	char path[40], exe[256], first[256];

	str_fmt(path, sizeof path, "/proc/%d/exe", (int)pid);
	ssize_t n = readlinkat(AT_FDCWD, path, exe, sizeof exe - 1);
	exe[n < 0 ? 0 : n] = 0;
	str_fmt(path, sizeof path, "/proc/%d/cmdline", (int)pid);
	AUTO(fd) int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, first, sizeof first - 1);
	first[n < 0 ? 0 : n] = 0;
	const char *slash = strrchr(exe, '/'), *name = strrchr(first, '/');
	for (size_t i = 0; slash && name && i < ARRAY_SIZE(known); i++) {
		if (str_eq(slash + 1, known[i]) && str_eq(name + 1, "init"))
			return true;
	}
	return false;
}

/* Asked again each time: right after its exec a process has its program, but its arguments come a moment later. */
static bool ended_early(const struct monitor *m)
{
	for (int ms = 0; ms < EARLY_END_MS; ms++) {
		if (m->plan.own_init || is_known_init(m->start.pid))
			return false;
		if (process_wait_exit(m->start.pidfd, 1) == 0)
			return true;
	}
	return false;
}

/* An init that ends at once did not start: its status and last words are the error, not an "it runs" that was never true. A power off or a
 * reboot is a normal end. */
static int refuse_early_end(struct monitor *m, struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;
	siginfo_t info = { 0 };

	if (!ended_early(m) || waitid(P_PID, (id_t)m->start.pid, &info, WEXITED | WNOWAIT) < 0)
		return 0;
	int status = info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
	if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGHUP || WTERMSIG(status) == SIGINT))
		return 0;
	console_drain(&m->console);
	ended_text(status, &text);
	buf_addstr(&text, " at once");
	if (m->console.ring_used)
		buf_addstr(&text, ", its last words: ");
	console_last(&m->console, 300, &text);
	process_reap(m->start.pid, NULL);
	m->start.pid = 0;
	return blame_limits(&m->start, err_set(e, -ECHILD, "%s", text.s), e);
}

/* The first process inside was made before our exec. */
static int resume(struct monitor *m, struct err *e)
{
	m->start.pid = (pid_t)m->plan.born_pid;
	m->start.pidfd = (int)m->plan.fd_pidfd;
	m->start.channel = (int)m->plan.fd_channel;
	m->start.overlay = (int)m->plan.fd_overlay;
	m->plan.born_pid = 0;
	return spawn_resume(&m->start, e);
}

static int enter_life(struct monitor *m, struct err *e)
{
	struct process init = { (int32_t)m->plan.adopt_pid, (uint64_t)m->plan.adopt_start };

	start_none(m);
	if (init.pid)
		return adopt_open(&m->start, &init, e);
	bool was_born = m->plan.born_pid;
	int r = was_born ? resume(m, e) : steps_run(spawn_steps, &m->start, e);
	if (r < 0 && !was_born)
		return r;
	if (r == 0)
		r = steps_run(settle_steps, &m->start, e);
	if (r < 0)
		steps_undo(spawn_steps, &m->start);
	return r;
}

static int begin(struct monitor *m, struct err *e)
{
	int r = enter_life(m, e);

	if (r < 0)
		return r;
	r = write_state(m, POWER_RUNNING, e);
	if (r == 0)
		r = console_open(&m->console, m->start.console, m->start.dir, m->plan.log_size, e);
	if (m->plan.adopt_pid)
		return r;
	if (r == 0)
		r = refuse_early_end(m, e);
	if (r < 0) { /* a start that failed leaves no init */
		steps_undo(settle_steps, &m->start);
		steps_undo(spawn_steps, &m->start);
	}
	return r;
}

static void tell(struct monitor *m, const struct err *err)
{
	struct monitor_result result = { *err };

	if (m->result < 0)
		return;
	(void)fd_write(m->result, &result, sizeof result); /* a caller that went away does not want to know */
	close(take_fd(&m->result));
}

/* ---- waiting */

/* What was made for one command goes with it, even when that was killed. */
static void end_with_owner(struct monitor *m)
{
	(void)sys_pidfd_send_signal(m->start.pidfd, SIGKILL); /* gone already: fine */
	m->plan.fd_owner = -1;
}

/* Console output, console clients, the end of init or of the owner; nothing ticks. */
static void watch(struct monitor *m)
{
	for (;;) {
		struct pollfd p[2 + CONSOLE_POLLS];
		int n = 0;

		p[n++] = (struct pollfd){ .fd = m->start.pidfd, .events = POLLIN };
		p[n++] = (struct pollfd){ .fd = (int)m->plan.fd_owner, .events = POLLIN };
		n += console_poll(&m->console, p + n);
		if (poll(p, (nfds_t)n, -1) < 0 && errno != EINTR)
			return;
		console_handle(&m->console, p + 2);
		if (p[0].revents)
			return;
		if (p[1].revents)
			end_with_owner(m);
	}
}

static int reap(struct monitor *m)
{
	int status = 0;

	if (process_reap(m->start.pid, &status) < 0)
		status = adopt_status(m->start.pidfd); /* not our child */
	m->plan.adopt_pid = 0;
	return status;
}

/* ---- the end */

static void release(struct monitor *m)
{
	cgroup_close(&m->start.cgroup);
	(void)cgroup_remove(&m->start.host, m->plan.cgroup, NULL); /* what stays is taken over by the next start */
	if (*m->plan.lsm_profile)
		(void)lsm_remove(m->plan.lsm_profile, NULL); /* replaced by the next start */
	auto_fd(&m->start.pidfd);
	auto_fd(&m->start.console);
	auto_fd(&m->start.console_slave);
	m->start.pidfd = m->start.console = m->start.console_slave = -1;
}

/* A stop that finds no init, as we pause between two of its lives, says so by TERM. */
static volatile sig_atomic_t asked_to_end;

static void note_asked(int sig)
{
	(void)sig;
	asked_to_end = 1;
}

/* An instance that reboots at once, always, must not become a busy loop: the pause doubles up to ten seconds. */
static void back_off(int64_t began_ms, unsigned *pause_ms)
{
	if (monotonic_ms() - began_ms > 10000) {
		*pause_ms = 0;
		return;
	}
	*pause_ms = *pause_ms ? *pause_ms * 2 : 50;
	if (*pause_ms > 10000)
		*pause_ms = 10000;
	struct timespec t = { *pause_ms / 1000, (long)(*pause_ms % 1000) * 1000000 };
	nanosleep(&t, NULL);
}

/* The pages of the stack that only the start has needed: a tenth of what this process keeps for itself. */
static __attribute__((noinline)) void give_back_stack(void) /* inlined it would give back its caller's */
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), below = ((uintptr_t)__builtin_frame_address(0) & -page) - page;

	(void)madvise((void *)(below - STACK_USED), STACK_USED, MADV_DONTNEED); /* a page that is needed again comes as a new one */
}

static int run(struct monitor *m, struct err *e)
{
	unsigned pause_ms = 0;
	int status = 0;

	for (;;) {
		int64_t began = monotonic_ms();
		int r = begin(m, e);

		if (r < 0)
			return r; /* the caller hears the reason */
		tell(m, &ERR_NONE);
		spawn_leave_mounts(&m->start);
		give_back_stack();
		watch(m);
		console_drain(&m->console);
		status = reap(m);
		console_close(&m->console);
		if (!ended_in_reboot(status))
			break;
		release(m);
		cgroup_host_close(&m->start.host);
		auto_fd(&m->start.overlay);
		ended_log(m->start.dir, status);
		back_off(began, &pause_ms);
		if (asked_to_end)
			return 0;
	}
	ended_log(m->start.dir, status);
	return 0;
}

/* ---- what only costs time, in a process of its own that nobody waits for: the overlay's end syncs its file system, the monitor's
 * own cgroup cannot be removed from inside, an ephemeral instance is deleted (unless the command that stopped it does) */

static void remove_monitor_cgroup(struct monitor *m)
{
	char name[96];

	if (str_fmt(name, sizeof name, "%s.monitor", m->plan.cgroup) < 0)
		return;
	/* busy until the monitor has ended, which takes long on a loaded machine; each try waits by itself. Gone: whoever stopped us did it */
	for (int i = 0; i < 50 && cgroup_remove(&m->start.host, name, NULL) == -EBUSY; i++)
		;
}

static _Noreturn void close_up(struct monitor *m, bool destroy)
{
	remove_monitor_cgroup(m);
	cgroup_host_close(&m->start.host);
	auto_fd(&m->start.overlay);
	if (destroy)
		ended_destroy(&m->plan);
	_exit(0);
}

/* Born in the root of the tree, where no cgroup of ours is in the way. */
static pid_t fork_closer(struct monitor *m)
{
	struct clone_args args = { 0 };
	pid_t pid = -1;

	if (m->start.host.v2 >= 0) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (__u64)m->start.host.v2;
		pid = sys_clone3(&args, sizeof args);
	}
	return pid < 0 ? fork() : pid;
}

/* The order matters to whoever waits for the stop: everything that it may look at is settled before the flock goes. */
static void finish(struct monitor *m, bool destroy)
{
	if (m->plan.adopt_pid)
		return; /* it did not become ours: it goes on as it was */
	release(m);
	(void)write_state(m, POWER_STOPPED, NULL); /* a full disk: the pid is gone, which says the same */
	pid_t pid = fork_closer(m);
	if (pid == 0)
		close_up(m, destroy);
	flock(m->state, LOCK_UN);
	if (pid < 0)
		close_up(m, destroy);
}

/* Without SA_RESTART: the pause is to end. */
static void catch_end(void)
{
	struct sigaction a = { .sa_handler = note_asked };

	sigaction(SIGTERM, &a, NULL);
}

/* As if nobody had called us: what is inherited from here is init's. */
static void be_fresh(void)
{
	setsid();
	null_stdio();
	fresh_process();
	umask(077);
	signal(SIGPIPE, SIG_IGN);
}

static int fail(struct monitor *m, const struct err *e)
{
	tell(m, e);
	finish(m, false);
	return 1;
}

/* ---- before the exec */

static int write_plan(const struct plan *p, int *ret_fd, struct err *e)
{
	AUTO(buf) struct buf bytes = BUF_NONE;

	plan_pack(p, &bytes);
	if (buf_error(&bytes))
		return err_code(e, buf_error(&bytes), "plan");
	AUTO(fd) int fd = (int)syscall(SYS_memfd_create, "plan", 0);
	if (fd < 0)
		return err_sys(e, "memfd");
	int r = fd_write(fd, bytes.s, bytes.len);
	if (r < 0)
		return err_code(e, r, "memfd");
	*ret_fd = take_fd(&fd);
	return 0;
}

static int execute(struct monitor *m, struct err *e)
{
	AUTO(fd) int binary = -1;
	AUTO(fd) int plan = -1;
	char title[96], number[32];
	char *argv[] = { title, NULL };
	char *env[] = { number, NULL };
	int r = self_open(&binary, e);

	if (r < 0 || (r = write_plan(&m->plan, &plan, e)) < 0)
		return r;
	str_fmt(title, sizeof title, MONITOR_TITLE " %s", m->plan.name);
	str_fmt(number, sizeof number, MONITOR_PLAN "=%d", plan);
	mark_descriptors(&m->plan, 0);
	sys_execveat(binary, "", argv, env, AT_EMPTY_PATH);
	return err_sys(e, "exec");
}

static bool executes_first(const struct plan *p)
{
	return p->privileged || p->own_init || p->adopt_pid;
}

static int give_birth(struct monitor *m, struct err *e)
{
	int r = map_seccomp(m, e);

	start_none(m);
	if (r < 0 || (r = steps_run(spawn_steps, &m->start, e)) < 0)
		return r;
	m->plan.born_pid = m->start.pid;
	m->plan.fd_pidfd = m->start.pidfd;
	m->plan.fd_channel = m->start.channel;
	m->plan.fd_overlay = m->start.overlay;
	/* the last reference to that namespace goes with our exec, not with the guest's leaving it, for which somebody waits */
	m->start.left_mounts = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC); /* path: our own /proc */
	spawn_leave_mounts(&m->start);
	return 0;
}

_Noreturn void monitor_begin(const struct plan *plan)
{
	struct monitor m = { .plan = *plan, .state = (int)plan->fd_state, .result = (int)plan->fd_result, .console = CONSOLE_NONE };
	struct err e = ERR_NONE;
	int r = 0;

	descriptors_cloexec_above(2); /* a lock or pipe of whoever called us would else be held as long as the instance runs */
	start_none(&m);
	if (!executes_first(plan)) {
		be_fresh();
		r = give_birth(&m, &e);
	}
	if (r == 0) {
		(void)err_in(&e, execute(&m, &e), "monitor"); /* returns when it failed */
		if (m.plan.born_pid)
			steps_undo(spawn_steps, &m.start);
	}
	_exit(fail(&m, &e));
}

/* ---- after it */

int monitor_main(int argc, char **argv)
{
	struct monitor m = { .state = -1, .result = -1, .console = CONSOLE_NONE };
	struct err e = ERR_NONE;
	uint32_t fd;

	const char *number = getenv(MONITOR_PLAN);

	if (argc < 1 || !number || parse_u32(number, 3, 1 << 20, &fd) < 0)
		return 2;
	if (load_plan(&m, (int)fd, &e) < 0)
		return 2;
	mark_descriptors(&m.plan, FD_CLOEXEC);
	m.state = (int)m.plan.fd_state;
	m.result = (int)m.plan.fd_result;
	m.title = argv[0];
	start_none(&m);
	if (!m.plan.born_pid)
		be_fresh();
	catch_end();
	int r = map_seccomp(&m, &e);
	if (r < 0 || (r = run(&m, &e)) < 0)
		return fail(&m, &e);
	finish(&m, m.plan.ephemeral);
	return 0;
}
