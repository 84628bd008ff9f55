/* On plain directories in place of control groups: what is written where, in which order, and what a failure leaves. Numbers of
 * one width, as a plain file keeps what lies behind a shorter one. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include "core/at.h"
#include "core/auto.h"
#include "runtime/instance/keys.h"
#include "test/unit/test.h"

struct fixture {
	struct arena a;
	struct cgroup_host host;
	struct cgroup cgroup;
	struct map from, to;
	struct plan before, after;
	struct err e;
};

static void auto_fixture(struct fixture *f)
{
	cgroup_close(&f->cgroup);
	cgroup_host_close(&f->host);
	arena_free(&f->a);
}

#define FIXTURE __attribute__((cleanup(auto_fixture))) struct fixture f = { .host = CGROUP_HOST_NONE, .cgroup = CGROUP_NONE }

static int directory(int parent, const char *name)
{
	mkdirat(parent, name, 0755);
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void put(int dir, const char *file, const char *text)
{
	CHECK_ROW_INT(file, at_write_atomic(dir, file, text, strlen(text), 0644, NULL), 0);
}

static const char *get(struct fixture *f, int dir, const char *file)
{
	char text[256];

	return cgroup_read(dir, file, text, sizeof text) < 0 ? "" : arena_dup(&f->a, text);
}

static int plan_of(struct fixture *f, const struct map *config, struct plan *p)
{
	struct instance inst = { .name = "c1", .architecture = "x86_64" };

	map_copy(&f->a, &inst.expanded_config, config);
	map_set(&f->a, &inst.expanded_config, "volatile.idmap.base", "1000000");
	return plan_build(&f->a, "0123abcd", &inst, p, &f->e);
}

static int change(struct fixture *f)
{
	struct live live = { &f->after, &f->cgroup, &f->host };

	if (!CHECK_INT(plan_of(f, &f->from, &f->before), 0) || !CHECK_INT(plan_of(f, &f->to, &f->after), 0))
		return -1;
	return keys_live(&f->from, &f->to, &live, &f->before, &f->e);
}

static void add_v1(struct fixture *f, enum cgroup_controller c, const char *name)
{
	f->host.v1[c] = directory(test_dir(), ".");
	f->cgroup.v1[c] = directory(test_dir(), name);
}

TEST(keys_live_sets_back_what_was_changed)
{
	FIXTURE;

	add_v1(&f, CGROUP_MEMORY, "memory");
	add_v1(&f, CGROUP_PIDS, "pids");
	put(f.cgroup.v1[CGROUP_MEMORY], "memory.limit_in_bytes", "40000000");
	put(f.cgroup.v1[CGROUP_MEMORY], "memory.soft_limit_in_bytes", "36000000");
	map_set(&f.a, &f.from, "limits.memory", "40000000");
	map_set(&f.a, &f.from, "limits.processes", "50");
	map_set(&f.a, &f.to, "limits.memory", "60000000");
	map_set(&f.a, &f.to, "limits.processes", "70");
	CHECK_INT(change(&f), -ENOENT);
	CHECK_STR(f.e.text, "limits.processes: cannot set 70: pids.max: no such file or directory");
	CHECK_STR(get(&f, f.cgroup.v1[CGROUP_MEMORY], "memory.limit_in_bytes"), "40000000");
	CHECK_STR(get(&f, f.cgroup.v1[CGROUP_MEMORY], "memory.soft_limit_in_bytes"), "36000000");

	put(f.cgroup.v1[CGROUP_PIDS], "pids.max", "50");
	CHECK_INT(change(&f), 0);
	CHECK_STR(get(&f, f.cgroup.v1[CGROUP_MEMORY], "memory.limit_in_bytes"), "60000000");
	CHECK_STR(get(&f, f.cgroup.v1[CGROUP_MEMORY], "memory.soft_limit_in_bytes"), "54000000");
	CHECK_STR(get(&f, f.cgroup.v1[CGROUP_PIDS], "pids.max"), "70");
}

TEST(keys_live_touches_only_what_differs)
{
	FIXTURE;

	/* no controller of this host is looked for */
	map_set(&f.a, &f.from, "limits.memory", "40000000");
	map_set(&f.a, &f.from, "user.x", "1");
	map_set(&f.a, &f.to, "limits.memory", "40000000");
	map_set(&f.a, &f.to, "limits.processes", "");
	CHECK_INT(change(&f), 0);
	map_set(&f.a, &f.to, "limits.processes", "7");
	CHECK_INT(change(&f), -ENODEV);
	CHECK_STR(f.e.text, "limits.processes: cannot set 7: this host has no cgroup controller \"pids\"");
}

