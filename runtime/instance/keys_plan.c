#include "runtime/instance/keys_plan.h"
#include <errno.h>
#include <string.h>
#include <sys/sysinfo.h>
#include "core/auto.h"
#include "core/name.h"
#include "core/parse.h"
#include "runtime/instance/balance.h"
#include "runtime/instance/keys_check.h"

#define PLAN(name) \
	int name(__attribute__((unused)) struct arena *a, struct plan *p, __attribute__((unused)) const char *key, \
		 __attribute__((unused)) const char *value, __attribute__((unused)) struct err *e)

enum { PIDS_MOST = 1 << 22 };

static int take_bool(const char *value, bool *ret, struct err *e)
{
	return parse_bool(value, ret) < 0 ? err_set(e, -EINVAL, "Invalid value for a boolean \"%s\"", value) : 0;
}

static int not_valid(const char *value, struct err *e)
{
	return err_set(e, -EINVAL, "Invalid value: %s", value);
}

/* ---- memory */

/* As LXD: a hundredth first, then times N. */
static int percent_of_memory(const char *value, int64_t *ret, struct err *e)
{
	struct sysinfo host;
	char number[32];
	uint32_t percent;

	if (str_fmt(number, sizeof number, "%.*s", (int)strcspn(value, "%"), value) < 0 || parse_u32(number, 1, UINT32_MAX, &percent) < 0)
		return not_valid(value, e);
	if (sysinfo(&host) < 0)
		return err_sys(e, "sysinfo");
	int64_t hundredth = (int64_t)((uint64_t)host.totalram * host.mem_unit / 100);
	if (__builtin_mul_overflow(hundredth, (int64_t)percent, ret))
		*ret = INT64_MAX;
	return 0;
}

PLAN(plan_memory)
{
	uint64_t bytes;

	if (strchr(value, '%'))
		return percent_of_memory(value, &p->memory, e);
	if (parse_size(value, &bytes) < 0)
		return not_valid(value, e);
	p->memory = (int64_t)bytes;
	return 0;
}

PLAN(plan_memory_enforce)
{
	p->memory_soft = str_eq(value, "soft");
	return 0;
}

PLAN(plan_memory_swap)
{
	uint64_t bytes;
	bool swap;

	/* "1" is both: a boolean, as in LXD */
	if (parse_bool(value, &swap) == 0) {
		p->swappiness = swap ? p->swappiness : 0;
		return 0;
	}
	if (parse_size(value, &bytes) < 0)
		return not_valid(value, e);
	p->swap = (int64_t)bytes;
	return 0;
}

PLAN(plan_memory_swap_priority)
{
	uint32_t priority;

	if (parse_u32(value, 0, 10, &priority) < 0)
		return not_valid(value, e);
	if (p->swappiness != 0)
		p->swappiness = 70 - (int64_t)priority;
	return 0;
}

/* ---- CPUs */

PLAN(plan_cpus)
{
	struct cpuset host, wanted;
	uint32_t count;
	int r = balance_host(&host, e);

	if (r < 0)
		return r;
	if (parse_u32(value, 1, UINT32_MAX, &count) == 0) {
		p->cpu_count = count;
		balance_first(&host, count, &wanted);
	} else {
		r = parse_cpuset(value, wanted.bits, BALANCE_CPUS);
		if (r < 0)
			return not_valid(value, e);
		/* none of them is here: as if it were unset */
		if (!balance_and(&wanted, &host))
			return 0;
	}
	p->cpus = balance_text(a, &wanted);
	return 0;
}

PLAN(plan_cpu_allowance)
{
	struct allowance v;
	int r = allowance_parse(value, &v, e);

	if (r < 0)
		return r;
	if (v.percent) {
		p->cpu_percent = v.percent;
		return 0;
	}
	p->cpu_quota_us = v.quota_us;
	p->cpu_period_us = v.period_us;
	return 0;
}

/* It is a part of the weight, which begins at 100%. */
PLAN(plan_cpu_priority)
{
	uint32_t priority;

	if (parse_u32(value, 0, 10, &priority) < 0)
		return not_valid(value, e);
	p->cpu_priority = priority;
	if (p->cpu_percent < 0)
		p->cpu_percent = 100;
	return 0;
}

/* ---- processes */

PLAN(plan_processes)
{
	int64_t v;

	if (parse_i64(value, -1, INT64_MAX, &v) < 0)
		return not_valid(value, e);
	/* the kernel has no more, and refuses the number */
	p->processes = v < PIDS_MOST ? v : -1;
	return 0;
}

