#include "runtime/instance/rlimit.h"
#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/auto.h"
#include "core/buf.h"
#include "test/unit/test.h"

TEST(rlimits_are_checked_when_set)
{
	static const struct {
		const char *name, *value, *text;
	} row[] = {
		{ "nofile", "1024", "" },
		{ "nofile", "10:20", "" },
		{ "core", "unlimited", "" },
		{ "stack", "0:unlimited", "" },
		{ "nofile", "20:10", "the soft limit is above the hard one in \"20:10\"" },
		{ "core", "unlimited:5", "the soft limit is above the hard one in \"unlimited:5\"" },
		{ "nofile", "x", "\"x\" is not N, SOFT:HARD or unlimited" },
		{ "nofile", "1:2:3", "\"1:2:3\" is not N, SOFT:HARD or unlimited" },
		{ "nofile", "-1", "\"-1\" is not N, SOFT:HARD or unlimited" },
		{ "nofile", "", "\"\" is not N, SOFT:HARD or unlimited" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct err e = ERR_NONE;

		CHECK_ROW_INT(row[i].value, rlimit_check(row[i].name, row[i].value, &e), *row[i].text ? -EINVAL : 0);
		CHECK_ROW_STR(row[i].value, e.text, row[i].text);
	}
}

TEST(more_files_than_the_kernel_allows_are_named)
{
	for (const char *const *value = (const char *const[]){ "9000000000", "unlimited", "1:9000000000", NULL }; *value; value++) {
		struct err e = ERR_NONE;

		CHECK_ROW_INT(*value, rlimit_check("nofile", *value, &e), -EINVAL);
		CHECK_ROW(*value, strstr(e.text, " is above fs.nr_open of this host ("));
	}
}

TEST(rlimit_set_names_the_key)
{
	struct err e = ERR_NONE;

	CHECK_INT(rlimit_set(0, "bogus", "1", &e), -EINVAL);
	CHECK(str_after(e.text, "limits.kernel.bogus: Unknown resource bogus"));
}

TEST(rlimit_set_sets)
{
	pid_t pid = fork();
	int status = 0;

	if (!pid) {
		struct rlimit limit;

		_exit(rlimit_set(0, "core", "0:0", NULL) == 0 && getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0 ? 0 : 1);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
}
