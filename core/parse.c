#include "core/parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DAY = 86400, YEAR_MOST = 9999 };

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/* Takes the digits that *S begins with, at least one. Too many for 64 bits: -ERANGE, all of them taken. */
static int take_digits(const char **s, unsigned base, uint64_t *ret)
{
	const char *p = *s;
	uint64_t v = 0;
	bool is_over = false;

	while (digit_of(*p) < (int)base) {
		is_over |= __builtin_mul_overflow(v, base, &v);
		is_over |= __builtin_add_overflow(v, (uint64_t)digit_of(*p++), &v);
	}
	if (p == *s)
		return -EINVAL;
	*s = p;
	if (is_over)
		return -ERANGE;
	*ret = v;
	return 0;
}

int parse_u64(const char *s, uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t v;
	int r = take_digits(&s, 10, &v);

	if (r == -EINVAL || *s)
		return -EINVAL;
	if (r < 0 || v < min || v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

int parse_u32(const char *s, uint32_t min, uint32_t max, uint32_t *ret)
{
	uint64_t v;
	int r = parse_u64(s, min, max, &v);

	if (r < 0)
		return r;
	*ret = (uint32_t)v;
	return 0;
}

/* V with a sign before it, in MIN..MAX. */
static int put_sign(bool is_negative, uint64_t v, int64_t min, int64_t max, int64_t *ret)
{
	int64_t signed_v = (int64_t)(is_negative ? 0 - v : v);

	if (v > (uint64_t)INT64_MAX + is_negative || signed_v < min || signed_v > max)
		return -ERANGE;
	*ret = signed_v;
	return 0;
}

int parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	bool is_negative = *s == '-';
	uint64_t v;
	int r;

	if (*s == '-' || *s == '+')
		s++;
	r = parse_u64(s, 0, UINT64_MAX, &v);
	return r < 0 ? r : put_sign(is_negative, v, min, max, ret);
}

int parse_octal(const char *s, uint32_t max, uint32_t *ret)
{
	uint64_t v;
	int r = take_digits(&s, 8, &v);

	if (r == -EINVAL || *s)
		return -EINVAL;
	if (r < 0 || v > max)
		return -ERANGE;
	*ret = (uint32_t)v;
	return 0;
}

/* Go: a prefix in either case; a leading 0 alone means octal. */
static unsigned take_base(const char **s)
{
	char c = (*s)[0] == '0' ? (char)((*s)[1] | 0x20) : '\0';
	unsigned base = c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 0;

	if (base)
		*s += 2;
	else
		base = (*s)[0] == '0' && (*s)[1] ? 8 : 10;
	return base;
}

/* Go: an underscore stands between two digits, or between the prefix and a digit. */
static bool are_underscores_right(const char *s, bool has_prefix)
{
	for (const char *p = s; *p; p++)
		if (*p == '_' && ((p == s && !has_prefix) || p[1] == '_' || !p[1]))
			return false;
	return true;
}

int parse_go_int(const char *s, int64_t *ret)
{
	bool is_negative = *s == '-', is_over = false;
	const char *start;
	unsigned base;
	uint64_t v = 0;

	if (*s == '-' || *s == '+')
		s++;
	start = s;
	base = take_base(&s);
	if (!*s || !are_underscores_right(s, s != start))
		return -EINVAL;
	for (; *s; s++) {
		int digit = digit_of(*s);

		if (*s == '_')
			continue;
		if (digit >= (int)base)
			return -EINVAL;
		is_over |= __builtin_mul_overflow(v, base, &v);
		is_over |= __builtin_add_overflow(v, (uint64_t)digit, &v);
	}
	return is_over ? -ERANGE : put_sign(is_negative, v, INT64_MIN, INT64_MAX, ret);
}

int parse_bool(const char *s, bool *ret)
{
	static const char *const word[] = { "false", "true", "no", "yes", "0", "1", "off", "on" };

	for (size_t i = 0; i < sizeof word / sizeof *word; i++)
		if (!strcasecmp(s, word[i])) {
			*ret = i & 1;
			return 0;
		}
	return -EINVAL;
}

int parse_size(const char *s, uint64_t *ret)
{
	static const struct { const char *suffix; uint64_t factor; } unit[] = {
		{ "", 1 },
		{ "B", 1 },
		{ " bytes", 1 },
		{ "kB", 1000 },
		{ "MB", 1000000 },
		{ "GB", 1000000000 },
		{ "TB", 1000000000000 },
		{ "PB", 1000000000000000 },
		{ "EB", 1000000000000000000 },
		{ "KiB", 1ULL << 10 },
		{ "MiB", 1ULL << 20 },
		{ "GiB", 1ULL << 30 },
		{ "TiB", 1ULL << 40 },
		{ "PiB", 1ULL << 50 },
		{ "EiB", 1ULL << 60 },
	};
	uint64_t v;
	int r = take_digits(&s, 10, &v);

	if (r == -EINVAL)
		return r;
	for (size_t i = 0; i < sizeof unit / sizeof *unit; i++) {
		if (strcmp(s, unit[i].suffix))
			continue;
		/* LXD holds sizes in an int64 */
		if (r < 0 || __builtin_mul_overflow(v, unit[i].factor, &v) || v > INT64_MAX)
			return -ERANGE;
		*ret = v;
		return 0;
	}
	return -EINVAL;
}

int parse_duration(const char *s, uint64_t *ret)
{
	uint64_t v, factor;
	int r = take_digits(&s, 10, &v);

	if (r == -EINVAL || (*s && s[1]))
		return -EINVAL;
	switch (*s) {
	case '\0':
	case 's':
		factor = 1;
		break;
	case 'm':
		factor = 60;
		break;
	case 'h':
		factor = 3600;
		break;
	case 'd':
		factor = DAY;
		break;
	default:
		return -EINVAL;
	}
	if (r < 0 || __builtin_mul_overflow(v, factor, &v) || v > INT64_MAX)
		return -ERANGE;
	*ret = v;
	return 0;
}

/* ---- the calendar: proleptic Gregorian, UTC; years begin in March, so that the leap day is the last one ---- */

static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(int64_t days, int64_t *ret_year, int64_t *ret_month, int64_t *ret_day)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;

	*ret_day = of_year - (153 * m + 2) / 5 + 1;
	*ret_month = m < 10 ? m + 3 : m - 9;
	*ret_year = y + era * 400 + (*ret_month <= 2);
}

