#include "core/doc.h"

#include <errno.h>
#include <string.h>
#include <yaml.h>
#include "core/auto.h"
#include "core/parse.h"
#include "core/yaml_plain.h"

bool doc_yaml_by_libyaml;

static struct doc *scalar(struct arena *a, const char *text, bool is_plain, int line)
{
	struct doc *d = arena_alloc(a, sizeof *d);

	d->kind = is_plain ? yaml_plain_kind(text, &d->num) : DOC_STRING;
	d->plain = is_plain;
	d->line = line;
	d->text = text;
	return d;
}

static struct doc *collection(struct arena *a, enum doc_kind kind, int line)
{
	struct doc *d = arena_alloc(a, sizeof *d);

	d->kind = kind;
	d->line = line;
	return d;
}

/* ---- every document: libyaml's events ---- */

struct reader {
	struct arena *a;
	const char *what;
	struct err *e;
	size_t nodes_left;
	yaml_parser_t parser;
	struct doc *root;
	int depth;
	struct doc *open[DOC_DEPTH_MOST];
	const char *key[DOC_DEPTH_MOST]; /* of the open map: read, its value not yet */
};

static void auto_reader(struct reader *r)
{
	yaml_parser_delete(&r->parser);
}

static void auto_event(yaml_event_t *event)
{
	yaml_event_delete(event);
}

static int refuse(struct reader *r, int line, const char *why)
{
	return err_set(r->e, -EINVAL, "%s: line %d: %s", r->what, line, why);
}

static int parser_failed(struct reader *r, const char *data)
{
	const yaml_parser_t *p = &r->parser;
	int line = (int)p->problem_mark.line + 1;

	if (p->error == YAML_MEMORY_ERROR)
		return err_code(r->e, -ENOMEM, "%s", r->what);
	if (p->error == YAML_READER_ERROR)
		for (size_t i = 0; i < p->problem_offset; i++)
			line += data[i] == '\n';
	return refuse(r, line, p->problem ? p->problem : "not YAML");
}

/* Puts a node that has been read to where the document stands. */
static int put(struct reader *r, struct doc *d)
{
	struct doc *in = r->depth ? r->open[r->depth - 1] : NULL;

	if (!in) {
		r->root = d;
	} else if (in->kind == DOC_LIST) {
		doc_add(r->a, in, d);
	} else if (r->key[r->depth - 1]) {
		doc_append(r->a, in, r->key[r->depth - 1], d);
		r->key[r->depth - 1] = NULL;
	} else if (d->kind == DOC_LIST || d->kind == DOC_MAP) {
		return refuse(r, d->line, "a key must be a scalar");
	} else {
		r->key[r->depth - 1] = d->text;
	}
	return 0;
}

static int count_node(struct reader *r, int line)
{
	if (!r->nodes_left)
		return refuse(r, line, "too many nodes");
	r->nodes_left--;
	return 0;
}

static int on_scalar(struct reader *r, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t n = event->data.scalar.length;
	int line = (int)event->start_mark.line + 1;

	if (event->data.scalar.anchor)
		return refuse(r, line, "anchors are not supported");
	if (event->data.scalar.tag)
		return refuse(r, line, "tags are not supported");
	if (memchr(text, '\0', n))
		return refuse(r, line, "NUL in a string");
	return put(r, scalar(r->a, arena_dupn(r->a, text, n), event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE, line));
}

static int on_start(struct reader *r, enum doc_kind kind, const yaml_event_t *event)
{
	bool is_list = kind == DOC_LIST;
	int line = (int)event->start_mark.line + 1, ret;
	struct doc *d = collection(r->a, kind, line);

	if (is_list ? event->data.sequence_start.anchor : event->data.mapping_start.anchor)
		return refuse(r, line, "anchors are not supported");
	if (is_list ? event->data.sequence_start.tag : event->data.mapping_start.tag)
		return refuse(r, line, "tags are not supported");
	if (r->depth == DOC_DEPTH_MOST)
		return refuse(r, line, "too deeply nested");
	if ((ret = put(r, d)) < 0)
		return ret;
	r->key[r->depth] = NULL;
	r->open[r->depth++] = d;
	return 0;
}

