#include "runtime/instance/passwd.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static const char text[] = "root:x:0:0:root:/root:/bin/sh\n"
			   "# a comment\n"
			   "short:x:1\n"
			   "neg:x:-1:0::/:/bin/sh\n"
			   "big:x:4294967296:0::/:/bin/sh\n"
			   "user:x:1000:100:A, B:/home/user:/bin/ash\n"
			   "user:x:1001:100::/second:/bin/ash\n"
			   "last:x:7:8::/l:/s";

TEST(passwd_finds_by_name_and_by_id)
{
	static const struct {
		const char *name;
		uint32_t uid;
		int r;
		uint32_t ret_uid, gid;
		const char *home, *shell;
	} row[] = {
		{ "root", 0, 0, 0, 0, "/root", "/bin/sh" },
		{ "user", 0, 0, 1000, 100, "/home/user", "/bin/ash" }, /* the first of two */
		{ NULL, 1001, 0, 1001, 100, "/second", "/bin/ash" },
		{ "last", 0, 0, 7, 8, "/l", "/s" }, /* no newline at its end */
		{ "short", 0, -ENOENT, 0, 0, NULL, NULL },
		{ "neg", 0, -ENOENT, 0, 0, NULL, NULL },
		{ "big", 0, -ENOENT, 0, 0, NULL, NULL },
		{ "", 0, -ENOENT, 0, 0, NULL, NULL },
		{ NULL, 5, -ENOENT, 0, 0, NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct passwd_entry e;

		CHECK_ROW_INT(row_of((int)i), passwd_parse(text, sizeof text - 1, row[i].name, row[i].uid, &e), row[i].r);
		if (row[i].r == 0) {
			CHECK_ROW_INT(row_of((int)i), e.uid, row[i].ret_uid);
			CHECK_ROW_INT(row_of((int)i), e.gid, row[i].gid);
			CHECK_ROW_STR(row_of((int)i), e.home, row[i].home);
			CHECK_ROW_STR(row_of((int)i), e.shell, row[i].shell);
		}
	}
}

TEST(passwd_refuses_what_is_no_file)
{
	struct passwd_entry entry;
	AUTO(fd) int dir = fcntl(test_dir(), F_DUPFD_CLOEXEC, 3);

	CHECK_INT(mkdirat(dir, "etc", 0755), 0);
	CHECK_INT(passwd_find(dir, "root", 0, &entry, NULL), -ENOENT);
	CHECK_INT(mkfifoat(dir, "etc/passwd", 0644), 0);
	CHECK_INT(passwd_find(dir, "root", 0, &entry, NULL), -EINVAL);
	CHECK_INT(unlinkat(dir, "etc/passwd", 0), 0);
	CHECK_INT(symlinkat("/dev/zero", dir, "etc/passwd"), 0);
	CHECK_INT(passwd_find(dir, "root", 0, &entry, NULL), -ENOENT); /* inside there is no /dev/zero */
}
