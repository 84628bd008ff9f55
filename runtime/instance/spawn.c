/* The host's side of a start: runs in the monitor, as root of the host */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/parse.h"
#include "runtime/host/namespaces.h"
#include "runtime/host/process.h"
#include "runtime/host/sys.h"
#include "runtime/instance/blame.h"
#include "runtime/instance/rlimit.h"
#include "runtime/instance/step.h"
#include "runtime/isolate/devices.h"
#include "runtime/isolate/lsm.h"
#include "runtime/rootfs/overlay.h"
#include "runtime/rootfs/pivot.h"

/* ---- cgroup */

static void cgroup_describe(const struct plan *p, struct buf *to)
{
	buf_addf(to, "make control group lxcbox/%s, delegated to id %lld", p->cgroup, (long long)p->idmap_base);
}

/* What version 2 does by itself has a controller of its own in version 1. */
static unsigned only_v1(const struct start *s)
{
	unsigned wanted = 0;

	if (s->host.v2 >= 0)
		return 0;
	if (s->plan->privileged)
		wanted |= CGROUP_BIT(CGROUP_DEVICES);
	if (s->host.v1[CGROUP_FREEZER] >= 0)
		wanted |= CGROUP_BIT(CGROUP_FREEZER);
	return wanted;
}

static int cgroup_run(struct start *s, struct err *e)
{
	unsigned wanted = plan_controllers(s->plan);
	int r = cgroup_host_open(&s->host, wanted, e);

	if (r < 0)
		return r;
	wanted |= only_v1(s);
	if ((r = cgroup_create(&s->host, s->plan->cgroup, wanted, &s->cgroup, e)) < 0)
		return r;
	return s->map.size ? cgroup_delegate(&s->cgroup, s->map.base, e) : 0;
}

int spawn_resume(struct start *s, struct err *e)
{
	int r = cgroup_host_open(&s->host, plan_controllers(s->plan), e);

	return r < 0 ? r : cgroup_open(&s->host, s->plan->cgroup, &s->cgroup, e);
}

static void cgroup_undo(struct start *s)
{
	cgroup_close(&s->cgroup);
	(void)cgroup_remove(&s->host, s->plan->cgroup, NULL); /* what stays is taken over by the next start */
}

/* ---- limits */

static bool limits_wanted(const struct plan *p)
{
	return plan_controllers(p) != 0;
}

static void limits_describe(const struct plan *p, struct buf *to)
{
	buf_addstr(to, "set");
	if (p->memory >= 0)
		buf_addf(to, " memory=%lld%s", (long long)p->memory, p->memory_soft ? " (soft)" : "");
	if (p->processes >= 0)
		buf_addf(to, " processes=%lld", (long long)p->processes);
	if (p->cpu_quota_us >= 0)
		buf_addf(to, " cpu=%lld/%lldus", (long long)p->cpu_quota_us, (long long)p->cpu_period_us);
	if (p->cpu_percent >= 0)
		buf_addf(to, " cpu weight=%lld%%-%lld", (long long)p->cpu_percent, (long long)(10 - p->cpu_priority));
	if (*p->cpus)
		buf_addf(to, " cpus=%s", p->cpus);
	if (p->privileged)
		buf_addstr(to, " devices=allow list");
}

static int limits_run(struct start *s, struct err *e)
{
	const struct plan *p = s->plan;
	struct cgroup_memory memory = plan_memory_limit(p);
	int r = 0;

	if (plan_controllers(p) & CGROUP_BIT(CGROUP_MEMORY))
		r = err_in(e, cgroup_set_memory(&s->cgroup, &memory, e), "limits.memory");
	if (r == 0 && p->processes >= 0)
		r = err_in(e, cgroup_set_pids(&s->cgroup, p->processes, e), "limits.processes");
	if (r == 0 && p->cpu_quota_us >= 0)
		r = err_in(e, cgroup_set_cpu_quota(&s->cgroup, p->cpu_quota_us, (uint64_t)p->cpu_period_us, e),
			   "limits.cpu.allowance");
	if (r == 0 && p->cpu_percent >= 0)
		r = err_in(e, cgroup_set_cpu_weight(&s->cgroup, (unsigned)p->cpu_percent, (unsigned)p->cpu_priority, e),
			   "limits.cpu.allowance");
	if (r == 0 && *p->cpus)
		r = err_in(e, cgroup_set_cpus(&s->cgroup, p->cpus, e), "limits.cpu");
	return r;
}

