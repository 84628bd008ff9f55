/* floor - how fast a launch, an exec and a stop can be here: the system calls that they need, and nothing else
 *
 *   floor launch DIR NAME LAYER BASE FILTER   DIR/NAME becomes an instance: its record is made durable, its init runs in namespaces,
 *                                             ids, mounts, devices, limits as lxcbox makes them; prints init's pid
 *   floor exec PID NAME FILTER COMMAND...     runs a command inside
 *   floor stop PID NAME                       kills it, waits for its end, removes its control group
 *   floor start                               nothing: what a process costs
 *
 * LAYER is a directory, BASE the first id outside, FILTER a file with a ready seccomp program. The order is that of a start with one
 * point of synchronization: the monitor makes the overlay, the first process inside all other mounts. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* <sys/mount.h> and <linux/mount.h> do not go together */
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);
int umount2(const char *target, int flags);
#define MNT_DETACH 2

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define IDS	 65536

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static long must(long r, const char *what)
{
	if (r < 0)
		die(what);
	return r;
}

/* ---- the record: a new directory, made durable before it is visible */

static void record(int dir, const char *name)
{
	char temp[80], text[700];

	memset(text, '#', sizeof text);
	snprintf(temp, sizeof temp, ".%s", name);
	must(mkdirat(dir, temp, 0700), "mkdir");
	int new = (int)must(openat(dir, temp, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open");
	must(mkdirat(new, "rw", 0755), "rw");
	must(mkdirat(new, "rw/upper", 0755), "rw/upper");
	must(mkdirat(new, "rw/work", 0755), "rw/work");
	int fd = (int)must(openat(new, "record", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), "record");
	must(write(fd, text, sizeof text), "write");
	must(fsync(fd), "fsync");
	must(fsync(new), "fsync");
	must(renameat(dir, temp, dir, name), "rename");
	must(fsync(dir), "fsync");
	close(fd);
	close(new);
}

/* ---- control group */

static int open_cgroups(void)
{
	int fd = openat(AT_FDCWD, "/sys/fs/cgroup/unified", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		fd = (int)must(openat(AT_FDCWD, "/sys/fs/cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "cgroup");
	(void)mkdirat(fd, "lxcbox-bench", 0755);
	int parent = (int)must(openat(fd, "lxcbox-bench", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "cgroup");
	close(fd);
	return parent;
}

static int make_cgroup(const char *name, uid_t base)
{
	static const char *const file[] = { "", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control" };
	int parent = open_cgroups();

	must(mkdirat(parent, name, 0755), "cgroup");
	int fd = (int)must(openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "cgroup");
	for (size_t i = 0; i < COUNT(file); i++)
		must(fchownat(fd, file[i], base, base, *file[i] ? 0 : AT_EMPTY_PATH), "cgroup");
	close(parent);
	return fd;
}

/* ---- ids */

static void write_map(pid_t pid, const char *which, uid_t base)
{
	char path[40], line[40];

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, which);
	int n = snprintf(line, sizeof line, "0 %u %d\n", base, IDS);
	int fd = (int)must(openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC), path);
	must(write(fd, line, (size_t)n), path);
	close(fd);
}

static void raise_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];

	must(syscall(SYS_capget, &head, caps), "capget");
	caps[0].effective = caps[0].permitted;
	caps[1].effective = caps[1].permitted;
	must(syscall(SYS_capset, &head, caps), "capset");
}

/* ---- root filesystem */

static int mapped_clone(int at, const char *path, int userns)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns };
	int fd = (int)must(syscall(SYS_open_tree, at, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), "open_tree");

	must(syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof attr), "mount_setattr");
	return fd;
}

static void set_fd(int fs, const char *key, int fd)
{
	must(syscall(SYS_fsconfig, fs, FSCONFIG_SET_FD, key, NULL, fd), key);
}