static int64_t floor_days(int64_t s)
{
	return s / DAY - (s % DAY < 0);
}

/* FROM plus years, months, days: as Go, the 31st of January and a month are the 3rd of March. */
static int64_t add_date(int64_t from, int64_t years, int64_t months, int64_t days)
{
	int64_t of_day = from - floor_days(from) * DAY, y, m, d;

	date_of(floor_days(from), &y, &m, &d);
	m += months - 1;
	return (days_of(y + years + m / 12, m % 12 + 1, 1) + d - 1 + days) * DAY + of_day;
}

enum { EXPIRY_S, EXPIRY_M, EXPIRY_H, EXPIRY_d, EXPIRY_w, EXPIRY_m, EXPIRY_y, EXPIRY_N };

static int take_expiry(const char **s, int64_t count[EXPIRY_N])
{
	static const char unit[] = "SMHdwmy";
	uint64_t v;
	int r = take_digits(s, 10, &v);
	const char *u = **s ? strchr(unit, **s) : NULL;

	if (r == -EINVAL || !u || count[u - unit] >= 0)
		return -EINVAL;
	if (r < 0 || v > UINT32_MAX)
		return -ERANGE;
	count[u - unit] = (int64_t)v;
	(*s)++;
	return 0;
}

static int64_t counted(const int64_t count[EXPIRY_N], int unit)
{
	return count[unit] < 0 ? 0 : count[unit];
}

int parse_expiry(const char *s, int64_t from, int64_t *ret)
{
	int64_t count[EXPIRY_N] = { -1, -1, -1, -1, -1, -1, -1 }, t;

	while (*s == ' ')
		s++;
	if (!*s) {
		*ret = 0;
		return 0;
	}
	for (;;) {
		int r = take_expiry(&s, count);

		if (r < 0)
			return r;
		if (!s[strspn(s, " ")])
			break;
		if (*s++ != ' ')
			return -EINVAL;
	}
	t = add_date(from, counted(count, EXPIRY_y), counted(count, EXPIRY_m),
		     counted(count, EXPIRY_d) + 7 * counted(count, EXPIRY_w));
	t += counted(count, EXPIRY_H) * 3600 + counted(count, EXPIRY_M) * 60 + counted(count, EXPIRY_S);
	if (t >= days_of(YEAR_MOST + 1, 1, 1) * DAY)
		return -ERANGE;
	*ret = t;
	return 0;
}

/* Takes exactly N digits and then END ('\0': anything). */
static bool take_field(const char **s, int n, char end, int64_t *ret)
{
	int64_t v = 0;

	for (int i = 0; i < n; i++, (*s)++) {
		if (digit_of(**s) > 9)
			return false;
		v = v * 10 + digit_of(**s);
	}
	*ret = v;
	return !end || *(*s)++ == end;
}

static bool take_fraction(const char **s, uint32_t *ret_ns)
{
	uint32_t ns = 0, unit = 100000000;

	*ret_ns = 0;
	if (**s != '.')
		return true;
	if (digit_of(*++*s) > 9)
		return false;
	for (; digit_of(**s) <= 9; (*s)++, unit /= 10)
		ns += unit * (uint32_t)digit_of(**s);
	*ret_ns = ns;
	return true;
}

