#include "runtime/instance/stop.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "core/at.h"
#include "core/auto.h"
#include "runtime/host/process.h"
#include "runtime/host/sys.h"
#include "runtime/instance/enter.h"
#include "runtime/instance/log.h"
#include "runtime/instance/record.h"
#include "runtime/instance/state.h"
#include "runtime/isolate/cgroup.h"
#include "runtime/isolate/lsm.h"

struct stopping {
	struct store *st;
	int dir;
	const char *name;
	char cgroup_name[96];
	struct state state;
	int pidfd;
	struct cgroup_host host;
	struct cgroup cgroup;
};

#define STOPPING_NONE ((struct stopping){ .pidfd = -1, .host = CGROUP_HOST_NONE, .cgroup = CGROUP_NONE })

static void auto_stopping(struct stopping *s)
{
	auto_fd(&s->pidfd);
	cgroup_close(&s->cgroup);
	cgroup_host_close(&s->host);
}

static int look(struct stopping *s, struct store *st, int dir, const char *name, struct err *e)
{
	char boot[BOOT_ID_SIZE];
	int r = process_boot_id(boot, e);

	s->st = st;
	s->dir = dir;
	s->name = name;
	if (r < 0 || (r = str_fmt(s->cgroup_name, sizeof s->cgroup_name, "%s.%s", st->id, name)) < 0 ||
	    (r = state_read(dir, boot, &s->state, e)) < 0)
		return r;
	/* without a v2 tree everything that counts is in the freezer's hierarchy */
	if ((r = cgroup_host_open(&s->host, 0, e)) < 0)
		return r;
	(void)cgroup_open(&s->host, s->cgroup_name, &s->cgroup, NULL); /* none left: nothing to do there */
	if (s->state.power == POWER_STOPPED)
		return 0;
	s->pidfd = state_open_init(&s->state, NULL); /* gone meanwhile: found below */
	if (s->pidfd == -ENOSYS || s->pidfd == -EPERM)
		return err_set(e, -ENOSYS, "this kernel has no pidfd_open (Linux 5.3): no container can be stopped safely");
	return 0;
}

/* ---- asking */

static bool is_busybox(pid_t pid)
{
	char path[40], exe[256];

	str_fmt(path, sizeof path, "/proc/%d/exe", (int)pid);
	ssize_t n = readlinkat(AT_FDCWD, path, exe, sizeof exe - 1);
	if (n < 0)
		return false;
	exe[n] = 0;
	return strstr(exe, "busybox") != NULL;
}

/* systemd blocks its signals and reads them from a descriptor; others catch. The numbers are the kernel's: libcs differ about
 * where real-time signals begin. 0: it takes none of them. */
static int stop_signal(pid_t pid)
{
	static const int wanted[] = { SIGNAL_RTMIN_3, SIGPWR, SIGUSR2, SIGTERM };
	uint64_t handled;

	if (process_handled_signals(pid, &handled, NULL) < 0)
		return SIGPWR;
	if (is_busybox(pid))
		return SIGUSR2; /* power off; TERM would reboot */
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		if (handled & (1ull << (wanted[i] - 1)))
			return wanted[i];
	}
	return 0;
}

/* Processes of the instance besides pid 1. */
static bool is_alone(const struct stopping *s)
{
	char text[64];
	int n = s->cgroup.v2 >= 0 ? cgroup_read(s->cgroup.v2, "cgroup.procs", text, sizeof text) : -1;

	return n > 0 && strchr(text, '\n') == text + n - 1 && cgroup_read_field(s->cgroup.v2, "cgroup.stat", "nr_descendants") <= 1;
}

/* sysvinit takes a change of runlevel through its fifo, and PWR only for what inittab says about power. */
static bool is_sysvinit(pid_t pid)
{
	char path[40];
	struct stat st;

	str_fmt(path, sizeof path, "/proc/%d/root", (int)pid);
	AUTO(fd) int root = openat(AT_FDCWD, path, O_PATH | O_CLOEXEC);
	if (root < 0)
		return false;
	for (const char *const *fifo = (const char *const[]){ "/run/initctl", "/dev/initctl", NULL }; *fifo; fifo++) {
		AUTO(fd) int fd = at_open_in_root(root, *fifo, O_PATH | O_NOFOLLOW, 0, NULL);
		if (fd >= 0 && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode))
			return true;
	}
	return false;
}

#define RUNLEVEL_MS 3000

