#include "runtime/instance/rlimit.h"
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include "core/auto.h"
#include "core/buf.h"
#include "core/parse.h"

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
	return err_set(e, -EINVAL, "limits.kernel.%s: no such limit", name);
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

static int parse_pair(const char *name, const char *value, struct rlimit *ret, struct err *e)
{
	char text[64];
	int r = str_fmt(text, sizeof text, "%s", value);
	char *colon = r < 0 ? NULL : strchr(text, ':');

	if (colon)
		*colon++ = 0;
	if (r < 0 || parse_one(text, &ret->rlim_cur) < 0 || parse_one(colon ? colon : text, &ret->rlim_max) < 0)
		return err_set(e, -EINVAL, "limits.kernel.%s: \"%s\" is not N, SOFT:HARD or unlimited", name, value);
	if (ret->rlim_cur > ret->rlim_max)
		return err_set(e, -EINVAL, "limits.kernel.%s: the soft limit is above the hard one in \"%s\"", name, value);
	return 0;
}

int rlimit_check(const char *name, const char *value, struct err *e)
{
	struct rlimit limit;
	int r = find(name, e);

	return r < 0 ? r : parse_pair(name, value, &limit, e);
}

int rlimit_set(const char *name, const char *value, struct err *e)
{
	struct rlimit limit;
	int resource = find(name, e);

	if (resource < 0)
		return resource;
	int r = parse_pair(name, value, &limit, e);
	if (r < 0)
		return r;
	if (setrlimit(resource, &limit) < 0)
		return err_sys(e, "limits.kernel.%s=%s", name, value);
	return 0;
}
