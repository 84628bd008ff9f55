#include "core/doc.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>
#include "core/auto.h"
#include "core/parse.h"

/* ---- reading ---- */

struct reader {
	struct arena *a;
	const char *what;
	struct err *e;
};

static void auto_json(yyjson_doc **doc)
{
	yyjson_doc_free(*doc);
}

static int refuse(struct reader *r, const char *why)
{
	return err_set(r->e, -EINVAL, "%s: %s", r->what, why);
}

static int refuse_at(struct reader *r, const char *data, size_t at, const char *why)
{
	int line = 1;

	for (size_t i = 0; i < at; i++)
		line += data[i] == '\n';
	return err_set(r->e, -EINVAL, "%s: line %d: %s", r->what, line, why);
}

/* A number keeps its text; 1.0 and 1e3 are DOC_FLOAT, and so is what does not fit. */
static struct doc *number(struct arena *a, yyjson_val *v)
{
	struct doc *d = arena_alloc(a, sizeof *d);

	d->text = arena_dupn(a, yyjson_get_raw(v), yyjson_get_len(v));
	d->plain = true;
	d->kind = parse_i64(d->text, INT64_MIN, INT64_MAX, &d->num) ? DOC_FLOAT : DOC_INT;
	return d;
}

static int string(struct reader *r, yyjson_val *v, const char **ret)
{
	if (memchr(yyjson_get_str(v), '\0', yyjson_get_len(v)))
		return refuse(r, "NUL in a string");
	*ret = arena_dupn(r->a, yyjson_get_str(v), yyjson_get_len(v));
	return 0;
}

static int convert_string(struct reader *r, yyjson_val *v, struct doc **ret)
{
	const char *text;
	int done = string(r, v, &text);

	if (done < 0)
		return done;
	*ret = arena_alloc(r->a, sizeof **ret);
	(*ret)->kind = DOC_STRING;
	(*ret)->text = text;
	return 0;
}

static int convert_scalar(struct reader *r, yyjson_val *v, struct doc **ret)
{
	if (yyjson_is_str(v))
		return convert_string(r, v, ret);
	if (yyjson_is_raw(v)) {
		*ret = number(r->a, v);
	} else if (yyjson_is_bool(v)) {
		*ret = doc_bool(r->a, yyjson_get_bool(v));
	} else {
		*ret = doc_null(r->a);
		(*ret)->plain = true;
	}
	return 0;
}

static int convert(struct reader *r, yyjson_val *v, int depth, struct doc **ret);

static int convert_list(struct reader *r, yyjson_val *v, int depth, struct doc *list)
{
	yyjson_val *item;
	size_t i, n;

	yyjson_arr_foreach(v, i, n, item) {
		struct doc *d = NULL;
		int done = convert(r, item, depth, &d);

		if (done < 0)
			return done;
		doc_add(r->a, list, d);
	}
	return 0;
}

static int convert_map(struct reader *r, yyjson_val *v, int depth, struct doc *map)
{
	yyjson_val *key, *item;
	const char *twice;
	size_t i, n;

	yyjson_obj_foreach(v, i, n, key, item) {
		struct doc *d = NULL;
		const char *name;
		int done;

		if ((done = string(r, key, &name)) < 0 || (done = convert(r, item, depth, &d)) < 0)
			return done;
		doc_append(r->a, map, name, d);
	}
	if ((twice = doc_key_twice(r->a, map)))
		return err_set(r->e, -EINVAL, "%s: key \"%s\" is there twice", r->what, twice);
	return 0;
}

static int convert(struct reader *r, yyjson_val *v, int depth, struct doc **ret)
{
	bool is_list = yyjson_is_arr(v);

	if (!is_list && !yyjson_is_obj(v))
		return convert_scalar(r, v, ret);
	if (depth == DOC_DEPTH_MOST)
		return refuse(r, "too deeply nested");
	*ret = is_list ? doc_list(r->a) : doc_map(r->a);
	return is_list ? convert_list(r, v, depth + 1, *ret) : convert_map(r, v, depth + 1, *ret);
}