/* ---- devices that a privileged container may touch */

static bool devices_wanted(const struct plan *p)
{
	return p->privileged;
}

static void devices_describe(const struct plan *p, struct buf *to)
{
	(void)p;
	buf_addstr(to, "allow null zero full random urandom tty console ptmx pts fuse tun, deny all other devices");
}

/* No BPF here: the devices controller of version 1, where there is one besides. */
static int devices_by_v1(struct start *s, struct err *e)
{
	AUTO(cgroup_host) struct cgroup_host host = CGROUP_HOST_NONE;
	struct cgroup cg = CGROUP_NONE;
	int r = cgroup_host_open(&host, CGROUP_BIT(CGROUP_DEVICES), e);

	if (r < 0)
		return r;
	/* its removal looks there, too */
	if (s->host.v1[CGROUP_DEVICES] < 0)
		s->host.v1[CGROUP_DEVICES] = take_fd(&host.v1[CGROUP_DEVICES]);
	struct cgroup_host only = CGROUP_HOST_NONE;
	only.v1[CGROUP_DEVICES] = s->host.v1[CGROUP_DEVICES];
	if ((r = cgroup_create(&only, s->plan->cgroup, CGROUP_BIT(CGROUP_DEVICES), &cg, e)) < 0)
		return r;
	s->cgroup.v1[CGROUP_DEVICES] = cg.v1[CGROUP_DEVICES];
	return devices_limit(&s->cgroup, e);
}

static int devices_run(struct start *s, struct err *e)
{
	struct err first = ERR_NONE;
	int r = devices_limit(&s->cgroup, &first);

	if (r < 0 && s->cgroup.v2 >= 0 && devices_by_v1(s, NULL) == 0)
		return 0;
	if (r == -EPERM && idmap_is_nested())
		return err_set(e, r, "security.privileged=true is of no use here, inside of an unprivileged container");
	if (r < 0 && e)
		*e = first;
	return r;
}

/* ---- AppArmor */

static bool profile_wanted(const struct plan *p)
{
	return *p->lsm_profile;
}

static void profile_describe(const struct plan *p, struct buf *to)
{
	buf_addf(to, "load %s as %s", p->nesting ? "lxcbox-nesting" : "lxcbox-plain", p->lsm_profile);
}

static int profile_run(struct start *s, struct err *e)
{
	return lsm_load(s->plan->nesting ? LSM_NESTING : LSM_PLAIN, s->plan->lsm_profile, e);
}

static void profile_undo(struct start *s)
{
	(void)lsm_remove(s->plan->lsm_profile, NULL); /* what stays is replaced by the next start */
}

/* ---- what the root is made of: mounts cloned where they were opened, before this process leaves that namespace
 *
 * What a copy of a mount namespace brings into another user namespace is locked there as it is. So the root, without devices, is attached in a
 * namespace of this process, and the guest takes a copy of that. A root that it attached itself it could remount with devices. */

static bool is_handed(const struct plan *p)
{
	return !p->covers_root;
}

static void layers_describe(const struct plan *p, struct buf *to)
{
	buf_addf(to, "clone the mounts of the layers%s", p->privileged ? "" : ", enter a mount namespace that lasts as long as the start");
}

/* The descriptors were inherited; for a host clone the host's root lies below them all. */
static int overlay_of(const struct start *s, int layer[OVERLAY_MAX_LAYERS + 1], struct overlay *ret, struct err *e)
{
	const struct plan *p = s->plan;

	*ret = (struct overlay){
		.layer = layer, .rw = s->rw, .map = &s->map, .userns = -1, .own_mounts = s->host_mounts >= 0, .volatile_ = p->volatile_root,
	};
	if (p->fd_layers.n > OVERLAY_MAX_LAYERS)
		return err_set(e, -E2BIG, "%zu layers are more than overlayfs takes", p->fd_layers.n);
	for (size_t i = 0; i < p->fd_layers.n; i++) {
		uint32_t fd;

		if (parse_u32(p->fd_layers.item[i], 0, 1 << 20, &fd) < 0)
			return err_set(e, -EINVAL, "layer descriptor");
		layer[ret->n_layers++] = (int)fd;
	}
	if (p->host_clone)
		layer[ret->n_layers++] = s->host_root;
	return 0;
}

