#include "runtime/instance/state.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"
#include "core/parse.h"

#define STATE_SIZE 160 /* fixed, so that a rewrite never leaves an old tail */

static const char *const power_name[] = {
	[POWER_STOPPED] = "STOPPED",
	[POWER_RUNNING] = "RUNNING",
	[POWER_FROZEN] = "FROZEN",
	[POWER_STARTING] = "STARTING",
};

static void format(const struct state *s, char to[STATE_SIZE])
{
	int n;

	memset(to, ' ', STATE_SIZE);
	str_fmt(to, STATE_SIZE, "%s %s %d %llu %d %llu %llx %u %u", power_name[s->power], *s->boot ? s->boot : "-", s->init.pid,
		(unsigned long long)s->init.start, s->monitor.pid, (unsigned long long)s->monitor.start,
		(unsigned long long)s->capabilities_dropped, s->map.base, s->map.size);
	n = (int)strlen(to);
	to[n] = ' ';
	to[STATE_SIZE - 1] = '\n';
}

enum { WORD_POWER, WORD_BOOT, WORD_INIT, WORD_INIT_START, WORD_MONITOR, WORD_MONITOR_START, WORD_DROPPED, WORD_BASE, WORD_IDS, WORDS };

static bool parse_process(const char *pid, const char *start, struct process *ret)
{
	uint32_t p;

	if (parse_u32(pid, 0, INT32_MAX, &p) < 0 || parse_u64(start, 0, UINT64_MAX, &ret->start) < 0)
		return false;
	ret->pid = (int32_t)p;
	return true;
}

static bool parse_hex(const char *word, uint64_t *ret)
{
	char *end;

	*ret = strtoull(word, &end, 16);
	return !*end;
}

static bool parse(char *text, struct state *ret)
{
	char *word[WORDS], *save, *next = strtok_r(text, " \n", &save);

	for (size_t i = 0; i < WORDS; i++, next = strtok_r(NULL, " \n", &save)) {
		if (!(word[i] = next))
			return false;
	}
	if (str_fmt(ret->boot, sizeof ret->boot, "%s", word[WORD_BOOT]) < 0 ||
	    !parse_process(word[WORD_INIT], word[WORD_INIT_START], &ret->init) ||
	    !parse_process(word[WORD_MONITOR], word[WORD_MONITOR_START], &ret->monitor) ||
	    !parse_hex(word[WORD_DROPPED], &ret->capabilities_dropped) || parse_u32(word[WORD_BASE], 0, UINT32_MAX, &ret->map.base) < 0 ||
	    parse_u32(word[WORD_IDS], 0, UINT32_MAX, &ret->map.size) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(power_name); i++) {
		if (str_eq(word[WORD_POWER], power_name[i])) {
			ret->power = (enum power)i;
			return true;
		}
	}
	return false;
}

/* What was written before the host's last boot, or by a start that did not come to its end, is no life. */
static void hold_against_boot(const char *boot, struct state *s)
{
	if (s->power == POWER_STARTING)
		s->power = POWER_STOPPED;
	if (s->power != POWER_STOPPED && !str_eq(s->boot, boot)) {
		s->was_up = true;
		s->power = POWER_STOPPED;
	}
}

/* The world has the last word. Between two lives of a rebooting one there is only its monitor. */
static void hold_against_world(struct state *s)
{
	if (s->power != POWER_STOPPED && !process_is_alive(&s->init) && !process_is_alive(&s->monitor))
		s->power = POWER_STOPPED;
}

static int damaged(struct err *e)
{
	return err_set(e, -EBADMSG, "state: damaged");
}

int state_recorded(int dir, const char *boot, struct state *ret, struct err *e)
{
	char text[STATE_SIZE + 1];
	struct stat st;

	*ret = (struct state){ 0 };
	AUTO(fd) int fd = openat(dir, "state", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); /* a FIFO must not hold us */
	if (fd < 0 && (errno == ELOOP || errno == ENXIO)) /* a link, a socket */
		return damaged(e);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "state");
	if (fstat(fd, &st) < 0)
		return err_sys(e, "state");
	if (!S_ISREG(st.st_mode))
		return damaged(e);
	ssize_t n = read(fd, text, STATE_SIZE);
	if (n < 0)
		return err_sys(e, "state");
	text[n] = 0;
	if (!*text)
		return 0; /* never started; or a power failure has left zeros */
	ret->last_used = (struct timestamp){ st.st_mtim.tv_sec, (uint32_t)st.st_mtim.tv_nsec };
	if (!parse(text, ret)) {
		*ret = (struct state){ 0 };
		return damaged(e);
	}
	ret->recorded = ret->power;
	hold_against_boot(boot, ret);
	return 0;
}

int state_read(int dir, const char *boot, struct state *ret, struct err *e)
{
	int r = state_recorded(dir, boot, ret, e);

	if (r == 0)
		hold_against_world(ret);
	return r;
}

int state_write(int fd, const struct state *s, struct err *e)
{
	char text[STATE_SIZE];

	format(s, text);
	ssize_t n = pwrite(fd, text, sizeof text, 0);
	if (n != sizeof text) {
		if (n >= 0)
			errno = ENOSPC;
		return err_sys(e, "state");
	}
	return 0;
}

int state_open_init(const struct state *s, struct err *e)
{
	if (s->power == POWER_STOPPED)
		return err_code(e, -ESRCH, "init");
	return process_open(&s->init, e);
}

int state_claim(int dir, int *ret_fd, struct err *e)
{
	AUTO(fd) int fd = openat(dir, "state", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(e, "state");
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? err_set(e, -EBUSY, "its monitor is still alive") : err_sys(e, "state");
	*ret_fd = take_fd(&fd);
	return 0;
}

int state_wait_released(int dir, int timeout_ms)
{
	int64_t end = monotonic_ms() + timeout_ms;
	AUTO(fd) int fd = openat(dir, "state", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	for (long wait_us = 20;; wait_us = wait_us < 5000 ? wait_us * 2 : 5000) {
		if (flock(fd, LOCK_SH | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (monotonic_ms() > end)
			return -ETIMEDOUT;
		struct timespec t = { 0, wait_us * 1000 };
		nanosleep(&t, NULL);
	}
}
