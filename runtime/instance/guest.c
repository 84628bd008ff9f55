/* The first process inside, from its birth to the exec of init. It shares nothing with the host but what is handed to it. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/parse.h"
#include "runtime/host/descriptors.h"
#include "runtime/host/fresh.h"
#include "runtime/host/namespaces.h"
#include "runtime/host/sys.h"
#include "runtime/instance/guarded.h"
#include "runtime/instance/guest_console.h"
#include "runtime/instance/init.h"
#include "runtime/instance/step.h"
#include "runtime/isolate/caps.h"
#include "runtime/isolate/keyring.h"
#include "runtime/isolate/lsm.h"
#include "runtime/isolate/seccomp.h"
#include "runtime/rootfs/pivot.h"
#include "runtime/rootfs/place.h"

/* ---- identity: needs no root filesystem, so it is there by the time the monitor has made one */

static void identity_describe(const struct plan *p, struct buf *to)
{
	buf_addf(to, "host name %s, loopback up", p->hostname);
}

static int loopback_up(struct err *e)
{
	struct ifreq lo = { .ifr_name = "lo" };
	AUTO(fd) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno == EAFNOSUPPORT ? 0 : err_sys(e, "socket");
	lo.ifr_flags = IFF_UP | IFF_RUNNING;
	return ioctl(fd, SIOCSIFFLAGS, &lo) < 0 ? err_sys(e, "lo") : 0;
}

static int identity_run(struct start *s, struct err *e)
{
	if (sethostname(s->plan->hostname, strlen(s->plan->hostname)) < 0)
		return err_sys(e, "host name");
	return loopback_up(e);
}

/* ---- root: take what the monitor hands over and become its root */

static void root_describe(const struct plan *p, struct buf *to)
{
	(void)p;
	buf_addstr(to, "take the root filesystem, become root inside, cut mount propagation to the host");
}

static int become_root(struct err *e)
{
	/* raw calls: one thread, and before this no id of ours is mapped */
	if (syscall(SYS_setgroups, 0, NULL) < 0)
		return err_sys(e, "setgroups");
	if (syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0)
		return err_sys(e, "become root");
	/* the change of ids cleared it, and made us undumpable: nobody inside can look at this process */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	umask(022); /* the monitor's own is stricter; what is made here is everybody's to see */
	return 0;
}

/* Our working directory goes over into the copy of the namespace that we are in: that is the way to its root. */
static int own_mounts(struct start *s, struct err *e)
{
	if (fchdir(s->root) < 0 || unshare(CLONE_NEWNS) < 0)
		return namespaces_err(e, "mount namespace");
	int root = sys_open_tree(AT_FDCWD, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (root < 0)
		return err_sys(e, "clone of the root");
	close(s->root);
	s->root = root;
	return 0;
}

/* It comes through the channel, or is ours already: then only the word comes that our ids are mapped. */
static int take_root(struct start *s, struct err *e)
{
	struct channel_message m = { .kind = CHANNEL_ERROR };
	bool ours = s->plan->covers_root;
	/* as long as /proc is the host's */
	int r = *s->plan->lsm_profile && !ours ? lsm_open(&s->lsm, e) : 0;

	if (r < 0 || (r = channel_receive(s->theirs, &m, &s->root, 1, e)) < 0)
		return r;
	if (r == 0 || m.kind != CHANNEL_ROOT)
		return err_set(e, -EPIPE, "the monitor went away");
	if (ours)
		s->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC); /* path: the new root */
	return s->root < 0 ? err_set(e, -EPIPE, "there is no root") : 0;
}

static int root_run(struct start *s, struct err *e)
{
	int r = take_root(s, e);

	if (r < 0 || (r = become_root(e)) < 0 || s->plan->covers_root)
		return r;
	if (!s->plan->privileged && (r = own_mounts(s, e)) < 0)
		return r;
	return pivot_attach(s->root, e);
}

/* ---- mounts */

enum { NESTING_ONLY = 1, OPTIONAL = 2, NEW_GUEST = 4, OLD_GUEST = 8 };

