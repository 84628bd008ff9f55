#include "runtime/instance/balance.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/lock.h"
#include "core/map.h"
#include "core/parse.h"
#include "runtime/host/process.h"
#include "runtime/instance/record.h"
#include "runtime/instance/state.h"

enum { TEXT_MOST = 8192 }; /* of a list of CPUs as the kernel prints it */

static bool has(const struct cpuset *set, unsigned cpu)
{
	return set->bits[cpu / 64] >> (cpu % 64) & 1;
}

static void add(struct cpuset *set, unsigned cpu)
{
	set->bits[cpu / 64] |= 1ULL << (cpu % 64);
}

/* ---- sets */

void balance_first(const struct cpuset *host, unsigned count, struct cpuset *ret)
{
	*ret = (struct cpuset){ { 0 } };
	for (unsigned i = 0; i < BALANCE_CPUS && count; i++) {
		if (has(host, i)) {
			add(ret, i);
			count--;
		}
	}
}

bool balance_and(struct cpuset *set, const struct cpuset *other)
{
	uint64_t any = 0;

	for (size_t i = 0; i < ARRAY_SIZE(set->bits); i++)
		any |= set->bits[i] &= other->bits[i];
	return any != 0;
}

static void without(struct cpuset *set, const struct cpuset *other)
{
	for (size_t i = 0; i < ARRAY_SIZE(set->bits); i++)
		set->bits[i] &= ~other->bits[i];
}

const char *balance_text(struct arena *a, const struct cpuset *set)
{
	size_t size = BALANCE_CPUS * 5; /* every second one, four digits and a comma each, is less */
	char *text = arena_alloc(a, size);

	return format_cpuset(set->bits, BALANCE_CPUS, text, size) < 0 ? "" : text;
}

/* ---- the balance */

static void count_use(unsigned *use, const struct cpuset *set)
{
	for (unsigned i = 0; i < BALANCE_CPUS; i++)
		use[i] += has(set, i);
}

/* The best of HOST for somebody who has KEEP; -1: none is left. */
static int best(const struct cpuset *host, const unsigned *use, const struct cpuset *keep)
{
	int found = -1;

	for (unsigned i = 0; i < BALANCE_CPUS; i++) {
		if (!has(host, i))
			continue;
		if (found < 0 || use[i] < use[found] || (use[i] == use[found] && has(keep, i) && !has(keep, (unsigned)found)))
			found = (int)i;
	}
	return found;
}

static void place(const struct cpuset *host, const unsigned *use, struct balance_item *item)
{
	struct cpuset left = *host, chosen = { { 0 } };
	int cpu;

	for (unsigned n = 0; n < item->count && (cpu = best(&left, use, &item->set)) >= 0; n++) {
		struct cpuset one = { { 0 } };

		add(&chosen, (unsigned)cpu);
		add(&one, (unsigned)cpu);
		without(&left, &one);
	}
	item->set = chosen;
}

static int by_name(const void *a, const void *b)
{
	return name_order(((const struct balance_item *)a)->name, ((const struct balance_item *)b)->name);
}

void balance_sets(const struct cpuset *host, struct balance_item *item, size_t n)
{
	unsigned use[BALANCE_CPUS] = { 0 };

	if (n)
		qsort(item, n, sizeof *item, by_name);
	for (size_t i = 0; i < n; i++) {
		if (item[i].count)
			continue;
		(void)balance_and(&item[i].set, host); /* nothing left: it is pinned nowhere, and counts nowhere */
		count_use(use, &item[i].set);
	}
	for (size_t i = 0; i < n; i++) {
		if (!item[i].count)
			continue;
		place(host, use, &item[i]);
		count_use(use, &item[i].set);
	}
}

/* ---- the host */

/* -ENOENT: no such file. An empty list is one. */
static int read_set(const char *path, struct cpuset *ret)
{
	char text[TEXT_MOST];
	int n = cgroup_read(AT_FDCWD, path, text, sizeof text);

	*ret = (struct cpuset){ { 0 } };
	if (n < 0)
		return n;
	text[strcspn(text, "\n")] = 0;
	if (!*text)
		return 0;
	n = parse_cpuset(text, ret->bits, BALANCE_CPUS);
	return n == -ERANGE ? 0 : n;
}

/* A host without /sys: what we may use ourselves. */
static int own_affinity(struct cpuset *ret, struct err *e)
{
	*ret = (struct cpuset){ { 0 } };
	return sched_getaffinity(0, sizeof ret->bits, (cpu_set_t *)ret->bits) < 0 ? err_sys(e, "CPUs") : 0;
}

