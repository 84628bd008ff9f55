#include "applets/options.h"
#include <errno.h>
#include "core/auto.h"
#include "core/buf.h"
#include "test/unit/test.h"

struct all {
	bool force, quick;
	const char *format, *console;
	int64_t timeout;
	struct opt_uint user;
	struct names config;
};

static const struct opt rows[] = {
	OPT(BOOL, 'f', "force", struct all, force, NULL, ""),
	OPT(BOOL, 'q', "quick", struct all, quick, NULL, ""),
	OPT(STRING, 'o', "format", struct all, format, "table", ""),
	OPT(OPTIONAL, 0, "console", struct all, console, "console", ""),
	OPT(INT, 't', "timeout", struct all, timeout, "-1", ""),
	OPT(UINT, 0, "user", struct all, user, NULL, ""),
	OPT(LIST, 'c', "config", struct all, config, NULL, ""),
	OPT_END,
};

static void split(struct arena *a, const char *line, struct names *to)
{
	for (const char *s = line; *s;) {
		size_t n = strcspn(s, " ");

		names_add(a, to, arena_dupn(a, s, n));
		s += n + (s[n] == ' ');
	}
}

/* What was parsed, as one line. */
static const char *told(struct arena *a, const struct all *v, const struct names *words)
{
	AUTO(buf) struct buf b = BUF_NONE;

	buf_addf(&b, "%s%s%s", v->force ? "force " : "", v->quick ? "quick " : "", str_eq(v->format, "table") ? "" : v->format);
	if (v->console)
		buf_addf(&b, "console=%s ", v->console);
	if (v->timeout != -1)
		buf_addf(&b, "timeout=%lld ", (long long)v->timeout);
	if (v->user.given)
		buf_addf(&b, "user=%u ", v->user.value);
	for (size_t i = 0; i < v->config.n; i++)
		buf_addf(&b, "<%s>", v->config.item[i]);
	buf_addch(&b, '|');
	for (size_t i = 0; i < words->n; i++)
		buf_addf(&b, " %s", words->item[i]);
	return arena_dup(a, b.s);
}

static const char *parse(struct arena *a, const char *line, struct behind behind)
{
	struct all v = { 0 };
	const struct opt_set set[] = { { rows, &v } };
	struct names words = { 0 }, rest = { 0 };
	struct err e = ERR_NONE;

	split(a, line, &words);
	opts_defaults(a, set, 1);
	if (opts_parse(a, set, 1, behind, words.item, words.n, &rest, &e) < 0)
		return arena_dup(a, e.text);
	return told(a, &v, &rest);
}

TEST(flags_are_parsed_as_pflag_does)
{
	static const struct { const char *line, *want; } row[] = {
		{ "", "|" },
		{ "a b", "| a b" },
		{ "a -f b", "force | a b" },
		{ "--force=false a", "| a" },
		{ "--force false", "force | false" },
		{ "--force=maybe", "invalid argument \"maybe\" for \"-f, --force\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax" },
		{ "-fq a", "force quick | a" },
		{ "-fqocsv", "force quick csv|" },
		{ "-o=csv", "csv|" },
		{ "-o csv", "csv|" },
		{ "--format=csv --format json", "json|" },
		{ "--form csv", "unknown flag: --form" },
		{ "--format", "flag needs an argument: --format" },
		{ "-fo", "flag needs an argument: 'o' in -o" },
		{ "-fz", "unknown shorthand flag: 'z' in -z" },
		{ "-zf", "unknown shorthand flag: 'z' in -zf" },
		{ "-", "| -" },
		{ "-- -f --x", "| -f --x" },
		{ "a -- -- b", "| a -- b" },
		{ "--=x", "bad flag syntax: --=x" },
		{ "---", "bad flag syntax: ---" },
		{ "--console a", "console=console | a" },
		{ "--console=vga", "console=vga |" },
		{ "-t 0x10", "timeout=16 |" },
		{ "-t 010", "timeout=8 |" },
		{ "--timeout=-5", "timeout=-5 |" },
		{ "--timeout 1x", "invalid argument \"1x\" for \"-t, --timeout\" flag: strconv.ParseInt: parsing \"1x\": invalid syntax" },
		{ "--user 1000", "user=1000 |" },
		{ "--user bob", "invalid argument \"bob\" for \"--user\" flag: strconv.ParseUint: parsing \"bob\": invalid syntax" },
		{ "--user -1", "invalid argument \"-1\" for \"--user\" flag: strconv.ParseUint: parsing \"-1\": invalid syntax" },
		{ "--user 4294967296", "invalid argument \"4294967296\" for \"--user\" flag: strconv.ParseUint: parsing \"4294967296\": value out of range" },
		{ "-c a=1,b=2 --config c=3 -cd=4", "<a=1,b=2><c=3><d=4>|" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(arena) struct arena a = ARENA_NONE;

		CHECK_ROW_STR(row[i].line, parse(&a, row[i].line, (struct behind){ 0 }), row[i].want);
	}
}

TEST(behind_the_first_word_of_a_command_line_unknown_flags_are_words)
{
	static const struct { const char *line, *exec, *run; } row[] = {
		{ "c1 ls -l", "| c1 ls -l", "| c1 ls -l" },
		{ "c1 ls -f -l", "force | c1 ls -l", "| c1 ls -f -l" },
		{ "c1 ls -fl", "| c1 ls -fl", "| c1 ls -fl" },
		{ "c1 ls --long=x", "| c1 ls --long=x", "| c1 ls --long=x" },
		{ "-f c1 ls", "force | c1 ls", "force | c1 ls" },
		{ "c1 -f ls", "force | c1 ls", "force | c1 ls" },
		{ "c1 -l ls", "unknown shorthand flag: 'l' in -l", "unknown shorthand flag: 'l' in -l" },
		{ "c1 -- ls -f", "| c1 ls -f", "| c1 ls -f" },
		{ "c1 ls -- -f", "| c1 ls -f", "| c1 ls -- -f" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(arena) struct arena a = ARENA_NONE;

		CHECK_ROW_STR(row[i].line, parse(&a, row[i].line, (struct behind){ 2, false }), row[i].exec);
		CHECK_ROW_STR(row[i].line, parse(&a, row[i].line, (struct behind){ 2, true }), row[i].run);
	}
}
