#include "runtime/image/alias.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"
#include "core/doc.h"
#include "core/name.h"

enum { ALIASES_LIMIT = 4 * 1024 * 1024 };

struct aliases {
	struct arena *a;
	struct image_alias *item;
	size_t n;
};

static struct image_alias *find(const struct aliases *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->item[i].name, name))
			return &l->item[i];
	return NULL;
}

static struct image_alias *add(struct aliases *l, const char *name, const char *target, const char *description)
{
	l->item = arena_grow(l->a, l->item, l->n, sizeof *l->item);
	l->item[l->n] = (struct image_alias){ arena_dup(l->a, name), arena_dup(l->a, target), arena_dup(l->a, description) };
	return &l->item[l->n++];
}

static void drop(struct aliases *l, struct image_alias *gone)
{
	size_t i = (size_t)(gone - l->item);

	memmove(gone, gone + 1, (--l->n - i) * sizeof *gone);
}

/* ---- aliases.yaml */

static int read_file(struct store *st, struct aliases *l, struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;
	struct doc *doc;
	int r = at_read(st->dir, "aliases.yaml", ALIASES_LIMIT, &text, e);

	if (r == -ENOENT) {
		if (e)
			*e = ERR_NONE;
		return 0;
	}
	if (r < 0 || (r = doc_read_yaml(l->a, "aliases.yaml", text.s, text.len, &doc, e)) < 0)
		return r;
	if (doc->kind != DOC_MAP && doc->kind != DOC_NULL)
		return err_set(e, -EINVAL, "aliases.yaml: not a mapping");
	for (size_t i = 0; i < doc->n; i++) {
		const char *target = doc_text(doc->item[i], "target"), *description = doc_text(doc->item[i], "description");

		if (!target || !name_is_fingerprint(target))
			return err_set(e, -EINVAL, "aliases.yaml: line %d: target: not a fingerprint", doc->item[i]->line);
		add(l, doc->key[i], target, description ? description : "");
	}
	return 0;
}

static int write_file(struct store *st, const struct aliases *l, struct err *e)
{
	struct doc *doc = doc_map(l->a);
	AUTO(buf) struct buf text = BUF_NONE;

	for (size_t i = 0; i < l->n; i++) {
		struct doc *one = doc_map(l->a);

		doc_put(l->a, one, "target", doc_str(l->a, l->item[i].target));
		doc_put(l->a, one, "description", doc_str(l->a, l->item[i].description));
		doc_put(l->a, doc, l->item[i].name, one);
	}
	doc_write_yaml(doc, &text);
	if (buf_error(&text))
		return err_code(e, buf_error(&text), "aliases.yaml");
	return at_write_atomic(st->dir, "aliases.yaml", text.s, text.len, 0600, e);
}

/* ---- wanted names */

int alias_write_wanted(struct arena *a, int dir, const struct names *names, struct err *e)
{
	struct doc *doc = doc_list(a);
	AUTO(buf) struct buf text = BUF_NONE;

	for (size_t i = 0; i < names->n; i++)
		doc_add(a, doc, doc_str(a, names->item[i]));
	doc_write_yaml(doc, &text);
	if (buf_error(&text))
		return err_code(e, buf_error(&text), "aliases");
	return at_write_atomic(dir, "aliases", text.s, text.len, 0600, e);
}

/* Appends to L what the image wants; 1 if there is such a file. */
static int read_wanted(struct store *st, struct aliases *l, const char *fingerprint, struct names *moved, struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;
	char path[128];
	struct doc *doc;
	int r;

	if ((r = image_entry_path(path, fingerprint, "aliases")) < 0 || (r = at_exists(st->images, path)) <= 0)
		return r < 0 ? err_code(e, r, "%s", fingerprint) : 0;
	AUTO(fd) int fd = at_open(st->images, path, O_RDONLY, 0, e);
	if (fd < 0)
		return fd;
	if ((r = fd_read(fd, ALIASES_LIMIT, &text, e)) < 0 ||
	    (r = doc_read_yaml(l->a, "aliases", text.s, text.len, &doc, e)) < 0)
		return err_in(e, r, "%s", fingerprint);
	for (size_t i = 0; doc->kind == DOC_LIST && i < doc->n; i++) {
		struct image_alias *have = find(l, doc->item[i]->text);

		if (have && moved && !str_eq(have->target, fingerprint) && at_exists(st->images, have->target) == 1)
			names_add(l->a, moved, have->name);
		if (have)
			have->target = arena_dup(l->a, fingerprint);
		else
			add(l, doc->item[i]->text, fingerprint, "");
	}
	return 1;
}

static int take_wanted(struct store *st, struct aliases *l, const char *fingerprint, struct names *moved, struct err *e)
{
	char path[128];
	int r = read_wanted(st, l, fingerprint, moved, e);

	if (r <= 0 || (r = write_file(st, l, e)) < 0)
		return r;
	(void)image_entry_path(path, fingerprint, "aliases");	 /* fits: it was read a moment ago */
	if (unlinkat(st->images, path, 0) < 0)
		return err_sys(e, "%s", path);
	return 0;
}

