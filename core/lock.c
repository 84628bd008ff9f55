#include "core/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>
#include "core/at.h"
#include "core/auto.h"

enum {
	PROC_MOST = 4 << 20,
	CMDLINE_SHOWN = 80,
	SLEEP_FIRST_US = 200,
	SLEEP_MOST_US = 20000,
	TRIES = 3, /* of lock_try: lock_is_held() of somebody else has it for a moment */
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void sleep_us(unsigned us)
{
	(void)usleep(us); /* woken early by a signal: the lock is tried earlier, no more */
}

/* ---- who holds it ---- */

static int read_proc(const char *path, struct buf *to)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC); /* path: the host's own proc */

	return fd < 0 ? -errno : fd_read(fd, PROC_MOST, to, NULL);
}

/* "1: FLOCK  ADVISORY  WRITE 1234 fe:00:56 0 EOF"; "1: -> FLOCK" is one who waits. The process, 0 if it is another lock. */
static long line_pid(const char *line, const char *file)
{
	const char *at = strstr(line, file);

	if (!at || !strstr(line, "FLOCK") || strstr(line, "->"))
		return 0;
	while (at > line && at[-1] != ' ')
		at--;
	return strtol(at, NULL, 10);
}

/* Who has a lock on the file ST; 0 when that is not said (no proc, another pid namespace, a filesystem of many devices). */
static long holder_pid(const struct stat *st)
{
	AUTO(buf) struct buf locks = BUF_NONE;
	char file[64];
	long pid = 0;

	(void)str_fmt(file, sizeof file, " %02x:%02x:%llu ", major(st->st_dev), minor(st->st_dev),
		      (unsigned long long)st->st_ino);
	if (read_proc("/proc/locks", &locks) < 0)
		return 0;
	for (char *line = locks.s, *end; *line && pid <= 0; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		pid = line_pid(line, file);
	}
	return pid > 0 ? pid : 0;
}

/* " (lxcbox snapshot c1)" */
static void add_command(struct buf *to, long pid)
{
	AUTO(buf) struct buf command = BUF_NONE;
	char path[64];

	(void)str_fmt(path, sizeof path, "/proc/%ld/cmdline", pid);
	if (read_proc(path, &command) < 0 || !command.len)
		return;
	for (size_t i = 0; i < command.len; i++)
		if (!command.s[i])
			command.s[i] = ' ';
	while (command.len && command.s[command.len - 1] == ' ')
		buf_cut(&command, command.len - 1);
	buf_cut(&command, CMDLINE_SHOWN);
	buf_addstr(to, " (");
	buf_add_escaped(to, command.s, command.len);
	buf_addstr(to, ")");
}

static bool is_lock_name(const char *name)
{
	return str_eq(name, "lock") || str_eq(name, ".lock");
}

/* The object that the lock is for: the file's name, or its directory's when the file is just called "lock". */
static void add_object(struct buf *to, int dir, const char *name)
{
	const char *slash = strrchr(name, '/');
	char link[64], path[4096];
	ssize_t n = -1;

	if (!is_lock_name(slash ? slash + 1 : name)) {
		buf_addstr(to, slash ? slash + 1 : name);
		return;
	}
	if (slash)
		n = str_fmt(path, sizeof path, "%.*s", (int)(slash - name), name) ? -1 : slash - name;
	else if (!str_fmt(link, sizeof link, "/proc/self/fd/%d", dir))
		n = readlink(link, path, sizeof path - 1); /* path: the host's own proc */
	if (n <= 0) {
		buf_addstr(to, name);
		return;
	}
	path[n] = '\0';
	slash = strrchr(path, '/');
	buf_addstr(to, slash ? slash + 1 : path);
}

static void describe_holder(struct buf *to, int dir, const char *name, int fd)
{
	struct stat st;
	long pid = fstat(fd, &st) < 0 ? 0 : holder_pid(&st);

	add_object(to, dir, name);
	if (!pid) {
		buf_addstr(to, " is locked by another process");
		return;
	}
	buf_addf(to, " is locked by process %ld", pid);
	add_command(to, pid);
}

/* ---- taking it ---- */