static int overlay(int dir, const char *layer, pid_t pid, uid_t base)
{
	static const char *const option[][2] = {
		{ "source", "floor" }, { "redirect_dir", "on" }, { "index", "off" }, { "metacopy", "off" }, { "xino", "auto" },
	};
	char path[40];

	snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
	int userns = (int)must(openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC), path);
	int lower = mapped_clone(AT_FDCWD, layer, userns), rw = mapped_clone(dir, "rw", userns);
	int upper = (int)must(openat(rw, "upper", O_PATH | O_CLOEXEC), "upper");
	int work = (int)must(openat(rw, "work", O_PATH | O_CLOEXEC), "work");
	int fs = (int)must(syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC), "fsopen");
	for (size_t i = 0; i < COUNT(option); i++)
		must(syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, option[i][0], option[i][1], 0), option[i][0]);
	set_fd(fs, "lowerdir+", lower);
	set_fd(fs, "upperdir", upper);
	set_fd(fs, "workdir", work);
	setfsgid(base);
	setfsuid(base);
	raise_capabilities();
	must(syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "overlay");
	setfsuid(0);
	setfsgid(0);
	raise_capabilities();
	int fd = (int)must(syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0), "fsmount");
	const int done[] = { userns, lower, rw, upper, work, fs };
	for (size_t i = 0; i < COUNT(done); i++)
		close(done[i]);
	return fd;
}

/* ---- descriptors from one to the other */

union control {
	char space[CMSG_SPACE(2 * sizeof(int))];
	struct cmsghdr align;
};

static void send_fds(int channel, const int *fd, size_t n)
{
	char byte = 0;
	union control control = { { 0 } };
	struct iovec io = { &byte, 1 };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = CMSG_SPACE(n * sizeof *fd) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof *fd);
	memcpy(CMSG_DATA(c), fd, n * sizeof *fd);
	must(sendmsg(channel, &m, MSG_NOSIGNAL), "sendmsg");
}

static void receive_fds(int channel, int *fd, size_t n)
{
	char byte;
	union control control;
	struct iovec io = { &byte, 1 };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space };

	if (recvmsg(channel, &m, MSG_CMSG_CLOEXEC) <= 0 || !CMSG_FIRSTHDR(&m))
		die("recvmsg");
	memcpy(fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), n * sizeof *fd);
}

/* ---- inside */

static void become_root(void)
{
	must(syscall(SYS_setgroups, 0, NULL), "setgroups");
	must(syscall(SYS_setresgid, 0, 0, 0), "setresgid");
	must(syscall(SYS_setresuid, 0, 0, 0), "setresuid");
}