static int on_end(struct reader *r)
{
	const struct doc *d = r->open[--r->depth];
	const char *twice = d->kind == DOC_MAP ? doc_key_twice(r->a, d) : NULL;
	int line = d->line;

	if (!twice)
		return 0;
	for (size_t i = 0; i < d->n; i++)
		if (str_eq(d->key[i], twice) && d->item[i]->line > line)
			line = d->item[i]->line;
	return err_set(r->e, -EINVAL, "%s: line %d: key \"%s\" is there twice", r->what, line, twice);
}

static int on_event(struct reader *r, const yaml_event_t *event)
{
	int line = (int)event->start_mark.line + 1, ret;

	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return (ret = count_node(r, line)) < 0 ? ret : on_scalar(r, event);
	case YAML_SEQUENCE_START_EVENT:
		return (ret = count_node(r, line)) < 0 ? ret : on_start(r, DOC_LIST, event);
	case YAML_MAPPING_START_EVENT:
		return (ret = count_node(r, line)) < 0 ? ret : on_start(r, DOC_MAP, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_end(r);
	case YAML_ALIAS_EVENT:
		return refuse(r, line, "aliases are not supported");
	case YAML_DOCUMENT_START_EVENT:
		return r->root ? refuse(r, line, "more than one document") : 0;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
	return 0;
}

static int read_by_libyaml(struct arena *a, const char *what, const char *data, size_t n, struct doc **ret, struct err *e)
{
	AUTO(reader) struct reader r = { .a = a, .what = what, .e = e, .nodes_left = doc_nodes_most(n) };
	bool is_over = false;

	if (!yaml_parser_initialize(&r.parser))
		return err_code(e, -ENOMEM, "%s", what);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)data, n);
	while (!is_over) {
		AUTO(event) yaml_event_t event = { 0 };
		int done;

		if (!yaml_parser_parse(&r.parser, &event))
			return parser_failed(&r, data);
		if ((done = on_event(&r, &event)) < 0)
			return done;
		is_over = event.type == YAML_STREAM_END_EVENT;
	}
	*ret = r.root ? r.root : doc_null(a);
	return 0;
}

/* ---- the form that our writer makes, at ten times the speed: a list of a thousand records is read by every `list` ----
 *
 * Line by line: "key: scalar", "key:" with a map two columns deeper or a list in the same column, "- scalar"; scalars are
 * plain, quoted on one line, {}, [] or a literal block. Only ASCII without tabs. Whatever is not exactly so (a comment, an
 * empty line, another indentation, an error) makes it give up, and libyaml has the last word. The tree is the same. */
struct fast {
	struct arena *a;
	char *p; /* place in a copy, where the texts stay and get their NULs */
	int line;
	size_t nodes_left;
	int depth;
	struct {
		struct doc *doc;
		int indent;
	} open[DOC_DEPTH_MOST];
};

static bool is_ascii(char c)
{
	return c >= ' ' && c <= '~';
}

static bool is_key_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '-' && c <= '9') || c == '_' || (c >= 'A' && c <= 'Z'); /* '-' to '9': -./ too */
}

/* Behind the scalar there must be nothing more on the line. */
static bool fast_line_end(struct fast *f, char *p)
{
	if (*p != '\n')
		return false;
	f->p = p + 1;
	f->line++;
	return true;
}

static const char *fast_plain(struct fast *f)
{
	char *start = f->p, *p = start;

	if (!is_key_char(*p) || *p == '-')
		if (strchr("-?:", *p) ? strchr(" \n", p[1]) : strchr(",[]{}#&*!|>'\"%@` \n", *p))
			return NULL;
	for (; is_ascii(*p); p++) {
		if (*p == ':' && (p[1] == ' ' || p[1] == '\n'))
			return NULL;
		if (*p == ' ' && (p[1] == '#' || p[1] == '\n'))
			return NULL;
	}
	if (!fast_line_end(f, p))
		return NULL;
	*p = '\0';
	return start;
}

