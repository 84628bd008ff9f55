#include "core/at.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sched.h>
#include <unistd.h>
#include "core/arena.h"
#include "core/auto.h"
#include "test/unit/test.h"

static void put_file(int dir, const char *path, const char *text)
{
	AUTO(fd) int fd = openat(dir, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	CHECK_ROW(path, fd >= 0 && !fd_write(fd, text, strlen(text)));
}

static void put_dir(int dir, const char *path)
{
	CHECK_ROW(path, !mkdirat(dir, path, 0755));
}

static void put_link(int dir, const char *path, const char *target)
{
	CHECK_ROW(path, !symlinkat(target, dir, path));
}

/* What stands in the file behind FD, closed here; "dir", "link" or the error's name. */
static const char *content(struct arena *a, int fd)
{
	AUTO(buf) struct buf b = BUF_NONE;
	AUTO(fd) int f = fd;
	struct stat st;

	if (fd < 0)
		return arena_dup(a, err_name(fd));
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	if (fstat(fd, &st) < 0 || S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode))
		return S_ISLNK(st.st_mode) ? "link" : "dir";
	return fd_read(f, 1000, &b, NULL) < 0 ? "unreadable" : arena_dup(a, b.s);
}

/* dir/root is the root of all this; dir/secret lies outside of it. */
static int make_tree(int dir)
{
	int root;

	put_file(dir, "secret", "outside");
	put_dir(dir, "root");
	root = openat(dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	put_dir(root, "d");
	put_dir(root, "d/e");
	put_file(root, "secret", "inside");
	put_file(root, "f", "f");
	put_file(root, "d/e/g", "g");
	put_link(root, "abs", "/d/e/g");
	put_link(root, "rel", "d/e/g");
	put_link(root, "d/up", "../f");
	put_link(root, "out", "../../../../secret");
	put_link(root, "abs-out", "/../../secret");
	put_link(root, "dirlink", "d/e");
	put_link(root, "loop", "loop");
	put_link(root, "loop-a", "loop-b");
	put_link(root, "loop-b", "loop-a");
	put_link(root, "dangling", "d/new");
	put_link(root, "self", ".");
	put_link(root, "slash", "/");
	put_link(root, "to-slashed", "d/e/");
	return root;
}

struct open_row {
	const char *path;
	int flags;
	const char *gives; /* content or error */
};

static void check_opens(int (*open_fn)(int, const char *, int, mode_t, struct err *), int root,
			const struct open_row *row, size_t n)
{
	AUTO(arena) struct arena a = ARENA_NONE;

	for (int i = 0; i < 2; i++) {
		at_without_openat2 = i;
		for (size_t k = 0; k < n; k++) {
			int fd = open_fn(root, row[k].path, row[k].flags, 0600, NULL);

			CHECK_ROW_STR(arena_fmt(&a, "%s, %s", row[k].path, i ? "walk" : "openat2"), content(&a, fd),
				      row[k].gives);
			if (row[k].flags & O_CREAT) /* as it was, for the second round */
				(void)unlinkat(root, "d/new", 0);
		}
	}
	at_without_openat2 = false;
}

#define LOOP   "too many levels of symbolic links"
#define NOENT  "no such file or directory"
#define NOTDIR "not a directory"

TEST(open_in_root_resolves_as_a_process_inside_would)
{
	static const struct open_row row[] = {
		{ "f", O_RDONLY, "f" },
		{ "/f", O_RDONLY, "f" },
		{ "//d//e/./g", O_RDONLY, "g" },
		{ "abs", O_RDONLY, "g" },
		{ "rel", O_RDONLY, "g" },
		{ "d/up", O_RDONLY, "f" },
		{ "dirlink/g", O_RDONLY, "g" },
		{ "dirlink/../up", O_RDONLY, "f" },
		{ "out", O_RDONLY, "inside" },
		{ "abs-out", O_RDONLY, "inside" },
		{ "../../secret", O_RDONLY, "inside" },
		{ "d/../../../secret", O_RDONLY, "inside" },
		{ "self/self/slash/self/f", O_RDONLY, "f" },
		{ "/", O_RDONLY, "dir" },
		{ "..", O_RDONLY, "dir" },
		{ "d/", O_RDONLY, "dir" },
		{ "to-slashed", O_RDONLY, "dir" },
		{ "dirlink", O_PATH | O_DIRECTORY, "dir" },
		{ "dirlink", O_PATH | O_NOFOLLOW, "link" },
		{ "dirlink/", O_PATH | O_NOFOLLOW, "dir" },
		{ "rel", O_RDONLY | O_NOFOLLOW, LOOP },
		{ "loop", O_RDONLY, LOOP },
		{ "loop-a", O_RDONLY, LOOP },
		{ "loop", O_PATH | O_NOFOLLOW, "link" },
		{ "loop/x", O_RDONLY, LOOP },
		{ "none", O_RDONLY, NOENT },
		{ "none/..", O_RDONLY, NOENT },
		{ "f/", O_RDONLY, NOTDIR },
		{ "f/..", O_RDONLY, NOTDIR },
		{ "f/x", O_RDONLY, NOTDIR },
		{ "f", O_RDONLY | O_DIRECTORY, NOTDIR },
		{ "dangling", O_RDONLY, NOENT },
		{ "dangling", O_RDWR | O_CREAT, "" },
		{ "dangling", O_RDWR | O_CREAT | O_EXCL, "file exists" },
		{ "d/new", O_RDWR | O_CREAT | O_EXCL, "" },
		{ "d/e/../new", O_RDWR | O_CREAT, "" },
		{ "f", O_RDWR | O_CREAT | O_EXCL, "file exists" },
		{ "f", O_RDONLY | O_CREAT, "f" },
		{ "d", O_RDWR, "is a directory" },
		{ "", O_RDONLY, NOENT },
	};
	AUTO(fd) int root = make_tree(test_dir());

	check_opens(at_open_in_root, root, row, ARRAY_SIZE(row));
}

TEST(open_of_our_own_follows_nothing)
{
	static const struct open_row row[] = {
		{ "f", O_RDONLY, "f" },
		{ "d/e/g", O_RDONLY, "g" },
		{ "d/../f", O_RDONLY, "f" },
		{ "d/e/..", O_RDONLY, "dir" },
		{ ".", O_RDONLY, "dir" },
		{ "/f", O_RDONLY, "invalid cross-device link" },
		{ "../secret", O_RDONLY, "invalid cross-device link" },
		{ "d/../../secret", O_RDONLY, "invalid cross-device link" },
		{ "rel", O_RDONLY, LOOP },
		{ "dirlink/g", O_RDONLY, LOOP },
		{ "self/f", O_RDONLY, LOOP },
		{ "rel", O_PATH | O_NOFOLLOW, "link" },
		{ "dangling", O_RDWR | O_CREAT, LOOP },
		{ "dangling", O_RDWR | O_CREAT | O_EXCL, "file exists" },
		{ "d/new", O_RDWR | O_CREAT, "" },
		{ "none", O_RDONLY, NOENT },
		{ "f/x", O_RDONLY, NOTDIR },
	};
	AUTO(fd) int root = make_tree(test_dir());
	struct err e = ERR_NONE;

	check_opens(at_open, root, row, ARRAY_SIZE(row));
	CHECK_INT(at_open(root, "d/e/none", O_RDONLY, 0, &e), -ENOENT);
	CHECK_STR(e.text, "none: no such file or directory");
}

TEST(open_knows_the_kernels_limits)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(buf) struct buf path = BUF_NONE;
	int dir = test_dir();

	put_file(dir, "l0", "end");
	for (int i = 1; i <= 41; i++)
		put_link(dir, arena_fmt(&a, "l%d", i), arena_fmt(&a, "l%d", i - 1));
	while (path.len < PATH_MAX)
		buf_addstr(&path, "./");
	for (int i = 0; i < 2; i++) {
		at_without_openat2 = i;
		CHECK_STR(content(&a, at_open_in_root(dir, "l40", O_RDONLY, 0, NULL)), "end");
		CHECK_STR(content(&a, at_open_in_root(dir, "l41", O_RDONLY, 0, NULL)), LOOP);
		CHECK_INT(at_open_in_root(dir, path.s, O_RDONLY, 0, NULL), -ENAMETOOLONG);
		CHECK_STR(content(&a, at_open_in_root(dir, path.s + 2, O_RDONLY, 0, NULL)), "dir");
	}
	at_without_openat2 = false;
}