static void mounts(void)
{
	static const struct {
		const char *on, *type;
		unsigned long flags;
		const char *data;
	} row[] = {
		{ "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
		{ "sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
		{ "sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
		{ "dev", "tmpfs", MS_NOSUID, "size=492k,mode=755" },
		{ "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,gid=5,mode=620,ptmxmode=666,max=1024" },
		{ "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777" },
		{ "dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
		{ "run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755" },
	};

	for (size_t i = 0; i < COUNT(row); i++) {
		if (!strncmp(row[i].on, "dev/", 4))
			must(mkdirat(AT_FDCWD, row[i].on, 0755), row[i].on);
		must(mount(row[i].type, row[i].on, row[i].type, row[i].flags, row[i].data), row[i].on);
	}
}

static void devices(void)
{
	static const char *const name[] = { "null", "zero", "full", "random", "urandom", "tty" };
	static const char *const link[][2] = {
		{ "dev/ptmx", "pts/ptmx" },	     { "dev/fd", "/proc/self/fd" },	    { "dev/stdin", "/proc/self/fd/0" },
		{ "dev/stdout", "/proc/self/fd/1" }, { "dev/stderr", "/proc/self/fd/2" },
	};
	char host[16];

	for (size_t i = 0; i < COUNT(name); i++) {
		snprintf(host, sizeof host, "/dev/%s", name[i]);
		must(mknodat(AT_FDCWD, host + 1, S_IFREG | 0644, 0), host);
		must(mount(host, host + 1, NULL, MS_BIND, NULL), host);
	}
	for (size_t i = 0; i < COUNT(link); i++)
		must(symlinkat(link[i][1], AT_FDCWD, link[i][0]), link[i][0]);
}

static int console(int channel)
{
	int unlock = 0, pty[2];

	pty[0] = (int)must(openat(AT_FDCWD, "dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), "ptmx");
	must(ioctl(pty[0], TIOCSPTLCK, &unlock), "unlock");
	pty[1] = (int)must(ioctl(pty[0], TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC), "slave");
	must(mknodat(AT_FDCWD, "dev/console", S_IFREG | 0600, 0), "console");
	int tree = (int)must(syscall(SYS_open_tree, pty[1], "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH), "open_tree");
	must(syscall(SYS_move_mount, tree, "", AT_FDCWD, "dev/console", MOVE_MOUNT_F_EMPTY_PATH), "console");
	send_fds(channel, pty, 2);
	return pty[1];
}

/* An absent path costs its look-up only, as it does elsewhere. */
static void masks(void)
{
	static const char *const file[] = { "proc/kcore", "proc/keys", "proc/latency_stats", "proc/timer_list", "proc/sched_debug" };
	static const char *const dir[] = { "proc/acpi", "proc/asound", "proc/scsi", "sys/firmware", "sys/devices/virtual/powercap" };
	static const char *const read_only[] = { "proc/bus", "proc/fs", "proc/irq", "proc/sysrq-trigger" };
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	for (size_t i = 0; i < COUNT(file); i++)
		(void)mount("dev/null", file[i], NULL, MS_BIND, NULL);
	for (size_t i = 0; i < COUNT(dir); i++)
		(void)mount("tmpfs", dir[i], "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=0k,nr_inodes=2");
	for (size_t i = 0; i < COUNT(read_only); i++) {
		int tree = (int)syscall(SYS_open_tree, AT_FDCWD, read_only[i], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

		if (tree < 0)
			continue;
		must(syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof attr), read_only[i]);
		must(syscall(SYS_move_mount, tree, "", AT_FDCWD, read_only[i], MOVE_MOUNT_F_EMPTY_PATH), read_only[i]);
		close(tree);
	}
}

static void enter_root(void)
{
	must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "umount");
	must(chdir("/"), "chdir");
}

static void loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = (int)must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");

	must(ioctl(fd, SIOCSIFFLAGS, &lo), "lo");
	close(fd);
}

static struct sock_fprog map_filter(const char *path)
{
	struct stat s;
	int fd = (int)must(openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC), path);

	must(fstat(fd, &s), path);
	void *data = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		die(path);
	close(fd);
	return (struct sock_fprog){ (unsigned short)((size_t)s.st_size / sizeof(struct sock_filter)), data };
}

static void privileges(const struct sock_fprog *filter)
{
	(void)syscall(SYS_keyctl, 1, NULL); /* a session keyring */
	must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter), "seccomp");
}

static _Noreturn void guest(int channel, const char *name, const struct sock_fprog *filter)
{
	char *argv[] = { (char[]){ "/sbin/init" }, NULL }, *env[] = { (char[]){ "container=lxc" }, NULL };
	int root;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	must(unshare(CLONE_NEWCGROUP), "unshare");
	receive_fds(channel, &root, 1);
	become_root();
	must(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), "slave");
	must(syscall(SYS_move_mount, root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH), "move_mount");
	must(fchdir(root), "fchdir");
	mounts();
	devices();
	int slave = console(channel);
	masks();
	enter_root();
	must(sethostname(name, strlen(name)), "sethostname");
	loopback_up();
	privileges(filter);
	setsid();
	for (int i = 0; i < 3; i++)
		must(dup2(slave, i), "dup2");
	prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	execve(argv[0], argv, env);
	die(argv[0]);
}

/* ---- outside */

static pid_t clone_into(uint64_t flags, int cgroup, int *pidfd)
{
	struct clone_args args = {
		.flags = flags | CLONE_PIDFD | CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.pidfd = (uintptr_t)pidfd,
		.cgroup = (uint64_t)cgroup,
	};

	return (pid_t)must(syscall(SYS_clone3, &args, sizeof args), "clone3");
}

/* RESULT gets init's pid; its end comes with the exec, as init's copy is the last one. */
static _Noreturn void monitor(char **argv, int dir, int result)
{
	const char *name = argv[1];
	uid_t base = (uid_t)strtoul(argv[3], NULL, 10);
	struct sock_fprog filter = map_filter(argv[4]);
	int pair[2], pidfd, pty[2];

	setsid();
	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), "socketpair");
	int cgroup = make_cgroup(name, base);
	must(syscall(SYS_setresuid, -1, base, -1), "setresuid");
	raise_capabilities();
	pid_t pid = clone_into(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET, cgroup, &pidfd);
	if (pid == 0)
		guest(pair[1], name, &filter);
	must(syscall(SYS_setresuid, -1, 0, -1), "setresuid");
	raise_capabilities();
	close(pair[1]);
	write_map(pid, "uid_map", base);
	write_map(pid, "gid_map", base);
	int root = overlay(dir, argv[2], pid, base);
	send_fds(pair[0], &root, 1);
	must(write(result, &pid, sizeof pid), "result");
	close(result);
	receive_fds(pair[0], pty, 2);
	for (int i = 0; i < 3; i++) /* nobody waits for the end of our output */
		close(i);

	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	(void)poll(&p, 1, -1);
	waitpid(pid, NULL, 0);
	_exit(0); /* the overlay's end syncs now, behind the stop's back */
}

