#include "runtime/image/metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "core/architecture.h"
#include "core/at.h"
#include "core/auto.h"
#include "core/doc.h"
#include "core/name.h"
#include "core/parse.h"

enum { METADATA_LIMIT = 1024 * 1024 };

/* ---- the document */

struct reading {
	struct arena *a;
	const char *what;
	struct err *e;
};

static int bad(const struct reading *in, const struct doc *at, const char *key, const char *want)
{
	if (at && at->line)
		return err_set(in->e, -EINVAL, "%s: line %d: %s: %s", in->what, at->line, key, want);
	return err_set(in->e, -EINVAL, "%s: %s: %s", in->what, key, want);
}

static bool is_scalar(const struct doc *d)
{
	return d->kind != DOC_LIST && d->kind != DOC_MAP;
}

static int read_architecture(const struct reading *in, const struct doc *doc, struct metadata *m)
{
	const struct doc *d = doc_get(doc, "architecture");

	if (!d || d->kind == DOC_NULL)
		return bad(in, doc, "architecture", "missing");
	if (!is_scalar(d))
		return bad(in, d, "architecture", "not a string");
	m->architecture = architecture_name(d->text);
	if (!m->architecture)
		return err_set(in->e, -EINVAL, "%s: Architecture isn't supported: %s", in->what, d->text);
	return 0;
}

/* Seconds since 1970. A fraction is cut off, as LXD does; text and quoted numbers are errors, as there. */
static int read_date(const struct reading *in, const struct doc *doc, const char *key, int64_t *ret)
{
	const struct doc *d = doc_get(doc, key);
	const char *want = "not a number of seconds since 1970";
	char whole[24];

	*ret = 0;
	if (!d || d->kind == DOC_NULL)
		return 0;
	if (d->kind == DOC_INT) {
		*ret = d->num;
		return 0;
	}
	if (d->kind != DOC_FLOAT || str_fmt(whole, sizeof whole, "%.*s", (int)strcspn(d->text, "."), d->text) < 0 ||
	    strpbrk(d->text, "eE") || parse_i64(whole, INT64_MIN, INT64_MAX, ret) < 0)
		return bad(in, d, key, want);
	return 0;
}

static int read_strings(const struct reading *in, const struct doc *doc, const char *key, struct map *ret)
{
	const struct doc *d = doc_get(doc, key);

	if (!d || d->kind == DOC_NULL)
		return 0;
	if (d->kind != DOC_MAP)
		return bad(in, d, key, "not a mapping");
	for (size_t i = 0; i < d->n; i++) {
		if (!is_scalar(d->item[i]))
			return bad(in, d->item[i], d->key[i], "not a string");
		map_set(in->a, ret, d->key[i], d->item[i]->kind == DOC_NULL ? "" : d->item[i]->text);
	}
	return 0;
}

static int read_when(const struct reading *in, const struct doc *doc, struct template *t)
{
	const struct doc *d = doc_get(doc, "when");

	if (!d || d->kind == DOC_NULL)
		return 0;
	if (d->kind != DOC_LIST)
		return bad(in, d, "when", "not a list");
	for (size_t i = 0; i < d->n; i++) {
		if (!is_scalar(d->item[i]))
			return bad(in, d->item[i], "when", "not a list of names");
		if (str_has_word("create copy start rename", d->item[i]->text))
			names_add(in->a, &t->when, d->item[i]->text);
	}
	return 0;
}

static int read_template(const struct reading *in, const char *path, const struct doc *doc, struct template *t)
{
	const struct doc *once = doc_get(doc, "create_only");
	const char *file = doc_text(doc, "template");
	int r;

	if (doc->kind != DOC_MAP)
		return bad(in, doc, path, "not a mapping");
	if (!*path)
		return bad(in, doc, "templates", "a path is empty");
	if (!file)
		return bad(in, doc, path, "template: missing");
	if ((r = name_template(file, in->e)) < 0)
		return err_in(in->e, r, "%s: line %d: %s", in->what, doc->line, path);
	if (once && once->kind != DOC_BOOL && once->kind != DOC_NULL)
		return bad(in, once, "create_only", "neither true nor false");
	t->path = arena_dup(in->a, path);
	t->template = arena_dup(in->a, file);
	t->create_only = once && once->kind == DOC_BOOL && once->num;
	r = read_when(in, doc, t);
	return r < 0 ? r : read_strings(in, doc, "properties", &t->properties);
}

