/* The grammar of snapshots.schedule: aliases, or cron's five fields; several joined by ", ". */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/auto.h"
#include "core/buf.h"
#include "core/parse.h"
#include "runtime/instance/keys_check.h"

static const char *const aliases[] = {
	"@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@annually", "@yearly", "@startup", "@never",
};

static const char month_names[] = "jan feb mar apr may jun jul aug sep oct nov dec";
static const char day_names[] = "sun mon tue wed thu fri sat";

static const struct bounds {
	uint32_t min, max;
	const char *names; /* three letters and a blank each; NULL: none */
} bounds[] = {
	{ 0, 59, NULL }, { 0, 23, NULL }, { 1, 31, NULL }, { 1, 12, month_names }, { 0, 6, day_names },
};

static int number_of(const struct bounds *b, const char *s, uint32_t *ret, struct err *e)
{
	const char *name = b->names && strlen(s) == 3 ? strstr(b->names, s) : NULL;

	if (name) {
		*ret = b->min + (uint32_t)(name - b->names) / 4;
		return 0;
	}
	if (*s == '-' || parse_u32(s, 0, UINT32_MAX, ret) < 0)
		return err_set(e, -EINVAL, "failed to parse int from %s: strconv.Atoi: parsing \"%s\": invalid syntax", s, s);
	return 0;
}

/* "*", "?", "N", "A-B" */
static int range_of(const struct bounds *b, char *s, const char *whole, uint32_t *low, uint32_t *high, struct err *e)
{
	char *dash = strchr(s, '-');
	int r;

	if (dash)
		*dash++ = 0;
	if (str_eq(s, "*") || str_eq(s, "?")) {
		*low = b->min;
		*high = b->max;
		return 0;
	}
	if ((r = number_of(b, s, low, e)) < 0)
		return r;
	*high = *low;
	if (dash && strchr(dash, '-'))
		return err_set(e, -EINVAL, "too many hyphens: %s", whole);
	return dash ? number_of(b, dash, high, e) : 0;
}

static int check_range(const struct bounds *b, const char *whole, struct err *e)
{
	uint32_t low, high, step = 1;
	char s[64];

	if (str_fmt(s, sizeof s, "%s", whole) < 0)
		return err_set(e, -EINVAL, "failed to parse int from %s", whole);
	char *slash = strchr(s, '/');
	if (slash)
		*slash++ = 0;
	bool single = !strchr(s, '-');
	int r = range_of(b, s, whole, &low, &high, e);

	if (r < 0)
		return r;
	if (slash && strchr(slash, '/'))
		return err_set(e, -EINVAL, "too many slashes: %s", whole);
	if (slash && (r = number_of(&(struct bounds){ 0, 0, NULL }, slash, &step, e)) < 0)
		return r;
	if (slash && single)
		high = b->max;
	if (low < b->min)
		return err_set(e, -EINVAL, "beginning of range (%u) below minimum (%u): %s", low, b->min, whole);
	if (high > b->max)
		return err_set(e, -EINVAL, "end of range (%u) above maximum (%u): %s", high, b->max, whole);
	if (low > high)
		return err_set(e, -EINVAL, "beginning of range (%u) beyond end of range (%u): %s", low, high, whole);
	return step ? 0 : err_set(e, -EINVAL, "step of range should be a positive number: %s", whole);
}

static int check_fields(char *s, struct err *e)
{
	char *field[ARRAY_SIZE(bounds)], *rest = s;
	size_t n = 0;
	int r = 0;

	for (char *one; (one = strsep(&rest, " "));) {
		if (n < ARRAY_SIZE(bounds))
			field[n] = one;
		n++;
	}
	if (n != ARRAY_SIZE(bounds))
		return err_set(e, -EINVAL, "Schedule must be of the form: <minute> <hour> <day-of-month> <month> <day-of-week>");
	for (size_t i = 0; i < n; i++) {
		for (char *one; (one = strsep(&field[i], ","));) {
			if ((r = check_range(&bounds[i], one, e)) < 0)
				return err_in(e, r, "Error parsing schedule");
		}
	}
	return 0;
}

static int check_trigger(char *s, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		if (str_eq(s, aliases[i]))
			return 0;
	}
	return check_fields(s, e);
}

int keys_check_cron(const char *value, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	char *s = arena_dup(&a, value), *next;
	int r = 0;

	for (char *c = s; *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + 'a' - 'A');
	}
	for (; s && r == 0; s = next) {
		next = strstr(s, ", ");
		if (next) {
			*next = 0;
			next += 2;
		}
		r = check_trigger(s, e);
	}
	return r;
}
