#include "core/doc.h"

#include <string.h>
#include "core/yaml_plain.h"

/* go-yaml v2's emitter, as far as documents without anchors, tags and flow style need it. */

enum {
	WIDTH = 80,
	KEY_LONGEST = 128, /* bytes of a key that stands before its value on one line */
};

enum style { PLAIN, SINGLE, DOUBLE, LITERAL };

struct writer {
	struct buf *to;
	size_t line; /* where the line begins in `to` */
};

static void indent_line(struct writer *w, int indent)
{
	buf_addch(w->to, '\n');
	w->line = w->to->len;
	buf_fill(w->to, ' ', (size_t)indent);
}

static void end_line(struct writer *w)
{
	indent_line(w, 0);
}

/* Behind the column where a long line is folded; columns are characters. */
static bool is_wide(const struct writer *w)
{
	size_t column = 0;

	if (w->to->len - w->line <= WIDTH)
		return false;
	for (size_t i = w->line; i < w->to->len; i++)
		column += ((unsigned char)w->to->s[i] & 0xc0) != 0x80;
	return column > WIDTH;
}

/* ---- which style ---- */

/* What go-yaml prints as it is: not tabs, not what needs four bytes. U+2028 and 9 would be line breaks. */
static bool is_printable(uint32_t c)
{
	if (c == '\n' || (c >= 0x20 && c <= 0x7e))
		return true;
	return c >= 0xa0 && c < 0xfffe && c != 0xfeff && c != 0x2028 && c != 0x2029;
}

static bool has_special(const char *s, size_t n)
{
	uint32_t c;

	for (size_t i = 0, len; i < n; i += len) {
		len = 1;
		if (s[i] >= ' ' && s[i] <= '~')
			continue;
		if (!(len = utf8_char(s + i, n - i, &c)) || !is_printable(c))
			return true;
	}
	return false;
}

static bool begins_like_syntax(const char *s)
{
	if (!strncmp(s, "---", 3) || !strncmp(s, "...", 3) || strchr("#,[]{}&*!|>'\"%@`", *s))
		return true;
	return strchr("?:-", *s) && (!s[1] || strchr(" \n", s[1]));
}

static bool has_syntax(const char *s)
{
	for (size_t i = 1; s[i]; i++)
		if ((s[i] == ':' && (!s[i + 1] || s[i + 1] == ' ' || s[i + 1] == '\n')) ||
		    (s[i] == '#' && (s[i - 1] == ' ' || s[i - 1] == '\n')))
			return true;
	return false;
}

static enum style style_of_lines(const char *s, size_t n, bool is_key)
{
	return is_key || s[n - 1] == ' ' || strstr(s, " \n") || has_special(s, n) ? DOUBLE : LITERAL;
}

static enum style style_of(const char *s, bool is_time, bool is_key)
{
	size_t n = strlen(s);

	if (strchr(s, '\n'))
		return style_of_lines(s, n, is_key);
	if (!yaml_plain_is_string(s, is_time) || has_special(s, n))
		return DOUBLE;
	return *s == ' ' || s[n - 1] == ' ' || begins_like_syntax(s) || has_syntax(s) ? SINGLE : PLAIN;
}

/* ---- the styles ---- */

/* Plain and single quoted: a single blank behind the width becomes a line break. IS_KEY: never. */
static void write_folded(struct writer *w, const char *s, int indent, bool is_key, bool is_quoted)
{
	size_t n = strlen(s);
	const char *end = s + n - 1;

	if (!is_quoted && w->to->len - w->line + n <= WIDTH) {
		buf_add(w->to, s, n);
		return;
	}
	for (const char *p = s; *p; p++) {
		bool may_fold = !is_key && *p == ' ' && p > s && p < end && p[-1] != ' ' && p[1] != ' ';

		if (may_fold && is_wide(w))
			indent_line(w, indent);
		else if (is_quoted && *p == '\'')
			buf_addstr(w->to, "''");
		else
			buf_addch(w->to, *p);
	}
}

static void write_escape(struct buf *to, uint32_t c)
{
	static const char from[] = "\a\b\t\n\v\f\r\033\"\\", name[] = "abtnvfre\"\\";
	const char *known = c && c < 0x80 ? strchr(from, (int)c) : NULL;

	if (known)
		buf_addf(to, "\\%c", name[known - from]);
	else if (c == 0x85)
		buf_addstr(to, "\\N");
	else if (c == 0x2028 || c == 0x2029)
		buf_addstr(to, c == 0x2028 ? "\\L" : "\\P");
	else
		buf_addf(to, c <= 0xff ? "\\x%02X" : c <= 0xffff ? "\\u%04X" : "\\U%08X", (unsigned)c);
}

static void write_double(struct writer *w, const char *s, int indent, bool is_key)
{
	const char *start = s, *end = s + strlen(s);
	bool was_blank = false;
	uint32_t c;

	buf_addch(w->to, '"');
	for (size_t len; s < end; s += len) {
		bool is_first = s == start, is_last = s + 1 == end;

		if (!(len = utf8_char(s, (size_t)(end - s), &c))) {
			buf_addstr(w->to, "\xef\xbf\xbd");
			len = 1;
		} else if (!is_printable(c) || c == '\n' || c == '"' || c == '\\') {
			write_escape(w->to, c);
		} else if (c == ' ' && !is_key && !was_blank && !is_first && !is_last && is_wide(w)) {
			indent_line(w, indent);
			if (s[1] == ' ')
				buf_addch(w->to, '\\');
		} else {
			buf_add(w->to, s, len);
		}
		was_blank = len == 1 && *s == ' ';
	}
	buf_addch(w->to, '"');
}