static int launch(char **argv)
{
	int dir = (int)must(openat(AT_FDCWD, argv[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC), argv[0]), result[2];
	pid_t init = 0;

	record(dir, argv[1]);
	int own = (int)must(openat(dir, argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC), argv[1]);
	must(pipe2(result, O_CLOEXEC), "pipe");
	pid_t pid = fork();
	if (pid == 0)
		monitor(argv, own, result[1]);
	close(result[1]);
	if (read(result[0], &init, sizeof init) != sizeof init || read(result[0], &(char){ 0 }, 1) != 0)
		return 1;
	printf("%d\n", (int)init);
	return 0;
}

static int run_inside(int argc, char **argv)
{
	char leaf[96], *env[] = { (char[]){ "PATH=/bin" }, NULL };
	int all = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP, status, child_pidfd;

	if (argc < 4)
		return 2;
	struct sock_fprog filter = map_filter(argv[2]);
	int pidfd = (int)must(syscall(SYS_pidfd_open, strtol(argv[0], NULL, 10), 0), "pidfd_open");
	int parent = open_cgroups();
	snprintf(leaf, sizeof leaf, "%s/.lxc", argv[1]);
	(void)mkdirat(parent, leaf, 0755);
	int cgroup = (int)must(openat(parent, leaf, O_RDONLY | O_DIRECTORY | O_CLOEXEC), leaf);
	must(setns(pidfd, CLONE_NEWPID), "setns");
	pid_t pid = clone_into(0, cgroup, &child_pidfd);
	if (pid == 0) {
		must(setns(pidfd, all), "setns");
		become_root();
		setsid();
		privileges(&filter);
		must(chdir("/"), "chdir");
		execve(argv[3], argv + 3, env);
		die(argv[3]);
	}
	must(waitpid(pid, &status, 0), "wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int stop(char **argv)
{
	int pidfd = (int)must(syscall(SYS_pidfd_open, strtol(argv[0], NULL, 10), 0), "pidfd_open"), parent = open_cgroups();
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	char leaf[96];

	must(syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0), "kill");
	(void)poll(&p, 1, -1);
	snprintf(leaf, sizeof leaf, "%s/.lxc", argv[1]);
	(void)unlinkat(parent, leaf, AT_REMOVEDIR);
	for (int i = 0; unlinkat(parent, argv[1], AT_REMOVEDIR) < 0; i++) {
		if (errno != EBUSY || i == 1000)
			die("rmdir");
		usleep(50);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 7 && !strcmp(argv[1], "launch"))
		return launch(argv + 2);
	if (argc > 2 && !strcmp(argv[1], "exec"))
		return run_inside(argc - 2, argv + 2);
	if (argc == 4 && !strcmp(argv[1], "stop"))
		return stop(argv + 2);
	return argc == 2 && !strcmp(argv[1], "start") ? 0 : 2;
}
