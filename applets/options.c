#include "applets/options.h"

#include <errno.h>
#include <string.h>
#include "core/auto.h"
#include "core/buf.h"
#include "core/parse.h"

const struct opt *opts_named(const struct opt_set *set, size_t n_set, const char *name, size_t n, void **ret_to)
{
	for (size_t i = 0; i < n_set; i++)
		for (const struct opt *o = set[i].opt; o && o->name[0]; o++)
			if (!strncmp(o->name, name, n) && !o->name[n]) {
				*ret_to = set[i].to;
				return o;
			}
	return NULL;
}

const struct opt *opts_letter(const struct opt_set *set, size_t n_set, char letter, void **ret_to)
{
	for (size_t i = 0; i < n_set; i++)
		for (const struct opt *o = set[i].opt; o && o->name[0]; o++)
			if (o->letter && o->letter == letter) {
				*ret_to = set[i].to;
				return o;
			}
	return NULL;
}

/* Go's strconv.ParseBool, which knows fewer words than the values of config keys */
static int parse_go_bool(const char *s, bool *ret)
{
	static const char word[][6] = { "1", "t", "T", "true", "True", "TRUE", "0", "f", "F", "false", "False", "FALSE" };

	for (size_t i = 0; i < ARRAY_SIZE(word); i++)
		if (str_eq(s, word[i])) {
			*ret = i < ARRAY_SIZE(word) / 2;
			return 0;
		}
	return -EINVAL;
}

static int parse_go_uint(const char *s, struct opt_uint *ret)
{
	int64_t v;
	int r = *s == '-' || *s == '+' ? -EINVAL : parse_go_int(s, &v);

	if (r < 0)
		return r;
	if (v > UINT32_MAX)
		return -ERANGE;
	*ret = (struct opt_uint){ true, (uint32_t)v };
	return 0;
}

/* Gives the value to the member; *GO is the function of Go's that the error names. */
static int store(struct arena *a, const struct opt *o, void *to, const char *value, const char **go)
{
	char *at = (char *)to + o->offset;

	switch ((enum opt_type)o->type) {
	case OPT_BOOL:
		*go = "ParseBool";
		return parse_go_bool(value, (bool *)at);
	case OPT_STRING:
	case OPT_OPTIONAL:
		*(const char **)at = value;
		return 0;
	case OPT_INT:
		*go = "ParseInt";
		return parse_go_int(value, (int64_t *)at);
	case OPT_UINT:
		*go = "ParseUint";
		return parse_go_uint(value, (struct opt_uint *)at);
	case OPT_LIST:
		names_add(a, (struct names *)at, value);
		return 0;
	}
	return -EINVAL;
}

static int set_value(struct arena *a, const struct opt *o, void *to, const char *value, struct err *e)
{
	const char *go = "";
	char letter[6] = "";
	int r = store(a, o, to, value, &go);

	if (r >= 0)
		return 0;
	if (o->letter)
		(void)str_fmt(letter, sizeof letter, "-%c, ", o->letter);
	return err_set(e, -EINVAL, "invalid argument \"%s\" for \"%s--%s\" flag: strconv.%s: parsing \"%s\": %s", value, letter, o->name,
		       go, value, r == -ERANGE ? "value out of range" : "invalid syntax");
}

void opts_defaults(struct arena *a, const struct opt_set *set, size_t n_set)
{
	for (size_t i = 0; i < n_set; i++)
		for (const struct opt *o = set[i].opt; o && o->name[0]; o++)
			if (o->def && o->type != OPT_OPTIONAL)
				(void)set_value(a, o, set[i].to, o->def, NULL); /* ours: right by the tests */
}

struct parser {
	struct arena *arena;
	const struct opt_set *set;
	size_t n_set;
	const char *const *word; /* what is left */
	size_t n;
};

static const char *next(struct parser *p)
{
	return p->n ? (p->n--, *p->word++) : NULL;
}

static int parse_long(struct parser *p, const char *s, struct err *e)
{
	const char *name = s + 2, *equals = strchr(name, '='), *value;
	size_t n = equals ? (size_t)(equals - name) : strlen(name);
	const struct opt *o;
	void *to;

	if (*name == '-' || *name == '=')
		return err_set(e, -EINVAL, "bad flag syntax: %s", s);
	if (!(o = opts_named(p->set, p->n_set, name, n, &to)))
		return err_set(e, -EINVAL, "unknown flag: --%.*s", (int)n, name);
	if (equals)
		value = equals + 1;
	else if (!opt_takes_word(o))
		value = o->type == OPT_BOOL ? "true" : o->def;
	else if (!(value = next(p)))
		return err_set(e, -EINVAL, "flag needs an argument: %s", s);
	return set_value(p->arena, o, to, value, e);
}

/* -abc, -ab V, -abV, -ab=V */
static int parse_cluster(struct parser *p, const char *s, struct err *e)
{
	for (s++; *s;) {
		const char *value;
		void *to;
		const struct opt *o = opts_letter(p->set, p->n_set, *s, &to);
		bool last = true;
		int r;

		if (!o)
			return err_set(e, -EINVAL, "unknown shorthand flag: '%c' in -%s", *s, s);
		if (s[1] == '=' && s[2])
			value = s + 2;
		else if (!opt_takes_word(o)) {
			value = o->type == OPT_BOOL ? "true" : o->def;
			last = false;
		} else if (s[1])
			value = s + 1;
		else if (!(value = next(p)))
			return err_set(e, -EINVAL, "flag needs an argument: '%c' in -%s", *s, s);
		if ((r = set_value(p->arena, o, to, value, e)) < 0 || last)
			return r;
		s++;
	}
	return 0;
}

/* Whether all of it are flags of ours, as far as can be told without their values */
static bool is_known(const struct parser *p, const char *s)
{
	void *to;

	if (s[1] == '-')
		return opts_named(p->set, p->n_set, s + 2, strcspn(s + 2, "="), &to);
	for (s++; *s; s++) {
		const struct opt *o = opts_letter(p->set, p->n_set, *s, &to);

		if (!o)
			return false;
		if (opt_takes_word(o) || s[1] == '=')
			return true;
	}
	return true;
}

int opts_parse(struct arena *a, const struct opt_set *set, size_t n_set, struct behind behind, const char *const *word, size_t n,
	       struct names *ret_words, struct err *e)
{
	struct parser p = { a, set, n_set, word, n };
	bool ours = true;
	struct names words = { 0 };
	const char *s;

	while ((s = next(&p))) {
		int r = 0;

		ours = ours && !(behind.count && words.n >= behind.count);
		if (!ours && behind.all) {
			names_add(a, &words, s);
			continue;
		}
		if (str_eq(s, "--")) {
			while ((s = next(&p)))
				names_add(a, &words, s);
			break;
		}
		if (s[0] != '-' || !s[1] || (!ours && !is_known(&p, s)))
			names_add(a, &words, s);
		else
			r = s[1] == '-' ? parse_long(&p, s, e) : parse_cluster(&p, s, e);
		if (r < 0)
			return r;
	}
	*ret_words = words;
	return 0;
}
