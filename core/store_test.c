#include "core/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h> /* renameat */
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/at.h"
#include "core/auto.h"
#include "test/unit/test.h"

/* NAME below the test's directory, as a path. */
static const char *path_of(char to[64], const char *name)
{
	(void)str_fmt(to, 64, "/proc/self/fd/%d/%s", test_dir(), name);
	return to;
}

static int open_new(struct store *st, const char *name, struct err *e)
{
	char path[64];

	return store_open(st, path_of(path, name), true, e);
}

static int count(void *ctx, const char *name, unsigned char d_type)
{
	(void)name, (void)d_type;
	++*(int *)ctx;
	return 0;
}

static int entries(int dir)
{
	int n = 0;

	CHECK_INT(at_each(dir, count, &n, NULL), 0);
	return n;
}

TEST(a_store_is_made_whole_and_private)
{
	AUTO(store) struct store st = STORE_NONE;
	AUTO(buf) struct buf text = BUF_NONE;
	struct stat s;
	char path[64];

	CHECK_INT(store_open(&st, path_of(path, "a/b/state"), false, NULL), -ENOENT);
	if (!CHECK_INT(open_new(&st, "a/b/state", NULL), 0))
		return;
	CHECK(!fstat(st.dir, &s));
	CHECK_INT(s.st_mode & 07777, 0700);
	CHECK_INT(at_read(st.profiles, "default.yaml", 1000, &text, NULL), 0);
	CHECK(strstr(text.s, "Default LXD profile"));
	CHECK_INT(at_exists(st.profiles, "docker.yaml"), 1);
	CHECK_INT(strlen(st.id), 8);
	CHECK(!st.read_only);
}

TEST(what_was_removed_from_a_store_stays_away)
{
	AUTO(store) struct store st = STORE_NONE;
	AUTO(store) struct store again = STORE_NONE;

	if (!CHECK_INT(open_new(&st, "s", NULL), 0))
		return;
	CHECK(!unlinkat(st.profiles, "docker.yaml", 0));
	CHECK(!unlinkat(st.dir, "idmap", AT_REMOVEDIR));
	if (!CHECK_INT(open_new(&again, "s", NULL), 0))
		return;
	CHECK_INT(at_exists(again.profiles, "docker.yaml"), 0);
	CHECK_INT(at_exists(again.dir, "idmap"), 1);
	CHECK_STR(st.id, again.id);
}

TEST(a_store_that_others_may_enter_is_refused)
{
	AUTO(store) struct store st = STORE_NONE;
	struct err e = ERR_NONE;
	int dir = test_dir();

	CHECK(!mkdirat(dir, "empty", 0755));
	CHECK_INT(open_new(&st, "empty", NULL), 0); /* an empty one is made so */
	CHECK(!fchmod(st.dir, 0711));
	store_close(&st);
	CHECK_INT(open_new(&st, "empty", &e), -EPERM);
	CHECK(strstr(e.text, "0700"));
	if (geteuid())
		return;
	CHECK(!mkdirat(dir, "foreign", 0700) && !fchownat(dir, "foreign", 1000, 1000, 0));
	CHECK_INT(open_new(&st, "foreign", NULL), -EPERM);
}

TEST(a_directory_with_other_things_is_not_made_a_store)
{
	AUTO(store) struct store st = STORE_NONE;
	int dir = test_dir();

	CHECK(!mkdirat(dir, "home", 0700) && !mkdirat(dir, "home/mail", 0700));
	CHECK_INT(open_new(&st, "home", NULL), -ENOTEMPTY);
	CHECK_INT(at_exists(dir, "home/version"), 0);
	CHECK(!mkdirat(dir, "disk", 0700) && !mkdirat(dir, "disk/lost+found", 0700) && !mkdirat(dir, "disk/layers", 0700));
	CHECK_INT(open_new(&st, "disk", NULL), 0); /* a new file system; and a crash while it was made */
}

TEST(versions_that_are_newer_or_damaged_are_refused)
{
	static const char *const row[] = { "2\n", "", "x\n", "-1\n", "99999999999\n", "1x\n", "0\n" };
	AUTO(store) struct store st = STORE_NONE;

	if (!CHECK_INT(open_new(&st, "s", NULL), 0))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(store) struct store other = STORE_NONE;

		CHECK_INT(at_write_atomic(st.dir, "version", row[i], strlen(row[i]), 0600, NULL), 0);
		CHECK_ROW_INT(row[i], open_new(&other, "s", NULL), -EINVAL);
	}
}