int balance_host(struct cpuset *ret, struct err *e)
{
	struct cpuset isolated, all;

	if (read_set("/sys/fs/cgroup/cpuset.cpus.effective", ret) < 0 && read_set("/sys/devices/system/cpu/online", ret) < 0)
		return own_affinity(ret, e);
	all = *ret;
	if (read_set("/sys/devices/system/cpu/isolated", &isolated) == 0)
		without(ret, &isolated);
	if (!balance_and(ret, ret))
		*ret = all;
	return 0;
}

/* ---- running instances */

static int present(const struct cgroup *cg, struct cpuset *ret)
{
	char text[TEXT_MOST];
	int r = cgroup_cpus(cg, text, sizeof text);

	*ret = (struct cpuset){ { 0 } };
	if (r < 0 || !*text)
		return r;
	r = parse_cpuset(text, ret->bits, BALANCE_CPUS);
	return r == -ERANGE ? 0 : r;
}

static int write_set(const struct cgroup *cg, const struct cpuset *set, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct cpuset now;

	if (present(cg, &now) == 0 && !memcmp(&now, set, sizeof now))
		return 0;
	return cgroup_set_cpus(cg, balance_text(&a, set), e);
}

int balance_alone(const struct cgroup *cg, unsigned count, struct err *e)
{
	struct balance_item item = { .name = "", .count = count };
	struct cpuset host;
	int r = balance_host(&host, e);

	if (r < 0)
		return r;
	(void)present(cg, &item.set); /* new there: it has none yet */
	balance_sets(&host, &item, 1);
	return write_set(cg, &item.set, e);
}

/* ---- all of the store */

struct balance {
	struct store *st;
	struct arena *a;
	char boot[BOOT_ID_SIZE];
	struct profile_cache profiles;
	struct cgroup_host host;
	struct balance_item *item;
	size_t n;
};

static int open_cgroup(const struct balance *b, const char *name, struct cgroup *ret)
{
	return cgroup_open(&b->host, arena_fmt(b->a, "%s.%s", b->st->id, name), ret, NULL);
}

/* What its record says; false: it has no CPUs to itself. */
static bool wants_cpus(struct balance *b, int dir, struct balance_item *item)
{
	struct instance inst;

	if (record_load(b->a, dir, item->name, &inst, NULL) < 0 || record_expand(b->st, b->a, &b->profiles, &inst, NULL) < 0)
		return false;
	const char *value = map_get(&inst.expanded_config, "limits.cpu");
	if (!value || !*value)
		return false;
	if (parse_u32(value, 1, UINT32_MAX, &item->count) == 0)
		return true;
	int r = parse_cpuset(value, item->set.bits, BALANCE_CPUS);
	return r == 0 || r == -ERANGE;
}

static int take_instance(void *ctx, const char *name, unsigned char type)
{
	struct balance *b = ctx;
	struct balance_item item = { .name = name };
	struct state state;

	(void)type;
	if (*name == '.')
		return 0;
	AUTO(fd) int dir = record_open_dir(b->st, name, NULL);
	if (dir < 0 || state_read(dir, b->boot, &state, NULL) < 0 || state.power == POWER_STOPPED || !wants_cpus(b, dir, &item))
		return 0;
	AUTO(cgroup) struct cgroup cg = CGROUP_NONE;
	if (item.count && (open_cgroup(b, name, &cg) < 0 || present(&cg, &item.set) < 0))
		return 0; /* ended just now */
	item.name = arena_dup(b->a, name);
	b->item = arena_grow(b->a, b->item, b->n, sizeof *b->item);
	b->item[b->n++] = item;
	return 0;
}

static int write_all(const struct balance *b, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < b->n; i++) {
		AUTO(cgroup) struct cgroup cg = CGROUP_NONE;

		if (!b->item[i].count || open_cgroup(b, b->item[i].name, &cg) < 0)
			continue;
		int one = write_set(&cg, &b->item[i].set, r == 0 ? e : NULL);
		if (r == 0 && one < 0 && one != -ENOENT)
			r = err_in(e, one, "limits.cpu of %s", b->item[i].name);
	}
	return r;
}

static int balance_locked(struct balance *b, struct err *e)
{
	struct cpuset host;
	int r = at_each(b->st->instances, take_instance, b, e);

	if (r < 0 || (r = balance_host(&host, e)) < 0)
		return r;
	balance_sets(&host, b->item, b->n);
	return write_all(b, e);
}

int balance_cpus(struct store *st, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(lock) struct lock lock = LOCK_NONE;
	struct balance b = { .st = st, .a = &a, .host = CGROUP_HOST_NONE };
	int r = process_boot_id(b.boot, e);

	if (r < 0 || (r = lock_take(&lock, st->instances, ".balance", LOCK_EXCLUSIVE, true, NULL, e)) < 0 ||
	    (r = cgroup_host_open(&b.host, CGROUP_BIT(CGROUP_CPUSET), e)) < 0)
		return r;
	r = balance_locked(&b, e);
	cgroup_host_close(&b.host);
	return r;
}