int alias_take_wanted(struct store *st, struct arena *a, const char *fingerprint, struct names *ret_moved, struct err *e)
{
	struct aliases l = { .a = a };
	int r = read_file(st, &l, e);

	return r < 0 ? r : take_wanted(st, &l, fingerprint, ret_moved, e);
}

struct visit {
	struct store *st;
	struct aliases *l;
	struct err *e;
	int (*each)(struct store *st, struct aliases *l, const char *fingerprint, struct names *moved, struct err *e);
};

static int visit_one(void *ctx, const char *name, unsigned char d_type)
{
	const struct visit *v = ctx;

	(void)d_type;
	if (!name_is_fingerprint(name))
		return 0;
	int r = v->each(v->st, v->l, name, NULL, v->e);
	return r < 0 ? r : 0;
}

/* With what is still wanted, so that an image never shows without its name. */
static int read_all(struct store *st, struct aliases *l, struct err *e)
{
	struct visit v = { st, l, e, read_wanted };
	int r = read_file(st, l, e);

	return r < 0 ? r : at_each(st->images, visit_one, &v, e);
}

int alias_finish(struct store *st, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct aliases l = { .a = &a };
	struct visit v = { st, &l, e, take_wanted };
	int r = read_file(st, &l, e);

	return r < 0 ? r : at_each(st->images, visit_one, &v, e);
}

int images_lock(struct store *st, struct lock *lock, struct err *e)
{
	if (st->read_only)
		return err_set(e, -EROFS, "%s: read-only file system", st->path);
	return err_in(e, lock_take(lock, st->images, ".lock", LOCK_EXCLUSIVE, true, NULL, e), "images");
}

/* ---- what users do */

static int by_name(const void *a, const void *b)
{
	return name_order(((const struct image_alias *)a)->name, ((const struct image_alias *)b)->name);
}

int aliases_list(struct store *st, struct arena *a, struct image_alias **ret, size_t *ret_n, struct err *e)
{
	struct aliases l = { .a = a };
	int r = read_all(st, &l, e);

	if (r < 0)
		return r;
	/* an image was deleted, and then there was no time for its names */
	for (size_t i = l.n; i-- > 0;)
		if (at_exists(st->images, l.item[i].target) == 0)
			drop(&l, &l.item[i]);
	if (l.n)
		qsort(l.item, l.n, sizeof *l.item, by_name);
	*ret = l.item;
	*ret_n = l.n;
	return 0;
}

static int locked_list(struct store *st, struct lock *lock, struct aliases *l, struct err *e)
{
	int r;

	if ((r = images_lock(st, lock, e)) < 0 || (r = alias_finish(st, e)) < 0)
		return r;
	return aliases_list(st, l->a, &l->item, &l->n, e);
}

int aliases_create(struct store *st, const char *name, const char *target, const char *description, struct err *e)
{
	AUTO(lock) struct lock lock = LOCK_NONE;
	AUTO(arena) struct arena a = ARENA_NONE;
	struct aliases l = { .a = &a };
	struct image image;
	int r;

	if ((r = name_alias(name, e)) < 0 || (r = locked_list(st, &lock, &l, e)) < 0)
		return r;
	if (find(&l, name))
		return err_set(e, -EEXIST, "Alias \"%s\" already exists", name);
	if ((r = images_resolve_fingerprint(st, &a, target, &image, e)) < 0)
		return r;
	add(&l, name, image.fingerprint, description ? description : "");
	return write_file(st, &l, e);
}

int aliases_delete(struct store *st, const char *name, struct err *e)
{
	AUTO(lock) struct lock lock = LOCK_NONE;
	AUTO(arena) struct arena a = ARENA_NONE;
	struct aliases l = { .a = &a };
	struct image_alias *gone;
	int r = locked_list(st, &lock, &l, e);

	if (r < 0)
		return r;
	if (!(gone = find(&l, name)))
		return err_set(e, -ENOENT, "Image alias not found");
	drop(&l, gone);
	return write_file(st, &l, e);
}

int aliases_rename(struct store *st, const char *name, const char *to, struct err *e)
{
	AUTO(lock) struct lock lock = LOCK_NONE;
	AUTO(arena) struct arena a = ARENA_NONE;
	struct aliases l = { .a = &a };
	struct image_alias *one;
	int r;

	if ((r = name_alias(to, e)) < 0 || (r = locked_list(st, &lock, &l, e)) < 0)
		return r;
	if (!(one = find(&l, name)))
		return err_set(e, -ENOENT, "Image alias not found");
	if (find(&l, to))
		return err_set(e, -EEXIST, "Alias \"%s\" already exists", to);
	one->name = to;
	return write_file(st, &l, e);
}

int alias_forget(struct store *st, const char *fingerprint, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct aliases l = { .a = &a };
	size_t before;
	int r = read_file(st, &l, e);

	if (r < 0)
		return r;
	before = l.n;
	for (size_t i = l.n; i-- > 0;)
		if (str_eq(l.item[i].target, fingerprint))
			drop(&l, &l.item[i]);
	return l.n == before ? 0 : write_file(st, &l, e);
}
