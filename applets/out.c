#include "applets/out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/auto.h"

int format_parse(const char *s, enum format *ret, struct err *e)
{
	static const char name[][8] = { [FORMAT_TABLE] = "table", [FORMAT_CSV] = "csv", [FORMAT_JSON] = "json",
					[FORMAT_YAML] = "yaml", [FORMAT_COMPACT] = "compact" };

	for (size_t i = 0; i < ARRAY_SIZE(name); i++)
		if (str_eq(s, name[i])) {
			*ret = (enum format)i;
			return 0;
		}
	return err_set(e, -EINVAL, "Invalid format \"%s\"", s);
}

/* ---- width */

struct range {
	uint32_t first, last;
};

static bool is_in(const struct range *r, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n; i++)
		if (c >= r[i].first && c <= r[i].last)
			return true;
	return false;
}

/* The scripts that are in use; a rare character that is missing here only shifts the bar behind it. */
static unsigned char_width(uint32_t c)
{
	static const struct range none[] = { { 0x300, 0x36f }, { 0x483, 0x489 }, { 0x591, 0x5bd }, { 0x610, 0x61a },
		{ 0x64b, 0x65f }, { 0x6d6, 0x6dc }, { 0x900, 0x902 }, { 0x93c, 0x93c }, { 0x941, 0x948 }, { 0x94d, 0x94d },
		{ 0xe31, 0xe31 }, { 0xe34, 0xe3a }, { 0xe47, 0xe4e }, { 0x200b, 0x200d }, { 0x2060, 0x2064 },
		{ 0x20d0, 0x20f0 }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }, { 0xfeff, 0xfeff }, { 0xe0100, 0xe01ef } };
	static const struct range wide[] = { { 0x1100, 0x115f }, { 0x231a, 0x231b }, { 0x23e9, 0x23ec }, { 0x2614, 0x2615 },
		{ 0x26a1, 0x26a1 }, { 0x2705, 0x2705 }, { 0x274c, 0x274c }, { 0x2e80, 0x303e }, { 0x3041, 0x33ff },
		{ 0x3400, 0x4dbf }, { 0x4e00, 0xa4cf }, { 0xa960, 0xa97c }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff },
		{ 0xfe30, 0xfe6f }, { 0xff01, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff },
		{ 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd } };

	if (c < 0x300)
		return 1;
	return is_in(none, ARRAY_SIZE(none), c) ? 0 : is_in(wide, ARRAY_SIZE(wide), c) ? 2 : 1;
}

size_t out_width(const char *s, size_t n)
{
	size_t width = 0;

	while (n) {
		uint32_t c = ' ';
		size_t len = utf8_char(s, n, &c);

		width += char_width(c);
		s += len ? len : 1;
		n -= len ? len : 1;
	}
	return width;
}

/* ---- tables */

void table_open(struct table *t, struct arena *a, const char *const *header, size_t columns)
{
	*t = (struct table){ .arena = a, .columns = columns };
	t->header = arena_alloc(a, columns * sizeof *t->header + 1);
	for (size_t i = 0; i < columns; i++)
		t->header[i] = header[i];
}

const char **table_row(struct table *t)
{
	const char **cell = arena_alloc(t->arena, t->columns * sizeof *cell + 1);

	for (size_t i = 0; i < t->columns; i++)
		cell[i] = "";
	t->row = arena_grow(t->arena, t->row, t->n, sizeof *t->row);
	t->row[t->n++] = cell;
	return cell;
}

struct sorted {
	const char **cell;
	size_t columns;
};

static int row_order(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;

	for (size_t i = 0; i < x->columns; i++) {
		if (str_eq(x->cell[i], y->cell[i]))
			continue;
		if (!*x->cell[i] || !*y->cell[i])
			return *x->cell[i] ? -1 : 1;
		return name_order(x->cell[i], y->cell[i]);
	}
	return 0;
}

void table_sort(struct table *t)
{
	struct sorted *s = arena_alloc(t->arena, t->n * sizeof *s + 1);

	for (size_t i = 0; i < t->n; i++)
		s[i] = (struct sorted){ t->row[i], t->columns };
	qsort(s, t->n, sizeof *s, row_order);
	for (size_t i = 0; i < t->n; i++)
		t->row[i] = s[i].cell;
}

