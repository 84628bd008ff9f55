#include "runtime/isolate/idmap.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"
#include "core/parse.h"
#include "runtime/host/process.h"
#include "runtime/host/sys.h"

#define POOL_BASE 1000000u
#define POOL_END  1000000000u

/* ---- the pool */

struct extent {
	uint64_t base, size;
};

/* "root:100000:65536" or "0:100000:65536"; lines that are not understood are somebody else's. */
static void pool_line(char *line, struct extent *best)
{
	uint32_t base, size;
	char *first = strchr(line, ':');
	char *second = first ? strchr(first + 1, ':') : NULL;

	if (!second)
		return;
	*first = *second = 0;
	if (!str_eq(line, "root") && !str_eq(line, "0"))
		return;
	if (parse_u32(first + 1, 1, UINT32_MAX - 1, &base) < 0 || parse_u32(second + 1, 1, UINT32_MAX - 1, &size) < 0)
		return;
	if (size > best->size)
		*best = (struct extent){ base, size };
}

static int pool_file(const char *path, struct extent *ret, struct err *e)
{
	AUTO(buf) struct buf text = BUF_NONE;
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC); /* path: the host's own /etc */

	*ret = (struct extent){ 0, 0 };
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "%s", path);
	int r = fd_read(fd, 1 << 20, &text, e);
	if (r < 0)
		return err_in(e, r, "%s", path);
	for (char *line = text.s, *end; *line; line = end) {
		end = strchrnul(line, '\n');
		if (*end)
			*end++ = 0;
		pool_line(line, ret);
	}
	return 0;
}

int idmap_pool(const char *subuid, const char *subgid, struct idmap *ret, struct err *e)
{
	struct extent u, g;
	int r = pool_file(subuid, &u, e);

	if (r < 0 || (r = pool_file(subgid, &g, e)) < 0)
		return r;
	uint64_t base = u.base > g.base ? u.base : g.base;
	uint64_t end_u = u.base + u.size, end_g = g.base + g.size;
	uint64_t end = end_u < end_g ? end_u : end_g;

	/* without an entry of root's, or one too small for a single instance, a range of our own */
	if (end > UINT32_MAX || end < base + IDMAP_SIZE) {
		base = POOL_BASE;
		end = POOL_END;
	}
	*ret = (struct idmap){ (uint32_t)base, (uint32_t)(end - base) };
	return 0;
}

/* ---- claims
 *
 * idmap/SLOT is a symbolic link whose text names the owner: made atomically, so two parallel claims of a slot cannot both
 * win. Slots are tried from a hash of the name on, so that the thousandth claim is as cheap as the first. A range of more
 * than one slot's size takes neighbours. */

static uint32_t name_hash(const char *s)
{
	uint32_t h = 2166136261u; /* FNV-1a: spreads short names well enough */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h ^ (h >> 15);
}

/* "INODE PLACE PLACE" */
static void owner_text(const struct idmap_owner *o, char to[256])
{
	str_fmt(to, 256, "%llu %s %s", (unsigned long long)o->inode, o->place[0], o->place[1]);
}

