#include "core/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"
#include "test/unit/test.h"

/* Another process that has the lock when this returns; ends after MS, or when it is killed. */
static pid_t hold(int dir, const char *name, enum lock_mode mode, int ms)
{
	int p[2];
	pid_t pid;
	char c;

	if (pipe(p) < 0)
		return -1;
	pid = fork();
	if (!pid) {
		struct lock l = LOCK_NONE;

		if (lock_take(&l, dir, name, mode, true, NULL, NULL) < 0 || write(p[1], "x", 1) != 1)
			_exit(1);
		usleep((useconds_t)ms * 1000);
		_exit(0);
	}
	close(p[1]);
	CHECK_INT(read(p[0], &c, 1), 1);
	close(p[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
}

TEST(lock_excludes_as_its_mode_says)
{
	static const struct { enum lock_mode held, wanted; int r; } row[] = {
		{ LOCK_SHARED, LOCK_SHARED, 0 },
		{ LOCK_SHARED, LOCK_EXCLUSIVE, -EWOULDBLOCK },
		{ LOCK_EXCLUSIVE, LOCK_SHARED, -EWOULDBLOCK },
		{ LOCK_EXCLUSIVE, LOCK_EXCLUSIVE, -EWOULDBLOCK },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(lock) struct lock a = LOCK_NONE, b = LOCK_NONE;

		CHECK_INT(lock_take(&a, test_dir(), "l", row[i].held, true, NULL, NULL), 0);
		CHECK_INT(lock_is_held(test_dir(), "l"), row[i].held == LOCK_EXCLUSIVE);
		CHECK_INT(lock_try(&b, test_dir(), "l", row[i].wanted, NULL), row[i].r);
		CHECK_INT(b.fd >= 0, row[i].r == 0);
		lock_release(&a);
		lock_release(&b);
		CHECK_INT(lock_try(&b, test_dir(), "l", row[i].wanted, NULL), 0);
	}
	CHECK_INT(lock_is_held(test_dir(), "l"), 0);
}

TEST(lock_of_nothing)
{
	AUTO(lock) struct lock l = LOCK_NONE;
	struct err e = ERR_NONE;

	CHECK_INT(lock_take(&l, test_dir(), "none", LOCK_SHARED, false, NULL, &e), -ENOENT);
	CHECK_STR(e.text, "none: no such file or directory");
	CHECK_INT(lock_try(&l, test_dir(), "none", LOCK_SHARED, NULL), -ENOENT);
	CHECK_INT(lock_is_held(test_dir(), "none"), -ENOENT);
	CHECK_INT(symlinkat("target", test_dir(), "link"), 0);
	CHECK_INT(lock_take(&l, test_dir(), "link", LOCK_SHARED, true, NULL, NULL), -ELOOP);
	lock_release(&l);
}

TEST(lock_dies_with_its_holder)
{
	AUTO(lock) struct lock l = LOCK_NONE;
	pid_t pid = hold(test_dir(), "l", LOCK_EXCLUSIVE, 100000);

	CHECK_INT(lock_is_held(test_dir(), "l"), 1);
	CHECK_INT(lock_try(&l, test_dir(), "l", LOCK_EXCLUSIVE, NULL), -EWOULDBLOCK);
	end(pid);
	CHECK_INT(lock_is_held(test_dir(), "l"), 0);
	CHECK_INT(lock_try(&l, test_dir(), "l", LOCK_EXCLUSIVE, NULL), 0);
}

static void remember(void *ctx, const char *text)
{
	buf_addstr(ctx, text);
}

TEST(lock_gives_notice_and_then_up)
{
	AUTO(lock) struct lock l = LOCK_NONE;
	AUTO(buf) struct buf told = BUF_NONE;
	AUTO(buf) struct buf want = BUF_NONE;
	AUTO(fd) int dir = at_mkdir(test_dir(), "c1", 0700, NULL);
	pid_t pid = hold(dir, "lock", LOCK_EXCLUSIVE, 100000);
	struct lock_wait wait = { .timeout_ms = 60, .notice_ms = 20, .notice = remember, .ctx = &told };
	struct err e = ERR_NONE;

	buf_addf(&want, "c1 is locked by process %d (", (int)pid);
	CHECK_INT(lock_take(&l, dir, "lock", LOCK_EXCLUSIVE, false, &wait, &e), -ETIMEDOUT);
	if (strstr(e.text, "another process"))
		test_skip("/proc/locks does not tell the holder here");
	else
		CHECK_INT(strncmp(e.text, want.s, want.len), 0);
	CHECK_STR(told.s, e.text);
	e = ERR_NONE;
	CHECK_INT(lock_take(&l, test_dir(), "c1/lock", LOCK_EXCLUSIVE, false, &wait, &e), -ETIMEDOUT);
	CHECK_INT(strncmp(e.text, "c1 is locked by ", 16), 0);
	end(pid);
}

TEST(lock_that_is_not_waited_for)
{
	AUTO(lock) struct lock l = LOCK_NONE;
	struct lock_wait wait = { .timeout_ms = 0 };
	pid_t pid = hold(test_dir(), "l", LOCK_SHARED, 100000);

	CHECK_INT(lock_take(&l, test_dir(), "l", LOCK_EXCLUSIVE, false, &wait, NULL), -ETIMEDOUT);
	end(pid);
}

TEST(lock_is_waited_for)
{
	AUTO(buf) struct buf told = BUF_NONE;
	struct lock_wait wait = { .timeout_ms = 20000, .notice_ms = 10000, .notice = remember, .ctx = &told };

	for (int i = 0; i < 2; i++) {
		AUTO(lock) struct lock l = LOCK_NONE;
		pid_t pid = hold(test_dir(), "l", LOCK_EXCLUSIVE, 50);

		CHECK_INT(lock_take(&l, test_dir(), "l", LOCK_EXCLUSIVE, false, i ? &wait : NULL, NULL), 0);
		CHECK_INT(waitpid(pid, NULL, 0), pid);
	}
	CHECK_STR(told.s, "");
}

TEST(lock_is_on_what_the_name_is_when_it_comes)
{
	AUTO(lock) struct lock l = LOCK_NONE;
	AUTO(lock) struct lock other = LOCK_NONE;
	pid_t pid = hold(test_dir(), "l", LOCK_EXCLUSIVE, 50);

	/* a waiter opens the file now; meanwhile it is replaced, and somebody has the new one */
	CHECK_INT(at_write_atomic(test_dir(), "new", "", 0, 0600, NULL), 0);
	if (!fork()) {
		usleep(10000);
		_exit(renameat(test_dir(), "new", test_dir(), "l") ? 1 : 0);
	}
	CHECK_INT(lock_take(&l, test_dir(), "l", LOCK_EXCLUSIVE, false, NULL, NULL), 0);
	CHECK(waitpid(-1, NULL, 0) > 0);
	CHECK(waitpid(-1, NULL, 0) > 0);
	(void)pid;
	CHECK_INT(lock_try(&other, test_dir(), "l", LOCK_EXCLUSIVE, NULL), -EWOULDBLOCK);
}

TEST(lock_of_a_file_that_goes_while_waiting)
{
	AUTO(lock) struct lock l = LOCK_NONE;
	pid_t pid = hold(test_dir(), "l", LOCK_EXCLUSIVE, 50);

	if (!fork()) {
		usleep(10000);
		_exit(unlinkat(test_dir(), "l", 0) ? 1 : 0);
	}
	CHECK_INT(lock_take(&l, test_dir(), "l", LOCK_EXCLUSIVE, false, NULL, NULL), -ENOENT);
	CHECK(waitpid(-1, NULL, 0) > 0);
	CHECK(waitpid(-1, NULL, 0) > 0);
	(void)pid;
}