static bool is_digit_or_blank(char c)
{
	return (c >= '0' && c <= '9') || c == ' ';
}

/* As tablewriter makes titles: capitals; `_` and `.` (but not in 0.5) are blanks. */
static const char *title(struct arena *a, const char *s)
{
	size_t n = strlen(s);
	char *t = arena_dup(a, s);

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '_' || (s[i] == '.' && ((i && !is_digit_or_blank(t[i - 1])) || (i + 1 < n && !is_digit_or_blank(s[i + 1])))))
			t[i] = ' ';
		else if (s[i] >= 'a' && s[i] <= 'z')
			t[i] = (char)(s[i] - 'a' + 'A');
	}
	return t;
}

/* Line I of a cell, escaped; false: it has none (every cell has line 0). */
static bool cell_line(const char *cell, size_t i, struct buf *to)
{
	for (; i; i--) {
		if (!(cell = strchr(cell, '\n')) || !*++cell)
			return false;
	}
	buf_reset(to);
	buf_add_escaped(to, cell, strcspn(cell, "\n"));
	return true;
}

static void widen(size_t *width, const char *cell, struct buf *scratch)
{
	for (size_t i = 0; cell_line(cell, i, scratch); i++) {
		size_t n = out_width(scratch->s, scratch->len);

		if (n > *width)
			*width = n;
	}
}

static void rule(const size_t *width, size_t columns, struct buf *to)
{
	buf_addch(to, '+');
	for (size_t i = 0; i < columns; i++) {
		buf_fill(to, '-', width[i] + 2);
		buf_addch(to, '+');
	}
	buf_addch(to, '\n');
}

enum align { LEFT, CENTRE };

static void line(const char *const *cell, size_t nth, const size_t *width, size_t columns, enum align align, bool compact, struct buf *to,
		 struct buf *scratch)
{
	buf_addch(to, compact ? ' ' : '|');
	for (size_t i = 0; i < columns; i++) {
		size_t spare, left;

		if (!cell_line(cell[i], nth, scratch))
			buf_reset(scratch);
		spare = width[i] - out_width(scratch->s, scratch->len);
		left = align == CENTRE ? spare / 2 : 0;
		buf_fill(to, ' ', left + 1);
		buf_add(to, scratch->s, scratch->len);
		buf_fill(to, ' ', spare - left + 1);
		if (!compact)
			buf_addch(to, '|');
	}
	buf_addstr(to, compact ? " \n" : "\n");
}

static size_t lines_of(const char *const *cell, size_t columns, struct buf *scratch)
{
	size_t most = 1;

	for (size_t i = 0; i < columns; i++)
		while (cell_line(cell[i], most, scratch))
			most++;
	return most;
}

static void write_table(const struct table *t, bool compact, struct buf *to)
{
	AUTO(buf) struct buf scratch = BUF_NONE;
	size_t *width = arena_alloc(t->arena, t->columns * sizeof *width + 1);
	const char **header = arena_alloc(t->arena, t->columns * sizeof *header + 1);

	for (size_t i = 0; i < t->columns; i++) {
		header[i] = title(t->arena, t->header[i]);
		widen(&width[i], header[i], &scratch);
		for (size_t j = 0; j < t->n; j++)
			widen(&width[i], t->row[j][i], &scratch);
	}
	if (!compact)
		rule(width, t->columns, to);
	line(header, 0, width, t->columns, CENTRE, compact, to, &scratch);
	if (!compact)
		rule(width, t->columns, to);
	for (size_t j = 0; j < t->n; j++) {
		size_t n = lines_of(t->row[j], t->columns, &scratch);

		for (size_t i = 0; i < n; i++)
			line(t->row[j], i, width, t->columns, LEFT, compact, to, &scratch);
		if (!compact)
			rule(width, t->columns, to);
	}
}