static void claim_read(struct store *st, const char *slot, char to[256])
{
	ssize_t n = readlinkat(st->idmap, slot, to, 255);

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

/* 0: the slot is ours now; -EEXIST: somebody else's. */
static int claim_slot(struct store *st, const char *owner, uint32_t slot, struct err *e)
{
	char name[12], holder[256];

	str_fmt(name, sizeof name, "%u", slot);
	if (symlinkat(owner, st->idmap, name) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(e, "idmap/%s", name);
	claim_read(st, name, holder);
	if (*holder && !claim_is_dead(st, holder))
		return -EEXIST;
	return take_over(st, owner, name, e);
}

static void release_slots(struct store *st, uint64_t inode, uint32_t first, uint32_t n)
{
	char name[12], holder[256];

	for (uint32_t i = 0; i < n; i++) {
		str_fmt(name, sizeof name, "%u", first + i);
		claim_read(st, name, holder);
		if (strtoull(holder, NULL, 10) == inode)
			(void)unlinkat(st->idmap, name, 0); /* a claim that stays is found dead by the next claimer */
	}
}

static int claim_range(struct store *st, const struct idmap_owner *o, uint32_t first, uint32_t n, struct err *e)
{
	char text[256];

	owner_text(o, text);
	for (uint32_t i = 0; i < n; i++) {
		int r = claim_slot(st, text, first + i, e);
		if (r < 0) {
			release_slots(st, o->inode, first, i);
			return r;
		}
	}
	return 0;
}

static uint32_t slots_of(uint32_t size)
{
	return size / IDMAP_SIZE + (size % IDMAP_SIZE != 0);
}

int idmap_claim(struct store *st, const struct idmap_owner *owner, uint32_t size, struct idmap *ret, struct err *e)
{
	struct idmap pool;
	int r = idmap_pool("/etc/subuid", "/etc/subgid", &pool, e);

	if (r < 0)
		return r;
	uint32_t slots = pool.size / IDMAP_SIZE, need = slots_of(size);
	if (need > slots)
		return err_set(e, -ENOSPC, "security.idmap.size: %u ids wanted, root's range in /etc/subuid has %u", size,
			       pool.size);

	uint32_t start = name_hash(owner->place[1]) % slots;
	for (uint32_t i = 0; i < slots; i++) {
		uint32_t slot = (start + i) % slots;
		if (slot + need > slots)
			continue;
		r = claim_range(st, owner, slot, need, e);
		if (r == 0) {
			*ret = (struct idmap){ pool.base + slot * IDMAP_SIZE, size };
			return 0;
		}
		if (r != -EEXIST)
			return r;
	}
	return err_set(e, -ENOSPC, "no free range of %u ids: root's %u in /etc/subuid are taken", size, pool.size);
}

/* idmap/shared is a link whose text is the base. Its slots are claimed for layers/, which is always there. */
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

static int sweep_claim(void *ctx, const char *name, unsigned char type)
{
	struct store *st = ctx;
	char holder[256];

	(void)type;
	if (str_eq(name, shared_name))
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
	return at_each(st->idmap, sweep_claim, st, e);
}

/* The slot of a range, or -ENOENT when it was not made by idmap_claim (security.idmap.base). */
static int slot_of(const struct idmap *map, uint32_t *ret)
{
	struct idmap pool;

	if (idmap_pool("/etc/subuid", "/etc/subgid", &pool, NULL) < 0 || map->base < pool.base ||
	    (map->base - pool.base) % IDMAP_SIZE)
		return -ENOENT;
	*ret = (map->base - pool.base) / IDMAP_SIZE;
	return 0;
}

void idmap_release(struct store *st, const struct idmap_owner *owner, const struct idmap *map)
{
	uint32_t slot;

	if (slot_of(map, &slot) == 0)
		release_slots(st, owner->inode, slot, slots_of(map->size));
}

int idmap_rename(struct store *st, const struct idmap_owner *owner, const struct idmap *map, struct err *e)
{
	uint32_t slot;
	char name[12], holder[256], text[256], temp[32];

	if (slot_of(map, &slot) < 0)
		return 0;
	owner_text(owner, text);
	for (uint32_t i = 0; i < slots_of(map->size); i++) {
		str_fmt(name, sizeof name, "%u", slot + i);
		claim_read(st, name, holder);
		if (strtoull(holder, NULL, 10) != owner->inode)
			continue;
		str_fmt(temp, sizeof temp, ".%s", name);
		(void)unlinkat(st->idmap, temp, 0); /* of a rename that a crash cut short */
		if (symlinkat(text, st->idmap, temp) < 0 || renameat(st->idmap, temp, st->idmap, name) < 0)
			return err_sys(e, "idmap/%s", name);
	}
	return 0;
}

/* ---- user namespaces */

int idmap_write(pid_t pid, const struct idmap *map, struct err *e)
{
	char path[40], line[40];
	int r;

	str_fmt(line, sizeof line, "0 %u %u\n", map->base, map->size);
	str_fmt(path, sizeof path, "/proc/%d/uid_map", (int)pid);
	if ((r = at_write_kernel(AT_FDCWD, path, line, e)) < 0)
		return r;
	str_fmt(path, sizeof path, "/proc/%d/gid_map", (int)pid);
	return at_write_kernel(AT_FDCWD, path, line, e);
}

static pid_t clone_userns(void)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	pid_t pid = sys_clone3(&args, sizeof args);

	if (pid < 0 && sys_is_missing(errno)) /* < 5.3 */
		pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	return pid;
}

static int open_userns(pid_t pid, const struct idmap *map, struct err *e)
{
	char path[40];
	int r = idmap_write(pid, map, e);

	if (r < 0)
		return r;
	str_fmt(path, sizeof path, "/proc/%d/ns/user", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC); /* path: our own /proc */
	return fd < 0 ? err_sys(e, "%s", path) : fd;
}

int idmap_userns(const struct idmap *map, struct err *e)
{
	int hold[2];

	if (pipe2(hold, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	AUTO(fd) int theirs = hold[0];
	AUTO(fd) int ours = hold[1];
	pid_t pid = clone_userns();
	if (pid < 0)
		return err_sys(e, "user namespace");
	if (pid == 0) {
		char c;

		close(ours);
		(void)!read(theirs, &c, 1); /* ends when the parent closes its side */
		_exit(0);
	}
	int fd = open_userns(pid, map, e);

	close(take_fd(&ours));
	process_reap(pid, NULL);
	return fd;
}

/* setfsuid and seteuid to something that is not 0 drop effective capabilities: raise them again from the permitted set. */
static int raise_capabilities(struct err *e)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];

	if (syscall(SYS_capget, &head, caps) < 0)
		return err_sys(e, "capget");
	caps[0].effective = caps[0].permitted;
	caps[1].effective = caps[1].permitted;
	return syscall(SYS_capset, &head, caps) < 0 ? err_sys(e, "capset") : 0;
}

int idmap_root_fs(const struct idmap *map, struct err *e)
{
	setfsgid(map->base);
	setfsuid(map->base);
	if ((uid_t)setfsuid((uid_t)-1) != map->base) /* the only way to ask */
		return err_set(e, -EPERM, "setfsuid %u", map->base);
	return raise_capabilities(e);
}

int idmap_root_fs_end(struct err *e)
{
	setfsuid(0);
	setfsgid(0);
	return raise_capabilities(e);
}

int idmap_root_effective(const struct idmap *map, struct err *e)
{
	/* the raw call: one thread, and libc's would signal all others */
	if (syscall(SYS_setresuid, -1, map->base, -1) < 0)
		return err_sys(e, "setresuid %u", map->base);
	return raise_capabilities(e);
}

int idmap_root_effective_end(struct err *e)
{
	if (syscall(SYS_setresuid, -1, 0, -1) < 0)
		return err_sys(e, "setresuid 0");
	return raise_capabilities(e);
}
