/* Which host ids are whose: the pool, and claims on it.
 *
 * A range begins on a grid of IDMAP_SIZE whose origin is the pool's. idmap/BASE is a symbolic link whose text names the owner: made
 * atomically, so two parallel claims of a range cannot both win. Ranges are tried from a hash of the name on, so that the thousandth
 * claim is as cheap as the first. One of more than IDMAP_SIZE ids takes neighbours.
 *
 * Ranges on one grid are the same or disjoint, and the link's name decides. idmap/grid keeps the origin: when /etc/subuid has moved
 * it, idmap/mixed says so from then on, and whoever claims looks at all other claims afterwards, and gives up what overlaps. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat */
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"
#include "core/parse.h"
#include "runtime/isolate/idmap.h"

#define POOL_BASE 1000000u
#define POOL_END  1000000000u
#define SUBID_MOST (16 << 20)

/* ---- what there is to share out: in a user namespace only what it has itself */

/* How many ids from 0 on "INSIDE OUTSIDE COUNT" lines give. A file that cannot be read gives all. */
static uint64_t mapped(const char *path)
{
	char text[4096], *p = text;
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC); /* path: our own /proc */
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	uint64_t end = 0;

	if (n <= 0)
		return UINT32_MAX;
	text[n] = 0;
	while (*p) {
		unsigned long long inside = strtoull(p, &p, 10);

		(void)strtoull(p, &p, 10);
		unsigned long long count = strtoull(p, &p, 10);
		if (inside == end)
			end += count;
		p += strspn(p, " \n");
	}
	return end;
}

static uint64_t own_ids(void)
{
	uint64_t u = mapped("/proc/self/uid_map"), g = mapped("/proc/self/gid_map");

	return u < g ? u : g;
}

bool idmap_is_nested(void)
{
	return own_ids() < UINT32_MAX;
}

int idmap_explain(const struct idmap *map, int r, struct err *e)
{
	uint64_t own = own_ids(), end = map->base + (uint64_t)map->size;

	if (r != -EINVAL || !map->size || end <= own)
		return r;
	return err_set(e, r, "its ids %u-%llu are beyond the %llu of this user namespace", map->base, (unsigned long long)end - 1,
		       (unsigned long long)own);
}

/* The ids that no entry is needed for, from the first on that lies on the grid of ORIGIN. A user namespace's first IDMAP_SIZE are its own
 * users'. */
static struct idmap unnamed(uint64_t own, uint32_t origin)
{
	uint64_t from = own < UINT32_MAX ? IDMAP_SIZE : POOL_BASE, end = own < POOL_END ? own : POOL_END;

	from += (origin + IDMAP_SIZE - from % IDMAP_SIZE) % IDMAP_SIZE;
	return (struct idmap){ (uint32_t)from, end < from ? 0 : (uint32_t)(end - from) };
}

/* ---- /etc/subuid and /etc/subgid: "root:100000:65536", "0:100000:65536" */

struct extent {
	uint64_t base, size;
};

struct subids {
	struct extent root; /* the largest of its entries */
	struct buf *others; /* of struct extent: every entry; NULL: not wanted */
};

/* Lines that are not understood are nobody's. */
static void subid_line(char *line, struct subids *to)
{
	char *first = strchr(line, ':'), *second = first ? strchr(first + 1, ':') : NULL;
	uint32_t base, size;

	if (!second)
		return;
	*first = *second = 0;
	if (parse_u32(first + 1, 1, UINT32_MAX - 1, &base) < 0 || parse_u32(second + 1, 1, UINT32_MAX - 1, &size) < 0)
		return;
	struct extent extent = { base, size };
	if (to->others)
		buf_add(to->others, &extent, sizeof extent);
	if ((str_eq(line, "root") || str_eq(line, "0")) && size > to->root.size)
		to->root = extent;
}

static int subid_file(const char *path, struct subids *to, struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC); /* path: the host's own /etc */

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "%s", path);
	int r = fd_read(fd, SUBID_MOST, &text, e);
	if (r < 0)
		return err_in(e, r, "%s", path);
	for (char *line = text.s, *end; *line; line = end) {
		end = strchrnul(line, '\n');
		if (*end)
			*end++ = 0;
		subid_line(line, to);
	}
	return 0;
}

/* What root's entries of both files allow. False: no entry, or too few ids for a single instance. */
static bool root_pool(const struct extent *u, const struct extent *g, uint64_t own, struct idmap *ret)
{
	uint64_t base = u->base > g->base ? u->base : g->base;
	uint64_t end_u = u->base + u->size, end_g = g->base + g->size, end = end_u < end_g ? end_u : end_g;

	if (own < UINT32_MAX && end > own)
		end = own;
	if (end > UINT32_MAX || end < base + IDMAP_SIZE)
		return false;
	*ret = (struct idmap){ (uint32_t)base, (uint32_t)(end - base) };
	return true;
}

