/* Keys whose values are lines in somebody else's grammar: raw.lxc, raw.idmap, security.syscalls.deny */
#include <errno.h>
#include <string.h>
#include "core/auto.h"
#include "core/parse.h"
#include "runtime/instance/keys.h"
#include "runtime/instance/keys_check.h"
#include "runtime/isolate/seccomp.h"

#define BLANKS " \t\r"

/* Cuts S at the first line break and returns what is behind it, NULL at the end. */
static char *next_line(char *s)
{
	return strsep(&s, "\n"), s;
}

static char *trim(char *s)
{
	size_t n;

	s += strspn(s, BLANKS);
	for (n = strlen(s); n && strchr(BLANKS, s[n - 1]);)
		s[--n] = 0;
	return s;
}

/* ---- raw.lxc */

/* LXD refuses these in these words. */
static int refused_by_lxd(const char *key, struct err *e)
{
	static const char *const none[][2] = {
		{ "lxc.logfile", "lxc.logfile" },     { "lxc.log.file", "lxc.logfile" },   { "lxc.syslog", "lxc.log.syslog" },
		{ "lxc.log.syslog", "lxc.log.syslog" }, { "lxc.ephemeral", "lxc.ephemeral" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		if (str_eq(key, none[i][0]))
			return err_set(e, -EINVAL, "Setting %s is not allowed", none[i][1]);
	}
	if (str_after(key, "lxc.prlimit."))
		return err_set(e, -EINVAL, "Process limits should be set via \"limits.kernel.[limit name]\" and not directly via "
			       "\"lxc.prlimit.[limit name]\"");
	return 0;
}

/* lxc.net.N.ipv4.address */
static bool is_address_key(const char *key)
{
	const char *last = strrchr(key, '.');

	for (const char *const *end = (const char *const[]){ ".ipv4.address", ".ipv6.address", ".ipv4.gateway", ".ipv6.gateway", NULL };
	     *end; end++) {
		size_t n = strlen(key), m = strlen(*end);

		if (last && n > m + 8 && str_eq(key + n - m, *end) && !memchr(key + 8, '.', n - m - 8))
			return true;
	}
	return false;
}

static int check_raw_key(const char *key, struct err *e)
{
	int r = refused_by_lxd(key, e);

	if (r == 0 && str_after(key, "lxc.net.") && !is_address_key(key))
		return err_set(e, -EINVAL, "Only interface-specific ipv4/ipv6 lxc.net. keys are allowed");
	return r;
}

static int one_raw_line(char *line, raw_lxc_line *fn, void *ctx, struct err *e)
{
	line = trim(line);
	char *equals = strchr(line, '=');

	if (!*line || *line == '#')
		return 0;
	if (!equals || strchr(line, '\r')) /* a second line to many a reader */
		return err_set(e, -EINVAL, "Invalid raw.lxc line: %s", line);
	*equals = 0;
	char *key = trim(line), *value = trim(equals + 1);
	for (char *c = key; *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + 'a' - 'A');
	}
	int r = check_raw_key(key, e);
	return r < 0 || !fn ? r : fn(ctx, key, value, e);
}

int raw_lxc_each(struct arena *a, const char *value, raw_lxc_line *fn, void *ctx, struct err *e)
{
	int number = 1;

	for (char *line = arena_dup(a, value), *next; line; line = next, number++) {
		next = next_line(line);
		int r = one_raw_line(line, fn, ctx, e);
		if (r < 0)
			return err_in(e, r, "line %d", number);
	}
	return 0;
}

/* ---- raw.idmap */

/* "N" or "A-B": how many ids. */
static int range_size(const char *s, uint64_t *ret)
{
	uint32_t low, high;
	char text[64];
	int r = str_fmt(text, sizeof text, "%s", s);
	char *dash = r < 0 ? NULL : strchr(text, '-');

	if (dash)
		*dash++ = 0;
	if (r < 0 || parse_u32(text, 0, UINT32_MAX - 1, &low) < 0 || parse_u32(dash ? dash : text, 0, UINT32_MAX - 1, &high) < 0 || low > high)
		return -EINVAL;
	*ret = (uint64_t)high - low + 1;
	return 0;
}

static int check_idmap_line(const char *line, struct err *e)
{
	char text[128], *word[3], *rest = text;
	uint64_t host, inside;
	size_t n = 0;

	if (str_fmt(text, sizeof text, "%s", line) < 0)
		return err_set(e, -EINVAL, "Invalid ID map line \"%.100s\"", line);
	for (char *one; (one = strsep(&rest, " ")); n++) {
		if (n < ARRAY_SIZE(word))
			word[n] = one;
	}
	if (n != ARRAY_SIZE(word))
		return err_set(e, -EINVAL, "Invalid ID map line \"%s\"", line);
	if (!str_eq(word[0], "both") && !str_eq(word[0], "uid") && !str_eq(word[0], "gid"))
		return err_set(e, -EINVAL, "Invalid ID map type \"%s\"", line);
	if (range_size(word[1], &host) < 0 || range_size(word[2], &inside) < 0)
		return err_set(e, -EINVAL, "Invalid ID map line \"%s\"", line);
	return host == inside ? 0 : err_set(e, -EINVAL, "The ID map ranges are of different sizes \"%s\"", line);
}

int check_raw_idmap(const char *key, const char *value, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;

	for (char *line = arena_dup(&a, value), *next; line; line = next) {
		next = next_line(line);
		int r = *line ? check_idmap_line(line, e) : 0;
		if (r < 0)
			return err_in(e, r, "Failed to get ID map");
	}
	return check_unsupported(key, value, e);
}

/* ---- security.syscalls.deny */

/* "NAME", "NAME errno 38"; comments and the section of all architectures are LXC's, too. */
static int one_syscall(struct arena *a, char *line, struct names *ret, struct err *e)
{
	char *name = trim(line);

	if (!*name || *name == '#' || str_eq(name, "[all]"))
		return 0;
	char *rest = name + strcspn(name, BLANKS);
	if (*rest)
		*rest++ = 0;
	rest = trim(rest);
	if (*name == '[' || (*rest && !str_eq(rest, "errno 38")))
		return err_set(e, -EOPNOTSUPP, "\"%s%s%s\": not supported by this version of lxcbox, which knows NAME and NAME errno 38", name,
			       *rest ? " " : "", rest);
	names_add(a, ret, name);
	return 0;
}

int syscalls_parse(struct arena *a, const char *value, struct names *ret, struct err *e)
{
	int number = 1;

	for (char *line = arena_dup(a, value), *next; line; line = next, number++) {
		next = next_line(line);
		int r = one_syscall(a, line, ret, e);
		if (r < 0)
			return err_in(e, r, "line %d", number);
	}
	return 0;
}

/* The library that builds the filter knows which names there are. */
int check_syscalls(const char *key, const char *value, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(buf) struct buf program = BUF_NONE;
	struct names deny = { 0 };
	int r = syscalls_parse(&a, value, &deny, e);

	(void)key;
	if (r < 0)
		return r;
	return seccomp_build(&(struct seccomp_rules){ .deny = &deny }, &program, e);
}