TEST(many_may_make_the_same_store)
{
	enum { PROCESSES = 8 };
	char path[64];
	int failed = 0;

	(void)path_of(path, "deep/state");
	for (int i = 0; i < PROCESSES; i++) {
		pid_t pid = fork();

		if (!pid) {
			struct store st;

			_exit(store_open(&st, path, true, NULL) < 0 ? 1 : 0);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status;

		failed += wait(&status) < 0 || status;
	}
	CHECK_INT(failed, 0);
}

TEST(new_objects_appear_by_one_rename)
{
	AUTO(store) struct store st = STORE_NONE;
	AUTO(store_new) struct store_new n = STORE_NEW_NONE;
	AUTO(store_new) struct store_new second = STORE_NEW_NONE;
	struct stat s;

	if (!CHECK_INT(open_new(&st, "s", NULL), 0) || !CHECK_INT(store_new(&st, &n, 0755, NULL), 0))
		return;
	CHECK(!fstat(n.dir, &s));
	CHECK_INT(s.st_mode & 07777, 0755);
	CHECK(!mkdirat(n.dir, "content", 0700));
	CHECK_INT(store_sweep(&st, NULL), 0); /* its builder lives */
	CHECK_INT(entries(st.trash), 1);
	CHECK_INT(store_publish(&st, &n, st.images, "x", NULL), 0);
	CHECK_INT(at_exists(st.images, "x"), 1);
	CHECK_INT(entries(st.trash), 0);

	CHECK_INT(store_new(&st, &second, 0700, NULL), 0);
	CHECK_INT(store_publish(&st, &second, st.images, "x", NULL), -EEXIST);
	store_discard(&st, &second);
	CHECK_INT(entries(st.trash), 0);
}

TEST(what_crashed_builders_left_is_swept)
{
	AUTO(store) struct store st = STORE_NONE;
	struct store_new n;

	if (!CHECK_INT(open_new(&st, "s", NULL), 0) || !CHECK_INT(store_new(&st, &n, 0700, NULL), 0))
		return;
	CHECK(!mkdirat(n.dir, "content", 0700));
	CHECK(!symlinkat("/", st.trash, "link"));
	auto_store_new(&n); /* as when it dies */
	CHECK_INT(store_sweep(&st, NULL) >= 0, 1);
	CHECK_INT(entries(st.trash), 0);
}

TEST(removing_is_a_rename_first)
{
	AUTO(store) struct store st = STORE_NONE;

	if (!CHECK_INT(open_new(&st, "s", NULL), 0))
		return;
	CHECK(!mkdirat(st.instances, "c1", 0700) && !mkdirat(st.instances, "c1/rw", 0000));
	CHECK_INT(store_remove(&st, st.instances, "c1", NULL), 0);
	CHECK_INT(at_exists(st.instances, "c1"), 0);
	CHECK_INT(entries(st.trash), 0);
	CHECK_INT(store_remove(&st, st.instances, "c1", NULL), -ENOENT);
}

/* Builders and sweepers at once: no builder ever loses what it builds. */
TEST(sweepers_never_take_what_is_being_built)
{
	AUTO(store) struct store st = STORE_NONE;
	int failed = 0;
	pid_t sweeper;

	if (!CHECK_INT(open_new(&st, "s", NULL), 0))
		return;
	sweeper = fork();
	if (!sweeper)
		for (;;)
			(void)store_sweep(&st, NULL);
	for (int i = 0; i < 300; i++) {
		struct store_new n;
		char name[24];

		if (store_new(&st, &n, 0700, NULL) < 0 || mkdirat(n.dir, "content", 0700) < 0 ||
		    str_fmt(name, sizeof name, "l%d", i) < 0 || renameat(st.trash, n.name, st.layers, name) < 0)
			failed++;
		auto_store_new(&n);
	}
	CHECK(!kill(sweeper, SIGKILL) && waitpid(sweeper, NULL, 0) == sweeper);
	CHECK_INT(failed, 0);
	CHECK_INT(entries(st.layers), 300);
}
