/* keys_check - what a value must look like: the types of keys.h, and the rows' own checks
 *
 * The texts are LXD's where LXD has one, without the key: keys_check() puts it in front. */
#pragma once
#include <stdint.h>
#include "core/arena.h"
#include "core/err.h"
#include "core/map.h"

struct key;

/* NAME of a key that its row's FAMILY has found. */
#define NAME_IN(key, family) ((key) + sizeof(family) - 1)

/* VALUE is not empty. -EINVAL. */
int keys_check_type(const struct key *k, const char *value, struct err *e);

/* NAME of environment.NAME and the like: what may become a file's or a variable's name (security rules R7, V36). */
int keys_check_name(const struct key *k, const char *name, struct err *e);

/* What is wrong only together: "Mutually exclusive keys A and B are set". */
int keys_check_together(const struct map *config, struct err *e);

/* ---- types that are a file each */

/* LXD's schedules: "0 6 * * *, @startup" */
int keys_check_cron(const char *value, struct err *e);

/* ---- rows' checks */

int check_memory(const char *key, const char *value, struct err *e);
int check_oom_priority(const char *key, const char *value, struct err *e);
int check_cpus(const char *key, const char *value, struct err *e);
int check_nodes(const char *key, const char *value, struct err *e);
int check_allowance(const char *key, const char *value, struct err *e);
int check_processes(const char *key, const char *value, struct err *e);
int check_rlimit(const char *key, const char *value, struct err *e);
int check_environment(const char *key, const char *value, struct err *e);
int check_modules(const char *key, const char *value, struct err *e);
int check_sysctl(const char *key, const char *value, struct err *e);
int check_user_data(const char *key, const char *value, struct err *e);
int check_pattern(const char *key, const char *value, struct err *e);
int check_compat(const char *key, const char *value, struct err *e);
int check_syscalls(const char *key, const char *value, struct err *e);
int check_raw_idmap(const char *key, const char *value, struct err *e);
int check_raw_lxc(const char *key, const char *value, struct err *e);
int check_apparmor(const char *key, const char *value, struct err *e);
int check_unsupported(const char *key, const char *value, struct err *e);	/* any value is refused */
int check_unsupported_true(const char *key, const char *value, struct err *e); /* true is refused */

/* ---- values of several parts, for checks and plan */

/* "50%", or "25ms/100ms" (percent 0 then). */
struct allowance {
	int64_t percent;
	int64_t quota_us, period_us; /* -1: no time form */
};
int allowance_parse(const char *value, struct allowance *ret, struct err *e);

/* Lines of security.syscalls.deny: NAME, or NAME errno 38 (ENOSYS); the filter has no other answer yet. */
int syscalls_parse(struct arena *a, const char *value, struct names *ret, struct err *e);

/* Lines "lxc.KEY = VALUE" of raw.lxc, one call for each; a failure names the line. FN NULL: only the form. */
typedef int raw_lxc_line(void *ctx, const char *key, const char *value, struct err *e);
int raw_lxc_each(struct arena *a, const char *value, raw_lxc_line *fn, void *ctx, struct err *e);