TEST(keys_live_unsets_what_is_not_there)
{
	FIXTURE;

	map_set(&f.a, &f.from, "limits.processes", "7");
	map_set(&f.a, &f.from, "limits.cpu", "1");
	map_set(&f.a, &f.from, "limits.cpu.allowance", "50%");
	CHECK_INT(change(&f), 0);
}

/* Version 2: soft is memory.high, hard is memory.max and swap; nothing is reserved. */
TEST(keys_live_of_version_2)
{
	static const char *const file[] = { "memory.max", "memory.high", "memory.swap.max", "cpu.max", "cpu.weight", "cpuset.cpus" };
	FIXTURE;

	f.host.v2 = directory(test_dir(), ".");
	f.host.v2_controllers = CGROUP_BIT(CGROUP_MEMORY) | CGROUP_BIT(CGROUP_CPU) | CGROUP_BIT(CGROUP_CPUSET);
	AUTO(fd) int parent = directory(f.host.v2, "lxcbox");
	f.cgroup.v2 = directory(parent, "0123abcd.c1");
	put(f.host.v2, "cgroup.subtree_control", "cpu memory cpuset\n");
	put(parent, "cgroup.subtree_control", "cpuset cpu memory\n");
	put(f.cgroup.v2, "cgroup.controllers", "cpuset cpu memory\n");
	for (size_t i = 0; i < ARRAY_SIZE(file); i++)
		put(f.cgroup.v2, file[i], "");
	map_set(&f.a, &f.to, "limits.memory", "40000000");
	map_set(&f.a, &f.to, "limits.memory.swap", "64MiB");
	map_set(&f.a, &f.to, "limits.cpu", "1");
	map_set(&f.a, &f.to, "limits.cpu.allowance", "25ms/100ms");
	map_set(&f.a, &f.to, "limits.cpu.priority", "3");
	CHECK_INT(change(&f), 0);
	CHECK_STR(get(&f, f.cgroup.v2, "memory.max"), "40000000");
	CHECK_STR(get(&f, f.cgroup.v2, "memory.high"), "max");
	CHECK_STR(get(&f, f.cgroup.v2, "memory.swap.max"), "67108864");
	CHECK_STR(get(&f, f.cgroup.v2, "cpu.max"), "25000 100000");
	CHECK_STR(get(&f, f.cgroup.v2, "cpu.weight"), "93");
	CHECK(*get(&f, f.cgroup.v2, "cpuset.cpus"));

	for (size_t i = 0; i < ARRAY_SIZE(file); i++)
		put(f.cgroup.v2, file[i], "");
	map_copy(&f.a, &f.from, &f.to);
	map_set(&f.a, &f.to, "limits.memory.enforce", "soft");
	CHECK_INT(change(&f), 0);
	CHECK_STR(get(&f, f.cgroup.v2, "memory.max"), "max");
	CHECK_STR(get(&f, f.cgroup.v2, "memory.high"), "40000000");
	CHECK_STR(get(&f, f.cgroup.v2, "memory.swap.max"), "max");
	CHECK_STR(get(&f, f.cgroup.v2, "cpu.max"), ""); /* did not differ */

	for (size_t i = 0; i < ARRAY_SIZE(file); i++)
		put(f.cgroup.v2, file[i], "");
	map_copy(&f.a, &f.from, &f.to);
	f.to = (struct map){ 0 };
	CHECK_INT(change(&f), 0);
	CHECK_STR(get(&f, f.cgroup.v2, "memory.max"), "max");
	CHECK_STR(get(&f, f.cgroup.v2, "memory.high"), "max");
	CHECK_STR(get(&f, f.cgroup.v2, "cpu.max"), "max 100000");
	CHECK_STR(get(&f, f.cgroup.v2, "cpu.weight"), "100");
	CHECK_STR(get(&f, f.cgroup.v2, "cpuset.cpus"), "\n");
}
