#include "runtime/instance/state.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <string.h>
#include <unistd.h>
#include "core/auto.h"
#include "core/buf.h"
#include "test/unit/test.h"

static const char *row_of(int i)
{
	static char text[16];

	str_fmt(text, sizeof text, "row %d", i);
	return text;
}

static int open_dir(void)
{
	return fcntl(test_dir(), F_DUPFD_CLOEXEC, 3);
}

static struct state ours(enum power power)
{
	struct state s = { .power = power };

	process_boot_id(s.boot, NULL);
	s.init.pid = s.monitor.pid = getpid();
	process_start_time(getpid(), &s.init.start, NULL);
	s.monitor.start = s.init.start;
	s.capabilities_dropped = 0x8000000100000001;
	s.map = (struct idmap){ 4294901760, 65536 };
	return s;
}

static struct state written_and_read(const struct state *s)
{
	AUTO(fd) int dir = open_dir();
	AUTO(fd) int fd = openat(dir, "state", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct state got;
	char boot[BOOT_ID_SIZE];

	process_boot_id(boot, NULL);
	CHECK_INT(state_write(fd, s, NULL), 0);
	CHECK_INT(state_read(dir, boot, &got, NULL), 0);
	return got;
}

TEST(state_comes_back_as_written)
{
	static const enum power power[] = { POWER_STOPPED, POWER_RUNNING, POWER_FROZEN };

	for (size_t i = 0; i < ARRAY_SIZE(power); i++) {
		struct state s = ours(power[i]), got = written_and_read(&s);

		CHECK_ROW_INT(row_of((int)i), got.power, power[i]);
		CHECK_ROW_INT(row_of((int)i), got.init.pid, s.init.pid);
		CHECK_ROW_INT(row_of((int)i), got.init.start == s.init.start, 1);
		CHECK_ROW_INT(row_of((int)i), got.capabilities_dropped == s.capabilities_dropped, 1);
		CHECK_ROW_INT(row_of((int)i), got.map.base, s.map.base);
		CHECK_ROW_INT(row_of((int)i), got.map.size, s.map.size);
		CHECK_ROW_INT(row_of((int)i), got.last_used.s > 0, 1);
	}
}

TEST(state_is_held_against_the_world)
{
	struct state s = ours(POWER_RUNNING);

	s.init.start++; /* another process has the pid by now */
	s.monitor.start++;
	struct state got = written_and_read(&s);
	CHECK_INT(got.power, POWER_STOPPED);
	CHECK_INT(got.recorded, POWER_RUNNING);
	CHECK_INT(got.was_up, 0);

	s = ours(POWER_RUNNING);
	s.boot[0] = s.boot[0] == '0' ? '1' : '0'; /* the host was booted anew */
	got = written_and_read(&s);
	CHECK_INT(got.power, POWER_STOPPED);
	CHECK_INT(got.was_up, 1);

	s = ours(POWER_STARTING);
	got = written_and_read(&s);
	CHECK_INT(got.power, POWER_STOPPED);
	CHECK_INT(got.recorded, POWER_STARTING);
}

TEST(state_that_was_not_written_is_stopped_and_nonsense_an_error)
{
	static const char *const text[] = { "", "R", "RUNNING", "RUNNING x 1 2", "RUNNING b 1 2 1 2", "RUNNING b 1 2 1 2 x 1 1", "RUNNING b 1 2 1 2 0 1", "RUNNING b 1 2 1 2 0 1 -1", "FLYING b 1 2 3 4 0", "\xff\xff\xff" };
	AUTO(fd) int dir = open_dir();
	static const char zeros[160];

	for (size_t i = 0; i < ARRAY_SIZE(text); i++) {
		AUTO(fd) int fd = openat(dir, "state", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		struct state got;

		CHECK_ROW_INT(row_of((int)i), write(fd, text[i], strlen(text[i])), (int)strlen(text[i]));
		CHECK_ROW_INT(row_of((int)i), state_read(dir, "boot", &got, NULL), *text[i] ? -EBADMSG : 0);
		CHECK_ROW_INT(row_of((int)i), got.power, POWER_STOPPED);
	}
	AUTO(fd) int fd = openat(dir, "state", O_RDWR | O_TRUNC | O_CLOEXEC);
	struct state got;
	CHECK_INT(write(fd, zeros, sizeof zeros), sizeof zeros);
	CHECK_INT(state_read(dir, "boot", &got, NULL), 0);
	CHECK_INT(got.power, POWER_STOPPED);
}

TEST(state_that_is_no_file_is_an_error_and_holds_nobody)
{
	AUTO(fd) int dir = open_dir();
	struct state got;

	for (int i = 0; i < 3; i++) {
		int made = i == 0 ? mkdirat(dir, "state", 0700) : i == 1 ? mkfifoat(dir, "state", 0600) : symlinkat("x", dir, "state");

		CHECK_ROW_INT(row_of(i), made, 0);
		CHECK_ROW_INT(row_of(i), state_read(dir, "boot", &got, NULL), -EBADMSG);
		CHECK_ROW(row_of(i), i == 2 || state_wait_released(dir, 0) == 0);
		CHECK_ROW_INT(row_of(i), unlinkat(dir, "state", i == 0 ? AT_REMOVEDIR : 0), 0);
	}
}

TEST(state_is_claimed_once)
{
	AUTO(fd) int dir = open_dir();
	AUTO(fd) int fd = -1;
	int second;

	CHECK_INT(state_wait_released(dir, 0), 0);
	CHECK_INT(state_claim(dir, &fd, NULL), 0);
	CHECK_INT(state_claim(dir, &second, NULL), -EBUSY);
	CHECK_INT(state_wait_released(dir, 0), -ETIMEDOUT);
	close(take_fd(&fd));
	CHECK_INT(state_wait_released(dir, 0), 0);
}
