#include "runtime/host/probe.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/auto.h"
#include "core/err.h"
#include "runtime/host/firstroot.h"
#include "runtime/host/process.h"
#include "runtime/host/sys.h"

/* Each answers 0 or -errno, and changes nothing that outlives it. */

static int has_user_namespaces(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(0);
	return process_reap(pid, NULL);
}

static int has_filesystem(const char *type)
{
	AUTO(fd) int fs = sys_fsopen(type, FSOPEN_CLOEXEC);

	return fs < 0 ? -errno : 0;
}

static int has_overlay(void)
{
	return has_filesystem("overlay");
}

static int has_squashfs(void)
{
	return has_filesystem("squashfs");
}

static int has_idmap(void)
{
	struct mount_attr attr = { 0 };

	if (sys_mount_setattr(-1, "", AT_EMPTY_PATH, &attr) < 0 && errno == ENOSYS)
		return -ENOSYS;
	return 0;
}

static int has_clone3(void)
{
	return sys_clone3(NULL, 0) < 0 && errno == ENOSYS ? -ENOSYS : 0;
}

static int has_openat2(void)
{
	return syscall(SYS_openat2, -1, "", NULL, 0) < 0 && errno == ENOSYS ? -ENOSYS : 0;
}

static int has_pidfd(void)
{
	AUTO(fd) int fd = sys_pidfd_open(getpid(), 0);

	return fd < 0 ? -errno : 0;
}

static int has_close_range(void)
{
	return sys_close_range(~0u - 1, ~0u - 1, 0) < 0 ? -errno : 0;
}

static int has_seccomp(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0 ? -errno : 0;
}

static int has_v2(void)
{
	struct statfs s;

	for (const char *const *p = (const char *const[]){ "/sys/fs/cgroup", "/sys/fs/cgroup/unified", NULL }; *p; p++) {
		if (statfs(*p, &s) == 0 && s.f_type == CGROUP2_SUPER_MAGIC)
			return 0;
	}
	return has_filesystem("cgroup2");
}

static int has_apparmor(void)
{
	char on = 0;
	AUTO(fd) int fd = open("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC); /* path: the host's own /sys */

	return fd >= 0 && read(fd, &on, 1) == 1 && on == 'Y' ? 0 : -ENOENT;
}

static int has_devpts(void)
{
	return access("/dev/ptmx", F_OK) < 0 ? -errno : 0; /* path: the host's own /dev */
}

static int has_pivot(void)
{
	return firstroot() ? -EINVAL : 0;
}

static const struct {
	char what[28];
	int (*probe)(void);
	bool needed;
	const char *loss;
} rows[] = {
	{ "user namespaces", has_user_namespaces, true, "only security.privileged=true containers start" },
	{ "overlayfs", has_overlay, true, "no container starts" },
	{ "idmapped mounts (5.12)", has_idmap, false, "layers are copied with shifted owners, containers share one range of ids; no unprivileged host: clone" },
	{ "clone3 (5.3)", has_clone3, false, "starts cost some ms more" },
	{ "openat2 (5.6)", has_openat2, false, "nothing: paths are walked component by component" },
	{ "pidfd_open (5.3)", has_pidfd, true, "no container can be watched" },
	{ "close_range (5.9)", has_close_range, false, "nothing: descriptors are closed one by one" },
	{ "seccomp", has_seccomp, true, "no system call filter: containers do not start" },
	{ "cgroup version 2", has_v2, false, "no kill and no freeze at once; version 1 is used" },
	{ "squashfs", has_squashfs, false, "nothing: images are read by ourselves" },
	{ "pivot_root from /", has_pivot, false, "this / is an initramfs (Linux < 7.0): who is privileged inside can get below its own root" },
	{ "AppArmor", has_apparmor, false, "no second line of defence behind namespaces and seccomp" },
	{ "pseudo terminals", has_devpts, false, "no console, no exec -t" },
};

int probe_host(void (*line)(void *ctx, const char *what, const char *state, const char *loss), void *ctx)
{
	int wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int r = rows[i].probe();

		line(ctx, rows[i].what, r == 0 ? "yes" : err_name(r), r == 0 ? "" : rows[i].loss);
		wrong += r < 0 && rows[i].needed;
	}
	return wrong;
}