/* Its own command, run inside as root would: /sbin/init 0. */
static int change_runlevel(struct stopping *s, struct err *e)
{
	AUTO(fd) int null = openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC);
	struct enter enter;
	struct enter_command init = {
		.argv = (const char *const[]){ "/sbin/init", "0", NULL },
		.env = (const char *const[]){ "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL },
		.cwd = "/",
		.fd = { null, null, null },
		.signals = -1,
	};
	int status = 0, pidfd = -1;
	pid_t pid = 0;
	int r = enter_open(&enter, s->dir, s->cgroup_name, &s->state, e);
	if (r == 0)
		r = enter_spawn(&enter, &init, &pid, &pidfd, &status, e);
	enter_close(&enter);
	if (r < 0)
		return r;
	/* it tells init and ends; one that does not is nothing to wait for. Not reaped it would be a process that the shutdown waits for. */
	if (process_wait_exit(pidfd, RUNLEVEL_MS) == 0)
		process_reap(pid, NULL);
	else
		signal(SIGCHLD, SIG_IGN);
	close(pidfd);
	return 0;
}

#define SETTLE_MS 3000

/* An init that was executed just now does not catch anything yet, and what it does not catch a pid 1 never gets: wait for it to
 * come to that. */
static int settled_signal(struct stopping *s)
{
	int64_t end = monotonic_ms() + SETTLE_MS;
	struct timespec t = { 0, 5000000 };
	uint64_t handled;

	for (;;) {
		int sig = stop_signal(s->state.init.pid);

		/* busybox waits in sigtimedwait(2), which shows in neither mask; by the time that it catches any it has blocked these */
		if (sig && process_handled_signals(s->state.init.pid, &handled, NULL) == 0 &&
		    ((handled & (1ull << (sig - 1))) || (handled && is_busybox(s->state.init.pid))))
			return sig;
		if (monotonic_ms() > end || process_wait_exit(s->pidfd, 0) == 0)
			return 0;
		nanosleep(&t, NULL);
	}
}

static int send_stop(struct stopping *s, struct err *e)
{
	int sig = settled_signal(s);

	if (!is_busybox(s->state.init.pid) && is_sysvinit(s->state.init.pid))
		return change_runlevel(s, e);
	if (!sig && process_wait_exit(s->pidfd, 0) == 0)
		return 0; /* ended by itself */
	if (!sig)
		return err_set(e, -ENOTSUP, "its init takes no stop signal (catches none of RTMIN+3, PWR, USR2, TERM): --force ends it");
	if (sys_pidfd_send_signal(s->pidfd, sig) < 0 && errno != ESRCH)
		return err_sys(e, "signal %d to init", sig);
	return 0;
}

/* Thawed, and said so: a stop that comes to nothing leaves it running. */
static int thaw(struct stopping *s, struct err *e)
{
	int r = cgroup_freeze(&s->cgroup, false, 1000, e);

	if (r < 0)
		return r;
	s->state.power = POWER_RUNNING;
	AUTO(fd) int fd = at_open(s->dir, "state", O_RDWR, 0, e);
	return fd < 0 ? fd : state_write(fd, &s->state, e);
}

#define LOOK_MS 500

static void thaw_when_paused(struct stopping *s, struct lock *lock)
{
	char boot[BOOT_ID_SIZE];
	struct state now;

	if (process_boot_id(boot, NULL) < 0 || state_read(s->dir, boot, &now, NULL) < 0 || now.power != POWER_FROZEN ||
	    lock_take(lock, s->dir, "lock", LOCK_EXCLUSIVE, false, NULL, NULL) < 0)
		return;
	if (state_read(s->dir, boot, &now, NULL) == 0 && now.power == POWER_FROZEN && now.init.pid == s->state.init.pid)
		(void)thaw(s, NULL); /* looked at again soon */
	lock_release(lock);
}

/* The lock is not held: somebody may pause what is to end, and it would not end before somebody else thaws it. */
static int wait_end(struct stopping *s, struct lock *lock, int timeout_ms)
{
	int64_t end = monotonic_ms() + timeout_ms;

	for (;;) {
		int64_t left = timeout_ms < 0 ? LOOK_MS : end - monotonic_ms();
		int r = process_wait_exit(s->pidfd, left < 0 ? 0 : left < LOOK_MS ? (int)left : LOOK_MS);

		if (r != -ETIMEDOUT || (timeout_ms >= 0 && left <= LOOK_MS))
			return r;
		thaw_when_paused(s, lock);
	}
}

/* busybox's init ends everything, and then only sleeps a second before it calls reboot(2): when nothing but it is left by then, there is
 * nothing that the second is for. */
static int wait_busybox(struct stopping *s, struct lock *lock, int timeout_ms)
{
	int r = process_wait_exit(s->pidfd, timeout_ms >= 0 && timeout_ms < 1100 ? timeout_ms : 1100);

	if (r != -ETIMEDOUT || (timeout_ms >= 0 && timeout_ms <= 1100))
		return r;
	if (is_alone(s))
		(void)sys_pidfd_send_signal(s->pidfd, SIGKILL);
	return wait_end(s, lock, timeout_ms < 0 ? -1 : timeout_ms - 1100);
}