static bool take_offset(const char **s, int64_t *ret_seconds)
{
	int64_t h, m, sign = **s == '-' ? -1 : 1;

	*ret_seconds = 0;
	if (**s == 'Z')
		return !*++*s;
	if (**s != '+' && **s != '-')
		return false;
	++*s;
	if (!take_field(s, 2, ':', &h) || !take_field(s, 2, '\0', &m) || h > 23 || m > 59 || **s)
		return false;
	*ret_seconds = sign * (h * 3600 + m * 60);
	return true;
}

int parse_time(const char *s, int64_t *ret_s, uint32_t *ret_ns)
{
	int64_t y, mon, d, h, m, sec, offset, t, y2, mon2, d2;
	uint32_t ns;

	if (!take_field(&s, 4, '-', &y) || !take_field(&s, 2, '-', &mon) || !take_field(&s, 2, 'T', &d) ||
	    !take_field(&s, 2, ':', &h) || !take_field(&s, 2, ':', &m) || !take_field(&s, 2, '\0', &sec) ||
	    !take_fraction(&s, &ns) || !take_offset(&s, &offset))
		return -EINVAL;
	if (mon < 1 || mon > 12 || d < 1 || d > 31 || h > 23 || m > 59 || sec > 59)
		return -ERANGE;
	date_of(days_of(y, mon, d), &y2, &mon2, &d2);
	if (d != d2)
		return -ERANGE; /* the 30th of February */
	t = days_of(y, mon, d) * DAY + h * 3600 + m * 60 + sec - offset;
	if (t == days_of(1, 1, 1) * DAY && !ns)
		t = 0;
	*ret_s = t;
	*ret_ns = ns;
	return 0;
}

void format_time(int64_t s, uint32_t ns, char to[40])
{
	int64_t y, mon, d, of_day = s - floor_days(s) * DAY;
	char fraction[12] = "";

	if (!s && !ns)
		date_of(days_of(1, 1, 1), &y, &mon, &d);
	else
		date_of(floor_days(s), &y, &mon, &d);
	if (ns) {
		size_t n = (size_t)snprintf(fraction, sizeof fraction, ".%09u", ns % 1000000000U);

		while (n > 1 && fraction[n - 1] == '0')
			fraction[--n] = '\0';
	}
	if (y < 0 || y > YEAR_MOST)
		y = YEAR_MOST; /* no such time gets in by parse_time() or a clock */
	snprintf(to, 40, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", (int)y, (int)mon, (int)d, (int)(of_day / 3600),
		 (int)(of_day / 60 % 60), (int)(of_day % 60), fraction);
}

/* ---- sets of processors ---- */

static bool bit_test(const uint64_t *bits, unsigned i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

/* "3" or "0-3" */
static int take_range(const char **s, uint64_t *ret_first, uint64_t *ret_last)
{
	int r = take_digits(s, 10, ret_first), r2 = 0;

	if (r == -EINVAL)
		return r;
	if (r < 0)
		*ret_first = UINT64_MAX;
	*ret_last = *ret_first;
	if (**s == '-') {
		++*s;
		if ((r2 = take_digits(s, 10, ret_last)) == -EINVAL)
			return r2;
		if (r2 < 0)
			*ret_last = UINT64_MAX;
	}
	return *ret_first > *ret_last ? -EINVAL : 0;
}

int parse_cpuset(const char *s, uint64_t *bits, unsigned nbits)
{
	bool is_beyond = false;

	memset(bits, 0, (nbits + 63) / 64 * sizeof *bits);
	for (;;) {
		uint64_t first, last;
		int r = take_range(&s, &first, &last);

		if (r < 0)
			return r;
		is_beyond |= last >= nbits;
		for (uint64_t i = first; i <= last && i < nbits; i++) {
			if (bit_test(bits, (unsigned)i))
				return -EINVAL;
			bits[i / 64] |= 1ULL << (i % 64);
		}
		if (!*s)
			return is_beyond ? -ERANGE : 0;
		if (*s++ != ',')
			return -EINVAL;
	}
}

int format_cpuset(const uint64_t *bits, unsigned nbits, char *to, size_t size)
{
	size_t n = 0;

	if (size)
		to[0] = '\0';
	for (unsigned i = 0, last; i < nbits; i = last + 1) {
		last = i;
		if (!bit_test(bits, i))
			continue;
		while (last + 1 < nbits && bit_test(bits, last + 1))
			last++;
		n += (size_t)snprintf(to + n, size - n, i == last ? "%s%u" : "%s%u-%u", n ? "," : "", i, last);
		if (n >= size)
			return -ENAMETOOLONG;
	}
	return 0;
}
