#include "runtime/instance/start.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include "core/at.h"
#include "core/auto.h"
#include "runtime/host/process.h"
#include "runtime/host/sys.h"
#include "runtime/instance/filter.h"
#include "runtime/instance/monitor.h"
#include "runtime/instance/oldguest.h"
#include "runtime/instance/record.h"
#include "runtime/instance/shifted.h"
#include "runtime/instance/state.h"
#include "runtime/isolate/cgroup.h"
#include "runtime/rootfs/idmount.h"
#include "runtime/rootfs/layer.h"
#include "runtime/rootfs/overlay.h"

enum { TRIES = 20, WORDLESS_MS = 3000 };

/* Everything that the monitor is to inherit, open. */
struct handed {
	int state, result, seccomp, cgroup;
	int store, owner; /* borrowed */
	int layer[512];
	size_t n_layers;
};

#define HANDED_NONE ((struct handed){ .state = -1, .result = -1, .seccomp = -1, .cgroup = -1, .store = -1, .owner = -1 })

static void auto_handed(struct handed *h)
{
	int *one[] = { &h->state, &h->result, &h->seccomp, &h->cgroup };

	for (size_t i = 0; i < ARRAY_SIZE(one); i++)
		auto_fd(one[i]);
	for (size_t i = 0; i < h->n_layers; i++)
		close(h->layer[i]);
}

/* ---- preparing */

static int open_layers(struct store *st, const struct plan *p, struct handed *h, struct err *e)
{
	for (size_t i = 0; i < p->layers.n; i++) {
		if (h->n_layers == ARRAY_SIZE(h->layer))
			return err_set(e, -E2BIG, "more than %zu layers", ARRAY_SIZE(h->layer));
		int fd = layer_open(st, p->layers.item[i], e);
		if (fd < 0)
			return fd;
		h->layer[h->n_layers++] = fd;
	}
	return 0;
}

static void hand_descriptors(struct arena *a, struct plan *p, int dir, const struct handed *h)
{
	p->fd_instance = dir;
	p->fd_state = h->state;
	p->fd_result = h->result;
	p->fd_seccomp = h->seccomp;
	p->fd_store = h->store;
	p->fd_owner = h->owner;
	p->fd_layers = (struct names){ 0 };
	for (size_t i = 0; i < h->n_layers; i++)
		names_add(a, &p->fd_layers, arena_fmt(a, "%d", h->layer[i]));
}

/* The monitor leaves the caller's cgroup at its birth: a session's or unit's end must not take it along. */
static int open_monitor_cgroup(const struct plan *p, int *ret, struct err *e)
{
	AUTO(cgroup_host) struct cgroup_host host = CGROUP_HOST_NONE;
	struct cgroup cg = CGROUP_NONE;
	char name[96];
	int r = cgroup_host_open(&host, 0, e);

	if (r < 0 || host.v2 < 0)
		return r;
	if ((r = str_fmt(name, sizeof name, "%s.monitor", p->cgroup)) < 0)
		return err_code(e, r, "%s", p->cgroup);
	for (int i = 0; i < TRIES && (r = cgroup_create(&host, name, 0, &cg, NULL)) == -ENOENT; i++)
		; /* what closes up behind the last monitor took it away again */
	if (r < 0)
		return err_code(e, r, "cgroup %s", name);
	auto_fd(ret);
	*ret = cg.v2;
	return 0;
}

/* ---- the monitor's birth */

static pid_t spawn_monitor(struct handed *h, const struct plan *p)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	pid_t pid = -1;

	for (int i = 0; pid < 0 && h->cgroup >= 0 && i < TRIES; i++) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (__u64)h->cgroup;
		pid = sys_clone3(&args, sizeof args);
		if (pid < 0 && (errno != ENODEV || open_monitor_cgroup(p, &h->cgroup, NULL) < 0))
			break; /* else removed before we were in it */
	}
	if (pid < 0)
		pid = fork();
	if (pid == 0)
		monitor_begin(p);
	return pid;
}

/* The monitor writes once, or dies without a word. */
static int wait_result(int fd, pid_t pid, struct err *e)
{
	struct monitor_result result;
	ssize_t n;
	int status;

	do {
		n = read(fd, &result, sizeof result);
	} while (n < 0 && errno == EINTR);
	if (n == sizeof result) {
		if (!result.err.code)
			return 0;
		if (e)
			*e = result.err;
		process_reap(pid, NULL);
		return result.err.code;
	}
	/* it had no memory for the word, and lives: it is running. One that failed ends now */
	AUTO(fd) int pidfd = sys_pidfd_open(pid, 0);
	if (pidfd >= 0 && process_wait_exit(pidfd, WORDLESS_MS) == -ETIMEDOUT)
		return 0;
	if (process_reap(pid, &status) == 0 && WIFSIGNALED(status))
		return err_set(e, -ECHILD, "its monitor was killed by signal %d", WTERMSIG(status));
	return err_set(e, -ECHILD, "its monitor ended without a word");
}

