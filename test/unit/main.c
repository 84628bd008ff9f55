#include "test/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "core/at.h"
#include "core/auto.h"

static struct test *tests;
static const struct test *running;
static bool failed;
static const char *skipped;
static char dir_path[256];
static int dir_fd = -1, dir_parent = -1;

void test_add(struct test *t)
{
	struct test **at = &tests;

	/* files in order, a file's tests in theirs */
	while (*at && strcmp((*at)->file, t->file) <= 0)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
}

static void tell(const char *file, int line)
{
	failed = true;
	printf("%s:%d: %s: ", file, line, running->name);
}

bool test_check(const char *file, int line, const char *what, bool held)
{
	if (held)
		return true;
	tell(file, line);
	printf("not true: %s\n", what);
	return false;
}

bool test_check_int(const char *file, int line, const char *what, long long a, long long b)
{
	if (a == b)
		return true;
	tell(file, line);
	printf("%s is %lld, expected %lld\n", what, a, b);
	return false;
}

static void print_text(const char *s)
{
	AUTO(buf) struct buf text = BUF_NONE;

	if (s)
		buf_add_escaped(&text, s, strlen(s));
	printf(s ? "\"%s\"" : "NULL%s", text.s);
}

bool test_check_str(const char *file, int line, const char *what, const char *a, const char *b)
{
	if (a == b || (a && b && !strcmp(a, b)))
		return true;
	tell(file, line);
	printf("%s\n\tis       ", what);
	print_text(a);
	printf("\n\texpected ");
	print_text(b);
	printf("\n");
	return false;
}

bool test_row(const char *row, bool held)
{
	if (held)
		return true;
	printf("\tin row   ");
	print_text(row);
	printf("\n");
	return false;
}

void test_skip(const char *why)
{
	skipped = why;
}

int test_dir(void)
{
	if (dir_fd >= 0)
		return dir_fd;
	snprintf(dir_path, sizeof dir_path, "%s/unit.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (mkdtemp(dir_path))
		dir_fd = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir_parent = open(getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0 || dir_parent < 0) {
		perror(dir_path);
		exit(2);
	}
	return dir_fd;
}

static void remove_dir(void)
{
	struct err e = ERR_NONE;

	if (dir_fd < 0)
		return;
	close(dir_fd);
	dir_fd = -1;
	if (at_remove_tree(dir_parent, strrchr(dir_path, '/') + 1, &e) < 0)
		printf("%s: %s\n", dir_path, e.text);
	close(dir_parent);
}

static bool is_wanted(const struct test *t, int n, char **words)
{
	AUTO(buf) struct buf full = BUF_NONE;

	buf_addf(&full, "%s:%s", t->file, t->name);
	for (int i = 0; i < n; i++)
		if (strstr(full.s, words[i]))
			return true;
	return !n;
}

int main(int argc, char **argv)
{
	int n_passed = 0, n_failed = 0, n_skipped = 0;

	setvbuf(stdout, NULL, _IONBF, 0); /* tests fork */
	for (const struct test *t = tests; t; t = t->next) {
		if (!is_wanted(t, argc - 1, argv + 1))
			continue;
		running = t;
		failed = false;
		skipped = NULL;
		t->run();
		remove_dir();
		if (skipped)
			printf("%s: %s: skipped: %s\n", t->file, t->name, skipped);
		n_failed += failed;
		n_skipped += !failed && skipped;
		n_passed += !failed && !skipped;
	}
	if (n_skipped)
		printf("%d skipped, ", n_skipped);
	printf("%d passed, %d failed\n", n_passed, n_failed);
	return n_failed || !(n_passed + n_skipped);
}
