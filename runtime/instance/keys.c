#include "runtime/instance/keys.h"
#include <errno.h>
#include "core/auto.h"
#include "core/parse.h"

static int plan_privileged(struct arena *a, struct plan *p, const char *key, const char *value, struct err *e)
{
	(void)a;
	(void)key;
	(void)e;
	return parse_bool(value, &p->privileged);
}

static int plan_nesting(struct arena *a, struct plan *p, const char *key, const char *value, struct err *e)
{
	(void)a;
	(void)key;
	(void)e;
	return parse_bool(value, &p->nesting);
}

const struct key keys_table[] = {
	{ .name = "security.privileged", .type = KEY_BOOL, .plan = plan_privileged },
	{ .name = "security.nesting", .type = KEY_BOOL, .plan = plan_nesting },
	{ .name = "" },
};

const struct key *keys_find(const char *key)
{
	for (const struct key *k = keys_table; *k->name; k++) {
		if (str_eq(k->name, key))
			return k;
	}
	return NULL;
}

int keys_check(const char *key, const char *value, enum keys_where where, struct err *e)
{
	(void)key;
	(void)value;
	(void)where;
	(void)e;
	return 0;
}

int keys_check_map(const struct map *config, enum keys_where where, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < config->n && r == 0; i++)
		r = keys_check(config->item[i].key, config->item[i].value, where, e);
	return r;
}

int keys_plan(struct arena *a, struct plan *p, const struct map *config, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < config->n && r == 0; i++) {
		const struct key *k = keys_find(config->item[i].key);

		if (k && k->plan)
			r = k->plan(a, p, config->item[i].key, config->item[i].value, e);
	}
	return r;
}

int keys_live(const struct map *from, const struct map *to, struct live *l, const struct plan *undo, struct err *e)
{
	(void)from;
	(void)to;
	(void)l;
	(void)undo;
	(void)e;
	return 0;
}
