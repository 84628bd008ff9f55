#include "core/field.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include "core/parse.h"

struct timestamp timestamp_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (struct timestamp){ .s = t.tv_sec, .ns = (uint32_t)t.tv_nsec };
}

/* ---- reading ---- */

struct reader {
	struct arena *a;
	const char *what;
	const char *field;
	struct err *e;
};

/* "profiles/p.yaml: line 3: config: user.x: not a string"; PART: within the field, or NULL */
static int refuse(struct reader *r, const struct doc *d, const char *part, const char *why)
{
	const char *sep = part ? ": " : "";

	part = part ? part : "";
	if (!d->line)
		return err_set(r->e, -EINVAL, "%s: %s%s%s: %s", r->what, r->field, sep, part, why);
	return err_set(r->e, -EINVAL, "%s: line %d: %s%s%s: %s", r->what, d->line, r->field, sep, part, why);
}

static int read_string(struct reader *r, const struct doc *d, const char **to)
{
	if (!doc_is_scalar(d))
		return refuse(r, d, NULL, "not a string");
	*to = arena_dup(r->a, d->text);
	return 0;
}

static int read_bool(struct reader *r, const struct doc *d, bool *to)
{
	if (d->kind != DOC_BOOL)
		return refuse(r, d, NULL, "neither true nor false");
	*to = d->num;
	return 0;
}

static int read_int(struct reader *r, const struct doc *d, int64_t *to)
{
	if (d->kind != DOC_INT)
		return refuse(r, d, NULL, "not a whole number");
	*to = d->num;
	return 0;
}

static int read_time(struct reader *r, const struct doc *d, struct timestamp *to)
{
	if (d->kind != DOC_STRING || parse_time(d->text, &to->s, &to->ns) < 0)
		return refuse(r, d, NULL, "not a time");
	return 0;
}

static int read_names(struct reader *r, const struct doc *d, struct names *to)
{
	if (d->kind != DOC_LIST)
		return refuse(r, d, NULL, "not a list");
	for (size_t i = 0; i < d->n; i++) {
		if (!doc_is_scalar(d->item[i]))
			return refuse(r, d->item[i], NULL, "not a list of strings");
		names_add(r->a, to, d->item[i]->text);
	}
	return 0;
}

/* OF: the device that it belongs to, or NULL */
static int read_map(struct reader *r, const struct doc *d, const char *of, struct map *to)
{
	if (d->kind != DOC_MAP)
		return refuse(r, d, of, "not a mapping");
	for (size_t i = 0; i < d->n; i++) {
		const char *key = d->key[i];

		if (d->item[i]->kind == DOC_NULL)
			continue;
		if (!doc_is_scalar(d->item[i]))
			return refuse(r, d->item[i], of ? arena_fmt(r->a, "%s: %s", of, key) : key, "not a string");
		map_set(r->a, to, key, d->item[i]->text);
	}
	return 0;
}

static int read_devices(struct reader *r, const struct doc *d, struct devices *to)
{
	if (d->kind != DOC_MAP)
		return refuse(r, d, NULL, "not a mapping");
	for (size_t i = 0; i < d->n; i++) {
		struct device *dev;
		int done;

		if (d->item[i]->kind == DOC_NULL)
			continue;
		dev = devices_put(r->a, to, d->key[i]);
		if ((done = read_map(r, d->item[i], d->key[i], &dev->options)) < 0)
			return done;
	}
	return 0;
}

static int read_member(struct reader *r, const struct field *f, struct doc *d, void *member)
{
	switch ((enum field_type)f->type) {
	case FIELD_STRING:
		return read_string(r, d, member);
	case FIELD_BOOL:
		return read_bool(r, d, member);
	case FIELD_INT:
		return read_int(r, d, member);
	case FIELD_TIME:
		return read_time(r, d, member);
	case FIELD_NAMES:
		return read_names(r, d, member);
	case FIELD_MAP:
		return read_map(r, d, NULL, member);
	case FIELD_DEVICES:
		return read_devices(r, d, member);
	case FIELD_DOC:
		*(struct doc **)member = d;
		return 0;
	}
	return 0;
}

