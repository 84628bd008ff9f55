#include "core/err.h"

#include <errno.h>
#include "test/unit/test.h"

TEST(err_is_a_chain_with_the_cause_last)
{
	struct err e = ERR_NONE;

	errno = ENOENT;
	CHECK_INT(err_sys(&e, "open %s", "x"), -ENOENT);
	CHECK_STR(e.text, "open x: no such file or directory");
	CHECK_INT(err_in(&e, -ENOENT, "cannot mount %s", "rootfs"), -ENOENT);
	CHECK_INT(err_in(&e, -EIO, "cannot launch c1"), -EIO);
	CHECK_STR(e.text, "cannot launch c1: cannot mount rootfs: open x: no such file or directory");
	CHECK_INT(e.code, -ENOENT);
}

TEST(err_starts_from_what_is_given)
{
	struct err e = ERR_NONE;

	CHECK_INT(err_set(&e, -EINVAL, "config key %s: not a size: %s", "a", "b"), -EINVAL);
	CHECK_STR(e.text, "config key a: not a size: b");
	CHECK_INT(err_code(&e, -EISDIR, "x"), -EISDIR);
	CHECK_STR(e.text, "x: is a directory");
	e = ERR_NONE;
	CHECK_INT(err_in(&e, -EPERM, "y"), -EPERM);
	CHECK_STR(e.text, "y: operation not permitted");
	CHECK_INT(e.code, -EPERM);
	errno = 0;
	CHECK_INT(err_sys(&e, "z"), -EIO);
}

TEST(err_in_leaves_success_alone)
{
	struct err e = ERR_NONE;

	CHECK_INT(err_in(&e, 3, "x"), 3);
	CHECK_INT(e.code, 0);
	CHECK_STR(e.text, "");
}

TEST(err_takes_no_chain)
{
	errno = EACCES;
	CHECK_INT(err_sys(NULL, "x"), -EACCES);
	CHECK_INT(err_code(NULL, -EIO, "x"), -EIO);
	CHECK_INT(err_set(NULL, -EIO, "x"), -EIO);
	CHECK_INT(err_in(NULL, -EIO, "x"), -EIO);
}

TEST(err_may_quote_its_own_chain)
{
	struct err e = ERR_NONE;

	err_set(&e, -EINVAL, "old");
	err_set(&e, -EINVAL, "new (%s)", e.text);
	CHECK_STR(e.text, "new (old)");
	err_in(&e, -EINVAL, "in %s", e.text);
	CHECK_STR(e.text, "in new (old): new (old)");
}

TEST(err_that_is_full_loses_outer_parts_never_the_cause)
{
	struct err e = ERR_NONE;

	err_set(&e, -EINVAL, "the cause");
	for (int i = 0; i < 2000; i++)
		err_in(&e, -EINVAL, "part %d", i);
	CHECK(strlen(e.text) < sizeof e.text);
	CHECK_STR(e.text + strlen(e.text) - 9, "the cause");
	err_set(&e, -EINVAL, "%02000d", 7);
	CHECK_INT(strlen(e.text), sizeof e.text - 1);
	err_in(&e, -EINVAL, "x");
	CHECK_INT(strlen(e.text), sizeof e.text - 1);
}