static int ask(struct stopping *s, struct lock *lock, int timeout_ms, struct err *e)
{
	bool busybox = is_busybox(s->state.init.pid);
	int r;

	if (s->state.power == POWER_FROZEN && (r = thaw(s, e)) < 0)
		return r;
	if ((r = send_stop(s, e)) < 0)
		return r;
	lock_release(lock);
	r = busybox ? wait_busybox(s, lock, timeout_ms) : wait_end(s, lock, timeout_ms);
	int again = lock_take(lock, s->dir, "lock", LOCK_EXCLUSIVE, false, NULL, NULL);
	if (again < 0)
		return err_set(e, -ENOENT, "Instance not found");
	if (r == -ETIMEDOUT)
		return err_set(e, r, "Failed shutting down instance, status is \"Running\": shutting down the container failed "
				     "(init did not end within %d s; --force ends it)", timeout_ms / 1000);
	return r < 0 ? err_code(e, r, "wait for init") : 0;
}

/* ---- forcing */

static int force_end(struct stopping *s, struct err *e)
{
	(void)sys_pidfd_send_signal(s->pidfd, SIGKILL);
	int r = cgroup_kill(&s->cgroup, e);
	if (r < 0)
		return r;
	/* version 1: what is frozen dies only when thawed */
	if (s->state.power == POWER_FROZEN)
		(void)cgroup_freeze(&s->cgroup, false, 1000, NULL);
	r = process_wait_exit(s->pidfd, 10000);
	if (r == -ETIMEDOUT)
		return err_set(e, r, "processes of the instance do not die (waiting for a device?)");
	return r < 0 ? err_code(e, r, "wait for init") : 0;
}

/* ---- afterwards */

/* The monitor is gone in a moment; then its cgroup, too. */
static void remove_monitor_cgroup(const struct store *st, const char *name, const struct process *monitor, const struct cgroup_host *host)
{
	AUTO(fd) int pidfd = process_open(monitor, NULL);
	char cgroup[96];

	if (pidfd >= 0)
		(void)process_wait_exit(pidfd, 100);
	str_fmt(cgroup, sizeof cgroup, "%s.%s.monitor", st->id, name);
	(void)cgroup_remove(host, cgroup, NULL); /* busy: the next start takes it over */
}

/* Its monitor wrote STOPPED and has removed everything but the cgroup that it was in. */
static bool ended_well(int dir)
{
	struct state now;
	char boot[BOOT_ID_SIZE];

	return process_boot_id(boot, NULL) == 0 && state_read(dir, boot, &now, NULL) == 0 && now.recorded == POWER_STOPPED;
}

/* Its monitor cleans up when it is there; a stopped or dead one is replaced by this process. */
static int settle(struct stopping *s, struct err *e)
{
	if (state_wait_released(s->dir, 3000) < 0 && process_is_alive(&s->state.monitor)) {
		log_line(s->dir, "monitor %d did not answer and was killed", s->state.monitor.pid);
		AUTO(fd) int pidfd = process_open(&s->state.monitor, NULL);
		if (pidfd >= 0)
			(void)sys_pidfd_send_signal(pidfd, SIGKILL);
		(void)state_wait_released(s->dir, 3000);
	}
	if (ended_well(s->dir)) {
		remove_monitor_cgroup(s->st, s->name, &s->state.monitor, &s->host);
		return 0;
	}
	return stop_cleanup(s->st, s->dir, s->name, e);
}

static bool wait_unpopulated(const struct cgroup *cg, int timeout_ms)
{
	struct timespec t = { 0, 2000000 };

	for (int i = 0; i < timeout_ms / 2 && cgroup_is_populated(cg); i++)
		nanosleep(&t, NULL);
	return !cgroup_is_populated(cg);
}

/* A monitor that was killed between the exec of init and its word about it leaves an init that nobody knows. */
static void kill_unknown(const struct cgroup_host *host, const char *name)
{
	AUTO(cgroup) struct cgroup cg = CGROUP_NONE;

	if (cgroup_open(host, name, &cg, NULL) < 0 || !cgroup_is_populated(&cg))
		return;
	(void)cgroup_kill(&cg, NULL); /* what does not die shows at the removal */
	(void)wait_unpopulated(&cg, 1000);
}