TEST(open_in_root_does_not_take_magic_links)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(fd) int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < 2; i++) {
		at_without_openat2 = i;
		CHECK_STR(content(&a, at_open_in_root(proc, "self/exe", O_RDONLY, 0, NULL)), LOOP);
		CHECK_STR(content(&a, at_open_in_root(proc, "self/root/etc", O_RDONLY, 0, NULL)), LOOP);
		CHECK_STR(content(&a, at_open_in_root(proc, "self/ns/net", O_RDONLY, 0, NULL)), LOOP);
		CHECK_STR(content(&a, at_open_in_root(proc, "self/task", O_RDONLY, 0, NULL)), "dir");
	}
	at_without_openat2 = false;
}

TEST(walk_of_a_path_made_for_it_ends)
{
	AUTO(buf) struct buf path = BUF_NONE;
	int dir = test_dir();

	put_dir(dir, "a");
	while (path.len < 4000)
		buf_addstr(&path, "a/../");
	put_link(dir, "l1", path.s);
	put_link(dir, "l2", "l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1/l1");
	at_without_openat2 = true;
	(void)close(at_open_in_root(dir, "l2", O_RDONLY, 0, NULL)); /* found or refused: it comes back */
	at_without_openat2 = false;
}

TEST(mkdir_in_root_makes_what_is_missing_inside)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(fd) int root = make_tree(test_dir());
	mode_t old = umask(077);

	for (int i = 0; i < 2; i++) {
		struct stat st;
		int fd;

		at_without_openat2 = i;
		CHECK_STR(content(&a, at_mkdir_in_root(root, arena_fmt(&a, "/x%d/y//z/", i), NULL)), "dir");
		CHECK_INT(fstatat(root, arena_fmt(&a, "x%d/y/z", i), &st, 0), 0);
		CHECK_INT(st.st_mode & 07777, 0755);
		CHECK_STR(content(&a, at_mkdir_in_root(root, arena_fmt(&a, "dirlink/new%d", i), NULL)), "dir");
		CHECK_INT(at_exists(root, arena_fmt(&a, "d/e/new%d", i)), 1);
		CHECK_STR(content(&a, at_mkdir_in_root(root, arena_fmt(&a, "../../up%d/v", i), NULL)), "dir");
		CHECK_INT(at_exists(root, arena_fmt(&a, "up%d/v", i)), 1);
		CHECK_STR(content(&a, at_mkdir_in_root(root, "f/x", NULL)), NOTDIR);
		CHECK_STR(content(&a, at_mkdir_in_root(root, "loop/x", NULL)), LOOP);
		CHECK_STR(content(&a, at_mkdir_in_root(root, "dangling/x", NULL)), NOENT);
		CHECK_STR(content(&a, at_mkdir_in_root(root, "", NULL)), "dir");
		fd = at_mkdir_in_root(root, "d/e", NULL);
		CHECK(fcntl(fd, F_GETFL) & O_PATH);
		close(fd);
	}
	at_without_openat2 = false;
	umask(old);
}

