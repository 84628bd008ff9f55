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
static int set_both(int dir, int64_t bytes, struct err *e)
{
	int64_t old = cgroup_read_number(dir, "memory.limit_in_bytes");
	bool has_swap = cgroup_read_number(dir, "memory.memsw.limit_in_bytes") >= 0;
	bool raise = bytes < 0 || bytes > old;
	int r = 0;

	if (has_swap && raise)
		r = write_number(dir, "memory.memsw.limit_in_bytes", bytes, e);
	if (r == 0)
		r = write_number(dir, "memory.limit_in_bytes", bytes, e);
	if (r == 0 && has_swap && !raise)
		r = write_number(dir, "memory.memsw.limit_in_bytes", bytes, e);
	return r;
}

static int set_memory(int dir, uint64_t bytes, struct err *e)
{
	int64_t limit = bytes > INT64_MAX ? -1 : (int64_t)bytes;
	int r = set_both(dir, limit, e);

	if (r == -EBUSY)
		return err_set(e, r, "%lld bytes are in use (memory.limit_in_bytes: EBUSY)",
			       (long long)cgroup_read_number(dir, "memory.usage_in_bytes"));
	if (r < 0)
		return r;
	return write_number(dir, "memory.soft_limit_in_bytes", limit < 0 ? -1 : (int64_t)(bytes / 10 * 9), e);
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
	return cgroup_write(dir, "cpuset.cpus", cpus, e);
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
