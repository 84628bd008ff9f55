#include "runtime/instance/rlimit.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include "core/auto.h"
#include "core/buf.h"
#include "core/parse.h"

#define NR_OPEN "/proc/sys/fs/nr_open"

static const struct {
	char name[12];
	int resource;
} rows[] = {
	{ "as", RLIMIT_AS },	       { "core", RLIMIT_CORE },	      { "cpu", RLIMIT_CPU },
	{ "data", RLIMIT_DATA },       { "fsize", RLIMIT_FSIZE },     { "locks", RLIMIT_LOCKS },
	{ "memlock", RLIMIT_MEMLOCK }, { "msgqueue", RLIMIT_MSGQUEUE }, { "nice", RLIMIT_NICE },
	{ "nofile", RLIMIT_NOFILE },   { "nproc", RLIMIT_NPROC },     { "rss", RLIMIT_RSS },
	{ "rtprio", RLIMIT_RTPRIO },   { "rttime", RLIMIT_RTTIME },   { "sigpending", RLIMIT_SIGPENDING },
	{ "stack", RLIMIT_STACK },
};

static int find(const char *name, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (str_eq(rows[i].name, name))
			return rows[i].resource;
	}
	return err_set(e, -EINVAL, "Unknown resource %s (known: as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio "
		       "rttime sigpending stack)", name);
}

static int parse_one(const char *s, rlim_t *ret)
{
	uint64_t v;

	if (str_eq(s, "unlimited")) {
		*ret = RLIM_INFINITY;
		return 0;
	}
	int r = parse_u64(s, 0, INT64_MAX, &v);
	if (r == 0)
		*ret = v;
	return r;
}

static int parse_pair(const char *value, struct rlimit *ret, struct err *e)
{
	char text[64];
	int r = str_fmt(text, sizeof text, "%s", value);
	char *colon = r < 0 ? NULL : strchr(text, ':');

	if (colon)
		*colon++ = 0;
	if (r < 0 || parse_one(text, &ret->rlim_cur) < 0 || parse_one(colon ? colon : text, &ret->rlim_max) < 0)
		return err_set(e, -EINVAL, "\"%s\" is not N, SOFT:HARD or unlimited", value);
	if (ret->rlim_cur > ret->rlim_max)
		return err_set(e, -EINVAL, "the soft limit is above the hard one in \"%s\"", value);
	return 0;
}

/* The kernel refuses more to everybody, and says only EPERM. */
static int check_open_files(const struct rlimit *limit, const char *value, struct err *e)
{
	AUTO(fd) int fd = openat(AT_FDCWD, NR_OPEN, O_RDONLY | O_CLOEXEC);
	char text[32];
	uint64_t most;
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1); /* by one read: these files have no middle */

	text[n < 0 ? 0 : n] = 0;
	text[strcspn(text, "\n")] = 0;
	if (parse_u64(text, 0, UINT64_MAX, &most) < 0 || limit->rlim_max <= most)
		return 0; /* without /proc the start will tell */
	return err_set(e, -EINVAL, "%s is above fs.nr_open of this host (%s)", value, text);
}

static int understand(const char *name, const char *value, int *ret_resource, struct rlimit *ret, struct err *e)
{
	int r = find(name, e);

	if (r < 0)
		return r;
	*ret_resource = r;
	return parse_pair(value, ret, e);
}

int rlimit_check(const char *name, const char *value, struct err *e)
{
	struct rlimit limit;
	int resource, r = understand(name, value, &resource, &limit, e);

	return r < 0 || resource != RLIMIT_NOFILE ? r : check_open_files(&limit, value, e);
}

int rlimit_set(pid_t pid, const char *name, const char *value, struct err *e)
{
	struct rlimit limit;
	int resource, r = understand(name, value, &resource, &limit, e);

	if (r < 0)
		return err_in(e, r, "limits.kernel.%s", name);
	if (prlimit(pid, resource, &limit, NULL) < 0)
		return err_sys(e, "limits.kernel.%s=%s", name, value);
	return 0;
}
