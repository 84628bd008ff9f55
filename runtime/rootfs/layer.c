#include "runtime/rootfs/layer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "core/at.h"
#include "core/doc.h"
#include "core/field.h"
#include "core/parse.h"
#include "runtime/isolate/idmap.h"

/* The lock of all layers is a file beside them, hidden, so that it is never taken for one. */
static const char lock_name[] = ".lock";

/* Somebody wanted to collect and could not. */
static const char mark_name[] = ".sweep";

int layer_share(struct store *st, struct lock *lock, struct err *e)
{
	return err_in(e, lock_take(lock, st->layers, lock_name, LOCK_SHARED, true, NULL, e), "layers");
}

int layer_lock_all(struct store *st, struct lock *lock, struct err *e)
{
	return err_in(e, lock_take(lock, st->layers, lock_name, LOCK_EXCLUSIVE, true, NULL, e), "layers");
}

enum { ID_MOST = 64 + sizeof "-shift-4294967295" - 1 };

static bool is_id_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* IDs are read from records, and records may be damaged. */
static int check_id(const char *id, struct err *e)
{
	size_t n = 0;

	while (n <= ID_MOST && is_id_char(id[n]))
		n++;
	if (n && n <= ID_MOST && !id[n])
		return 0;
	return err_set(e, -EINVAL, "not the name of a layer: %.80s", id);
}

int layer_publish(struct store *st, struct store_new *n, const char *id, struct err *e)
{
	int r = check_id(id, e);

	if (r < 0)
		return r;
	if (syncfs(n->dir) < 0)
		return err_sys(e, "layer %s: syncfs", id);
	return err_in(e, store_publish(st, n, st->layers, id, e), "layer");
}

