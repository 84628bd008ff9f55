#include "runtime/instance/keys_check.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include "core/auto.h"
#include "core/doc.h"
#include "core/name.h"
#include "core/parse.h"
#include "runtime/instance/balance.h"
#include "runtime/instance/keys.h"
#include "runtime/instance/rlimit.h"

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

enum { NAME_MOST = 255, PERCENT_MOST = 1000000, MS_MOST = 1000000000 };

static bool is_made_of(const char *s, const char *set)
{
	return !s[strspn(s, set)];
}

/* ---- numbers */

static int check_bool(const char *value, struct err *e)
{
	bool v;

	return parse_bool(value, &v) < 0 ? err_set(e, -EINVAL, "Invalid value for a boolean \"%s\"", value) : 0;
}

static int take_int(const char *value, int64_t *ret, struct err *e)
{
	return parse_i64(value, INT64_MIN, INT64_MAX, ret) < 0 ? err_set(e, -EINVAL, "Invalid value for an integer \"%s\"", value) : 0;
}

static int check_int(const char *value, struct err *e)
{
	int64_t v;

	return take_int(value, &v, e);
}

static int check_u32(const char *value, struct err *e)
{
	uint32_t v;
	int r = parse_u32(value, 0, UINT32_MAX, &v);

	return r == 0 ? 0 : err_set(e, -EINVAL, "Invalid value for uint32 \"%s\": strconv.ParseUint: parsing \"%s\": %s", value, value,
				    r == -ERANGE ? "value out of range" : "invalid syntax");
}

static int check_between(const char *value, int64_t min, int64_t max, struct err *e)
{
	int64_t v;
	int r = take_int(value, &v, e);

	if (r < 0 || (v >= min && v <= max))
		return r;
	return err_set(e, -EINVAL, "Invalid value for a limit \"%s\". Must be between %lld and %lld", value, (long long)min, (long long)max);
}

/* ---- sizes */

/* Which of LXD's three words it is that a size deserves. */
static int size_failed(const char *value, struct err *e)
{
	size_t digits = strspn(value, DIGITS);
	char number[64], unit[16];
	uint64_t n, factor;

	if (!digits)
		return err_set(e, -EINVAL, "Invalid value: %s", value);
	if (str_fmt(number, sizeof number, "%.*s", (int)digits, value) < 0 || parse_u64(number, 0, INT64_MAX, &n) < 0)
		return err_set(e, -EINVAL, "Invalid integer: %s", value);
	if (str_fmt(unit, sizeof unit, "1%s", value + digits) < 0 || parse_size(unit, &factor) < 0)
		return err_set(e, -EINVAL, "Invalid value: %s", value);
	return err_set(e, -EINVAL, "Overflow multiplying %llu with %llu", (unsigned long long)n, (unsigned long long)factor);
}

static int check_size(const char *value, struct err *e)
{
	uint64_t v;

	return parse_size(value, &v) < 0 ? size_failed(value, e) : 0;
}

static bool is_percent(const char *value)
{
	return *value && value[strlen(value) - 1] == '%';
}

/* Go's words for the number in "N%" or "Nms"; CALL is the function that LXD uses there. */
static int take_number(const char *value, const char *suffix, const char *call, int64_t *ret, struct err *e)
{
	size_t n = strlen(value), m = strlen(suffix);
	char number[64];

	if (n >= m && str_eq(value + n - m, suffix))
		n -= m;
	int r = str_fmt(number, sizeof number, "%.*s", (int)n, value) < 0 ? -EINVAL : parse_i64(number, INT64_MIN, INT64_MAX, ret);
	return r == 0 ? 0 : err_set(e, -EINVAL, "strconv.%s: parsing \"%.*s\": %s", call, (int)n, value,
				    r == -ERANGE ? "value out of range" : "invalid syntax");
}

static int check_size_or_percent(const char *value, struct err *e)
{
	int64_t percent;

	return is_percent(value) ? take_number(value, "%", "ParseInt", &percent, e) : check_size(value, e);
}

static int check_size_or_bool(const char *value, struct err *e)
{
	uint64_t v;

	return parse_size(value, &v) == 0 ? 0 : check_bool(value, e);
}

