/* Changed limits reach a running instance. Each function brings the kernel to what the plan says by now, a limit that is gone
 * included; a controller that the instance was started without is given to it when a limit needs it. */
#include "runtime/instance/balance.h"
#include "runtime/instance/keys_plan.h"

/* 1: CONTROLLER is there; 0: it is not, and nothing is to be set. */
static int prepare(struct live *l, enum cgroup_controller controller, bool is_limited, struct err *e)
{
	uid_t root = l->now->privileged ? 0 : (uid_t)l->now->idmap_base;

	if (!is_limited)
		return cgroup_has(l->cgroup, controller);
	int r = cgroup_add(l->host, l->now->cgroup, controller, root, l->cgroup, e);
	return r < 0 ? r : 1;
}

int live_memory(struct live *l, struct err *e)
{
	struct cgroup_memory limit = plan_memory_limit(l->now);
	int r = prepare(l, CGROUP_MEMORY, limit.bytes >= 0 || limit.swappiness >= 0, e);

	return r <= 0 ? r : cgroup_set_memory(l->cgroup, &limit, e);
}

int live_processes(struct live *l, struct err *e)
{
	int r = prepare(l, CGROUP_PIDS, l->now->processes >= 0, e);

	return r <= 0 ? r : cgroup_set_pids(l->cgroup, l->now->processes, e);
}

int live_cpu_share(struct live *l, struct err *e)
{
	const struct plan *p = l->now;
	bool has_weight = p->cpu_percent >= 0;
	int r = prepare(l, CGROUP_CPU, has_weight || p->cpu_quota_us >= 0, e);

	if (r <= 0 || (r = cgroup_set_cpu_quota(l->cgroup, p->cpu_quota_us, (uint64_t)p->cpu_period_us, e)) < 0)
		return r;
	return cgroup_set_cpu_weight(l->cgroup, has_weight ? (unsigned)p->cpu_percent : 100,
				     has_weight ? (unsigned)p->cpu_priority : 10, e);
}

/* A count keeps as many of the CPUs that it has as it may; balance_cpus() comes afterwards and looks at the others. */
int live_cpus(struct live *l, struct err *e)
{
	const struct plan *p = l->now;
	int r = prepare(l, CGROUP_CPUSET, *p->cpus, e);

	if (r <= 0 || !p->cpu_count)
		return r <= 0 ? r : cgroup_set_cpus(l->cgroup, p->cpus, e);
	return balance_alone(l->cgroup, (unsigned)p->cpu_count, e);
}
