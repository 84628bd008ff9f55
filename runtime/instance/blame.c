#include "runtime/instance/blame.h"
#include <errno.h>
#include "core/auto.h"

/* What a process sees of a resource that is used up; -ECHILD: it did not live to say it. */
static bool is_shortage(int r)
{
	return r == -EMFILE || r == -EFBIG || r == -ENOMEM || r == -EAGAIN || r == -ECHILD;
}

int blame_limits(const struct start *s, int r, struct err *e)
{
	AUTO(buf) struct buf limits = BUF_NONE;
	struct cgroup_usage usage;

	cgroup_usage(&s->cgroup, &usage);
	if (s->plan->memory >= 0 && usage.oom_kills > 0)
		return err_in(e, r, "limits.memory: %lld bytes are too few", (long long)s->plan->memory);
	if (!is_shortage(r) || !s->plan->rlimits.n)
		return r;
	for (size_t i = 0; i < s->plan->rlimits.n; i++)
		buf_addf(&limits, " limits.kernel.%s=%s", s->plan->rlimits.item[i].key, s->plan->rlimits.item[i].value);
	return err_in(e, r, "with%s", limits.s);
}