TEST(read_has_a_limit)
{
	AUTO(buf) struct buf b = BUF_NONE;
	struct err e = ERR_NONE;
	int dir = test_dir();

	put_file(dir, "f", "12345");
	put_file(dir, "empty", "");
	buf_addstr(&b, "0");
	CHECK_INT(at_read(dir, "f", 5, &b, &e), 0);
	CHECK_STR(b.s, "012345");
	CHECK_INT(at_read(dir, "f", 4, &b, &e), -EFBIG);
	CHECK_STR(e.text, "f: file too large");
	CHECK_STR(b.s, "012345");
	CHECK_INT(at_read(dir, "empty", 0, &b, &e), 0);
	CHECK_STR(b.s, "012345");
	CHECK_INT(at_read(dir, "f", SIZE_MAX, &b, &e), 0);
	CHECK_STR(b.s, "01234512345");
	CHECK_INT(at_read(dir, "none", 4, &b, &e), -ENOENT);
}

TEST(read_is_for_regular_files)
{
	AUTO(buf) struct buf b = BUF_NONE;
	struct err e = ERR_NONE;
	int dir = test_dir();

	put_dir(dir, "d");
	put_file(dir, "f", "x");
	put_link(dir, "l", "f");
	CHECK_INT(mkfifoat(dir, "fifo", 0600), 0);
	CHECK_INT(at_read(dir, "d", 4, &b, &e), -EISDIR);
	CHECK_INT(at_read(dir, "l", 4, &b, &e), -ELOOP);
	CHECK_INT(at_read(dir, "fifo", 4, &b, &e), -EINVAL);
	CHECK_STR(e.text, "fifo: not a regular file");
}