int check_memory(const char *key, const char *value, struct err *e)
{
	int64_t percent = 0;
	uint64_t size = 0;

	(void)key;
	if (!is_percent(value))
		return parse_size(value, &size) < 0 || !size ? err_set(e, -EINVAL, "Memory limit can't be 0") : 0;
	int r = take_number(value, "%", "ParseInt", &percent, e);
	if (r < 0)
		return r;
	if (!percent)
		return err_set(e, -EINVAL, "Memory limit can't be 0%%");
	return percent < 0 || percent > PERCENT_MOST ? err_set(e, -EINVAL, "Invalid value: %s", value) : 0;
}

int check_oom_priority(const char *key, const char *value, struct err *e)
{
	(void)key;
	return check_between(value, -1000, 1000, e);
}

int check_processes(const char *key, const char *value, struct err *e)
{
	int64_t v;
	int r = take_int(value, &v, e);

	(void)key;
	if (r < 0 || v == -1 || v > 0)
		return r;
	return err_set(e, -EINVAL, "Invalid value for a limit \"%s\". Must be positive, or -1 for none", value);
}

/* ---- CPUs */

/* LXD's ^([0-9]+([,-][0-9]+)?)(,[0-9]+([,-][0-9]+)*)?$ */
static bool has_cpuset_form(const char *s)
{
	bool begins_with_range = false;

	for (unsigned i = 0;; i++, s++) {
		size_t digits = strspn(s, DIGITS);

		s += digits;
		if (!digits || (*s && *s != ',' && *s != '-'))
			return false;
		if (!*s)
			return true;
		if (i == 0)
			begins_with_range = *s == '-';
		else if (i == 1 && begins_with_range && *s == '-')
			return false;
	}
}

/* Digits at *S, which moves behind them. */
static uint32_t take_cpu(const char **s)
{
	uint32_t v = 0;

	for (; **s >= '0' && **s <= '9'; (*s)++)
		v = v < BALANCE_CPUS ? v * 10 + (uint32_t)(**s - '0') : BALANCE_CPUS;
	return v;
}

/* Takes "3" or "0-3" from *S. -EINVAL: not of that form, or runs backwards; -EEXIST: one of them was there before. */
static int take_cpus(const char **s, uint64_t *bits)
{
	uint32_t low = take_cpu(s), high = low;

	if (**s == '-') {
		++*s;
		high = take_cpu(s);
	}
	if ((**s && **s != ',') || low > high || high >= BALANCE_CPUS)
		return -EINVAL;
	for (uint32_t i = low; i <= high; i++) {
		if (bits[i / 64] >> (i % 64) & 1)
			return -EEXIST;
		bits[i / 64] |= 1ULL << (i % 64);
	}
	return 0;
}

static int check_cpuset(const char *value, struct err *e)
{
	uint64_t bits[BALANCE_CPUS / 64] = { 0 };
	uint32_t count;

	if (!has_cpuset_form(value))
		return err_set(e, -EINVAL, "Invalid CPU limit syntax");
	if (parse_u32(value, 0, UINT32_MAX, &count) == 0)
		return 0;
	for (const char *s = value; *s; s += *s == ',') {
		int r = take_cpus(&s, bits);

		if (r == -EEXIST)
			return err_set(e, -EINVAL, "Cannot define CPU multiple times");
		if (r < 0)
			return err_set(e, -EINVAL, "Invalid cpuset value: %s", value);
	}
	return 0;
}

int check_cpus(const char *key, const char *value, struct err *e)
{
	uint32_t count;

	(void)key;
	return parse_u32(value, 0, UINT32_MAX, &count) == 0 && !count ? err_set(e, -EINVAL, "Invalid cpuset value: 0 (no CPU at all)") : 0;
}

int check_nodes(const char *key, const char *value, struct err *e)
{
	(void)key;
	return str_eq(value, "balanced") ? 0 : check_cpuset(value, e);
}