static const struct {
	char target[28], type[8];
	unsigned long flags;
	char data[56];
	unsigned when;
} mounts[] = {
	{ "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "", 0 },
	{ "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "", 0 },
	{ "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, "", OPTIONAL | NEW_GUEST },
	{ "/sys/fs/cgroup", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755", OLD_GUEST },
	{ "/sys/fs/cgroup/systemd", "cgroup", MS_NOSUID | MS_NODEV | MS_NOEXEC, "none,name=systemd", OLD_GUEST },
	/* masked: the kernel has none of these for a user namespace, and systemd calls a mount of its own that fails "degraded" */
	{ "/sys/kernel/debug", "", 0, "", OPTIONAL },
	{ "/sys/kernel/tracing", "", 0, "", OPTIONAL },
	{ "/sys/kernel/config", "", 0, "", OPTIONAL },
	{ "/sys/fs/fuse/connections", "", 0, "", OPTIONAL },
	{ "/dev", "tmpfs", MS_NOSUID, "size=492k,mode=755", 0 },
	{ "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,gid=5,mode=620,ptmxmode=666,max=1024", 0 },
	{ "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777", 0 },
	{ "/dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, "", OPTIONAL },
	{ "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755", 0 },
	/* clean ones, so that a container inside may mount its own although those above are partly hidden */
	{ "/dev/.lxc/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "", NESTING_ONLY },
	{ "/dev/.lxc/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "", NESTING_ONLY },
};

static bool mount_wanted(const struct plan *p, unsigned when)
{
	return (p->nesting || !(when & NESTING_ONLY)) && !(when & (p->old_systemd ? NEW_GUEST : OLD_GUEST));
}

static void mounts_describe(const struct plan *p, struct buf *to)
{
	buf_addstr(to, "mount");
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		if (mount_wanted(p, mounts[i].when))
			buf_addf(to, " %s", mounts[i].target);
	}
}

/* An image that has a link in place of one of these would have us mount, and later trust, somewhere else. */
static int refuse_links(int root, struct err *e)
{
	static const char *const top[] = { "proc", "sys", "dev" };

	for (size_t i = 0; i < ARRAY_SIZE(top); i++) {
		struct stat st;

		if (fstatat(root, top[i], &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode))
			return err_set(e, -ENOTDIR, "/%s of the image is not a directory", top[i]);
	}
	return 0;
}

static int open_dev(int root, struct err *e)
{
	return at_open_in_root(root, "/dev", O_PATH | O_DIRECTORY, 0, e);
}

/* The mount points below /dev, a file system of ours that is empty: no link to look out for. */
static int make_dev_directories(int root, bool nesting, struct err *e)
{
	static const char *const always[] = { "pts", "shm", "mqueue" }, *const nested[] = { ".lxc", ".lxc/proc", ".lxc/sys" };
	AUTO(fd) int dev = open_dev(root, e);

	if (dev < 0)
		return dev;
	for (size_t i = 0; i < ARRAY_SIZE(always); i++) {
		if (mkdirat(dev, always[i], 0755) < 0)
			return err_sys(e, "/dev/%s", always[i]);
	}
	for (size_t i = 0; nesting && i < ARRAY_SIZE(nested); i++) {
		if (mkdirat(dev, nested[i], 0755) < 0)
			return err_sys(e, "/dev/%s", nested[i]);
	}
	return 0;
}

static int mount_one(struct start *s, size_t i, struct err *e)
{
	if (!*mounts[i].type)
		return place_mask(s->root, &s->masks, mounts[i].target, e);
	return place_mount(s->root, mounts[i].target, mounts[i].type, mounts[i].flags, mounts[i].data, e);
}

static int mounts_run(struct start *s, struct err *e)
{
	int r = refuse_links(s->root, e);

	for (size_t i = 0; i < ARRAY_SIZE(mounts) && r == 0; i++) {
		if (!mount_wanted(s->plan, mounts[i].when))
			continue;
		struct err one = ERR_NONE;
		r = mount_one(s, i, &one);
		if (r < 0 && (mounts[i].when & OPTIONAL))
			r = 0; /* a kernel without it: the guest finds none, as on a host without it */
		else if (r < 0 && e)
			*e = one;
		if (r == 0 && str_eq(mounts[i].target, "/dev"))
			r = make_dev_directories(s->root, s->plan->nesting, e);
	}
	return r;
}

/* ---- devices */

static const struct {
	char name[12];
	unsigned major, minor;
	bool optional;
} nodes[] = {
	{ "null", 1, 3, false },   { "zero", 1, 5, false },    { "full", 1, 7, false }, { "random", 1, 8, false },
	{ "urandom", 1, 9, false }, { "tty", 5, 0, false },    { "fuse", 10, 229, true }, { "net/tun", 10, 200, true },
};

static const char *const links[][2] = {
	{ "ptmx", "pts/ptmx" },	      { "fd", "/proc/self/fd" },	      { "stdin", "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" }, { "stderr", "/proc/self/fd/2" },
};

_Static_assert(ARRAY_SIZE(nodes) == GUEST_NODES, "a place for each");

static void nodes_describe(const struct plan *p, struct buf *to)
{
	buf_addstr(to, p->privileged ? "make /dev nodes" : "bind the host's nodes to /dev:");
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		buf_addf(to, " %s", nodes[i].name);
}

int guest_open_nodes(struct start *s, struct err *e)
{
	char host[24];

	for (size_t i = 0; i < ARRAY_SIZE(nodes) && !s->plan->privileged; i++) {
		if (s->node[i] >= 0)
			continue;
		str_fmt(host, sizeof host, "/dev/%s", nodes[i].name);
		int r = place_open_device(host, makedev(nodes[i].major, nodes[i].minor), &s->node[i], nodes[i].optional ? NULL : e);
		if (r < 0 && !nodes[i].optional)
			return r;
	}
	return 0;
}

static int place_nodes(struct start *s, int dev, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(nodes) && r == 0; i++) {
		if (s->plan->privileged)
			r = place_node(dev, nodes[i].name, makedev(nodes[i].major, nodes[i].minor), e);
		else if (s->node[i] >= 0)
			r = place_device(dev, nodes[i].name, s->node[i], e);
		auto_fd(&s->node[i]);
		s->node[i] = -1;
	}
	return r;
}

static int nodes_run(struct start *s, struct err *e)
{
	AUTO(fd) int dev = open_dev(s->root, e);
	if (dev < 0)
		return dev;
	int r = s->plan->covers_root ? 0 : guest_open_nodes(s, e); /* else it was done when the host's /dev was there */
	if (r < 0 || (r = place_nodes(s, dev, e)) < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		if (symlinkat(links[i][1], dev, links[i][0]) < 0)
			return err_sys(e, "/dev/%s", links[i][0]);
	}
	s->masks.null_device = openat(dev, "null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return s->masks.null_device < 0 ? err_sys(e, "/dev/null") : 0;
}

/* ---- console: a pty of the container's own devpts, reached by descriptors only */

static void console_describe(const struct plan *p, struct buf *to)
{
	(void)p;
	buf_addstr(to, "a terminal of its own devpts as /dev/console");
}

static int console_run(struct start *s, struct err *e)
{
	return guest_console(s->root, false, s->theirs, &s->console_slave, e); /* the slave becomes init's standard descriptors */
}

/* ---- what tells about the host */

static void guarded_step_describe(const struct plan *p, struct buf *to)
{
	buf_addstr(to, "hide:");
	guarded_describe(p->privileged, to);
}

static int guarded_run(struct start *s, struct err *e)
{
	return guarded_paths(s->root, &s->masks, s->plan->privileged, e);
}

/* A new boot id per start: what systemd's journal and others tell reboots by. */
static int boot_id_run(struct start *s, struct err *e)
{
	unsigned char b[16];
	char text[40];

	if (getrandom(b, sizeof b, 0) != sizeof b)
		return err_sys(e, "getrandom");
	str_fmt(text, sizeof text, "%02x%02x%02x%02x-%02x%02x-4%01x%02x-a%01x%02x-%02x%02x%02x%02x%02x%02x\n", b[0], b[1], b[2], b[3],
		b[4], b[5], b[6] & 15, b[7], b[8] & 15, b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
	AUTO(fd) int file = at_open_in_root(s->root, "/dev/.lxc-boot-id", O_RDWR | O_CREAT | O_EXCL, 0444, e);
	if (file < 0)
		return file;
	int r = fd_write(file, text, strlen(text));
	if (r < 0)
		return err_code(e, r, "/dev/.lxc-boot-id");
	return place_bind(s->root, file, "/proc/sys/kernel/random/boot_id", true, false, e);
}

static void boot_id_describe(const struct plan *p, struct buf *to)
{
	(void)p;
	buf_addstr(to, "a boot id of its own");
}

/* ---- enter */

static void enter_describe(const struct plan *p, struct buf *to)
{
	buf_addstr(to, p->covers_root ? "stay in the root that lies over the host's" : "pivot_root, nothing of the host's tree stays");
}

static int enter_run(struct start *s, struct err *e)
{
	if (!s->plan->covers_root)
		return pivot_enter(s->root, e);
	return chdir("/") < 0 ? err_sys(e, "/") : 0;
}

/* ---- sysctls of its own namespaces */

static bool sysctls_wanted(const struct plan *p)
{
	return p->sysctls.n > 0;
}

static void sysctls_describe(const struct plan *p, struct buf *to)
{
	buf_addstr(to, "set");
	for (size_t i = 0; i < p->sysctls.n; i++)
		buf_addf(to, " %s=%s", p->sysctls.item[i].key, p->sysctls.item[i].value);
}

static int set_sysctl(const struct pair *p, struct err *e)
{
	char path[256];
	int r = str_fmt(path, sizeof path, "/proc/sys/%s", p->key);

	if (r < 0)
		return err_code(e, r, "linux.sysctl.%s", p->key);
	for (char *c = path + 10; *c; c++) {
		if (*c == '.')
			*c = '/';
	}
	/* /proc is the one that we mounted, and nobody else has run in here yet */
	r = at_write_kernel(AT_FDCWD, path, p->value, e);
	return err_in(e, r, "linux.sysctl.%s", p->key);
}

static int sysctls_run(struct start *s, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < s->plan->sysctls.n && r == 0; i++)
		r = set_sysctl(&s->plan->sysctls.item[i], e);
	return r;
}

/* ---- AppArmor */

static bool profile_wanted(const struct plan *p)
{
	return *p->lsm_profile;
}

static void profile_describe(const struct plan *p, struct buf *to)
{
	buf_addf(to, "enter AppArmor profile %s", p->lsm_profile);
}

static int profile_run(struct start *s, struct err *e)
{
	/* not opened yet: /proc is ours, and nobody else has run in here */
	int r = s->lsm < 0 ? lsm_open(&s->lsm, e) : 0;

	return r < 0 ? r : lsm_enter(s->lsm, s->plan->lsm_profile, e);
}

/* ---- privileges */

static void privileges_describe(const struct plan *p, struct buf *to)
{
	buf_addf(to, "%s, new session keyring, system call filter%s%s",
		 p->privileged ? "drop sys_time sys_module sys_rawio mac_admin mac_override" : "all capabilities of its own user namespace",
		 p->seccomp_default ? "" : " (terminal rules only)", p->seccomp_compat ? ", no 32-bit calls" : "");
}

static int privileges_run(struct start *s, struct err *e)
{
	int r = caps_limit((uint64_t)s->plan->capabilities_dropped, e);

	if (r < 0 || (r = keyring_leave(e)) < 0)
		return r;
	return seccomp_enter(s->seccomp, s->seccomp_size, e);
}

/* ---- init */

static void init_describe(const struct plan *p, struct buf *to)
{
	if (p->own_init) {
		buf_addstr(to, "our own idle init");
		return;
	}
	buf_addstr(to, "execute");
	for (size_t i = 0; i < p->init.n; i++)
		buf_addf(to, " %s", p->init.item[i]);
	if (!p->init.n)
		buf_addstr(to, " the first of " INIT_SEARCHED);
}

static int init_run(struct start *s, struct err *e)
{
	setsid();
	for (int fd = 0; fd < 3; fd++) {
		if (dup2(s->console_slave, fd) < 0)
			return err_sys(e, "standard descriptors");
	}
	fresh_signals();
	prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	if (s->plan->own_init) {
		init_claim_signals();
		descriptors_close_above(2);
		init_idle(s->title);
	}
	s->theirs = descriptors_keep(s->theirs);
	return init_exec(s->plan, e);
}

const struct step guest_steps[] = {
	{ "identity", IN_GUEST, NULL, identity_describe, identity_run, NULL },
	{ "root", IN_GUEST, NULL, root_describe, root_run, NULL },
	{ "mounts", IN_GUEST, NULL, mounts_describe, mounts_run, NULL },
	{ "nodes", IN_GUEST, NULL, nodes_describe, nodes_run, NULL },
	{ "console", IN_GUEST, NULL, console_describe, console_run, NULL },
	{ "boot id", IN_GUEST, NULL, boot_id_describe, boot_id_run, NULL },
	{ "guarded", IN_GUEST, NULL, guarded_step_describe, guarded_run, NULL },
	{ "enter", IN_GUEST, NULL, enter_describe, enter_run, NULL },
	{ "sysctls", IN_GUEST, sysctls_wanted, sysctls_describe, sysctls_run, NULL },
	{ "profile", IN_GUEST, profile_wanted, profile_describe, profile_run, NULL },
	{ "privileges", IN_GUEST, NULL, privileges_describe, privileges_run, NULL },
	{ "init", IN_GUEST, NULL, init_describe, init_run, NULL },
	{ "", IN_GUEST, NULL, NULL, NULL, NULL },
};

_Noreturn void guest_main(struct start *s)
{
	struct channel_message m = { .kind = CHANNEL_ERROR };

	if (steps_run(guest_steps, s, &m.err) < 0)
		(void)channel_send(s->theirs, &m, NULL, 0, NULL); /* nobody there: the death of this process tells */
	_exit(1);
}
