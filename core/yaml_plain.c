#include "core/yaml_plain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/parse.h"

enum { NUMBER_LONGEST = 128 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_one_of(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(s, *list))
			return true;
	return false;
}

static enum doc_kind word_kind(const char *s, int64_t *num)
{
	static const char *const yes[] = { "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", NULL };
	static const char *const no[] = { "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", NULL };
	static const char *const null[] = { "", "~", "null", "Null", "NULL", NULL };

	if (strlen(s) > 5)
		return DOC_STRING;
	*num = is_one_of(s, yes);
	if (*num || is_one_of(s, no))
		return DOC_BOOL;
	return is_one_of(s, null) ? DOC_NULL : DOC_STRING;
}

static bool is_special_float(const char *s)
{
	static const char *const any[] = { ".inf", ".Inf", ".INF", NULL };
	static const char *const nan[] = { ".nan", ".NaN", ".NAN", NULL };

	return is_one_of(s, nan) || is_one_of(s + (*s == '+' || *s == '-'), any);
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?, and what a double can hold */
static bool is_float(const char *s)
{
	const char *p = s + (*s == '-' || *s == '+');
	size_t whole = strspn(p, "0123456789"), part = 0;

	p += whole;
	if (*p == '.') {
		part = strspn(++p, "0123456789");
		p += part;
	}
	if (!whole && !part)
		return false;
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '-' || *p == '+';
		if (!is_digit(*p))
			return false;
		p += strspn(p, "0123456789");
	}
	return !*p && isfinite(strtod(s, NULL));
}

static enum doc_kind number_kind(const char *s, int64_t *num)
{
	char plain[NUMBER_LONGEST];
	size_t n = 0;

	/* 1_000 and even 1__0_ */
	for (; *s; s++) {
		if (*s == '_')
			continue;
		if (n == sizeof plain - 1)
			return DOC_STRING;
		plain[n++] = *s;
	}
	plain[n] = '\0';
	if (!parse_go_int(plain, num))
		return DOC_INT;
	return is_float(plain) ? DOC_FLOAT : DOC_STRING;
}

/* N digits at least and M at most; the number is in 0..MAX. */
static bool take_number(const char **s, int n, int m, int max, int *ret)
{
	int v = 0, i = 0;

	for (; i < m && is_digit((*s)[i]); i++)
		v = v * 10 + ((*s)[i] - '0');
	*s += i;
	*ret = v;
	return i >= n && v <= max;
}

static bool take_char(const char **s, char c)
{
	if (**s != c)
		return false;
	++*s;
	return true;
}

/* 15:4:5.999999999 */
static bool take_clock(const char **s)
{
	int v;

	if (!take_number(s, 1, 2, 23, &v) || !take_char(s, ':') || !take_number(s, 1, 2, 59, &v) ||
	    !take_char(s, ':') || !take_number(s, 1, 2, 59, &v))
		return false;
	if (((*s)[0] == '.' || (*s)[0] == ',') && is_digit((*s)[1]))
		*s += 1 + strspn(*s + 1, "0123456789");
	return true;
}

static bool take_zone(const char **s)
{
	int v;

	if (take_char(s, 'Z'))
		return true;
	return (take_char(s, '+') || take_char(s, '-')) && take_number(s, 2, 2, 24, &v) && take_char(s, ':') &&
	       take_number(s, 2, 2, 60, &v);
}

static int days_in(int year, int month)
{
	static const char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && is_leap);
}

/* "2006-1-2", and behind it nothing, "T15:4:5Z07:00", the same with "t", or " 15:4:5" */
static bool is_timestamp(const char *s)
{
	int year, month, day;

	if (!take_number(&s, 4, 4, 9999, &year) || !take_char(&s, '-') || !take_number(&s, 1, 2, 12, &month) || !month ||
	    !take_char(&s, '-') || !take_number(&s, 1, 2, days_in(year, month), &day) || !day)
		return false;
	if (!*s)
		return true;
	if (take_char(&s, ' '))
		return take_clock(&s) && !*s;
	return (take_char(&s, 'T') || take_char(&s, 't')) && take_clock(&s) && take_zone(&s) && !*s;
}

/* YAML 1.1's 1:20 is 80 to others: [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)? */
static bool is_base60(const char *s)
{
	s += *s == '-' || *s == '+';
	if (!is_digit(*s))
		return false;
	s += strspn(s, "0123456789_");
	if (*s != ':')
		return false;
	while (*s == ':') {
		if (!is_digit(*++s))
			return false;
		s += s[0] <= '5' && is_digit(s[1]) ? 2 : 1;
	}
	if (*s == '.')
		s += 1 + strspn(s + 1, "0123456789_");
	return !*s;
}

enum doc_kind yaml_plain_kind(const char *s, int64_t *num)
{
	enum doc_kind kind = DOC_STRING;

	*num = 0;
	if (!*s || strchr("yYnNtTfFoO~", *s))
		return word_kind(s, num);
	if (*s != '.' && *s != '-' && *s != '+' && !is_digit(*s))
		return DOC_STRING;
	if (is_special_float(s))
		return DOC_FLOAT;
	if (*s == '.')
		return is_float(s) ? DOC_FLOAT : DOC_STRING;
	if (!is_timestamp(s))
		kind = number_kind(s, num);
	return kind;
}

bool yaml_plain_is_string(const char *s, bool is_time)
{
	int64_t num;

	return yaml_plain_kind(s, &num) == DOC_STRING && !is_base60(s) && (is_time || !is_timestamp(s));
}