TEST(read_of_a_pipe_and_of_proc)
{
	AUTO(buf) struct buf b = BUF_NONE;
	AUTO(fd) int stat = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	int p[2];

	CHECK_INT(fd_read(stat, 100000, &b, NULL), 0);
	CHECK(b.len > 10);
	if (!CHECK_INT(pipe(p), 0))
		return;
	CHECK_INT(fd_write(p[1], "abc", 3), 0);
	close(p[1]);
	buf_reset(&b);
	CHECK_INT(fd_read(p[0], 3, &b, NULL), 0);
	CHECK_STR(b.s, "abc");
	close(p[0]);
}

static int count_entry(void *ctx, const char *name, unsigned char d_type)
{
	(void)name;
	(void)d_type;
	++*(int *)ctx;
	return 0;
}

static int stop_at_third(void *ctx, const char *name, unsigned char d_type)
{
	(void)count_entry(ctx, name, d_type);
	return *(int *)ctx == 3 ? 42 : 0;
}

TEST(each_sees_all_entries_or_ends_early)
{
	AUTO(fd) int path = openat(test_dir(), ".", O_PATH | O_CLOEXEC);
	int n = 0;

	for (int i = 0; i < 700; i++) {
		char name[16];

		(void)str_fmt(name, sizeof name, "entry-%d", i);
		put_file(path, name, "");
	}
	CHECK_INT(at_each(path, count_entry, &n, NULL), 0);
	CHECK_INT(n, 700);
	n = 0;
	CHECK_INT(at_each(path, stop_at_third, &n, NULL), 42);
	CHECK_INT(n, 3);
}

TEST(write_atomic_replaces_whole)
{
	AUTO(buf) struct buf b = BUF_NONE;
	AUTO(fd) int path = openat(test_dir(), ".", O_PATH | O_CLOEXEC);
	mode_t old = umask(077);
	struct stat st;
	int n = 0;

	CHECK_INT(at_write_atomic(path, "f", "one", 3, 0644, NULL), 0);
	CHECK_INT(at_write_atomic(path, "f", "two!", 4, 0640, NULL), 0);
	CHECK_INT(at_read(path, "f", 100, &b, NULL), 0);
	CHECK_STR(b.s, "two!");
	CHECK_INT(fstatat(path, "f", &st, 0), 0);
	CHECK_INT(st.st_mode & 07777, 0640);
	CHECK_INT(at_each(path, count_entry, &n, NULL), 0);
	CHECK_INT(n, 1);
	umask(old);
}

TEST(write_atomic_that_fails_leaves_nothing)
{
	struct err e = ERR_NONE;
	int dir = test_dir(), n = 0;

	put_dir(dir, "d");
	CHECK_INT(at_write_atomic(dir, "d", "x", 1, 0644, &e), -EISDIR);
	CHECK_STR(e.text, "cannot write d: is a directory");
	CHECK_INT(at_each(dir, count_entry, &n, NULL), 0);
	CHECK_INT(n, 1);
}