static int time_allowance(const char *value, struct allowance *ret, struct err *e)
{
	const char *slash = strchr(value, '/');
	char quota_text[64];
	int64_t quota, period;
	int r;

	if (!slash)
		return err_set(e, -EINVAL, "Invalid allowance: %s", value);
	if (str_fmt(quota_text, sizeof quota_text, "%.*s", (int)(slash - value), value) < 0)
		return err_set(e, -EINVAL, "Invalid allowance: %s", value);
	if ((r = take_number(quota_text, "ms", "Atoi", &quota, e)) < 0 || (r = take_number(slash + 1, "ms", "Atoi", &period, e)) < 0)
		return r;
	/* the kernel's bounds */
	if (quota < 1 || quota > MS_MOST || period < 1 || period > 1000)
		return err_set(e, -EINVAL, "Invalid allowance: %s (at least 1ms, in a period of 1ms to 1000ms)", value);
	*ret = (struct allowance){ 0, quota * 1000, period * 1000 };
	return 0;
}

int allowance_parse(const char *value, struct allowance *ret, struct err *e)
{
	int64_t percent;

	if (!is_percent(value))
		return time_allowance(value, ret, e);
	int r = take_number(value, "%", "Atoi", &percent, e);
	if (r < 0)
		return r;
	if (percent < 1 || percent > PERCENT_MOST)
		return err_set(e, -EINVAL, "Invalid allowance: %s (at least 1%%)", value);
	*ret = (struct allowance){ percent, -1, -1 };
	return 0;
}

int check_allowance(const char *key, const char *value, struct err *e)
{
	struct allowance v;

	(void)key;
	return allowance_parse(value, &v, e);
}

/* ---- words, times, documents */

static int check_one_of(const char *value, const char *words, struct err *e)
{
	return str_has_word(words, value) ? 0 : err_set(e, -EINVAL, "Invalid value \"%s\" (not one of [%s])", value, words);
}

static int check_expiry(const char *value, struct err *e)
{
	int64_t t;

	return parse_expiry(value, 0, &t) < 0 ? err_set(e, -EINVAL, "Invalid expiry expression") : 0;
}

static int check_uuid(const char *value, struct err *e)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	bool right = strlen(value) == sizeof form - 1;

	for (size_t i = 0; right && form[i]; i++)
		right = form[i] == '-' ? value[i] == '-' : strchr(DIGITS "abcdefABCDEF", value[i]) != NULL;
	return right ? 0 : err_set(e, -EINVAL, "Invalid UUID");
}

/* What our reader leaves out of YAML on purpose is right for whoever reads this value. 1: read and in *RET, 0: fine but not read. */
static int read_yaml(struct arena *a, const char *text, struct doc **ret, struct err *e)
{
	struct err why = ERR_NONE;
	int r = doc_read_yaml(a, "yaml", text, strlen(text), ret, &why);

	if (r == 0)
		return 1;
	if (strstr(why.text, "are not supported"))
		return 0;
	return err_set(e, r, "%s", why.text);
}

static int check_yaml(const char *value, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct doc *doc;
	int r = read_yaml(&a, value, &doc, e);

	if (r <= 0 || doc->kind == DOC_MAP || doc->kind == DOC_NULL)
		return r < 0 ? r : 0;
	if (doc->kind == DOC_LIST)
		return err_set(e, -EINVAL, "yaml: unmarshal errors: line %d: cannot unmarshal !!seq into map[string]interface {}", doc->line);
	return err_set(e, -EINVAL, "yaml: unmarshal errors: line %d: cannot unmarshal !!str `%.10s` into map[string]interface {}",
		       doc->line, doc->text);
}

int check_user_data(const char *key, const char *value, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	const char *rest = str_after(value, "#cloud-config\n");
	struct doc *doc;

	(void)key;
	if (!rest)
		return 0;
	int r = read_yaml(&a, rest, &doc, e);
	return r < 0 ? r : 0;
}

int check_pattern(const char *key, const char *value, struct err *e)
{
	const char *first = strstr(value, "%d");

	(void)key;
	return first && strstr(first + 2, "%d") ? err_set(e, -EINVAL, "Snapshot pattern may contain '%%d' only once") : 0;
}