PLAN(plan_rlimit)
{
	map_set(a, &p->rlimits, NAME_IN(key, "limits.kernel."), value);
	return 0;
}

/* ---- life and surroundings */

PLAN(plan_autorestart)
{
	return take_bool(value, &p->autorestart, e);
}

static void set_environ(struct arena *a, struct plan *p, const char *name, const char *value)
{
	const char *pair = arena_fmt(a, "%s=%s", name, value);
	size_t n = strlen(name) + 1;

	for (size_t i = 0; i < p->environ.n; i++) {
		if (!strncmp(p->environ.item[i], pair, n)) {
			p->environ.item[i] = pair;
			return;
		}
	}
	names_add(a, &p->environ, pair);
}

PLAN(plan_environment)
{
	set_environ(a, p, NAME_IN(key, "environment."), value);
	return 0;
}

/* Root of a user namespace may set its host name, but not by this file. */
PLAN(plan_sysctl)
{
	const char *name = NAME_IN(key, "linux.sysctl.");
	int r = check_sysctl(key, value, e);

	if (r < 0)
		return r;
	if (str_eq(name, "kernel.hostname"))
		p->hostname = arena_dup(a, value);
	else
		map_set(a, &p->sysctls, name, value);
	return 0;
}

/* ---- isolation */

PLAN(plan_privileged)
{
	return take_bool(value, &p->privileged, e);
}

PLAN(plan_nesting)
{
	return take_bool(value, &p->nesting, e);
}

PLAN(plan_deny_default)
{
	return take_bool(value, &p->seccomp_default, e);
}

PLAN(plan_deny_compat)
{
	return take_bool(value, &p->seccomp_compat, e);
}

PLAN(plan_deny)
{
	return syscalls_parse(a, value, &p->seccomp_deny, e);
}

/* ---- raw.lxc */

struct raw_plan {
	struct arena *a;
	struct plan *p;
};

static int raw_environment(struct raw_plan *c, char *pair, struct err *e)
{
	char *equals = strchr(pair, '=');

	if (!equals)
		return err_set(e, -EINVAL, "lxc.environment = %s: not NAME=VALUE", pair);
	*equals = 0;
	int r = name_environ(pair, e);
	if (r == 0)
		set_environ(c->a, c->p, pair, equals + 1);
	return r;
}

static int raw_hostname(struct raw_plan *c, const char *name, struct err *e)
{
	int r = name_instance(name, NULL);

	if (r < 0)
		return err_set(e, r, "lxc.uts.name = %s: not a host name", name);
	c->p->hostname = arena_dup(c->a, name);
	return 0;
}

static int raw_init(struct raw_plan *c, char *command, struct err *e)
{
	if (*command != '/')
		return err_set(e, -EINVAL, "lxc.init.cmd = %s: not an absolute path", command);
	c->p->init = (struct names){ 0 };
	for (char *word; (word = strsep(&command, " \t"));) {
		if (*word)
			names_add(c->a, &c->p->init, word);
	}
	return 0;
}

static int raw_line(void *ctx, const char *key, const char *value, struct err *e)
{
	struct raw_plan *c = ctx;
	const char *sysctl = str_after(key, "lxc.sysctl.");

	if (str_eq(key, "lxc.environment"))
		return raw_environment(c, arena_dup(c->a, value), e);
	if (str_eq(key, "lxc.uts.name"))
		return raw_hostname(c, value, e);
	if (str_eq(key, "lxc.init.cmd"))
		return raw_init(c, arena_dup(c->a, value), e);
	/* in a privileged container the family of user.* would be the host's; the key knows, its order in the table does not */
	if (sysctl && !str_after(sysctl, "user."))
		return plan_sysctl(c->a, c->p, arena_fmt(c->a, "linux.sysctl.%s", sysctl), value, e);
	return err_set(e, -EOPNOTSUPP, "%s is not supported by this version of lxcbox", key);
}

PLAN(plan_raw_lxc)
{
	struct raw_plan c = { a, p };

	return raw_lxc_each(a, value, raw_line, &c, e);
}

/* What the plan could not do is refused when it is set. */
int check_raw_lxc(const char *key, const char *value, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct plan p = { 0 };

	return plan_raw_lxc(&a, &p, key, value, e);
}

/* ---- what cannot be done here */

PLAN(plan_unsupported_true)
{
	(void)p;
	return check_unsupported_true(key, value, e);
}

/* Refused when it is set; here for records that others wrote. */
PLAN(plan_checked)
{
	(void)p;
	return keys_find(key)->check(key, value, e);
}