/* OTHERS: NULL, or gets every entry. *RET stays empty without a pool of root's. */
static int read_pool(const char *subuid, const char *subgid, uint64_t own, struct buf *others, struct idmap *ret, struct err *e)
{
	struct subids u = { .others = others }, g = { .others = others };
	int r = subid_file(subuid, &u, e);

	*ret = (struct idmap){ 0, 0 };
	if (r < 0 || (r = subid_file(subgid, &g, e)) < 0)
		return r;
	if (others && buf_error(others))
		return err_code(e, buf_error(others), "%s", subuid);
	(void)root_pool(&u.root, &g.root, own, ret);
	return 0;
}

int idmap_pool(const char *subuid, const char *subgid, struct idmap *ret, struct err *e)
{
	uint64_t own = own_ids();
	int r = read_pool(subuid, subgid, own, NULL, ret, e);

	if (r == 0 && !ret->size)
		*ret = unnamed(own, own < UINT32_MAX ? 0 : POOL_BASE % IDMAP_SIZE);
	return r;
}

/* ---- one link */

/* "INODE PLACE PLACE" */
static void owner_text(const struct idmap_owner *o, char to[256])
{
	str_fmt(to, 256, "%llu %s %s", (unsigned long long)o->inode, o->place[0], o->place[1]);
}

static void claim_read(struct store *st, const char *name, char to[256])
{
	ssize_t n = readlinkat(st->idmap, name, to, 255);

	to[n < 0 ? 0 : n] = 0;
}

static bool is_inode_at(struct store *st, const char *place, unsigned long long inode)
{
	struct stat s;

	return fstatat(st->dir, place, &s, AT_SYMLINK_NOFOLLOW) == 0 && s.st_ino == inode;
}

/* A claim is dead when its owner's directory is at neither place. */
static bool claim_is_dead(struct store *st, char *text)
{
	char *first = strchr(text, ' '), *second = first ? strchr(first + 1, ' ') : NULL;

	if (!second)
		return true;
	*first = *second = 0;
	unsigned long long inode = strtoull(text, NULL, 10);
	return !is_inode_at(st, first + 1, inode) && !is_inode_at(st, second + 1, inode);
}