static int own_mounts(struct start *s, struct err *e)
{
	s->host_mounts = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC); /* path: our own /proc */
	if (s->host_mounts < 0 || unshare(CLONE_NEWNS) < 0)
		return namespaces_err(e, "mount namespace");
	return 0;
}

static int clone_layers(struct start *s, struct err *e)
{
	int layer[OVERLAY_MAX_LAYERS + 1], r;
	struct overlay o;

	s->host_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC); /* path: the host's own root */
	if (s->host_root < 0)
		return err_sys(e, "/");
	s->rw = at_open(s->dir, "rw", O_RDONLY | O_DIRECTORY, 0, e);
	if (s->rw < 0)
		return s->rw;
	r = overlay_of(s, layer, &o, e);
	return r < 0 ? r : overlay_clone(&o, &s->parts, e);
}

static int layers_run(struct start *s, struct err *e)
{
	int r = clone_layers(s, e);

	return r == 0 && s->map.size ? own_mounts(s, e) : r;
}

static void back_to_host(struct start *s)
{
	if (s->host_mounts >= 0)
		(void)setns(s->host_mounts, CLONE_NEWNS); /* the way that we came: nothing is in it */
	auto_fd(&s->host_mounts);
	s->host_mounts = -1;
}

void spawn_leave_mounts(struct start *s)
{
	back_to_host(s);
	overlay_parts_close(&s->parts);
	s->parts = OVERLAY_PARTS_NONE;
	auto_fd(&s->host_root);
	auto_fd(&s->rw);
	s->host_root = s->rw = -1;
}

/* ---- the first process inside */

static void clone_describe(const struct plan *p, struct buf *to)
{
	buf_addf(to, "new mount, process, network, host name, IPC and cgroup namespaces%s", p->privileged ? "" : ", user namespace");
}

static uint64_t clone_flags(const struct plan *p)
{
	uint64_t flags = CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET;

	/* an unprivileged one takes its mounts when its root is among them */
	return flags | (p->privileged || p->covers_root ? CLONE_NEWNS : 0) | (p->privileged ? 0 : CLONE_NEWUSER);
}

/* The child is in the cgroup from its first instruction (5.7); before, it moves itself (guest.c). MORE: 0, or CLONE_PARENT. */
static pid_t do_clone(struct start *s, uint64_t more, bool *in_cgroup)
{
	struct clone_args args = {
		.flags = clone_flags(s->plan) | CLONE_PIDFD | more,
		.exit_signal = more & CLONE_PARENT ? 0 : SIGCHLD, /* that of its sibling, then */
		.pidfd = (uintptr_t)&s->pidfd,
	};
	pid_t pid = -1;

	*in_cgroup = s->cgroup.v2 >= 0;
	if (*in_cgroup) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (__u64)s->cgroup.v2;
		pid = sys_clone3(&args, sizeof args);
	}
	if (pid < 0 && (!*in_cgroup || errno == ENOSYS || errno == EINVAL || errno == E2BIG)) {
		/* opened as the host's root: the kernel asks who opened it, and the child is nobody to the directories above */
		if (*in_cgroup && idmap_root_effective_end(NULL) == 0) {
			s->procs = openat(s->cgroup.v2, "cgroup.procs", O_WRONLY | O_CLOEXEC);
			if (s->map.size && idmap_root_effective(&s->map, NULL) < 0)
				return -1;
		}
		*in_cgroup = false;
		args.flags &= ~CLONE_INTO_CGROUP;
		args.cgroup = 0;
		pid = sys_clone3(&args, offsetof(struct clone_args, set_tid));
	}
	if (pid < 0 && sys_is_missing(errno)) /* < 5.3, or a filter that hides clone3 */
		pid = (pid_t)syscall(SYS_clone, (args.flags | SIGCHLD), 0, &s->pidfd, 0, 0);
	return pid;
}