static bool is_empty(const struct field *f, const void *member)
{
	const struct timestamp *t = member;
	const char *s;

	switch ((enum field_type)f->type) {
	case FIELD_STRING:
		s = *(const char *const *)member;
		return !s || !*s;
	case FIELD_BOOL:
		return !*(const bool *)member;
	case FIELD_INT:
		return !*(const int64_t *)member;
	case FIELD_TIME:
		return !t->s && !t->ns;
	case FIELD_NAMES:
		return !((const struct names *)member)->n;
	case FIELD_MAP:
		return !((const struct map *)member)->n;
	case FIELD_DEVICES:
		return !((const struct devices *)member)->n;
	case FIELD_DOC:
		return !*(struct doc *const *)member;
	}
	return true;
}

static const struct field *row_of(const struct field *table, unsigned mask, const char *name)
{
	for (const struct field *f = table; *f->name; f++)
		if (f->flags & mask && str_eq(f->name, name))
			return f;
	return NULL;
}

static int check_never_empty(struct reader *r, const struct field *table, unsigned mask, const struct doc *doc,
			     const void *record)
{
	for (const struct field *f = table; *f->name; f++) {
		if (!(f->flags & mask) || !(f->flags & NEVER_EMPTY) || !is_empty(f, (const char *)record + f->offset))
			continue;
		r->field = f->name;
		return refuse(r, doc, NULL, "missing");
	}
	return 0;
}

int record_read(struct arena *a, const struct field *table, unsigned mask, const char *what, const struct doc *doc,
		void *record, struct names *rest, struct err *e)
{
	struct reader r = { .a = a, .what = what, .e = e };
	int done;

	if (doc->kind != DOC_MAP)
		return err_set(e, -EINVAL, "%s: not a mapping", what);
	for (size_t i = 0; i < doc->n; i++) {
		const struct field *f = row_of(table, mask, doc->key[i]);

		if (!f) {
			if (rest)
				names_add(a, rest, doc->key[i]);
			continue;
		}
		r.field = f->name;
		if (doc->item[i]->kind == DOC_NULL)
			continue;
		if ((done = read_member(&r, f, doc->item[i], (char *)record + f->offset)) < 0)
			return done;
	}
	return check_never_empty(&r, table, mask, doc, record);
}

/* ---- writing ---- */

static struct doc *write_time(struct arena *a, const struct timestamp *t)
{
	char text[40];
	struct doc *d;

	format_time(t->s, t->ns, text);
	d = doc_str(a, text);
	d->plain = true; /* YAML knows times: no quotes */
	return d;
}

static struct doc *write_names(struct arena *a, const struct names *l)
{
	struct doc *d = doc_list(a);

	for (size_t i = 0; i < l->n; i++)
		doc_add(a, d, doc_str(a, l->item[i]));
	return d;
}

static struct doc *write_map(struct arena *a, const struct map *m)
{
	struct doc *d = doc_map(a);

	for (size_t i = 0; i < m->n; i++)
		doc_append(a, d, arena_dup(a, m->item[i].key), doc_str(a, m->item[i].value));
	return d;
}

static struct doc *write_devices(struct arena *a, const struct devices *l)
{
	struct doc *d = doc_map(a);

	for (size_t i = 0; i < l->n; i++)
		doc_append(a, d, arena_dup(a, l->item[i].name), write_map(a, &l->item[i].options));
	return d;
}

static struct doc *write_member(struct arena *a, const struct field *f, const void *member)
{
	const char *s;
	struct doc *d;

	switch ((enum field_type)f->type) {
	case FIELD_STRING:
		s = *(const char *const *)member;
		return doc_str(a, s ? s : "");
	case FIELD_BOOL:
		return doc_bool(a, *(const bool *)member);
	case FIELD_INT:
		return doc_int(a, *(const int64_t *)member);
	case FIELD_TIME:
		return write_time(a, member);
	case FIELD_NAMES:
		return write_names(a, member);
	case FIELD_MAP:
		return write_map(a, member);
	case FIELD_DEVICES:
		return write_devices(a, member);
	case FIELD_DOC:
		d = *(struct doc *const *)member;
		return d ? d : doc_null(a);
	}
	return doc_null(a);
}

struct doc *record_write(struct arena *a, const struct field *table, unsigned mask, const void *record)
{
	struct doc *d = doc_map(a);

	for (const struct field *f = table; *f->name; f++) {
		const void *member = (const char *)record + f->offset;

		if (!(f->flags & mask) || (f->flags & OMIT_EMPTY && is_empty(f, member)))
			continue;
		doc_append(a, d, f->name, write_member(a, f, member));
	}
	return d;
}
