#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "applets/list.h"
#include "core/architecture.h"

/* ---- names */

bool filter_matches(struct arena *a, const char *pattern, const char *text)
{
	bool own = strpbrk(pattern, "^$") != NULL;
	regex_t re;
	bool found;

	if (regcomp(&re, own ? pattern : arena_fmt(a, "^(%s)$", pattern), REG_EXTENDED | REG_NOSUB))
		return false; /* a bad expression is only a prefix */
	found = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return found;
}

/* ---- fields and shorthands */

/* Whether one of the values of "a,b,c" is TEXT, in any case. */
static bool is_one_of(const char *values, const char *text)
{
	for (;;) {
		size_t n = strcspn(values, ",");

		if (strlen(text) == n && !strncasecmp(values, text, n))
			return true;
		if (!values[n])
			return false;
		values += n + 1;
	}
}

/* The same, each in any spelling. */
static bool is_architecture(struct arena *a, const char *values, const char *text)
{
	for (;;) {
		size_t n = strcspn(values, ",");

		if (architecture_is(text, arena_dupn(a, values, n)))
			return true;
		if (!values[n])
			return false;
		values += n + 1;
	}
}

/* A row's name, where its text is and whether it needs more than the name. */
static const char *shorthand(const char *key, const struct instance *i)
{
	if (!strcasecmp(key, "type"))
		return i->type;
	if (!strcasecmp(key, "status"))
		return i->status;
	if (!strcasecmp(key, "architecture"))
		return i->architecture;
	if (!strcasecmp(key, "location"))
		return i->location;
	if (!strcasecmp(key, "ipv4") || !strcasecmp(key, "ipv6"))
		return ""; /* no links yet: matches nothing */
	return NULL;
}

static bool is_field(const char *key)
{
	for (const struct field *f = instance_fields; f->name[0]; f++)
		if (f->flags & ON_WIRE && str_eq(f->name, key))
			return true;
	return false;
}

static bool field_matches(struct arena *a, const char *key, const char *pattern, const struct instance *i)
{
	const char *text = doc_text(record_write(a, instance_fields, ON_WIRE, i), key);

	return text && filter_matches(a, pattern, text);
}

bool filter_abbreviates(const char *part, const char *key)
{
	for (;;) {
		size_t n = strcspn(part, "."), m = strcspn(key, ".");

		if (n > m || strncmp(part, key, n))
			return false;
		if (!part[n] || !key[m])
			return !part[n] && !key[m];
		part += n + 1;
		key += m + 1;
	}
}

static bool config_matches(struct arena *a, const char *key, const char *pattern, const struct instance *i)
{
	if (!*pattern && !map_get(&i->expanded_config, key))
		return true; /* K= finds those without */
	for (size_t j = 0; j < i->expanded_config.n; j++) {
		const struct pair *p = &i->expanded_config.item[j];

		if ((str_eq(key, p->key) || filter_abbreviates(key, p->key)) && filter_matches(a, pattern, p->value))
			return true;
	}
	return false;
}

/* ---- the whole */

static bool passes(struct arena *a, const char *filter, const struct instance *i)
{
	const char *equals = strchr(filter, '='), *key, *text;

	if (!equals)
		return filter_matches(a, filter, i->name) || str_after(i->name, filter);
	key = arena_dupn(a, filter, (size_t)(equals - filter));
	if ((text = shorthand(key, i)))
		return *text && (is_one_of(equals + 1, text) ||
				 (!strcasecmp(key, "architecture") && is_architecture(a, equals + 1, text)));
	return is_field(key) ? field_matches(a, key, equals + 1, i) : config_matches(a, key, equals + 1, i);
}

unsigned filters_need(const struct names *filters)
{
	for (size_t i = 0; i < filters->n; i++)
		if (strchr(filters->item[i], '='))
			return PART_RECORD | PART_EXPANDED | PART_STATUS;
	return 0;
}

bool filters_match(struct arena *a, const struct names *filters, const struct instance_entry *i)
{
	for (size_t j = 0; j < filters->n; j++)
		if (!passes(a, filters->item[j], &i->record))
			return false;
	return true;
}
