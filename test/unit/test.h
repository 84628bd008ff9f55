/* test - the runner of the unit tests: X_test.c beside X.c, linked into one program
 *
 * TEST(name_is_the_rule) { ... } registers itself. A failed check is told with both values, and the test goes on: a table
 * of rows shows all that are wrong. The name that is filtered by (`make unit T=parse`) is "FILE:NAME". */
#pragma once
#include <stdbool.h>
#include <string.h>

struct test {
	const char *file;
	const char *name;
	void (*run)(void);
	struct test *next;
};

void test_add(struct test *t);

#define TEST(id) \
	static void test_##id(void); \
	static struct test entry_##id = { __FILE__, #id, test_##id, NULL }; \
	__attribute__((constructor)) static void add_##id(void) { test_add(&entry_##id); } \
	static void test_##id(void)

/* Each gives whether it held, so that `if (!CHECK(p)) return;` is possible. */
#define CHECK(expr)	  test_check(__FILE__, __LINE__, #expr, (expr))
#define CHECK_INT(a, b)	  test_check_int(__FILE__, __LINE__, #a, (long long)(a), (long long)(b))
#define CHECK_STR(a, b)	  test_check_str(__FILE__, __LINE__, #a, (a), (b))

/* As these, with words that name the row of a table. */
#define CHECK_ROW(row, expr)	   test_row(row, CHECK(expr))
#define CHECK_ROW_INT(row, a, b)   test_row(row, CHECK_INT(a, b))
#define CHECK_ROW_STR(row, a, b)   test_row(row, CHECK_STR(a, b))

bool test_check(const char *file, int line, const char *what, bool held);
bool test_check_int(const char *file, int line, const char *what, long long a, long long b);
bool test_check_str(const char *file, int line, const char *what, const char *a, const char *b);
bool test_row(const char *row, bool held);

/* Ends the test as not run (not a failure): no rights, no such kernel feature. The caller returns then. */
void test_skip(const char *why);

/* An empty directory for this test, open; the same at each call, removed with all its content when the test has ended. */
int test_dir(void);