TEST(write_atomic_replaces_a_link_not_its_target)
{
	AUTO(buf) struct buf b = BUF_NONE;
	int dir = test_dir();

	put_file(dir, "victim", "safe");
	put_link(dir, "l", "victim");
	CHECK_INT(at_write_atomic(dir, "l", "new", 3, 0644, NULL), 0);
	CHECK_INT(at_read(dir, "victim", 100, &b, NULL), 0);
	CHECK_INT(at_read(dir, "l", 100, &b, NULL), 0);
	CHECK_STR(b.s, "safenew");
}

TEST(write_kernel_is_one_write)
{
	struct err e = ERR_NONE;

	CHECK_INT(at_write_kernel(AT_FDCWD, "/dev/null", "x", &e), 0);
	CHECK_INT(at_write_kernel(AT_FDCWD, "/dev/full", "x", &e), -ENOSPC);
	CHECK_STR(e.text, "full: no space left on device");
	CHECK_INT(at_write_kernel(AT_FDCWD, "/nowhere/memory.max", "x", &e), -ENOENT);
	CHECK_STR(e.text, "memory.max: no such file or directory");
}

TEST(mkdir_opens_with_its_mode)
{
	struct err e = ERR_NONE;
	mode_t old = umask(077);
	struct stat st;
	int fd = at_mkdir(test_dir(), "d", 0755, &e);

	CHECK_INT(fstat(fd, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0755);
	close(fd);
	CHECK_INT(at_mkdir(test_dir(), "d", 0755, &e), -EEXIST);
	CHECK_STR(e.text, "d: file exists");
	CHECK_INT(at_exists(test_dir(), "d"), 1);
	CHECK_INT(at_exists(test_dir(), "x"), 0);
	put_file(test_dir(), "f", "");
	CHECK_INT(at_exists(test_dir(), "f/x"), -ENOTDIR);
	umask(old);
}

TEST(remove_tree_of_everything)
{
	int dir = test_dir(), fd;

	for (int i = 0; i < 2; i++) {
		at_without_openat2 = i;
		put_dir(dir, "t");
		fd = openat(dir, "t", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		put_file(dir, "victim", "");
		put_dir(fd, "a");
		put_dir(fd, "a/b");
		put_dir(fd, "empty");
		put_file(fd, "a/b/c", "x");
		put_link(fd, "a/out", "../../victim");
		put_link(fd, "a/dirout", "/tmp");
		CHECK_INT(mkfifoat(fd, "a/fifo", 0600), 0);
		close(fd);
		CHECK_INT(at_remove_tree(dir, "t", NULL), 0);
		CHECK_INT(at_exists(dir, "t"), 0);
		CHECK_INT(at_exists(dir, "victim"), 1);
		CHECK_INT(at_remove_tree(dir, "t", NULL), 0); /* missing: fine */
		CHECK_INT(at_remove_tree(dir, "victim", NULL), 0);
		CHECK_INT(at_exists(dir, "victim"), 0);
	}
	at_without_openat2 = false;
}

TEST(remove_tree_of_any_depth)
{
	AUTO(fd) int fd = at_mkdir(test_dir(), "deep", 0755, NULL);

	for (int i = 0; i < 2000; i++) { /* 10,000 work, too, but making them takes seconds */
		int next = at_mkdir(fd, "d", 0755, NULL);

		if (!(i % 100))
			put_file(fd, "f", "");
		close(fd);
		fd = next;
	}
	CHECK_INT(at_remove_tree(test_dir(), "deep", NULL), 0);
	CHECK_INT(at_exists(test_dir(), "deep"), 0);
}

TEST(remove_tree_of_any_width)
{
	AUTO(fd) int fd = at_mkdir(test_dir(), "wide", 0755, NULL);
	char name[200];

	/* more names than one level keeps at a time, and deep enough below to close it meanwhile */
	for (int i = 0; i < 400; i++) {
		memset(name, 'n', sizeof name);
		(void)str_fmt(name + 180, 20, "%d", i);
		put_dir(fd, name);
	}
	for (int depth = 0; depth < 20; depth++) {
		size_t n = strlen(name);

		(void)str_fmt(name + n, sizeof name - n, "%s", "/x");
		if (strlen(name) == n)
			break;
		put_dir(fd, name);
	}
	CHECK_INT(at_remove_tree(test_dir(), "wide", NULL), 0);
	CHECK_INT(at_exists(test_dir(), "wide"), 0);
}

/* In a child without root's rights, where directories may be closed to us. */
static int as_nobody(void (*fn)(int dir), int dir)
{
	pid_t pid = fork();
	int status = 0;

	if (!pid) {
		if (!geteuid() && (setgid(65534) || setuid(65534)))
			_exit(99);
		fn(dir);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void remove_closed(int dir)
{
	struct err e = ERR_NONE;

	if (mkdirat(dir, "mine", 0755) || mkdirat(dir, "mine/closed", 0755) || mkdirat(dir, "mine/closed/x", 0755) ||
	    mkdirat(dir, "mine/readonly", 0755) || mkdirat(dir, "mine/readonly/y", 0755))
		_exit(2);
	if (fchmodat(dir, "mine/closed", 0, 0) || fchmodat(dir, "mine/readonly", 0555, 0))
		_exit(3);
	if (at_remove_tree(dir, "mine", &e) || at_exists(dir, "mine"))
		_exit(4);
}

TEST(remove_tree_opens_what_is_closed)
{
	CHECK_INT(fchmod(test_dir(), 0777), 0);
	CHECK_INT(as_nobody(remove_closed, test_dir()), 0);
}

static void remove_foreign(int dir)
{
	struct err e = ERR_NONE;

	if (at_remove_tree(dir, "t", &e) != -EACCES || strcmp(e.text, "cannot remove locked: permission denied"))
		_exit(5);
	if (at_exists(dir, "t/z") || at_exists(dir, "t/a") || at_exists(dir, "t/foreign/locked") != 1)
		_exit(6);
}

TEST(remove_tree_goes_on_and_tells_the_first_failure)
{
	int dir = test_dir();

	if (geteuid()) {
		test_skip("needs root to make what others may not remove");
		return;
	}
	CHECK_INT(fchmod(dir, 0777), 0);
	put_dir(dir, "t");
	put_dir(dir, "t/a");
	put_dir(dir, "t/foreign");
	put_dir(dir, "t/z");
	put_file(dir, "t/foreign/locked", "");
	put_file(dir, "t/z/f", "");
	CHECK_INT(fchownat(dir, "t", 65534, 65534, 0) | fchownat(dir, "t/a", 65534, 65534, 0) |
		  fchownat(dir, "t/z", 65534, 65534, 0), 0);
	CHECK_INT(as_nobody(remove_foreign, dir), 0);
}

static int mount_and_remove(int dir)
{
	char link[64], path[PATH_MAX] = "";
	struct err e = ERR_NONE;

	/* DIR belongs to the old namespace: to its path, anew */
	(void)str_fmt(link, sizeof link, "/proc/self/fd/%d", dir);
	if (readlink(link, path, sizeof path - 1) < 0 || unshare(CLONE_NEWNS) ||
	    mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) || chdir(path))
		return 77;
	dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put_dir(dir, "victim");
	put_file(dir, "victim/f", "");
	put_dir(dir, "t");
	put_dir(dir, "t/mnt");
	if (mount("victim", "t/mnt", NULL, MS_BIND, NULL))
		return 77;
	if (at_remove_tree(dir, "t", &e) != -EXDEV || strcmp(e.text, "cannot remove mnt: something is mounted there"))
		return 1;
	return at_exists(dir, "victim/f") == 1 ? 0 : 2;
}

TEST(remove_tree_does_not_cross_a_bind_mount)
{
	int dir = test_dir();

	for (int i = 0; i < 2; i++) {
		int status = 0;
		pid_t pid;

		at_without_openat2 = i;
		pid = fork();
		if (!pid)
			_exit(mount_and_remove(dir));
		CHECK_INT(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
			test_skip("no rights to mount");
		else
			CHECK_INT(status, 0);
		CHECK_INT(at_remove_tree(dir, "victim", NULL), 0);
		CHECK_INT(at_remove_tree(dir, "t", NULL), 0);
	}
	at_without_openat2 = false;
}