static _Noreturn void child(struct start *s, bool in_cgroup)
{
	struct channel_message m = { .kind = CHANNEL_ERROR };
	int r = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	close(s->channel);
	overlay_parts_close(&s->parts); /* as long as somebody else has them, too, that costs nothing */
	if (!in_cgroup && s->procs >= 0 && write(s->procs, "0", 1) < 0)
		r = err_sys(&m.err, "cgroup.procs");
	if (r == 0)
		r = cgroup_join_v1(&s->cgroup, &m.err);
	/* after the joins: its root is where we are */
	if (r == 0 && unshare(CLONE_NEWCGROUP) < 0)
		r = namespaces_err(&m.err, "cgroup namespace");
	if (r < 0) {
		(void)channel_send(s->theirs, &m, NULL, 0, NULL);
		_exit(1);
	}
	guest_main(s);
}

/* What the process in between says before it ends. */
struct covered {
	pid_t pid;
	int error; /* of the clone */
	struct err err;
};

static _Noreturn void cover_and_clone(struct start *s, int answer)
{
	struct covered c = { .pid = -1, .err = ERR_NONE };
	bool in_cgroup;

	if (unshare(CLONE_NEWNS) < 0)
		namespaces_err(&c.err, "mount namespace");
	else if (guest_open_nodes(s, &c.err) == 0 && pivot_cover(s->overlay, &c.err) == 0) {
		c.pid = do_clone(s, CLONE_PARENT, &in_cgroup);
		c.error = errno;
		if (c.pid == 0)
			child(s, in_cgroup);
	}
	(void)!write(answer, &c, sizeof c);
	_exit(0);
}

/* Over the host's /, in a mount namespace that a process in between makes: the first process inside is its sibling. */
static int clone_covered(struct start *s, int *error, struct err *e)
{
	struct covered c;
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	AUTO(fd) int answer = fd[0];
	pid_t between = fork();
	if (between == 0)
		cover_and_clone(s, fd[1]);
	close(fd[1]);
	if (between < 0)
		return err_sys(e, "fork");
	ssize_t n = read(answer, &c, sizeof c);
	process_reap(between, NULL);
	if (n != sizeof c)
		return err_set(e, -ECHILD, "the process in between was killed");
	if (c.err.code) {
		if (e)
			*e = c.err;
		return c.err.code;
	}
	*error = c.error;
	s->pid = c.pid;
	if (s->pid > 0 && (s->pidfd = sys_pidfd_open(s->pid, 0)) < 0)
		return err_sys(e, "pidfd");
	return 0;
}

static int clone_here(struct start *s, int *error)
{
	bool in_cgroup;

	s->pid = do_clone(s, 0, &in_cgroup);
	*error = errno;
	if (s->pid == 0)
		child(s, in_cgroup);
	return 0;
}

static int clone_run(struct start *s, struct err *e)
{
	int pair[2], error = 0;
	bool mapped = s->map.size > 0;
	int r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, "socketpair");
	s->channel = pair[0];
	s->theirs = pair[1];
	/* made under the instance's own root id: what the kernel counts per creator of a user namespace (inotify instances, keys,
	 * namespaces) is then its own, not the host root's */
	if (mapped && (r = idmap_root_effective(&s->map, e)) < 0)
		return r;
	r = s->plan->covers_root ? clone_covered(s, &error, e) : clone_here(s, &error);
	if (mapped) {
		int back = idmap_root_effective_end(r < 0 ? NULL : e);
		r = r < 0 ? r : back;
	}
	close(s->theirs);
	s->theirs = -1;
	auto_fd(&s->procs);
	s->procs = -1;
	if (r < 0 || s->pid > 0)
		return r;
	if (error == EINVAL && mapped)
		return err_set(e, -error, "this kernel has no user namespaces: security.privileged=true is the way without");
	if (error == EPERM && mapped)
		return err_set(e, -error, "no user namespaces here: not allowed in a chroot (only behind pivot_root or switch_root), or by a security module");
	errno = error;
	return namespaces_err(e, "clone");
}