/* 'it''s': up to behind the closing quote. */
static const char *fast_single(char **at)
{
	char *start = *at + 1, *to = start, *p = start;

	for (; *p != '\'' || p[1] == '\''; p++) {
		if (!is_ascii(*p))
			return NULL;
		*to++ = *p;
		p += *p == '\'';
	}
	*to = '\0';
	*at = p + 1;
	return start;
}

/* The character that the escape at P (behind the backslash) stands for, 0: not one of ours; *P moves to its last byte. */
static char unescape(char **p)
{
	static const char from[] = "abtnvfre\"\\", to[] = "\a\b\t\n\v\f\r\033\"\\";
	const char *known = **p ? strchr(from, **p) : NULL;
	int64_t v;

	if (known)
		return to[known - from];
	if (**p == 'x' && strspn(*p + 1, "0123456789ABCDEF") >= 2) {
		char hex[] = { '0', 'x', (*p)[1], (*p)[2], '\0' };

		*p += 2;
		return !parse_go_int(hex, &v) && v < 0x80 ? (char)v : '\0';
	}
	return '\0';
}

static const char *fast_double(char **at)
{
	char *start = *at + 1, *to = start, *p = start;

	for (; *p != '"'; p++) {
		if (!is_ascii(*p))
			return NULL;
		*to = *p;
		if (*p == '\\') {
			p++;
			if (!(*to = unescape(&p)))
				return NULL;
		}
		to++;
	}
	*to = '\0';
	*at = p + 1;
	return start;
}

/* Cuts the newlines at the end as '|' (one stays), "|-" or "|+" want it. */
static char *chomp(char *start, char *end, char how)
{
	while (how != '+' && end > start && end[-1] == '\n')
		end--;
	return how == '-' || how == '+' || end == start ? end : end + 1;
}

/* "|", at f->p, and the lines below it, which are INDENT columns in. */
static const char *fast_literal(struct fast *f, int indent)
{
	char how = f->p[1], *p = f->p + (how == '-' || how == '+' ? 2 : 1), *start, *to;

	if (!fast_line_end(f, p))
		return NULL;
	start = to = p = f->p;
	if (strspn(p, " ") != (size_t)indent || p[indent] == '\n')
		return NULL; /* an empty first line: its indentation is a matter of its own */
	for (;;) {
		size_t blanks = strspn(p, " ");
		bool is_short = blanks < (size_t)indent;

		if (is_short && blanks && p[blanks] == '\n')
			return NULL;
		if (is_short && *p != '\n')
			break;
		if (*p != '\n')
			p += indent;
		while (is_ascii(*p))
			*to++ = *p++;
		if (*p != '\n')
			return NULL;
		*to++ = *p++;
		f->line++;
	}
	f->p = p;
	*chomp(start, to, how) = '\0';
	return start;
}

static struct doc *fast_empty(struct fast *f, enum doc_kind kind)
{
	struct doc *d = collection(f->a, kind, f->line);

	return fast_line_end(f, f->p + 2) ? d : NULL;
}

/* A scalar that belongs to a level of INDENT, to the end of its line. */
static struct doc *fast_value(struct fast *f, int indent)
{
	int line = f->line;
	char *p = f->p;
	const char *text;
	bool is_plain = false;

	if (!f->nodes_left--)
		return NULL;
	switch (*p) {
	case '{':
		return p[1] == '}' ? fast_empty(f, DOC_MAP) : NULL;
	case '[':
		return p[1] == ']' ? fast_empty(f, DOC_LIST) : NULL;
	case '|':
		text = fast_literal(f, indent + 2);
		break;
	case '"':
		text = fast_double(&p);
		text = text && fast_line_end(f, p) ? text : NULL;
		break;
	case '\'':
		text = fast_single(&p);
		text = text && fast_line_end(f, p) ? text : NULL;
		break;
	default:
		text = fast_plain(f);
		is_plain = true;
	}
	return text ? scalar(f->a, text, is_plain, line) : NULL;
}

