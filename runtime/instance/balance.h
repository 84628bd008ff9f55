/* balance - which CPUs an instance gets whose limits.cpu is a count
 *
 * Each CPU counts the instances that are pinned to it. Then each counted instance, by name, takes as many as it wants of those
 * with the lowest counters, which count it, too. Stable: a CPU that it has already is kept when it is as good as another; else the
 * lowest number wins. Nothing moves without a reason. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "core/arena.h"
#include "core/err.h"
#include "core/store.h"
#include "runtime/isolate/cgroup.h"

enum { BALANCE_CPUS = 8192 }; /* the most that Linux has */

struct cpuset {
	uint64_t bits[BALANCE_CPUS / 64];
};

struct balance_item {
	const char *name;
	unsigned count;	   /* CPUs wanted; 0: pinned to SET */
	struct cpuset set; /* pinned: to these; counted: those it has (none: it is new), afterwards those it shall have */
};

/* Those of HOST only. Orders ITEM by name. */
void balance_sets(const struct cpuset *host, struct balance_item *item, size_t n);

/* The CPUs that instances may use: online ones, less isolated ones. */
int balance_host(struct cpuset *ret, struct err *e);

void balance_first(const struct cpuset *host, unsigned count, struct cpuset *ret); /* the COUNT lowest of HOST, all if it has fewer */
bool balance_and(struct cpuset *set, const struct cpuset *other); /* keeps what is in both; false: that is nothing */
const char *balance_text(struct arena *a, const struct cpuset *set); /* "0-3,7" */

/* One running instance, without a look at the others. */
int balance_alone(const struct cgroup *cg, unsigned count, struct err *e);

/* All running instances of the store. For after the start and stop of an instance that has limits.cpu, and after a change of that
 * key; others change nothing for anybody. Tries all; the first failure's error names its instance. */
int balance_cpus(struct store *st, struct err *e);