int stop_cleanup(struct store *st, int dir, const char *name, struct err *e)
{
	AUTO(cgroup_host) struct cgroup_host host = CGROUP_HOST_NONE;
	struct state stopped = { .power = POWER_STOPPED };
	char cgroup[96], profile[LSM_PROFILE_SIZE];
	int r = cgroup_host_open(&host, ~0u, e);

	if (r < 0)
		return r;
	str_fmt(cgroup, sizeof cgroup, "%s.%s", st->id, name);
	kill_unknown(&host, cgroup);
	(void)cgroup_remove(&host, cgroup, NULL); /* busy: the next start takes it over */
	if (lsm_profile(cgroup, profile, NULL) == 0 && *profile)
		(void)lsm_remove(profile, NULL); /* replaced by the next start */
	str_fmt(cgroup, sizeof cgroup, "%s.%s.monitor", st->id, name);
	(void)cgroup_remove(&host, cgroup, NULL);
	AUTO(fd) int fd = at_open(dir, "state", O_RDWR, 0, NULL);
	if (fd < 0)
		return 0;
	(void)process_boot_id(stopped.boot, NULL);
	return state_write(fd, &stopped, e);
}

int stop_is_populated(struct store *st, const char *name, struct err *e)
{
	AUTO(cgroup_host) struct cgroup_host host = CGROUP_HOST_NONE;
	AUTO(cgroup) struct cgroup cg = CGROUP_NONE;
	char cgroup[96];
	int r = cgroup_host_open(&host, 0, e);

	if (r < 0 || (r = str_fmt(cgroup, sizeof cgroup, "%s.%s", st->id, name)) < 0)
		return r;
	/* what has only just ended is gone in a moment */
	return cgroup_open(&host, cgroup, &cg, NULL) == 0 && !wait_unpopulated(&cg, 200);
}

/* Its monitor, when it lives, sees the end of init and clears up. */
static void end_monitor(const struct store *st, const char *name)
{
	AUTO(cgroup_host) struct cgroup_host host = CGROUP_HOST_NONE;
	AUTO(cgroup) struct cgroup cg = CGROUP_NONE;
	char cgroup[96];

	if (cgroup_host_open(&host, 0, NULL) < 0 || str_fmt(cgroup, sizeof cgroup, "%s.%s.monitor", st->id, name) < 0 ||
	    cgroup_open(&host, cgroup, &cg, NULL) < 0 || wait_unpopulated(&cg, 2000))
		return;
	(void)cgroup_kill(&cg, NULL);
	(void)wait_unpopulated(&cg, 1000);
}

int stop_lost(struct store *st, int dir, const char *name, struct err *e)
{
	AUTO(cgroup_host) struct cgroup_host host = CGROUP_HOST_NONE;
	char cgroup[96];
	int r = cgroup_host_open(&host, 0, e);

	if (r < 0 || (r = str_fmt(cgroup, sizeof cgroup, "%s.%s", st->id, name)) < 0)
		return r;
	kill_unknown(&host, cgroup);
	end_monitor(st, name);
	log_line(dir, "ended by force: its state was lost");
	if ((r = at_remove_tree(dir, "state", e)) < 0)
		return r;
	return stop_cleanup(st, dir, name, e);
}

/* No init: its monitor is about to begin the next life, or about to end by itself. */
static void end_pause(struct stopping *s)
{
	AUTO(fd) int pidfd = process_open(&s->state.monitor, NULL);

	if (pidfd >= 0)
		(void)sys_pidfd_send_signal(pidfd, SIGTERM);
}

int stop_instance(struct store *st, struct lock *lock, int dir, const char *name, bool force, int timeout_ms, struct err *e)
{
	__attribute__((cleanup(auto_stopping))) struct stopping s = STOPPING_NONE;
	int r = look(&s, st, dir, name, e);

	if (r < 0)
		return r;
	if (s.state.power == POWER_STOPPED)
		return force && stop_is_populated(st, name, NULL) == 1 ? stop_lost(st, dir, name, e) : err_set(e, -ESRCH, "The instance is already stopped");
	if (s.pidfd < 0)
		end_pause(&s);
	if (s.pidfd >= 0 && (r = force ? force_end(&s, e) : ask(&s, lock, timeout_ms, e)) < 0)
		return r;
	return settle(&s, e);
}

int freeze_instance(struct store *st, const struct lock *lock, int dir, const char *name, bool frozen, struct err *e)
{
	__attribute__((cleanup(auto_stopping))) struct stopping s = STOPPING_NONE;
	int r = look(&s, st, dir, name, e);

	(void)lock;
	if (r < 0)
		return r;
	if (s.state.power == POWER_STOPPED)
		return err_set(e, -ESRCH, "The container isn't running");
	if (frozen && s.state.power == POWER_FROZEN)
		return err_set(e, -EALREADY, "The container is already frozen");
	if ((r = cgroup_freeze(&s.cgroup, frozen, 5000, e)) < 0)
		return r;
	s.state.power = frozen ? POWER_FROZEN : POWER_RUNNING;
	AUTO(fd) int fd = at_open(dir, "state", O_RDWR, 0, e);
	return fd < 0 ? fd : state_write(fd, &s.state, e);
}