int keys_check_type(const struct key *k, const char *value, struct err *e)
{
	switch (k->type) {
	case KEY_ANY:
		return 0;
	case KEY_BOOL:
		return check_bool(value, e);
	case KEY_INT:
		return check_int(value, e);
	case KEY_U32:
		return check_u32(value, e);
	case KEY_PRIORITY:
		return check_between(value, 0, 10, e);
	case KEY_SIZE:
		return check_size(value, e);
	case KEY_SIZE_OR_PCT:
		return check_size_or_percent(value, e);
	case KEY_SIZE_OR_BOOL:
		return check_size_or_bool(value, e);
	case KEY_CPUSET:
		return check_cpuset(value, e);
	case KEY_ONEOF:
		return check_one_of(value, k->values, e);
	case KEY_EXPIRY:
		return check_expiry(value, e);
	case KEY_CRON:
		return keys_check_cron(value, e);
	case KEY_YAML:
		return check_yaml(value, e);
	case KEY_UUID:
		return check_uuid(value, e);
	}
	return -EINVAL;
}

/* ---- names of families */

static bool has_control(const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	}
	return false;
}

int keys_check_name(const struct key *k, const char *name, struct err *e)
{
	bool right = *name && strlen(name) <= NAME_MOST && !strstr(name, "..") && !has_control(name);

	if (right && !(k->flags & KEY_FREE))
		right = *name != '.' && (str_eq(k->name, "environment.") ? !strchr(name, '/') : is_made_of(name, LETTERS DIGITS "_.-"));
	return right ? 0 : err_set(e, -EINVAL, "Invalid name \"%s\" behind \"%s\"", name, k->name);
}

/* ---- rows' checks */

int check_rlimit(const char *key, const char *value, struct err *e)
{
	return rlimit_check(NAME_IN(key, "limits.kernel."), value, e);
}

int check_environment(const char *key, const char *value, struct err *e)
{
	(void)value;
	return name_environ(NAME_IN(key, "environment."), e);
}

int check_modules(const char *key, const char *value, struct err *e)
{
	(void)key;
	for (const char *s = value, *end; *s; s = *end ? end + 1 : end) {
		s += *s == ' ';
		end = strchrnul(s, ',');
		if (strspn(s, LETTERS DIGITS "_-") != (size_t)(end - s))
			return err_set(e, -EINVAL, "Invalid kernel module name \"%.*s\"", (int)(end - s), s);
	}
	return 0;
}