/* A dead claim is replaced under a lock: of two that find it dead, the second looks again and sees the first's. Others only ever add. */
static int take_over(struct store *st, const char *owner, const char *name, struct err *e)
{
	char holder[256];
	AUTO(fd) int lock = openat(st->idmap, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return err_sys(e, "idmap");
	claim_read(st, name, holder);
	if (*holder && !claim_is_dead(st, holder))
		return -EEXIST;
	if (*holder && unlinkat(st->idmap, name, 0) < 0)
		return err_sys(e, "idmap/%s", name);
	if (symlinkat(owner, st->idmap, name) < 0)
		return errno == EEXIST ? -EEXIST : err_sys(e, "idmap/%s", name);
	return 0;
}

/* 0: it is ours now; -EEXIST: somebody else's. DEAD: look whether that one is still there. */
static int claim_one(struct store *st, const char *owner, uint32_t base, bool dead, struct err *e)
{
	char name[12], holder[256];

	str_fmt(name, sizeof name, "%u", base);
	if (symlinkat(owner, st->idmap, name) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(e, "idmap/%s", name);
	if (!dead)
		return -EEXIST;
	claim_read(st, name, holder);
	if (*holder && !claim_is_dead(st, holder))
		return -EEXIST;
	return take_over(st, owner, name, e);
}

/* ---- a range of N neighbours */

/* idmap/full remembers that nothing is free in the pool, until something is released. */
static const char full_name[] = "full";

static void release(struct store *st, uint64_t inode, uint32_t base, uint32_t n)
{
	char name[12], holder[256];

	for (uint32_t i = 0; i < n; i++) {
		str_fmt(name, sizeof name, "%u", base + i * IDMAP_SIZE);
		claim_read(st, name, holder);
		if (strtoull(holder, NULL, 10) == inode)
			(void)unlinkat(st->idmap, name, 0); /* a claim that stays is found dead by the next claimer */
	}
	(void)unlinkat(st->idmap, full_name, 0);
}

struct overlap {
	struct store *st;
	uint64_t base, end;
};

static int find_overlap(void *ctx, const char *name, unsigned char type)
{
	const struct overlap *o = ctx;
	char holder[256];
	uint32_t base;

	(void)type;
	if (parse_u32(name, 0, UINT32_MAX, &base) < 0 || base >= o->end || base + (uint64_t)IDMAP_SIZE <= o->base)
		return 0;
	if (base >= o->base && (base - o->base) % IDMAP_SIZE == 0)
		return 0; /* our own */
	claim_read(o->st, name, holder);
	return *holder && !claim_is_dead(o->st, holder) ? -EEXIST : 0;
}

static int claim_range(struct store *st, const struct idmap_owner *owner, uint32_t base, uint32_t n, bool dead, struct err *e)
{
	struct overlap o = { st, base, base + (uint64_t)n * IDMAP_SIZE };
	char text[256];
	int r = 0;

	owner_text(owner, text);
	for (uint32_t i = 0; i < n; i++) {
		if ((r = claim_one(st, text, base + i * IDMAP_SIZE, dead, e)) < 0) {
			release(st, owner->inode, base, i);
			return r;
		}
	}
	if (at_exists(st->idmap, "mixed") == 1)
		r = at_each(st->idmap, find_overlap, &o, NULL);
	if (r < 0)
		release(st, owner->inode, base, n);
	return r;
}

/* ---- where to look */

struct region {
	uint32_t base;
	uint32_t slots;
	const struct extent *taken; /* by others, whatever is claimed */
	size_t n_taken;
};

static bool is_taken(const struct region *region, uint64_t base, uint64_t end)
{
	for (size_t i = 0; i < region->n_taken; i++) {
		if (base < region->taken[i].base + region->taken[i].size && region->taken[i].base < end)
			return true;
	}
	return false;
}

struct wish {
	const struct idmap_owner *owner;
	uint32_t hash, n; /* neighbours */
};

/* At most TRIES places, from the hash on. */
static int try_region(struct store *st, const struct region *region, const struct wish *w, uint32_t tries, bool dead, uint32_t *ret,
		      struct err *e)
{
	for (uint32_t i = 0; i < tries && i < region->slots; i++) {
		uint32_t slot = (w->hash % region->slots + i) % region->slots, base = region->base + slot * IDMAP_SIZE;

		if (region->slots - slot < w->n || is_taken(region, base, base + (uint64_t)w->n * IDMAP_SIZE))
			continue;
		int r = claim_range(st, w->owner, base, w->n, dead, e);
		if (r == 0)
			*ret = base;
		if (r != -EEXIST)
			return r;
	}
	return -EEXIST;
}

enum { FEW = 32 };

static int try_pool(struct store *st, const struct region *pool, const struct wish *w, uint32_t *ret, struct err *e)
{
	if (at_exists(st->idmap, full_name) == 1)
		return -EEXIST;
	int r = try_region(st, pool, w, UINT32_MAX, false, ret, e);
	if (r == -EEXIST && pool->slots && w->n == 1)
		(void)symlinkat("yes", st->idmap, full_name); /* without it the next one looks again */
	return r;
}

/* First without a look at who is there; only then over the claims of the dead. */
static int try_regions(struct store *st, const struct region *near, const struct region *beyond, const struct wish *w, uint32_t *ret,
		       struct err *e)
{
	int r;

	if ((r = try_pool(st, near, w, ret, e)) == -EEXIST &&
	    (r = try_region(st, beyond, w, FEW, false, ret, e)) == -EEXIST &&
	    (r = try_region(st, near, w, UINT32_MAX, true, ret, e)) == -EEXIST)
		r = try_region(st, beyond, w, UINT32_MAX, true, ret, e);
	return r;
}

/* ---- the grid */

static int note_grid(struct store *st, uint32_t origin, struct err *e)
{
	char text[12], have[256];

	str_fmt(text, sizeof text, "%u", origin);
	if (symlinkat(text, st->idmap, "grid") == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(e, "idmap/grid");
	claim_read(st, "grid", have);
	if (str_eq(have, text) || symlinkat("yes", st->idmap, "mixed") == 0 || errno == EEXIST)
		return 0;
	return err_sys(e, "idmap/mixed");
}

/* ---- the whole */

static uint32_t name_hash(const char *s)
{
	uint32_t h = 2166136261u; /* FNV-1a: spreads short names well enough */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h ^ (h >> 15);
}

static int none_free(uint32_t size, uint64_t own, struct err *e)
{
	if (own < UINT32_MAX)
		return err_set(e, -ENOSPC, "no free range of %u ids: this user namespace has %llu, of which the first %u are its own users'",
			       size, (unsigned long long)own, IDMAP_SIZE);
	return err_set(e, -ENOSPC, "no free range of %u ids", size);
}

static uint32_t neighbours(uint32_t size)
{
	return size / IDMAP_SIZE + (size % IDMAP_SIZE != 0);
}

/* Root's entry may be for a hundred instances (LXD's package makes such a one), or there is none. Then come ids that nobody has an
 * entry for, on the same grid. */
int idmap_claim(struct store *st, const struct idmap_owner *owner, uint32_t size, struct idmap *ret, struct err *e)
{
	AUTO(buf) struct buf others = BUF_NONE;
	struct wish w = { owner, name_hash(owner->place[1]), neighbours(size) };
	uint64_t own = own_ids();
	struct idmap pool;
	uint32_t base;
	int r = read_pool("/etc/subuid", "/etc/subgid", own, &others, &pool, e);

	if (r < 0)
		return r;
	uint32_t origin = pool.size ? pool.base % IDMAP_SIZE : own < UINT32_MAX ? 0 : POOL_BASE % IDMAP_SIZE;
	struct idmap rest = unnamed(own, origin);
	struct region near = { pool.base, pool.size / IDMAP_SIZE, NULL, 0 };
	struct region beyond = { rest.base, rest.size / IDMAP_SIZE, (const void *)others.s, others.len / sizeof(struct extent) };

	if ((r = note_grid(st, origin, e)) < 0)
		return r;
	r = try_regions(st, &near, &beyond, &w, &base, e);
	if (r == -EEXIST)
		return none_free(size, own, e);
	if (r == 0)
		*ret = (struct idmap){ base, size };
	return r;
}

void idmap_release(struct store *st, const struct idmap_owner *owner, const struct idmap *map)
{
	release(st, owner->inode, map->base, neighbours(map->size));
}

int idmap_rename(struct store *st, const struct idmap_owner *owner, const struct idmap *map, struct err *e)
{
	char name[12], holder[256], text[256], temp[32];

	owner_text(owner, text);
	for (uint32_t i = 0; i < neighbours(map->size); i++) {
		str_fmt(name, sizeof name, "%u", map->base + i * IDMAP_SIZE);
		claim_read(st, name, holder);
		if (strtoull(holder, NULL, 10) != owner->inode)
			continue; /* not claimed: security.idmap.base */
		str_fmt(temp, sizeof temp, ".%s", name);
		(void)unlinkat(st->idmap, temp, 0); /* of a rename that a crash cut short */
		if (symlinkat(text, st->idmap, temp) < 0 || renameat(st->idmap, temp, st->idmap, name) < 0)
			return err_sys(e, "idmap/%s", name);
	}
	return 0;
}

static int sweep_claim(void *ctx, const char *name, unsigned char type)
{
	struct store *st = ctx;
	char holder[256];
	uint32_t base;

	(void)type;
	if (parse_u32(name + (*name == '.'), 0, UINT32_MAX, &base) < 0)
		return 0;
	claim_read(st, name, holder);
	if (*holder && claim_is_dead(st, holder))
		(void)unlinkat(st->idmap, name, 0); /* what stays is taken over by the next claimer */
	return 0;
}

int idmap_sweep(struct store *st, struct err *e)
{
	/* against whoever takes a dead claim over at this moment */
	AUTO(fd) int lock = openat(st->idmap, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return err_sys(e, "idmap");
	(void)unlinkat(st->idmap, full_name, 0);
	return at_each(st->idmap, sweep_claim, st, e);
}

/* ---- the store's own: idmap/shared is a link whose text is the base; it is claimed for layers/, which is always there */

static const char shared_name[] = "shared";

static int shared_read(struct store *st, struct idmap *ret)
{
	char text[256];

	claim_read(st, shared_name, text);
	*ret = (struct idmap){ 0, IDMAP_SIZE };
	return *text && parse_u32(text, IDMAP_SIZE, UINT32_MAX - IDMAP_SIZE, &ret->base) == 0 ? 0 : -ENOENT;
}

static int shared_claim(struct store *st, struct idmap *ret, struct err *e)
{
	struct idmap_owner owner = { .place = { "layers", "layers" } };
	char text[12];
	struct stat s;

	if (fstat(st->layers, &s) < 0)
		return err_sys(e, "layers");
	owner.inode = s.st_ino;
	int r = idmap_claim(st, &owner, IDMAP_SIZE, ret, e);
	if (r < 0)
		return r;
	str_fmt(text, sizeof text, "%u", ret->base);
	if (symlinkat(text, st->idmap, shared_name) == 0 && fsync(st->idmap) == 0)
		return 0;
	int error = errno;
	if (error != EEXIST)
		return err_code(e, -error, "idmap/%s", shared_name);
	idmap_release(st, &owner, ret); /* somebody was quicker */
	return shared_read(st, ret) < 0 ? err_set(e, -EIO, "idmap/%s cannot be read", shared_name) : 0;
}

int idmap_shared(struct store *st, bool claim, struct idmap *ret, struct err *e)
{
	int r = shared_read(st, ret);

	return r == 0 || !claim ? r : shared_claim(st, ret, e);
}
