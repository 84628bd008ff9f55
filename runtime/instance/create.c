#include "runtime/instance/create.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/name.h"
#include "core/parse.h"
#include "runtime/instance/hostclone.h"
#include "runtime/instance/identity.h"
#include "runtime/instance/record.h"
#include "runtime/instance/shifted.h"
#include "runtime/isolate/idmap.h"
#include "runtime/rootfs/layer.h"

/* ---- names */

static const char adjective[][10] = { "able",  "bold", "brave", "brisk", "calm",  "clever", "cosmic", "eager", "fair",	 "fancy", "fine",
				      "fit",   "free", "fresh", "gentle", "glad", "golden", "good",	 "grand", "happy", "keen",  "kind",
				      "lively", "lucid", "lucky", "merry", "mighty", "neat", "nice",	 "noble", "patient", "polite", "proud",
				      "quick", "quiet", "rapid", "rare", "ready", "sharp", "smart", "sound", "steady", "sunny", "swift",
				      "tidy",  "true", "vital", "warm", "wise",	 "witty" };
static const char animal[][10] = { "ant",   "badger", "bat",   "bear",  "beaver", "bison", "boar",  "cat",   "cobra", "crane", "crow",
				   "deer",  "dingo",  "dove",  "duck",  "eagle",  "falcon", "ferret", "finch", "fox",	"frog",	 "goat",
				   "goose", "hare",   "hawk",  "heron", "horse",  "ibex",  "koala", "lark",  "lemur", "lion",  "lizard",
				   "llama", "lynx",   "mole",  "moose", "mouse",  "newt",  "otter", "owl",   "panda", "puma",  "quail",
				   "raven", "robin",  "seal",  "shark", "swan",	  "tiger", "trout", "whale", "wolf",  "wren",  "zebra" };

int create_name(struct store *st, struct arena *a, const char **ret, struct err *e)
{
	uint32_t r[2];

	for (int attempt = 0; attempt < 100; attempt++) {
		if (getrandom(r, sizeof r, 0) != sizeof r)
			return err_sys(e, "getrandom");
		const char *name = arena_fmt(a, attempt < 20 ? "%s-%s" : "%s-%s%u", adjective[r[0] % ARRAY_SIZE(adjective)],
					     animal[r[1] % ARRAY_SIZE(animal)], r[0] >> 20);
		if (at_exists(st->instances, name) == 0) {
			*ret = name;
			return 0;
		}
	}
	return err_set(e, -EEXIST, "no free name was found");
}

/* ---- the pieces */

/* The merged root shows the upper's owner and mode: those of what lies below. */
static int copy_root_attributes(int from, int upper, struct err *e)
{
	struct stat s;

	if (fstat(from, &s) < 0)
		return err_sys(e, "layer");
	if (fchown(upper, s.st_uid, s.st_gid) < 0 || fchmod(upper, s.st_mode & 07777) < 0)
		return err_sys(e, "rw/upper");
	return 0;
}

static int fill_upper(struct store *st, const struct create *c, int upper, struct err *e)
{
	AUTO(fd) int from = c->layers.n ? layer_open(st, c->layers.item[0], e) : open("/", O_PATH | O_CLOEXEC); /* path: host's */

	if (from < 0)
		return from;
	struct prefill p = { from, upper };
	int r = copy_root_attributes(from, upper, e);
	if (r == 0 && c->host)
		r = hostclone_fill(st, upper, e);
	return r < 0 ? r : identity_fill(&p, c->inst.name, e);
}

static int make_rw(struct store *st, const struct create *c, int dir, struct err *e)
{
	AUTO(fd) int rw = at_mkdir(dir, "rw", 0755, e);
	if (rw < 0)
		return rw;
	AUTO(fd) int upper = at_mkdir(rw, "upper", 0755, e);
	if (upper < 0)
		return upper;
	if (mkdirat(rw, "work", 0755) < 0)
		return err_sys(e, "rw/work");
	return fill_upper(st, c, upper, e);
}