int layer_open(struct store *st, const char *id, struct err *e)
{
	int r = check_id(id, e);

	if (r < 0)
		return r;
	AUTO(fd) int dir = openat(st->layers, id, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir < 0)
		return err_sys(e, "layer %s", id);
	int root = openat(dir, "rootfs", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return root < 0 ? err_sys(e, "layer %s/rootfs", id) : root;
}

/* ---- copies with shifted owners */

static int make_shifted(struct store *st, const char *id, const char *name, const struct shift *shift, struct err *e)
{
	struct store_new n = STORE_NEW_NONE;
	AUTO(fd) int from = layer_open(st, id, e);
	int r = from < 0 ? from : store_new(st, &n, 0700, e);

	if (r < 0)
		return r;
	r = plain_copy(from, n.dir, "rootfs", shift, e);
	if (r == 0)
		r = layer_publish(st, &n, name, e);
	store_discard(st, &n);
	if (r == -EEXIST && e)
		*e = ERR_NONE; /* somebody was quicker */
	return r == -EEXIST ? 0 : r;
}

int layer_shift(struct store *st, const char *id, const struct shift *shift, struct err *e)
{
	char name[ID_MOST + 1];
	int r = str_fmt(name, sizeof name, LAYER_SHIFTED, id, shift->to);

	if (r < 0)
		return err_code(e, r, "layer %s", id);
	if (at_exists(st->layers, name) == 1)
		return 0;
	return err_in(e, make_shifted(st, id, name, shift, e), "layer %s", name);
}

struct collect {
	struct store *st;
	const struct names *named;
	struct err *e;
};

static int collect_one(void *ctx, const char *name, unsigned char d_type)
{
	struct collect *c = ctx;

	(void)d_type;
	if (*name == '.' || names_has(c->named, name))
		return 0;
	return store_remove(c->st, c->st->layers, name, c->e);
}

int layer_collect(struct store *st, const struct names *named, struct err *e)
{
	struct collect c = { st, named, e };

	return err_in(e, at_each(st->layers, collect_one, &c, e), "layers");
}

/* ---- who names layers */

struct naming {
	struct names layers;
	struct map config;
};

static const struct field naming_fields[] = {
	FIELD(struct naming, layers, ON_DISK),
	FIELD(struct naming, config, ON_DISK),
	FIELD_END,
};

enum { RECORD_LIMIT = 1024 * 1024 };

struct search {
	struct arena *a;
	struct names *found;
	int dir;	    /* of the records' directories */
	const char *record; /* the file in each */
	uint32_t base;	    /* of the store's shifted layers, 0: there are none */
	struct err *e;
};

static void note_name(const struct search *s, const char *id)
{
	if (!names_has(s->found, id))
		names_add(s->a, s->found, id);
}

static int note_names(const struct search *s, const struct doc *doc, const char *what)
{
	struct naming record = { 0 };
	uint32_t own = 0;
	int r = record_read(s->a, naming_fields, ON_DISK, what, doc, &record, NULL, s->e);

	if (r < 0)
		return r;
	const char *shifted = map_get(&record.config, "volatile.lxcbox.shifted");
	if (shifted)
		(void)parse_u32(shifted, 1, UINT32_MAX - 1, &own); /* not a number: it cannot be started either */
	for (size_t i = 0; i < record.layers.n; i++) {
		note_name(s, record.layers.item[i]);
		if (s->base)
			note_name(s, arena_fmt(s->a, LAYER_SHIFTED, record.layers.item[i], s->base));
		if (own)
			note_name(s, arena_fmt(s->a, LAYER_SHIFTED, record.layers.item[i], own));
	}
	return 0;
}

static int search_dir(const struct search *s);

static int search_snapshots(const struct search *s, const char *name)
{
	AUTO(fd) int dir = openat(s->dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir < 0)
		return errno == ENOENT ? 0 : err_sys(s->e, "%s", name);
	AUTO(fd) int snapshots = openat(dir, "snapshots", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (snapshots < 0)
		return errno == ENOENT ? 0 : err_sys(s->e, "%s/snapshots", name);
	const struct search in = { s->a, s->found, snapshots, "snapshot.yaml", s->base, s->e };
	return err_in(s->e, search_dir(&in), "%s/snapshots", name);
}

/* An object that goes while we look needs no layers any more. */
static int search_one(void *ctx, const char *name, unsigned char d_type)
{
	const struct search *s = ctx;
	AUTO(buf) struct buf text = BUF_NONE;
	struct doc *doc;
	int r;

	(void)d_type;
	if (*name == '.')
		return 0;
	AUTO(fd) int dir = openat(s->dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(s->e, "%s", name);
	r = at_read(dir, s->record, RECORD_LIMIT, &text, s->e);
	if (r == -ENOENT && at_exists(s->dir, name) == 0)
		return 0;
	if (r < 0 || (r = doc_read_yaml(s->a, s->record, text.s, text.len, &doc, s->e)) < 0 ||
	    (r = note_names(s, doc, s->record)) < 0)
		return err_in(s->e, r, "%s", name);
	return str_eq(s->record, "instance.yaml") ? search_snapshots(s, name) : 0;
}

static int search_dir(const struct search *s)
{
	return at_each(s->dir, search_one, (void *)(uintptr_t)s, s->e);
}

int layer_names_in_use(struct store *st, struct arena *a, struct names *ret, struct err *e)
{
	struct idmap shared = { 0, 0 };
	int r = idmap_shared(st, false, &shared, NULL);
	const struct search images = { a, ret, st->images, "image.yaml", r < 0 ? 0 : shared.base, e };
	const struct search instances = { a, ret, st->instances, "instance.yaml", images.base, e };

	*ret = (struct names){ 0 };
	if ((r = search_dir(&images)) < 0)
		return err_in(e, r, "images");
	return err_in(e, search_dir(&instances), "instances");
}

static int collect_unnamed(struct store *st, struct err *e)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	struct names named = { 0 };
	int r = layer_names_in_use(st, &a, &named, e);

	return r < 0 ? r : layer_collect(st, &named, e);
}

int layer_sweep(struct store *st, struct err *e)
{
	AUTO(lock) struct lock lock = LOCK_NONE;
	int r = layer_lock_all(st, &lock, e);

	if (r == 0)
		r = collect_unnamed(st, e);
	return err_in(e, r, "cannot collect layers");
}

static void leave_word(struct store *st)
{
	AUTO(fd) int fd = openat(st->layers, mark_name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* 1: some had left word meanwhile that they would have collected, too. */
static int sweep_once(struct store *st, struct err *e)
{
	AUTO(lock) struct lock lock = LOCK_NONE;

	if (lock_try(&lock, st->layers, lock_name, LOCK_EXCLUSIVE, NULL) < 0) {
		leave_word(st);
		/* the holder looks for it after it has let go: it has just done so, or it will */
		if (lock_try(&lock, st->layers, lock_name, LOCK_EXCLUSIVE, NULL) < 0)
			return 0;
	}
	bool cleared = unlinkat(st->layers, mark_name, 0) == 0 || errno == ENOENT;
	int r = collect_unnamed(st, e);
	lock_release(&lock);
	return r < 0 ? r : cleared && layer_is_sweep_due(st);
}

int layer_try_sweep(struct store *st, struct err *e)
{
	int r;

	do {
		r = sweep_once(st, e);
	} while (r > 0);
	return err_in(e, r, "cannot collect layers");
}

bool layer_is_sweep_due(struct store *st)
{
	return at_exists(st->layers, mark_name) == 1;
}
