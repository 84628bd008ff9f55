#include "runtime/instance/plan.h"
#include <errno.h>
#include <sys/sysinfo.h>
#include "core/auto.h"
#include "test/unit/test.h"

/* A plan of KEY, VALUE, ..., NULL. */
static int build(struct arena *a, const char *const *config, struct plan *p, struct err *e)
{
	struct instance inst = { .name = "c1", .architecture = "x86_64" };

	map_set(a, &inst.expanded_config, "volatile.idmap.base", "1000000");
	for (; *config; config += 2)
		map_set(a, &inst.expanded_config, config[0], config[1]);
	return plan_build(a, "0123abcd", &inst, p, e);
}

#define BUILD(...) build(&a, (const char *const[]){ __VA_ARGS__, NULL }, &p, &e)
#define PLANNED    AUTO(arena) struct arena a = ARENA_NONE; struct err e = ERR_NONE; struct plan p

TEST(plan_without_limits_needs_no_controller)
{
	PLANNED;
	CHECK_INT(BUILD("user.x", "y"), 0);
	CHECK_INT(plan_controllers(&p), 0);
	CHECK_STR(p.cgroup, "0123abcd.c1");
	CHECK_INT(p.idmap_base, 1000000);
	CHECK_INT(p.idmap_size, 65536);
	CHECK(p.seccomp_default && !p.seccomp_compat && !p.privileged && !p.nesting && !p.autorestart);
	CHECK_INT(p.memory, -1);
	CHECK_INT(p.swappiness, -1);
	CHECK_STR(p.cpus, "");
	CHECK_INT(BUILD("limits.memory", "", "limits.cpu", "", "limits.processes", ""), 0);
	CHECK_INT(plan_controllers(&p), 0);
}

TEST(plan_memory_is_bytes)
{
	struct sysinfo host;
	PLANNED;

	CHECK_INT(BUILD("limits.memory", "64MiB"), 0);
	CHECK_INT(p.memory, 64 << 20);
	CHECK(!p.memory_soft && !p.swap);
	CHECK_INT(plan_controllers(&p), CGROUP_BIT(CGROUP_MEMORY));
	CHECK_INT(sysinfo(&host), 0);
	CHECK_INT(BUILD("limits.memory", "10%"), 0);
	CHECK_INT(p.memory, (int64_t)((uint64_t)host.totalram * host.mem_unit / 100 * 10));
	CHECK_INT(BUILD("limits.memory", "1GiB", "limits.memory.enforce", "soft", "limits.memory.swap", "64MiB"), 0);
	CHECK(p.memory_soft);
	CHECK_INT(p.swap, 64 << 20);
}

TEST(plan_swap_is_how_willingly)
{
	PLANNED;
	CHECK_INT(BUILD("limits.memory.swap", "false", "limits.memory.swap.priority", "3"), 0);
	CHECK_INT(p.swappiness, 0);
	CHECK_INT(BUILD("limits.memory.swap", "true", "limits.memory.swap.priority", "10"), 0);
	CHECK_INT(p.swappiness, 60);
	CHECK_INT(BUILD("limits.memory.swap.priority", "0"), 0);
	CHECK_INT(p.swappiness, 70);
}

TEST(plan_cpu_is_share_or_time)
{
	PLANNED;
	CHECK_INT(BUILD("limits.cpu.allowance", "50%", "limits.cpu.priority", "3"), 0);
	CHECK_INT(p.cpu_percent, 50);
	CHECK_INT(p.cpu_priority, 3);
	CHECK_INT(p.cpu_quota_us, -1);
	CHECK_INT(BUILD("limits.cpu.allowance", "25ms/100ms", "limits.cpu.priority", "3"), 0);
	CHECK_INT(p.cpu_percent, 100);
	CHECK_INT(p.cpu_quota_us, 25000);
	CHECK_INT(p.cpu_period_us, 100000);
	CHECK_INT(BUILD("limits.cpu.allowance", "25/50"), 0);
	CHECK_INT(p.cpu_percent, -1);
	CHECK_INT(p.cpu_period_us, 50000);
	CHECK_INT(BUILD("limits.cpu.priority", "3"), 0);
	CHECK_INT(p.cpu_percent, 100);
	CHECK_INT(plan_controllers(&p), CGROUP_BIT(CGROUP_CPU));
}

TEST(plan_cpus_are_those_of_the_host)
{
	PLANNED;
	CHECK_INT(BUILD("limits.cpu", "1"), 0);
	CHECK_INT(p.cpu_count, 1);
	CHECK(*p.cpus);
	CHECK_INT(plan_controllers(&p), CGROUP_BIT(CGROUP_CPUSET));
	CHECK_INT(BUILD("limits.cpu", "0-8000"), 0);
	CHECK_INT(p.cpu_count, 0);
	CHECK(*p.cpus);
	CHECK_INT(BUILD("limits.cpu", "8000-8001"), 0); /* none of them is here */
	CHECK_STR(p.cpus, "");
}

TEST(plan_processes_are_what_the_kernel_takes)
{
	PLANNED;
	CHECK_INT(BUILD("limits.processes", "60"), 0);
	CHECK_INT(p.processes, 60);
	CHECK_INT(BUILD("limits.processes", "-1"), 0);
	CHECK_INT(p.processes, -1);
	CHECK_INT(BUILD("limits.processes", "99999999999"), 0);
	CHECK_INT(p.processes, -1);
}