static int wanted_size(const struct instance *inst, uint32_t *ret, struct err *e)
{
	const char *size = map_get(&inst->expanded_config, "security.idmap.size");

	*ret = IDMAP_SIZE;
	if (size && parse_u32(size, 1, UINT32_MAX - 1, ret) < 0)
		return err_set(e, -EINVAL, "security.idmap.size: not a number: %s", size);
	return 0;
}

/* A range is claimed for privileged instances as well: the key may be taken back later. */
static int claim_ids(struct store *st, struct arena *a, const struct store_new *n, const char *name, struct create *c,
		     struct idmap_owner *owner, struct idmap *map, struct err *e)
{
	const char *base = map_get(&c->inst.expanded_config, "security.idmap.base");
	struct stat s;
	uint32_t size;
	int r = wanted_size(&c->inst, &size, e);

	if (r < 0)
		return r;
	if (fstat(n->dir, &s) < 0)
		return err_sys(e, "trash/%s", n->name);
	*owner = (struct idmap_owner){ .inode = s.st_ino };
	str_fmt(owner->place[0], sizeof owner->place[0], "trash/%s", n->name);
	str_fmt(owner->place[1], sizeof owner->place[1], "instances/%s", name);
	if (base) {
		*map = (struct idmap){ 0, size };
		if (parse_u32(base, 1, UINT32_MAX - size, &map->base) < 0)
			return err_set(e, -EINVAL, "security.idmap.base: not a host id: %s", base);
	} else if ((r = idmap_claim(st, owner, size, map, e)) < 0) {
		return r;
	}
	map_set(a, &c->inst.config, "volatile.idmap.base", arena_fmt(a, "%u", map->base));
	map_set(a, &c->inst.expanded_config, "volatile.idmap.base", arena_fmt(a, "%u", map->base));
	return 0;
}

static void note(struct arena *a, struct create *c, const char *key)
{
	map_set(a, &c->inst.config, key, "true");
	map_set(a, &c->inst.expanded_config, key, "true");
}

static void note_kind(struct arena *a, struct create *c)
{
	if (c->host)
		note(a, c, "volatile.lxcbox.host");
	if (c->own_init)
		note(a, c, "volatile.lxcbox.init");
	if (c->owned)
		note(a, c, "volatile.lxcbox.owned");
}

/* ---- the whole */

static int fill(struct store *st, struct arena *a, const struct store_new *n, struct create *c, struct lock *lock, struct err *e)
{
	int r = make_rw(st, c, n->dir, e);

	if (r < 0 || (r = lock_take(lock, n->dir, "lock", LOCK_EXCLUSIVE, true, NULL, e)) < 0)
		return r;
	note_kind(a, c);
	c->inst.created_at = timestamp_now();
	c->inst.layers = c->layers;
	return record_create(a, n->dir, &c->inst, e);
}

static int already_exists(const char *name, struct err *e)
{
	return err_set(e, -EEXIST,
		       "Failed creating instance record: Add instance info to the database: This \"instances\" entry already exists "
		       "(instance \"%s\" already exists)", name);
}

int create_instance(struct store *st, struct arena *a, const char *name, struct create *c, struct lock *lock, int *ret_dir,
		    struct err *e)
{
	AUTO(lock) struct lock layers = LOCK_NONE;
	AUTO(lock) struct lock held = LOCK_NONE;
	struct store_new n = STORE_NEW_NONE;
	struct idmap_owner owner;
	struct idmap map = { 0, 0 };
	int r;