static void csv_cell(const char *cell, struct buf *to, struct buf *scratch)
{
	bool quoted = strpbrk(cell, ",\"\n") || *cell == ' ' || *cell == '\t';

	if (quoted)
		buf_addch(to, '"');
	for (size_t i = 0; cell_line(cell, i, scratch); i++) {
		if (i)
			buf_addch(to, '\n');
		for (const char *s = scratch->s; *s; s++) {
			if (*s == '"')
				buf_addch(to, '"');
			buf_addch(to, *s);
		}
	}
	if (quoted)
		buf_addch(to, '"');
}

static void write_csv(const struct table *t, struct buf *to)
{
	AUTO(buf) struct buf scratch = BUF_NONE;

	for (size_t j = 0; j < t->n; j++)
		for (size_t i = 0; i < t->columns; i++) {
			csv_cell(t->row[j][i], to, &scratch);
			buf_addch(to, i + 1 < t->columns ? ',' : '\n');
		}
}

void table_write(const struct table *t, enum format f, struct buf *to)
{
	if (f == FORMAT_CSV)
		write_csv(t, to);
	else
		write_table(t, f == FORMAT_COMPACT, to);
}

void out_document(const struct doc *d, enum format f, struct buf *to)
{
	if (f == FORMAT_YAML) {
		doc_write_yaml(d, to);
	} else {
		doc_write_json(d, to);
		buf_addch(to, '\n');
	}
}

/* ---- sizes */

void out_size_decimal(struct buf *to, uint64_t bytes)
{
	static const char unit[] = "kMGTPE";
	uint64_t one = 1000;
	size_t i = 0;

	if (bytes < 1000) {
		buf_addf(to, "%uB", (unsigned)bytes);
		return;
	}
	while (i + 2 < sizeof unit && bytes / one >= 1000) {
		one *= 1000;
		i++;
	}
	uint64_t hundredths = bytes / one * 100 + (bytes % one + one / 200) / (one / 100);
	buf_addf(to, "%llu.%02u%cB", (unsigned long long)(hundredths / 100), (unsigned)(hundredths % 100), unit[i]);
}

void out_size_binary(struct buf *to, uint64_t bytes)
{
	static const char unit[] = "KMGTPE";
	unsigned bits = 10;
	uint64_t hundredths;

	if (bytes < 1024) {
		buf_addf(to, "%uB", (unsigned)bytes);
		return;
	}
	while (bits < 60 && bytes >> bits >= 1024)
		bits += 10;
	size_t i = bits / 10 - 1;
	if (bits > 20) { /* 20 bits of fraction say enough for two digits, and cannot overflow */
		bytes >>= bits - 20;
		bits = 20;
	}
	hundredths = (bytes * 100 + (1ULL << (bits - 1))) >> bits;
	buf_addf(to, "%llu.%02u%ciB", (unsigned long long)(hundredths / 100), (unsigned)(hundredths % 100), unit[i]);
}

/* ---- dates and words */

static const char *date(struct arena *a, struct timestamp t, bool local)
{
	char text[64];
	time_t s = (time_t)t.s;
	struct tm tm;

	if ((!t.s && !t.ns) || !(local ? localtime_r(&s, &tm) : gmtime_r(&s, &tm)))
		return "";
	if (!strftime(text, sizeof text, local ? "%Y/%m/%d %H:%M %Z" : "%Y/%m/%d %H:%M UTC", &tm))
		return "";
	return arena_dup(a, text);
}

const char *out_date(struct arena *a, struct timestamp t)
{
	return date(a, t, false);
}

const char *out_date_local(struct arena *a, struct timestamp t)
{
	return date(a, t, true);
}

const char *out_date_words(struct arena *a, struct timestamp t)
{
	static const char month[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t s = (time_t)t.s;
	struct tm tm;

	if ((!t.s && !t.ns) || !gmtime_r(&s, &tm))
		return "";
	return arena_fmt(a, "%s %d, %d at %d:%02d%s (UTC)", month[tm.tm_mon], tm.tm_mday, tm.tm_year + 1900,
			 tm.tm_hour % 12 ? tm.tm_hour % 12 : 12, tm.tm_min, tm.tm_hour < 12 ? "am" : "pm");
}

const char *out_number(struct arena *a, int64_t n)
{
	return arena_fmt(a, "%lld", (long long)n);
}

const char *out_yes_no(bool v)
{
	return v ? "yes" : "no";
}