TEST(plan_has_families)
{
	PLANNED;
	CHECK_INT(BUILD("environment.A", "1", "environment.EMPTY", "", "environment.container", "other", "limits.kernel.nofile", "10:20",
			"linux.sysctl.net.ipv4.ip_forward", "1", "linux.sysctl.kernel.hostname", "other"), 0);
	CHECK_STR(p.hostname, "other");
	CHECK(!map_get(&p.sysctls, "kernel.hostname"));
	CHECK(names_has(&p.environ, "A=1"));
	CHECK(!names_has(&p.environ, "EMPTY=")); /* nothing is unset */
	CHECK(names_has(&p.environ, "container=other"));
	CHECK(!names_has(&p.environ, "container=lxc"));
	CHECK_STR(map_get(&p.rlimits, "nofile"), "10:20");
	CHECK_STR(map_get(&p.sysctls, "net.ipv4.ip_forward"), "1");
}

TEST(plan_isolation)
{
	PLANNED;
	CHECK_INT(BUILD("security.privileged", "true", "security.nesting", "yes", "boot.autorestart", "on"), 0);
	CHECK(p.privileged && p.nesting && p.autorestart && p.capabilities_dropped);
	CHECK_INT(BUILD("security.syscalls.deny_default", "false", "security.syscalls.deny_compat", "true", "security.syscalls.deny",
			"mount\n# x\nptrace errno 38"), 0);
	CHECK(!p.seccomp_default && p.seccomp_compat);
	CHECK_INT(p.seccomp_deny.n, 2);
	CHECK_STR(p.seccomp_deny.item[1], "ptrace");
	CHECK_INT(BUILD("security.syscalls.blacklist_default", "0", "security.syscalls.blacklist", "mount"), 0);
	CHECK(!p.seccomp_default && p.seccomp_deny.n == 1);
}

TEST(plan_of_raw_lxc)
{
	PLANNED;
	CHECK_INT(BUILD("raw.lxc", "lxc.environment = A=b c\n  LXC.UTS.NAME = other\n#x\nlxc.init.cmd = /bin/sh  -c\nlxc.sysctl.kernel.sem = 1 2"), 0);
	CHECK(names_has(&p.environ, "A=b c"));
	CHECK_STR(p.hostname, "other");
	CHECK_INT(p.init.n, 2);
	CHECK_STR(p.init.item[1], "-c");
	CHECK_STR(map_get(&p.sysctls, "kernel.sem"), "1 2");
}

TEST(plan_refuses_what_it_cannot_do)
{
	static const char *const row[][3] = {
		{ "nvidia.runtime", "true", "nvidia.runtime: not supported by this version of lxcbox" },
		{ "security.syscalls.allow", "read", "security.syscalls.allow: not supported by this version of lxcbox" },
		{ "security.syscalls.intercept.bpf", "true", "security.syscalls.intercept.bpf: not supported by this version of lxcbox" },
		{ "raw.seccomp", "2", "raw.seccomp: not supported by this version of lxcbox" },
		{ "raw.idmap", "both 1 1", "raw.idmap: not supported by this version of lxcbox" },
		{ "raw.lxc", "lxc.mount.entry = a", "raw.lxc: line 1: lxc.mount.entry is not supported by this version of lxcbox" },
		{ "raw.lxc", "lxc.sysctl.user.max_user_namespaces = 1",
		  "raw.lxc: line 1: lxc.sysctl.user.max_user_namespaces is not supported by this version of lxcbox" },
		{ "limits.memory", "junk", "limits.memory: Invalid value: junk" },
		{ "limits.cpu", "junk", "limits.cpu: Invalid value: junk" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		PLANNED;
		CHECK_ROW(row[i][0], BUILD(row[i][0], row[i][1]) < 0);
		CHECK_ROW_STR(row[i][0], e.text, row[i][2]);
	}
}

/* The same bytes again, from what was read: every member that is written is read. */
TEST(plan_crosses_as_bytes)
{
	AUTO(buf) struct buf bytes = BUF_NONE;
	AUTO(buf) struct buf again = BUF_NONE;
	struct plan copy;

	PLANNED;
	CHECK_INT(BUILD("limits.memory", "1GiB", "limits.memory.enforce", "soft", "limits.memory.swap", "1MB", "limits.memory.swap.priority",
			"3", "limits.cpu", "1", "limits.cpu.allowance", "10ms/20ms", "limits.cpu.priority", "4", "limits.processes", "7",
			"environment.A", "b", "limits.kernel.core", "0", "linux.sysctl.kernel.sem", "1 2 3 4", "security.nesting", "1",
			"security.syscalls.deny", "mount"), 0);
	p.fd_store = 12;
	names_add(&a, &p.fd_layers, "13");
	plan_pack(&p, &bytes);
	if (!CHECK_INT(plan_unpack(&a, bytes.s, bytes.len, &copy, &e), 0))
		return;
	plan_pack(&copy, &again);
	CHECK_INT(bytes.len, again.len);
	CHECK(bytes.len == again.len && !memcmp(bytes.s, again.s, bytes.len));
	CHECK(copy.memory_soft);
	CHECK_INT(copy.swap, 1000000);
	CHECK_INT(copy.swappiness, 67);
	CHECK_INT(copy.cpu_count, 1);
	CHECK_INT(copy.cpu_quota_us, 10000);
	CHECK_STR(copy.cpus, p.cpus);
	CHECK_STR(map_get(&copy.sysctls, "kernel.sem"), "1 2 3 4");
	CHECK_STR(copy.fd_layers.item[0], "13");
	for (size_t n = 0; n < bytes.len; n += 7)
		CHECK(plan_unpack(&a, bytes.s, n, &copy, NULL) < 0);
}