	if (at_exists(st->instances, name) == 1)
		return already_exists(name, e);
	if ((r = layer_share(st, &layers, e)) < 0 || (r = store_new(st, &n, 0700, e)) < 0)
		return r;
	c->inst.name = arena_dup(a, name);
	r = claim_ids(st, a, &n, name, c, &owner, &map, e);
	if (r == 0)
		r = fill(st, a, &n, c, &held, e);
	if (r == 0)
		r = store_publish(st, &n, st->instances, name, e);
	if (r < 0) {
		if (map.base)
			idmap_release(st, &owner, &map);
		store_discard(st, &n);
		return r == -EEXIST ? already_exists(name, e) : r;
	}
	*lock = held;
	held = LOCK_NONE;
	*ret_dir = take_fd(&n.dir);
	return 0;
}

int create_pretend(struct store *st, struct arena *a, const char *name, struct create *c, struct err *e)
{
	struct idmap pool;
	int r;

	if (at_exists(st->instances, name) == 1)
		return already_exists(name, e);
	if ((r = idmap_pool("/etc/subuid", "/etc/subgid", &pool, e)) < 0)
		return r;
	c->inst.name = arena_dup(a, name);
	map_set(a, &c->inst.expanded_config, "volatile.idmap.base", arena_fmt(a, "%u", pool.base));
	note_kind(a, c);
	c->inst.layers = c->layers;
	return 0;
}

/* The range that was claimed for it, also while it is privileged; base 0: none. */
static struct idmap claimed(const struct instance *inst)
{
	const char *base = map_get(&inst->config, "volatile.idmap.base"), *size = map_get(&inst->config, "security.idmap.size");
	struct idmap map = { 0, IDMAP_SIZE };

	if (base)
		(void)parse_u32(base, 1, UINT32_MAX - 1, &map.base);
	if (size)
		(void)parse_u32(size, 1, UINT32_MAX - 1, &map.size);
	return map;
}

int rename_instance(struct store *st, const struct lock *lock, int dir, const struct instance *inst, const char *to, struct err *e)
{
	struct idmap_owner owner = { 0 };
	struct idmap map = claimed(inst);
	struct stat s;

	(void)lock;
	if (fstat(dir, &s) < 0)
		return err_sys(e, "instances/%s", inst->name);
	owner.inode = s.st_ino;
	str_fmt(owner.place[0], sizeof owner.place[0], "instances/%s", inst->name);
	str_fmt(owner.place[1], sizeof owner.place[1], "instances/%s", to);
	int r = map.base ? idmap_rename(st, &owner, &map, e) : 0;
	if (r < 0)
		return r;
	if (renameat2(st->instances, inst->name, st->instances, to, RENAME_NOREPLACE) < 0)
		return errno == EEXIST ? err_set(e, -EEXIST, "Name \"%s\" already in use", to) : err_sys(e, "rename to %s", to);
	return fsync(st->instances) < 0 ? err_sys(e, "instances") : 0;
}

/* Its image was deleted before it: then it may have been the last that named the image's layers. Or it had copies of them. */
static bool had_last_layers(struct store *st, const struct instance *inst)
{
	if (shifted_base(&inst->config))
		return true;
	for (size_t i = 0; i < inst->layers.n; i++) {
		if (at_exists(st->images, inst->layers.item[i]) != 1)
			return true;
	}
	return false;
}

int destroy_instance(struct store *st, const struct lock *lock, const char *name, const struct instance *inst, struct err *e)
{
	struct idmap_owner owner = { 0 };
	struct idmap map = inst ? claimed(inst) : (struct idmap){ 0, 0 };
	struct stat s;

	(void)lock;
	if (fstatat(st->instances, name, &s, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, "instances/%s", name);
	owner.inode = s.st_ino;
	struct store_new gone;
	int r = store_take_away(st, st->instances, name, &gone, e);
	if (r < 0)
		return r;
	/* between the two: before, a crash would leave an instance whose ids others may take; after, a claim that nobody looks for */
	if (map.base)
		idmap_release(st, &owner, &map);
	r = store_taken_away(st, st->instances, &gone, e);
	if (r == 0 && inst && had_last_layers(st, inst))
		r = layer_try_sweep(st, e);
	return err_in(e, r, "%s", name);
}