static void clone_undo(struct start *s)
{
	if (s->pid > 0) {
		(void)sys_pidfd_send_signal(s->pidfd, SIGKILL); /* gone already: fine */
		process_reap(s->pid, NULL);
	}
	if (s->pidfd >= 0)
		close(take_fd(&s->pidfd));
	if (s->channel >= 0)
		close(take_fd(&s->channel));
}

/* ---- ids */

static bool idmap_wanted(const struct plan *p)
{
	return !p->privileged;
}

static void idmap_describe(const struct plan *p, struct buf *to)
{
	buf_addf(to, "ids 0-%lld inside are %lld-%lld here", (long long)p->idmap_size - 1, (long long)p->idmap_base,
		 (long long)(p->idmap_base + p->idmap_size - 1));
}

static int idmap_run(struct start *s, struct err *e)
{
	return idmap_write(s->pid, &s->map, e);
}

/* ---- limits of init: from out here, as root inside could not raise a hard one */

static bool rlimits_wanted(const struct plan *p)
{
	return p->rlimits.n > 0;
}

static void rlimits_describe(const struct plan *p, struct buf *to)
{
	buf_addstr(to, "limits of init:");
	for (size_t i = 0; i < p->rlimits.n; i++)
		buf_addf(to, " %s=%s", p->rlimits.item[i].key, p->rlimits.item[i].value);
}

static int set_rlimits(const struct start *s, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < s->plan->rlimits.n && r == 0; i++)
		r = rlimit_set(s->pid, s->plan->rlimits.item[i].key, s->plan->rlimits.item[i].value, e);
	return r;
}

/* As the owner of its user namespace: root of the host may lack the capability, the owner has it there. */
static int rlimits_run(struct start *s, struct err *e)
{
	int r = s->map.size ? idmap_root_effective(&s->map, e) : 0;

	if (r < 0)
		return r;
	r = set_rlimits(s, e);
	if (s->map.size) {
		int back = idmap_root_effective_end(r < 0 ? NULL : e);
		if (r == 0)
			r = back;
	}
	return r;
}

/* ---- root filesystem */

static void overlay_describe(const struct plan *p, struct buf *to)
{
	buf_addf(to, "overlay of %s%zu layer%s under its own upper directory%s%s", p->host_clone ? "this host's / and " : "",
		 p->layers.n, p->layers.n == 1 ? "" : "s",
		 p->privileged ? "" : p->shifted ? ", owners shifted on the disk" : ", owners shifted by idmapped mounts",
		 p->volatile_root ? ", never synced" : "");
}

static void rootfs_describe(const struct plan *p, struct buf *to)
{
	overlay_describe(p, to);
	buf_addstr(to, ", handed in");
}

/* *RET stays -1 where nothing is mapped. */
static int open_userns(const struct start *s, int *ret, struct err *e)
{
	char path[40];

	if (!s->map.size || s->plan->shifted)
		return 0;
	str_fmt(path, sizeof path, "/proc/%d/ns/user", (int)s->pid);
	*ret = open(path, O_RDONLY | O_CLOEXEC); /* path: our own /proc */
	return *ret < 0 ? err_sys(e, "%s", path) : 0;
}

static int make_overlay(struct start *s, int userns, struct err *e)
{
	int layer[OVERLAY_MAX_LAYERS + 1];
	struct overlay o;
	int r = overlay_of(s, layer, &o, e);

	if (r < 0)
		return r;
	o.userns = userns;
	overlay_forget_volatile(s->rw);
	if ((r = overlay_mount(&o, &s->parts, &s->overlay, e)) == 0)
		return 0;
	back_to_host(s);
	return overlay_explain(&o, r, e);
}

static int rootfs_run(struct start *s, struct err *e)
{
	AUTO(fd) int userns = -1;
	int r = open_userns(s, &userns, e);

	if (r < 0 || (r = make_overlay(s, userns, e)) < 0 || (s->host_mounts >= 0 && (r = pivot_park(s->overlay, s->rw, e)) < 0))
		return r;
	r = channel_send(s->channel, &(struct channel_message){ .kind = CHANNEL_ROOT }, &s->overlay, 1, e);
	return r == -EPIPE ? 0 : r; /* it has ended by itself: handover hears why */
}