static int read_templates(const struct reading *in, const struct doc *doc, struct metadata *m)
{
	const struct doc *d = doc_get(doc, "templates");

	if (!d || d->kind == DOC_NULL)
		return 0;
	if (d->kind != DOC_MAP)
		return bad(in, d, "templates", "not a mapping");
	m->templates = arena_alloc(in->a, d->n * sizeof *m->templates);
	for (size_t i = 0; i < d->n; i++) {
		int r = read_template(in, d->key[i], d->item[i], &m->templates[i]);

		if (r < 0)
			return r;
	}
	m->n_templates = d->n;
	return 0;
}

/* JSON is nearly YAML: indented by tabs it is not. And what begins as JSON may still be YAML in braces. */
static int read_document(const struct reading *in, const char *data, size_t n, struct doc **ret)
{
	size_t blank = 0;

	while (blank < n && strchr(" \t\r\n", data[blank]) && data[blank])
		blank++;
	if (blank < n && data[blank] == '{' && !doc_read_json(in->a, in->what, data, n, ret, NULL))
		return 0;
	return doc_read_yaml(in->a, in->what, data, n, ret, in->e);
}

int metadata_parse(struct arena *a, const char *what, const char *data, size_t n, struct metadata *ret, struct err *e)
{
	const struct reading in = { a, what, e };
	struct metadata m = { 0 };
	struct doc *doc;
	int r;

	if (n > METADATA_LIMIT)
		return err_set(e, -EFBIG, "%s: larger than 1 MiB", what);
	if ((r = read_document(&in, data, n, &doc)) < 0)
		return r;
	if (doc->kind == DOC_NULL)
		return err_set(e, -EINVAL, "%s: empty", what);
	if (doc->kind != DOC_MAP)
		return err_set(e, -EINVAL, "%s: not a mapping", what);
	if ((r = read_architecture(&in, doc, &m)) < 0 ||
	    (r = read_date(&in, doc, "creation_date", &m.creation_date)) < 0 ||
	    (r = read_date(&in, doc, "expiry_date", &m.expiry_date)) < 0 ||
	    (r = read_strings(&in, doc, "properties", &m.properties)) < 0 || (r = read_templates(&in, doc, &m)) < 0)
		return r;
	if (!m.creation_date)
		return err_set(e, -EINVAL, "%s: Missing creation date (creation_date: SECONDS)", what);
	*ret = m;
	return 0;
}

int metadata_read(struct arena *a, int dir, struct metadata *ret, struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;
	int r = at_read(dir, "metadata.yaml", METADATA_LIMIT, &text, e);

	if (r < 0)
		return r;
	if (buf_error(&text))
		return err_code(e, buf_error(&text), "metadata.yaml");
	return metadata_parse(a, "metadata.yaml", text.s, text.len, ret, e);
}

int metadata_check_templates(const struct metadata *m, int dir, struct err *e)
{
	AUTO(fd) int templates = -1;

	if (!m->n_templates)
		return 0;
	templates = openat(dir, "templates", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (templates < 0)
		return err_sys(e, "template %s: templates", m->templates[0].template);
	for (size_t i = 0; i < m->n_templates; i++) {
		const char *name = m->templates[i].template;
		struct stat s;

		if (fstatat(templates, name, &s, AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(e, "template %s of %s", name, m->templates[i].path);
		if (!S_ISREG(s.st_mode))
			return err_set(e, -EINVAL, "template %s of %s: not a regular file", name, m->templates[i].path);
	}
	return 0;
}
