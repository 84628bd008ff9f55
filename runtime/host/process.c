#include "runtime/host/process.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include "core/auto.h"
#include "core/buf.h"
#include "runtime/host/sys.h"

bool sys_is_missing(int error)
{
	return error == ENOSYS || error == EPERM || error == EINVAL;
}

/* One read(2) of a small file of /proc; NUL-terminated. */
static int read_small(const char *path, char *to, size_t size)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC); /* path: our own /proc */
	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, to, size - 1);
	if (n < 0)
		return -errno;
	to[n] = 0;
	return (int)n;
}

int process_boot_id(char to[BOOT_ID_SIZE], struct err *e)
{
	int n = read_small("/proc/sys/kernel/random/boot_id", to, BOOT_ID_SIZE);

	if (n == -ENOENT)
		return err_set(e, n, "/proc/sys/kernel/random/boot_id: no such file: all of proc has to be mounted on /proc (mount -t proc proc /proc)");
	if (n < 0)
		return err_code(e, n, "/proc/sys/kernel/random/boot_id");
	if (n != BOOT_ID_SIZE - 1)
		return err_set(e, -EIO, "/proc/sys/kernel/random/boot_id: %d bytes", n);
	return 0;
}

/* The command name in field 2 may hold blanks and parentheses: fields are counted after the last ')'. */
static int stat_field_22(const char *stat, uint64_t *ret)
{
	const char *p = strrchr(stat, ')');

	for (int field = 2; p && field < 22; field++) {
		p = strchr(p + 1, ' ');
	}
	if (!p)
		return -EINVAL;
	*ret = strtoull(p + 1, NULL, 10);
	return 0;
}

static int read_stat(pid_t pid, char *stat, size_t size, struct err *e)
{
	char path[40];
	int r = str_fmt(path, sizeof path, "/proc/%d/stat", (int)pid);

	if (r < 0)
		return r;
	r = read_small(path, stat, size);
	if (r == -ENOENT)
		r = -ESRCH;
	return r < 0 ? err_code(e, r, "%s", path) : 0;
}

int process_start_time(pid_t pid, uint64_t *ret, struct err *e)
{
	char stat[1024];
	int r = read_stat(pid, stat, sizeof stat, e);

	if (r < 0)
		return r;
	r = stat_field_22(stat, ret);
	return r < 0 ? err_set(e, r, "/proc/%d/stat: not understood", (int)pid) : 0;
}

bool process_is_alive(const struct process *p)
{
	char stat[1024];
	uint64_t start;

	if (p->pid <= 0 || read_stat(p->pid, stat, sizeof stat, NULL) < 0)
		return false;
	const char *name_end = strrchr(stat, ')');
	if (!name_end || strchr("ZX", name_end[1] ? name_end[2] : 'X'))
		return false;
	return stat_field_22(stat, &start) == 0 && start == p->start;
}

int process_open(const struct process *p, struct err *e)
{
	if (p->pid <= 0)
		return err_code(e, -ESRCH, "process");
	AUTO(fd) int pidfd = sys_pidfd_open(p->pid, 0);
	if (pidfd < 0)
		return err_sys(e, "pidfd of process %d", p->pid);

	if (!process_is_alive(p))
		return err_code(e, -ESRCH, "process %d has ended, or is another one by now", p->pid);
	return take_fd(&pidfd);
}

int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int process_wait_exit(int pidfd, int timeout_ms)
{
	int64_t end = timeout_ms < 0 ? 0 : monotonic_ms() + timeout_ms;

	for (;;) {
		struct pollfd p = { .fd = pidfd, .events = POLLIN };
		int left = timeout_ms < 0 ? -1 : (int)(end - monotonic_ms());
		int n = poll(&p, 1, timeout_ms >= 0 && left < 0 ? 0 : left);

		if (n > 0)
			return 0;
		if (n == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

/* "SigCgt:\t00000000280b2603" */
static uint64_t hex_after(const char *status, const char *label)
{
	const char *p = strstr(status, label);

	return p ? strtoull(p + strlen(label), NULL, 16) : 0;
}

int process_handled_signals(pid_t pid, uint64_t *ret, struct err *e)
{
	char path[40], status[4096];
	int r = str_fmt(path, sizeof path, "/proc/%d/status", (int)pid);

	if (r < 0)
		return r;
	r = read_small(path, status, sizeof status);
	if (r < 0)
		return err_code(e, r, "%s", path);
	*ret = hex_after(status, "\nSigCgt:") | hex_after(status, "\nSigBlk:");
	return 0;
}

int process_reap(pid_t pid, int *ret_status)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	if (ret_status)
		*ret_status = status;
	return 0;
}