/* From here on there may be something to clear up after us. */
static int note_start(int state, struct err *e)
{
	struct state s = { .power = POWER_STARTING };
	int r = process_boot_id(s.boot, e);

	return r < 0 ? r : state_write(state, &s, e);
}

/* What is started must be stopped safely later. */
static int need_pidfd(struct err *e)
{
	AUTO(fd) int fd = sys_pidfd_open(getpid(), 0);

	return fd < 0 ? err_set(e, -ENOSYS, "this kernel has no pidfd_open (Linux 5.3), which every container needs") : 0;
}

static int start_monitor(struct store *st, int dir, const struct instance *inst, const struct state *adopt, int owner,
			 pid_t *ret_monitor, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	__attribute__((cleanup(auto_handed))) struct handed h = HANDED_NONE;
	struct plan p;
	int result[2], r;

	if ((r = need_pidfd(e)) < 0 || (r = plan_build(&a, st->id, inst, &p, e)) < 0)
		return r;
	if (adopt) {
		p.adopt_pid = adopt->init.pid;
		p.adopt_start = (int64_t)adopt->init.start;
		plan_as_started(&p, &adopt->map, adopt->capabilities_dropped);
	}
	/* of one that is adopted it says already what has to be known if that comes to nothing: it runs, and goes on running */
	if ((r = state_claim(dir, &h.state, e)) < 0 || (!adopt && (r = note_start(h.state, e)) < 0) || (r = open_layers(st, &p, &h, e)) < 0 ||
	    (r = filter_open(st, dir, &p, &h.seccomp, e)) < 0 || (r = open_monitor_cgroup(&p, &h.cgroup, e)) < 0)
		return r;
	if (pipe2(result, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	AUTO(fd) int listen = result[0];
	h.result = result[1];
	h.store = st->dir;
	h.owner = owner;
	p.old_systemd = oldguest_wants_v1(h.n_layers ? h.layer[0] : -1, &inst->expanded_config);
	hand_descriptors(&a, &p, dir, &h);

	pid_t pid = spawn_monitor(&h, &p);
	if (pid < 0)
		return err_sys(e, "monitor: fork");
	close(take_fd(&h.result));
	close(take_fd(&h.state)); /* the monitor holds its lock from here on */
	r = wait_result(listen, pid, e);
	if (r == 0 && ret_monitor)
		*ret_monitor = pid;
	return r;
}

/* A monitor that failed removes its cgroup when it has answered already: not the one of the next. */
static void await_monitor_cgroup(struct store *st, const char *name)
{
	AUTO(cgroup_host) struct cgroup_host host = CGROUP_HOST_NONE;
	const struct timespec t = { 0, 2000000 };
	char full[96];

	if (cgroup_host_open(&host, 0, NULL) < 0 || str_fmt(full, sizeof full, "%s.%s.monitor", st->id, name) < 0)
		return;
	for (int i = 0; i < 150; i++) {
		AUTO(cgroup) struct cgroup cg = CGROUP_NONE;

		if (cgroup_open(&host, full, &cg, NULL) < 0)
			return;
		nanosleep(&t, NULL);
	}
}

/* Owners shifted on the disk: from the first start that finds no other way on. */
static int prepare_shifted(struct store *st, struct arena *a, int dir, struct instance *inst, const struct err *why,
			   struct report *report, struct err *e)
{
	AUTO(lock) struct lock layers = LOCK_NONE;
	int r = layer_share(st, &layers, e);

	if (r == 0 && !shifted_base(&inst->expanded_config))
		r = shifted_note(st, a, dir, inst, why, report, e);
	return r == 0 ? shifted_ready(st, dir, inst, e) : r;
}

int start_instance(struct store *st, const struct lock *lock, int dir, const struct instance *inst, int owner, pid_t *ret_monitor,
		   struct report *report, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct instance own = *inst;
	struct err why = ERR_NONE;
	struct idmap map;
	bool shifted = shifted_base(&inst->expanded_config);
	int r = record_idmap(inst, &map, e);

	(void)lock;
	if (r < 0)
		return r;
	if (shifted || (map.size && idmount_is_missing())) {
		r = prepare_shifted(st, &a, dir, &own, NULL, report, e);
		return r < 0 ? r : start_monitor(st, dir, &own, NULL, owner, ret_monitor, e);
	}
	r = start_monitor(st, dir, inst, NULL, owner, ret_monitor, &why);
	if (r == OVERLAY_UNMAPPABLE) {
		if ((r = prepare_shifted(st, &a, dir, &own, &why, report, e)) < 0)
			return r;
		await_monitor_cgroup(st, inst->name);
		return start_monitor(st, dir, &own, NULL, owner, ret_monitor, e);
	}
	if (r < 0 && e)
		*e = why;
	return idmap_explain(&map, r, e);
}

int start_adopt(struct store *st, const struct lock *lock, int dir, const struct instance *inst, const struct state *state,
		struct err *e)
{
	(void)lock;
	return start_monitor(st, dir, inst, state, -1, NULL, e);
}
