/* version 1: a hierarchy for each controller, its files named after the controller */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/auto.h"
#include "core/buf.h"
#include "runtime/host/process.h"
#include "runtime/isolate/cgroup.h"

static int write_number(int dir, const char *file, int64_t value, struct err *e)
{
	char text[24];

	str_fmt(text, sizeof text, "%lld", (long long)value);
	return cgroup_write(dir, file, text, e);
}

/* memory.limit_in_bytes may never exceed memory.memsw.limit_in_bytes: raise the outer first, lower the inner first. */
static int set_both(int dir, int64_t bytes, int64_t with_swap, struct err *e)
{
	int64_t old = cgroup_read_number(dir, "memory.memsw.limit_in_bytes");
	bool has_swap = old >= 0, raise = with_swap < 0 || with_swap > old;
	int r = 0;

	if (has_swap && raise)
		r = write_number(dir, "memory.memsw.limit_in_bytes", with_swap, e);
	if (r == 0)
		r = write_number(dir, "memory.limit_in_bytes", bytes, e);
	if (r == 0 && has_swap && !raise)
		r = write_number(dir, "memory.memsw.limit_in_bytes", with_swap, e);
	return r;
}

/* A new directory has its parent's, which is also what "no wish" means. */
static int set_swappiness(int dir, int64_t wanted, struct err *e)
{
	int64_t now = cgroup_read_number(dir, "memory.swappiness");

	if (wanted < 0)
		wanted = cgroup_read_number(dir, "../memory.swappiness");
	return wanted < 0 || now < 0 || now == wanted ? 0 : write_number(dir, "memory.swappiness", wanted, e);
}

static int set_memory(int dir, const struct cgroup_memory *limit, struct err *e)
{
	int64_t hard = limit->soft ? -1 : limit->bytes, with_swap = -1;

	if (hard >= 0 && __builtin_add_overflow(hard, limit->swap, &with_swap))
		with_swap = -1;
	int r = set_both(dir, hard, with_swap, e);
	if (r == -EBUSY)
		return err_set(e, r, "%lld bytes are in use (memory.limit_in_bytes: EBUSY)",
			       (long long)cgroup_read_number(dir, "memory.usage_in_bytes"));
	if (r < 0)
		return r;
	r = write_number(dir, "memory.soft_limit_in_bytes", hard < 0 ? limit->bytes : hard / 10 * 9, e);
	return r < 0 ? r : set_swappiness(dir, limit->swappiness, e);
}

static int set_pids(int dir, int64_t max, struct err *e)
{
	return max < 0 ? cgroup_write(dir, "pids.max", "max", e) : write_number(dir, "pids.max", max, e);
}

/* The kernel refuses a pair whose ratio exceeds the parent's at any moment: through "no quota" every pair is reached, but
 * that would lift the limit for a moment; so the order that keeps the ratio below both is tried first. */
static int set_cpu_quota(int dir, int64_t quota_us, uint64_t period_us, struct err *e)
{
	int r;

	if (quota_us < 0) {
		r = write_number(dir, "cpu.cfs_quota_us", -1, e);
		return r < 0 ? r : write_number(dir, "cpu.cfs_period_us", 100000, e);
	}
	int64_t old_period = cgroup_read_number(dir, "cpu.cfs_period_us");
	if ((int64_t)period_us >= old_period) {
		r = write_number(dir, "cpu.cfs_period_us", (int64_t)period_us, e);
		return r < 0 ? r : write_number(dir, "cpu.cfs_quota_us", quota_us, e);
	}
	r = write_number(dir, "cpu.cfs_quota_us", quota_us, e);
	return r < 0 ? r : write_number(dir, "cpu.cfs_period_us", (int64_t)period_us, e);
}

static int set_cpu_weight(int dir, unsigned percent, unsigned priority, struct err *e)
{
	int64_t shares = (int64_t)percent * 1024 / 100 - (10 - (int64_t)priority);

	return write_number(dir, "cpu.shares", shares < 2 ? 2 : shares, e);
}

static int set_cpus(int dir, const char *cpus, struct err *e)
{
	char all[8192];

	if (*cpus)
		return cgroup_write(dir, "cpuset.cpus", cpus, e);
	int n = cgroup_read(dir, "../cpuset.cpus", all, sizeof all);
	return n < 0 ? err_code(e, n, "cpuset.cpus") : cgroup_write(dir, "cpuset.cpus", all, e);
}

static int freeze(int dir, bool frozen, int timeout_ms, struct err *e)
{
	const char *want = frozen ? "FROZEN" : "THAWED";
	int64_t end = monotonic_ms() + timeout_ms;
	char state[16];

	for (;;) {
		int r = cgroup_write(dir, "freezer.state", want, e);
		if (r < 0)
			return r;
		if (cgroup_read(dir, "freezer.state", state, sizeof state) > 0 && str_after(state, want))
			return 0;
		if (monotonic_ms() > end)
			break;
		struct timespec t = { 0, 1000000 };
		nanosleep(&t, NULL);
	}
	(void)cgroup_write(dir, "freezer.state", "THAWED", NULL); /* FREEZING for ever would hang all of them */
	return err_set(e, -ETIMEDOUT, "freezer.state stays %s", state);
}

static void memory_usage(int dir, struct cgroup_usage *u)
{
	u->memory = cgroup_read_number(dir, "memory.usage_in_bytes");
	u->memory_peak = cgroup_read_number(dir, "memory.max_usage_in_bytes");
	u->oom_kills = cgroup_read_field(dir, "memory.oom_control", "oom_kill");
}

static void cpu_usage(int dir, struct cgroup_usage *u)
{
	u->cpu_ns = cgroup_read_number(dir, "cpuacct.usage");
}

static void pids_usage(int dir, struct cgroup_usage *u)
{
	u->processes = cgroup_read_number(dir, "pids.current");
}

const struct cgroup_ops cgroup1_ops = {
	.memory = set_memory,
	.pids = set_pids,
	.cpu_quota = set_cpu_quota,
	.cpu_weight = set_cpu_weight,
	.cpus = set_cpus,
	.freeze = freeze,
	.memory_usage = memory_usage,
	.cpu_usage = cpu_usage,
	.pids_usage = pids_usage,
};