/* The key at f->p, and over its colon. */
static const char *fast_key(struct fast *f)
{
	const char *key = f->p;
	char *p = f->p;

	if (*p == '"')
		key = fast_double(&p);
	else if (*p == '\'')
		key = fast_single(&p);
	else if (*p != '-' && *p != '.')
		while (is_key_char(*p))
			p++;
	if (!key || p == f->p || p - f->p > 128 || *p != ':' || !f->nodes_left--)
		return NULL;
	*p = '\0'; /* where a quoted one has its NUL before */
	f->p = p + 1;
	return key;
}

static bool fast_open(struct fast *f, enum doc_kind kind, int indent, struct doc **ret)
{
	if (f->depth == DOC_DEPTH_MOST || !f->nodes_left--)
		return false;
	*ret = collection(f->a, kind, f->line);
	f->open[f->depth].doc = *ret;
	f->open[f->depth++].indent = indent;
	return true;
}

static bool fast_close(struct fast *f)
{
	const struct doc *d = f->open[--f->depth].doc;

	return d->kind != DOC_MAP || !doc_key_twice(f->a, d);
}

static bool fast_item(struct fast *f, struct doc *list, int indent)
{
	struct doc *d;

	f->p += 2;
	if (!(d = fast_value(f, indent)))
		return false;
	doc_add(f->a, list, d);
	return true;
}

/* "key: scalar", or "key:" and what begins below it. */
static bool fast_pair(struct fast *f, struct doc *map, int indent)
{
	const char *key = fast_key(f);
	struct doc *d;
	int below;

	if (!key)
		return false;
	if (*f->p == ' ') {
		f->p++;
		if (!(d = fast_value(f, indent)))
			return false;
		doc_append(f->a, map, key, d);
		return true;
	}
	if (!fast_line_end(f, f->p))
		return false;
	below = (int)strspn(f->p, " ");
	if (f->p[below] == '-' && below == indent) {
		if (!fast_open(f, DOC_LIST, indent, &d))
			return false;
	} else if (below != indent + 2 || f->p[below] == '-' || !fast_open(f, DOC_MAP, below, &d)) {
		return false;
	}
	doc_append(f->a, map, key, d);
	return true;
}

/* One line, at the level where it belongs. */
static bool fast_line(struct fast *f)
{
	int indent = (int)strspn(f->p, " ");
	bool is_item = f->p[indent] == '-' && f->p[indent + 1] == ' ';

	while (f->depth) {
		int open = f->open[f->depth - 1].indent;
		bool is_list = f->open[f->depth - 1].doc->kind == DOC_LIST;

		if (open < indent)
			return false;
		if (open == indent && (!is_list || is_item))
			break;
		if (!fast_close(f))
			return false;
	}
	if (!f->depth)
		return false;
	f->p += indent;
	if (f->open[f->depth - 1].doc->kind == DOC_LIST)
		return fast_item(f, f->open[f->depth - 1].doc, indent);
	return !is_item && fast_pair(f, f->open[f->depth - 1].doc, indent);
}

/* NULL: not in that form. */
static struct doc *read_fast(struct arena *a, const char *data, size_t n)
{
	struct fast f = { .a = a, .line = 1, .nodes_left = doc_nodes_most(n) };
	struct doc *root;

	if (!n || data[n - 1] != '\n')
		return NULL;
	f.p = arena_dupn(a, data, n);
	if (!fast_open(&f, *f.p == '-' ? DOC_LIST : DOC_MAP, 0, &root))
		return NULL;
	while (*f.p)
		if (!fast_line(&f))
			return NULL;
	while (f.depth)
		if (!fast_close(&f))
			return NULL;
	return root;
}

int doc_read_yaml(struct arena *a, const char *what, const char *data, size_t n, struct doc **ret, struct err *e)
{
	const char *nul = n ? memchr(data, '\0', n) : NULL;
	struct doc *d = NULL;
	int line = 1;

	if (nul) {
		for (const char *p = data; p < nul; p++)
			line += *p == '\n';
		return err_set(e, -EINVAL, "%s: line %d: NUL in a document", what, line);
	}
	if (!doc_yaml_by_libyaml)
		d = read_fast(a, data, n);
	if (!d)
		return read_by_libyaml(a, what, data, n, ret, e);
	*ret = d;
	return 0;
}