/* What each container has of its own; anything else would be the host's. */
static bool is_namespaced(const char *name)
{
	static const char *const families[] = { "net.", "kernel.shm", "kernel.msg", "fs.mqueue.", "user." };
	static const char *const names[] = { "kernel.sem", "kernel.sem_next_id", "kernel.domainname", "kernel.hostname" };

	if (strstr(name, "..") || !is_made_of(name, LETTERS DIGITS "_.-"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const char *rest = str_after(name, families[i]);

		if (rest && *rest)
			return name[strlen(name) - 1] != '.';
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (str_eq(name, names[i]))
			return true;
	}
	return false;
}

/* One word, or several numbers as in net.ipv4.tcp_rmem: nothing that somebody may take for a second setting. */
static bool is_sysctl_value(const char *value)
{
	return is_made_of(value, LETTERS DIGITS "_.:,-") || is_made_of(value, DIGITS " \t-");
}

int check_sysctl(const char *key, const char *value, struct err *e)
{
	const char *name = NAME_IN(key, "linux.sysctl.");

	if (!is_namespaced(name))
		return err_set(e, -EINVAL, "%s is the host's, not the container's own (which are net.*, kernel.shm*, kernel.msg*, kernel.sem, "
			       "kernel.domainname, kernel.hostname, fs.mqueue.*, user.*)", name);
	return is_sysctl_value(value) ? 0 : err_set(e, -EINVAL, "Invalid value for a sysctl \"%s\"", value);
}

int check_compat(const char *key, const char *value, struct err *e)
{
#if defined(__x86_64__) || defined(__aarch64__) || defined(__powerpc64__)
	(void)key;
	(void)value;
	(void)e;
	return 0;
#else
	return err_set(e, -EINVAL, "%s isn't supported on this architecture", key);
#endif
}

int check_unsupported(const char *key, const char *value, struct err *e)
{
	(void)key;
	(void)value;
	return err_set(e, -EOPNOTSUPP, "not supported by this version of lxcbox");
}

int check_unsupported_true(const char *key, const char *value, struct err *e)
{
	bool v = false;

	return parse_bool(value, &v) == 0 && v ? check_unsupported(key, value, e) : 0;
}

/* Without AppArmor there is nothing that its rules could change. */
int check_apparmor(const char *key, const char *value, struct err *e)
{
	char on[2] = "";
	/* path: the host's own /sys */
	AUTO(fd) int fd = open("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, on, 1) != 1 || *on != 'Y')
		return 0;
	return check_unsupported(key, value, e);
}

/* ---- what is wrong only together */

static bool is_set(const struct map *config, const char *key)
{
	const char *value = map_get(config, key);

	return value && *value;
}

static bool is_true(const struct map *config, const char *key)
{
	const char *value = map_get(config, key);
	bool v = false;

	return value && parse_bool(value, &v) == 0 && v;
}

static int check_old_names(const struct map *config, struct err *e)
{
	for (const struct key *k = keys_table; *k->name; k++) {
		if (k->same_as && is_set(config, k->same_as) && is_set(config, k->name))
			return err_set(e, -EINVAL, "Mutually exclusive keys %s and %s are set", k->same_as, k->name);
	}
	return 0;
}

static int check_filters(const struct map *config, struct err *e)
{
	bool allow = is_set(config, "security.syscalls.allow") || is_set(config, "security.syscalls.whitelist");
	bool deny = is_set(config, "security.syscalls.deny") || is_set(config, "security.syscalls.blacklist") ||
		    is_true(config, "security.syscalls.deny_default") || is_true(config, "security.syscalls.blacklist_default") ||
		    is_true(config, "security.syscalls.deny_compat") || is_true(config, "security.syscalls.blacklist_compat");

	if (is_set(config, "raw.seccomp") && (allow || deny))
		return err_set(e, -EINVAL, "raw.seccomp is mutually exclusive with security.syscalls*");
	if (allow && deny)
		return err_set(e, -EINVAL, "security.syscalls.allow is mutually exclusive with security.syscalls.deny*");
	return 0;
}

static int check_privileged(const struct map *config, struct err *e)
{
	if (!is_true(config, "security.privileged"))
		return 0;
	if (is_true(config, "nvidia.runtime"))
		return err_set(e, -EINVAL, "nvidia.runtime is incompatible with privileged containers");
	for (size_t i = 0; i < config->n; i++) {
		/* they belong to the user namespace, which is the host's then */
		if (str_after(config->item[i].key, "linux.sysctl.user."))
			return err_set(e, -EINVAL, "%s is the host's with security.privileged=true", config->item[i].key);
	}
	return 0;
}

/* Pairs FS=PROGRAM of intercept.mount.fuse, against the list of intercept.mount.allowed. */
static int check_fuse(const struct map *config, struct err *e)
{
	const char *pairs = map_get(config, "security.syscalls.intercept.mount.fuse");
	const char *allowed = map_get(config, "security.syscalls.intercept.mount.allowed");

	if (!pairs || !is_true(config, "security.syscalls.intercept.mount"))
		return 0;
	for (const char *s = pairs, *end; *s; s = *end ? end + 1 : end) {
		end = strchrnul(s, ',');
		const char *equals = memchr(s, '=', (size_t)(end - s));

		if (!equals)
			return err_set(e, -EINVAL, "security.syscalls.intercept.mount.fuse is not of the form 'filesystem=fuse-binary': %.*s",
				       (int)(end - s), s);
		size_t n = (size_t)(equals - s);
		for (const char *a = allowed ? allowed : ""; *a; a = *strchrnul(a, ',') ? strchrnul(a, ',') + 1 : "") {
			if ((size_t)(strchrnul(a, ',') - a) == n && !strncmp(a, s, n))
				return err_set(e, -EINVAL, "Filesystem %.*s cannot appear in security.syscalls.intercept.mount.allowed and "
					       "security.syscalls.intercept.mount.fuse", (int)n, s);
		}
	}
	return 0;
}

int keys_check_together(const struct map *config, struct err *e)
{
	int r = check_old_names(config, e);

	if (r < 0 || (r = check_filters(config, e)) < 0 || (r = check_privileged(config, e)) < 0)
		return r;
	return check_fuse(config, e);
}