static void write_literal(struct writer *w, const char *s, int indent)
{
	size_t n = strlen(s);

	buf_addch(w->to, '|');
	if (*s == ' ' || *s == '\n')
		buf_addch(w->to, '2'); /* the indentation cannot be seen from the first line */
	if (s[n - 1] != '\n')
		buf_addch(w->to, '-');
	else if (n == 1 || s[n - 2] == '\n')
		buf_addch(w->to, '+');
	while (*s) {
		size_t len = strcspn(s, "\n");

		indent_line(w, len ? indent : 0);
		buf_add(w->to, s, len);
		s += len + (s[len] == '\n');
	}
}

static void write_text(struct writer *w, const char *s, bool is_time, int indent, bool is_key)
{
	switch (style_of(s, is_time, is_key)) {
	case PLAIN:
		write_folded(w, s, indent, is_key, false);
		break;
	case SINGLE:
		buf_addch(w->to, '\'');
		write_folded(w, s, indent, is_key, true);
		buf_addch(w->to, '\'');
		break;
	case DOUBLE:
		write_double(w, s, indent, is_key);
		break;
	case LITERAL:
		write_literal(w, s, indent);
		break;
	}
}

/* Scalars and what is empty; continued lines are INDENT columns in. */
static void write_leaf(struct writer *w, const struct doc *d, int indent)
{
	switch (d->kind) {
	case DOC_NULL:
		buf_addstr(w->to, "null");
		break;
	case DOC_BOOL:
		buf_addstr(w->to, d->num ? "true" : "false");
		break;
	case DOC_INT:
		buf_addf(w->to, "%lld", (long long)d->num);
		break;
	case DOC_FLOAT:
		buf_addstr(w->to, d->text);
		break;
	case DOC_STRING:
		write_text(w, d->text, d->plain, indent, false);
		break;
	case DOC_LIST:
		buf_addstr(w->to, "[]");
		break;
	case DOC_MAP:
		buf_addstr(w->to, "{}");
		break;
	}
}

static bool is_leaf(const struct doc *d)
{
	return !d->n || (d->kind != DOC_LIST && d->kind != DOC_MAP);
}

static void write_map(struct writer *w, const struct doc *d, int indent);

/* The cursor stands INDENT columns in. */
static void write_list(struct writer *w, const struct doc *d, int indent)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct doc *item = d->item[i];

		if (i)
			buf_fill(w->to, ' ', (size_t)indent);
		buf_addstr(w->to, "- ");
		if (is_leaf(item)) {
			write_leaf(w, item, indent + 2);
			end_line(w);
		} else if (item->kind == DOC_LIST) {
			write_list(w, item, indent + 2);
		} else {
			write_map(w, item, indent + 2);
		}
	}
}

/* What stands behind the colon of a key that is INDENT columns in. */
static void write_value(struct writer *w, const struct doc *d, int indent)
{
	if (is_leaf(d)) {
		buf_addch(w->to, ' ');
		write_leaf(w, d, indent + 2);
		end_line(w);
		return;
	}
	if (d->kind == DOC_LIST) {
		indent_line(w, indent);
		write_list(w, d, indent);
	} else {
		indent_line(w, indent + 2);
		write_map(w, d, indent + 2);
	}
}

/* "? KEY", and the value on a line of its own */
static void write_long_pair(struct writer *w, const char *key, const struct doc *d, int indent)
{
	buf_addstr(w->to, "? ");
	write_text(w, key, false, indent + 2, false);
	indent_line(w, indent);
	buf_addstr(w->to, ": ");
	if (is_leaf(d)) {
		write_leaf(w, d, indent + 2);
		end_line(w);
	} else if (d->kind == DOC_LIST) {
		write_list(w, d, indent + 2);
	} else {
		write_map(w, d, indent + 2);
	}
}

static void write_map(struct writer *w, const struct doc *d, int indent)
{
	for (size_t i = 0; i < d->n; i++) {
		if (i)
			buf_fill(w->to, ' ', (size_t)indent);
		if (strlen(d->key[i]) > KEY_LONGEST || strchr(d->key[i], '\n')) {
			write_long_pair(w, d->key[i], d->item[i], indent);
			continue;
		}
		write_text(w, d->key[i], false, indent + 2, true);
		buf_addch(w->to, ':');
		write_value(w, d->item[i], indent);
	}
}

void doc_write_yaml(const struct doc *d, struct buf *to)
{
	struct writer w = { .to = to, .line = to->len };

	if (is_leaf(d)) {
		write_leaf(&w, d, 2);
		end_line(&w);
	} else if (d->kind == DOC_LIST) {
		write_list(&w, d, 0);
	} else {
		write_map(&w, d, 0);
	}
}
