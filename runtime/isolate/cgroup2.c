/* version 2: one tree; limits are "max" or a number */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "core/auto.h"
#include "core/buf.h"
#include "runtime/host/process.h"
#include "runtime/isolate/cgroup.h"

static int write_limit(int dir, const char *file, int64_t value, struct err *e)
{
	char text[24];

	if (value < 0)
		return cgroup_write(dir, file, "max", e);
	str_fmt(text, sizeof text, "%lld", (long long)value);
	return cgroup_write(dir, file, text, e);
}

/* memory.max below the usage reclaims and then kills: ask for the reclaim first and refuse what it cannot do. */
static int make_room(int dir, int64_t limit, struct err *e)
{
	char text[24];
	int64_t used = cgroup_read_number(dir, "memory.current");

	if (used <= limit)
		return 0;
	str_fmt(text, sizeof text, "%lld", (long long)(used - limit));
	(void)cgroup_write(dir, "memory.reclaim", text, NULL); /* 5.19; what it could not do shows in the usage */
	used = cgroup_read_number(dir, "memory.current");
	if (used <= limit)
		return 0;
	return err_set(e, -EBUSY, "%lld bytes are in use (memory.current)", (long long)used);
}

static int set_memory(int dir, const struct cgroup_memory *limit, struct err *e)
{
	int64_t hard = limit->soft ? -1 : limit->bytes;
	int r = hard < 0 ? 0 : make_room(dir, hard, e);

	if (r < 0 || (r = write_limit(dir, "memory.max", hard, e)) < 0 ||
	    (r = write_limit(dir, "memory.high", limit->soft ? limit->bytes : -1, e)) < 0)
		return r;
	if (faccessat(dir, "memory.swap.max", W_OK, 0) < 0)
		return 0; /* no swap on this kernel */
	return write_limit(dir, "memory.swap.max", hard < 0 ? -1 : limit->swap, e);
}

static int set_pids(int dir, int64_t max, struct err *e)
{
	return write_limit(dir, "pids.max", max, e);
}

static int set_cpu_quota(int dir, int64_t quota_us, uint64_t period_us, struct err *e)
{
	char text[64];

	if (quota_us < 0)
		return cgroup_write(dir, "cpu.max", "max 100000", e);
	str_fmt(text, sizeof text, "%lld %llu", (long long)quota_us, (unsigned long long)period_us);
	return cgroup_write(dir, "cpu.max", text, e);
}

static int set_cpu_weight(int dir, unsigned percent, unsigned priority, struct err *e)
{
	int64_t weight = (int64_t)percent - (10 - (int64_t)priority);

	return write_limit(dir, "cpu.weight", weight < 1 ? 1 : weight > 10000 ? 10000 : weight, e);
}

static int set_cpus(int dir, const char *cpus, struct err *e)
{
	return cgroup_write(dir, "cpuset.cpus", *cpus ? cpus : "\n", e);
}

static int freeze(int dir, bool frozen, int timeout_ms, struct err *e)
{
	AUTO(fd) int events = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
	if (events < 0)
		return err_sys(e, "cgroup.events");
	int r = cgroup_write(dir, "cgroup.freeze", frozen ? "1" : "0", e);
	if (r < 0 || !frozen)
		return r;

	int64_t end = monotonic_ms() + timeout_ms;
	for (;;) {
		struct pollfd p = { .fd = events, .events = POLLPRI };

		if (cgroup_read_field(dir, "cgroup.events", "frozen") == 1)
			return 0;
		int64_t left = end - monotonic_ms();
		if (left <= 0)
			break;
		/* a read of the polled file itself re-arms; the short cap covers a change between read and poll */
		(void)poll(&p, 1, left > 10 ? 10 : (int)left);
	}
	(void)cgroup_write(dir, "cgroup.freeze", "0", NULL); /* half-frozen helps nobody */
	return err_set(e, -ETIMEDOUT, "processes did not freeze");
}

static void memory_usage(int dir, struct cgroup_usage *u)
{
	u->memory = cgroup_read_number(dir, "memory.current");
	u->memory_peak = cgroup_read_number(dir, "memory.peak"); /* 5.19 */
	u->swap = cgroup_read_number(dir, "memory.swap.current");
	u->swap_peak = cgroup_read_number(dir, "memory.swap.peak");
	u->oom_kills = cgroup_read_field(dir, "memory.events", "oom_kill");
}

/* cpu.stat has usage_usec without the controller too */
static void cpu_usage(int dir, struct cgroup_usage *u)
{
	int64_t us = cgroup_read_field(dir, "cpu.stat", "usage_usec");

	u->cpu_ns = us < 0 ? -1 : us * 1000;
}

static void pids_usage(int dir, struct cgroup_usage *u)
{
	u->processes = cgroup_read_number(dir, "pids.current");
}

const struct cgroup_ops cgroup2_ops = {
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