static void rootfs_undo(struct start *s)
{
	if (s->overlay >= 0)
		close(take_fd(&s->overlay));
}

/* ---- the same before there is anybody inside: a user namespace with the same ids stands in for the real one */

static bool is_cover(const struct plan *p)
{
	return p->covers_root;
}

static void cover_describe(const struct plan *p, struct buf *to)
{
	overlay_describe(p, to);
	buf_addstr(to, ", laid over this host's /, which cannot be pivoted away");
}

static int cover_run(struct start *s, struct err *e)
{
	AUTO(fd) int userns = -1;
	int r = clone_layers(s, e);

	if (r < 0)
		return r;
	if (s->map.size && !s->plan->shifted && (userns = idmap_userns(&s->map, e)) < 0)
		return userns;
	r = make_overlay(s, userns, e);
	spawn_leave_mounts(s);
	return r;
}

static void go_describe(const struct plan *p, struct buf *to)
{
	(void)p;
	buf_addstr(to, "let the first process inside go on");
}

static int go_run(struct start *s, struct err *e)
{
	return channel_send(s->channel, &(struct channel_message){ .kind = CHANNEL_ROOT }, NULL, 0, e);
}

/* ---- take over the console, and wait for the exec of init */

static void handover_describe(const struct plan *p, struct buf *to)
{
	(void)p;
	buf_addstr(to, "take the console, wait until init runs");
}

static int take_console(struct start *s, const int *fd)
{
	s->console = fd[0];
	s->console_slave = fd[1];
	return 0;
}

static int hear_of_start(struct start *s, struct err *e)
{
	struct channel_message m = { .kind = CHANNEL_ERROR };
	int fd[2], r;

	while ((r = channel_receive(s->channel, &m, fd, 2, e)) > 0) {
		if (m.kind == CHANNEL_ERROR) {
			if (e)
				*e = m.err;
			return m.err.code ? m.err.code : -EIO;
		}
		take_console(s, fd);
	}
	if (r < 0)
		return r;
	close(take_fd(&s->channel));
	if (process_wait_exit(s->pidfd, 0) == 0 && s->console < 0)
		return err_set(e, -ECHILD, "the first process inside ended before init was executed");
	return 0;
}

static int handover_run(struct start *s, struct err *e)
{
	int r = hear_of_start(s, e);

	return r < 0 ? blame_limits(s, r, e) : 0;
}

static void handover_undo(struct start *s)
{
	if (s->console >= 0)
		close(take_fd(&s->console));
	if (s->console_slave >= 0)
		close(take_fd(&s->console_slave));
}

const struct step spawn_steps[] = {
	{ "cgroup", IN_HOST, NULL, cgroup_describe, cgroup_run, cgroup_undo },
	{ "limits", IN_HOST, limits_wanted, limits_describe, limits_run, NULL },
	{ "devices", IN_HOST, devices_wanted, devices_describe, devices_run, NULL },
	{ "profile", IN_HOST, profile_wanted, profile_describe, profile_run, profile_undo },
	{ "cover", IN_HOST, is_cover, cover_describe, cover_run, rootfs_undo },
	{ "layers", IN_HOST, is_handed, layers_describe, layers_run, spawn_leave_mounts },
	{ "namespaces", IN_HOST, NULL, clone_describe, clone_run, clone_undo },
	{ "ids", IN_HOST, idmap_wanted, idmap_describe, idmap_run, NULL },
	{ "rlimits", IN_HOST, rlimits_wanted, rlimits_describe, rlimits_run, NULL },
	{ "rootfs", IN_HOST, is_handed, rootfs_describe, rootfs_run, rootfs_undo },
	{ "go", IN_HOST, is_cover, go_describe, go_run, NULL },
	{ "", IN_HOST, NULL, NULL, NULL, NULL },
};

const struct step settle_steps[] = {
	{ "handover", IN_HOST, NULL, handover_describe, handover_run, handover_undo },
	{ "", IN_HOST, NULL, NULL, NULL, NULL },
};