int doc_read_json(struct arena *a, const char *what, const char *data, size_t n, struct doc **ret, struct err *e)
{
	struct reader r = { a, what, e };
	yyjson_read_err why;
	AUTO(json) yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)data, n, YYJSON_READ_NUMBER_AS_RAW, NULL, &why);
	struct doc *d = NULL;
	int done;

	if (!doc && why.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
		return err_code(e, -ENOMEM, "%s", what);
	if (!doc)
		return refuse_at(&r, data, why.pos < n ? why.pos : n, why.msg);
	if (yyjson_doc_get_val_count(doc) > doc_nodes_most(n))
		return refuse(&r, "too many nodes");
	if ((done = convert(&r, yyjson_doc_get_root(doc), 0, &d)) < 0)
		return done;
	*ret = d;
	return 0;
}

/* ---- writing ---- */

static void write_string(struct buf *to, const char *s)
{
	const char *end = s + strlen(s);
	uint32_t c;

	buf_addch(to, '"');
	for (size_t len; s < end; s += len) {
		if (!(len = utf8_char(s, (size_t)(end - s), &c))) {
			buf_addstr(to, "\\ufffd");
			len = 1;
		} else if (c == '"' || c == '\\') {
			buf_addf(to, "\\%c", *s);
		} else if (c == '\n' || c == '\r' || c == '\t') {
			buf_addf(to, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
		} else if (c < 0x20 || c == '<' || c == '>' || c == '&' || c == 0x2028 || c == 0x2029) {
			buf_addf(to, "\\u%04x", (unsigned)c); /* safe in HTML and JavaScript, as Go */
		} else {
			buf_add(to, s, len);
		}
	}
	buf_addch(to, '"');
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)? */
static bool is_json_number(const char *s)
{
	size_t n;

	s += *s == '-';
	n = strspn(s, "0123456789");
	if (!n || (*s == '0' && n > 1))
		return false;
	s += n;
	if (*s == '.') {
		if (!(n = strspn(++s, "0123456789")))
			return false;
		s += n;
	}
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '-' || *s == '+';
		if (!(n = strspn(s, "0123456789")))
			return false;
		s += n;
	}
	return !*s;
}

/* YAML knows floats that JSON does not: .5, 1_0.5, .inf; what JSON cannot say is null. */
static void write_float(struct buf *to, const char *text)
{
	char plain[128];
	size_t n = 0;
	double v;

	if (is_json_number(text)) {
		buf_addstr(to, text);
		return;
	}
	for (; *text && n < sizeof plain - 1; text++)
		if (*text != '_')
			plain[n++] = *text;
	plain[n] = '\0';
	v = strtod(plain, NULL);
	if (isfinite(v) && !strpbrk(plain, "nN"))
		buf_addf(to, "%.17g", v);
	else
		buf_addstr(to, "null");
}

static void new_line(struct buf *to, int depth)
{
	if (depth < 0)
		return;
	buf_addch(to, '\n');
	buf_fill(to, '\t', (size_t)depth);
}

/* DEPTH < 0: all on one line. */
static void write_node(struct buf *to, const struct doc *d, int depth);

static void write_collection(struct buf *to, const struct doc *d, int depth)
{
	bool is_map = d->kind == DOC_MAP;
	int below = depth < 0 ? depth : depth + 1;

	buf_addch(to, is_map ? '{' : '[');
	for (size_t i = 0; i < d->n; i++) {
		if (i)
			buf_addch(to, ',');
		new_line(to, below);
		if (is_map) {
			write_string(to, d->key[i]);
			buf_addstr(to, depth < 0 ? ":" : ": ");
		}
		write_node(to, d->item[i], below);
	}
	if (d->n)
		new_line(to, depth);
	buf_addch(to, is_map ? '}' : ']');
}

static void write_node(struct buf *to, const struct doc *d, int depth)
{
	switch (d->kind) {
	case DOC_NULL:
		buf_addstr(to, "null");
		break;
	case DOC_BOOL:
		buf_addstr(to, d->num ? "true" : "false");
		break;
	case DOC_INT:
		buf_addf(to, "%lld", (long long)d->num);
		break;
	case DOC_FLOAT:
		write_float(to, d->text);
		break;
	case DOC_STRING:
		write_string(to, d->text);
		break;
	case DOC_LIST:
	case DOC_MAP:
		write_collection(to, d, depth);
		break;
	}
}

void doc_write_json(const struct doc *d, struct buf *to)
{
	write_node(to, d, -1);
}

void doc_write_json_indented(const struct doc *d, struct buf *to)
{
	write_node(to, d, 0);
}