static int flock_now(int fd, int op)
{
	int r;

	do
		r = flock(fd, op);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

/* Polls: flock(2) knows no time limit, and a timer's signal would belong to the whole process. */
static int flock_until(int fd, int op, int dir, const char *name, const struct lock_wait *wait, struct err *e)
{
	int64_t start = now_ms();
	unsigned us = SLEEP_FIRST_US;
	bool is_told = !wait->notice;
	int r;

	while ((r = flock_now(fd, op | LOCK_NB)) == -EWOULDBLOCK) {
		int64_t waited = now_ms() - start;
		bool is_over = wait->timeout_ms >= 0 && waited >= wait->timeout_ms;
		AUTO(buf) struct buf text = BUF_NONE;

		if (is_over || (!is_told && waited >= wait->notice_ms))
			describe_holder(&text, dir, name, fd);
		if (is_over)
			return err_set(e, -ETIMEDOUT, "%s", text.s);
		if (text.len) {
			wait->notice(wait->ctx, text.s);
			is_told = true;
		}
		sleep_us(us);
		us = us * 2 < SLEEP_MOST_US ? us * 2 : SLEEP_MOST_US;
	}
	return r < 0 ? err_code(e, r, "%s", name) : 0;
}

/* 1: FD is what NAME is now, 0: it was replaced or unlinked. */
static int is_current(int fd, int dir, const char *name)
{
	struct stat held, now;

	if (fstat(fd, &held) < 0)
		return -errno;
	if (fstatat(dir, name, &now, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	return held.st_dev == now.st_dev && held.st_ino == now.st_ino;
}

/* Locks FD in the way asked for. */
static int lock_fd(int fd, int op, int dir, const char *name, const struct lock_wait *wait, struct err *e)
{
	int r = flock_now(fd, op | LOCK_NB);

	if (r != -EWOULDBLOCK)
		return r < 0 ? err_code(e, r, "%s", name) : 0;
	if (wait)
		return flock_until(fd, op, dir, name, wait, e);
	r = flock_now(fd, op);
	return r < 0 ? err_code(e, r, "%s", name) : 0;
}

int lock_take(struct lock *l, int dir, const char *name, enum lock_mode mode, bool create, const struct lock_wait *wait,
	      struct err *e)
{
	for (;;) {
		AUTO(fd) int fd = at_open(dir, name, O_RDWR | (create ? O_CREAT : 0), 0600, e);
		int r;

		if (fd < 0)
			return fd;
		if ((r = lock_fd(fd, mode == LOCK_SHARED ? LOCK_SH : LOCK_EX, dir, name, wait, e)) < 0)
			return r;
		if ((r = is_current(fd, dir, name)) < 0)
			return err_code(e, r, "%s", name);
		if (r) {
			l->fd = take_fd(&fd);
			return 0;
		}
	}
}

int lock_try(struct lock *l, int dir, const char *name, enum lock_mode mode, struct err *e)
{
	int op = (mode == LOCK_SHARED ? LOCK_SH : LOCK_EX) | LOCK_NB;
	AUTO(fd) int fd = at_open(dir, name, O_RDWR, 0, e);
	int r;

	if (fd < 0)
		return fd;
	for (int i = 1; (r = flock_now(fd, op)) == -EWOULDBLOCK && i < TRIES; i++)
		sleep_us(SLEEP_FIRST_US);
	if (r < 0)
		return err_code(e, r, "%s", name);
	if ((r = is_current(fd, dir, name)) <= 0)
		return err_code(e, r ? r : -ENOENT, "%s", name);
	l->fd = take_fd(&fd);
	return 0;
}

int lock_is_held(int dir, const char *name)
{
	AUTO(fd) int fd = at_open(dir, name, O_RDONLY | O_NONBLOCK, 0, NULL); /* a FIFO must not hold us */
	int r;

	if (fd < 0)
		return fd;
	r = flock_now(fd, LOCK_SH | LOCK_NB); /* dropped again when fd is closed */
	return r == -EWOULDBLOCK ? 1 : r;
}

void lock_release(struct lock *l)
{
	auto_fd(&l->fd);
	l->fd = -1;
}
