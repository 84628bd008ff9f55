#include "core/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/at.h"
#include "core/parse.h"

enum { DIR_FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, NEW_TRIES = 100 };

/* The directories of the store; a row makes one. */
static const struct {
	const char *name;
	size_t offset;
} directories[] = {
	{ "instances", offsetof(struct store, instances) },
	{ "images", offsetof(struct store, images) },
	{ "layers", offsetof(struct store, layers) },
	{ "profiles", offsetof(struct store, profiles) },
	{ "idmap", offsetof(struct store, idmap) },
	{ "trash", offsetof(struct store, trash) },
};

static const struct {
	const char *file;
	const char *text;
} first_profiles[] = {
	{ "default.yaml", "config: {}\n"
			  "description: Default LXD profile\n"
			  "devices:\n"
			  "  root:\n"
			  "    path: /\n"
			  "    pool: default\n"
			  "    type: disk\n" },
	{ "docker.yaml", "config:\n"
			 "  linux.kernel_modules: overlay, nf_nat\n"
			 "  security.nesting: \"true\"\n"
			 "description: Profile supporting docker in containers\n"
			 "devices:\n"
			 "  aadisable:\n"
			 "    path: /sys/module/apparmor/parameters/enabled\n"
			 "    source: /dev/null\n"
			 "    type: disk\n"
			 "  fuse:\n"
			 "    path: /dev/fuse\n"
			 "    type: unix-char\n" },
};

static int *directory_fd(struct store *st, size_t i)
{
	return (int *)((char *)st + directories[i].offset);
}

void store_close(struct store *st)
{
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		auto_fd(directory_fd(st, i));
	auto_fd(&st->dir);
	*st = STORE_NONE;
}

static int set_path(struct store *st, const char *path, struct err *e)
{
	char cwd[sizeof st->path] = "";

	if (!*path)
		return err_set(e, -EINVAL, "the state directory has no name");
	if (*path != '/' && !getcwd(cwd, sizeof cwd))
		return err_sys(e, "%s: working directory", path);
	if (str_fmt(st->path, sizeof st->path, "%s%s%s", cwd, *cwd ? "/" : "", path) < 0)
		return err_code(e, -ENAMETOOLONG, "%.80s...", path);
	return 0;
}

/* Steps from *DIR into its NAME, which is made when missing. */
static int step_into(int *dir, const char *name, mode_t mode)
{
	AUTO(fd) int next = openat(*dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (next < 0 && errno == ENOENT) {
		/* EEXIST: somebody else makes the same one */
		if (mkdirat(*dir, name, mode) < 0 && errno != EEXIST)
			return -errno;
		if (fsync(*dir) < 0 && errno != EINVAL)
			return -errno;
		next = openat(*dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (next < 0)
		return -errno;
	auto_fd(dir);
	*dir = take_fd(&next);
	return 0;
}

/* mkdir -p. The user's own links on the way are followed: what counts is who owns the end of it. */
static int make_path(struct store *st, struct err *e)
{
	char path[sizeof st->path], *rest = path, *name;
	AUTO(fd) int dir = openat(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	memcpy(path, st->path, sizeof path);
	for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	while ((name = strsep(&rest, "/"))) {
		if (*name && (r = step_into(&dir, name, rest ? 0755 : 0700)) < 0)
			return err_code(e, r, "%s", st->path);
	}
	st->dir = take_fd(&dir);
	return 0;
}

static int open_path(struct store *st, bool create, struct err *e)
{
	st->dir = openat(AT_FDCWD, st->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (st->dir >= 0)
		return 0;
	if (errno == ENOENT && create)
		return make_path(st, e);
	return err_sys(e, "%s", st->path);
}

/* What may lie in a directory that becomes, or is becoming, a state directory. */
static int refuse_foreign(void *ctx, const char *name, unsigned char d_type)
{
	(void)ctx, (void)d_type;
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (str_eq(name, directories[i].name))
			return 0;
	if (strstr(name, "version") || str_eq(name, "lost+found"))
		return 0;
	return -ENOTEMPTY;
}

static int check_unused(struct store *st, struct err *e)
{
	if (at_each(st->dir, refuse_foreign, NULL, NULL) < 0)
		return err_set(e, -ENOTEMPTY, "%s: neither empty nor a state directory", st->path);
	return 0;
}

/* Only of one that has held nothing yet: what stood open may be known to others by now. */
static int close_to_others(struct store *st, bool create, struct err *e)
{
	struct stat s;

	if (create && at_exists(st->dir, "version") == 0 && check_unused(st, NULL) == 0)
		return fchmod(st->dir, 0700) < 0 ? err_sys(e, "%s: chmod", st->path) : 0;
	if (!fstat(st->dir, &s) && !(s.st_mode & 077))
		return 0; /* another creator has done it a moment ago */
	return err_set(e, -EPERM, "%s: others may enter it (mode %04o): it must be 0700", st->path,
		       (unsigned)s.st_mode & 07777);
}

/* Rule R6: layers hold setuid files of the host's root. This directory, closed to everybody else, keeps them out of reach. */
static int check_owner(struct store *st, bool create, struct err *e)
{
	struct stat s;
	int r;

	if (fstat(st->dir, &s) < 0)
		return err_sys(e, "%s", st->path);
	if (s.st_uid != geteuid())
		return err_set(e, -EPERM, "%s: belongs to uid %u, not to uid %u", st->path, (unsigned)s.st_uid,
			       (unsigned)geteuid());
	if ((s.st_mode & 077) && (r = close_to_others(st, create, e)) < 0)
		return r;
	uint64_t h = (uint64_t)s.st_dev * 0x9e3779b97f4a7c15U ^ s.st_ino;
	h = (h ^ h >> 32) * 0xd6e8feb86659fd93U;
	r = str_fmt(st->id, sizeof st->id, "%08x", (unsigned)(h >> 32));
	return r < 0 ? err_code(e, r, "%s", st->path) : 0;
}

static int check_read_only(struct store *st, struct err *e)
{
	struct statvfs s;

	if (fstatvfs(st->dir, &s) < 0)
		return err_sys(e, "%s", st->path);
	st->read_only = s.f_flag & ST_RDONLY;
	return 0;
}

/* 0, or -ENOENT without a message: not a state directory yet. */
static int check_version(struct store *st, struct err *e)
{
	char text[16];
	uint32_t version;
	ssize_t n;
	AUTO(fd) int fd = openat(st->dir, "version", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return errno == ENOENT ? -ENOENT : err_sys(e, "%s/version", st->path);
	n = read(fd, text, sizeof text - 1);
	if (n < 0)
		return err_sys(e, "%s/version", st->path);
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (parse_u32(text, 1, UINT32_MAX, &version) < 0)
		return err_set(e, -EINVAL, "%s/version: not a number", st->path);
	if (version > STORE_VERSION)
		return err_set(e, -EINVAL, "%s: made by a newer lxcbox (version %u, this one knows %u)", st->path,
			       version, STORE_VERSION);
	return 0;
}

static int open_directory(struct store *st, size_t i, struct err *e)
{
	const char *name = directories[i].name;
	int *fd = directory_fd(st, i);

	*fd = openat(st->dir, name, DIR_FLAGS);
	/* a backup tool may have left the empty ones out */
	if (*fd < 0 && errno == ENOENT && (!mkdirat(st->dir, name, 0700) || errno == EEXIST))
		*fd = openat(st->dir, name, DIR_FLAGS);
	return *fd < 0 ? err_sys(e, "%s/%s", st->path, name) : 0;
}

static int open_directories(struct store *st, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		int r = open_directory(st, i, e);

		if (r < 0)
			return r;
	}
	return 0;
}

/* `version` comes last: where it is, everything is. Under a lock, so that a slow second creator cannot put the first profiles
 * over ones that were edited in the meantime. */
static int make_store(struct store *st, struct err *e)
{
	int r;

	if (flock(st->dir, LOCK_EX) < 0)
		return err_sys(e, "%s: lock", st->path);
	if ((r = check_version(st, e)) != -ENOENT)
		return r < 0 ? r : open_directories(st, e);
	if ((r = check_unused(st, e)) < 0 || (r = open_directories(st, e)) < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(first_profiles); i++) {
		const char *text = first_profiles[i].text;

		r = at_write_atomic(st->profiles, first_profiles[i].file, text, strlen(text), 0600, e);
		if (r < 0)
			return r;
	}
	return at_write_atomic(st->dir, "version", "1\n", 2, 0600, e);
}

static int make_store_locked(struct store *st, struct err *e)
{
	int r = make_store(st, e);

	(void)flock(st->dir, LOCK_UN); /* the descriptor lives on; its lock must not */
	return r;
}

static int open_store(struct store *st, const char *path, bool create, struct err *e)
{
	int r;

	if ((r = set_path(st, path, e)) < 0 || (r = open_path(st, create, e)) < 0 ||
	    (r = check_owner(st, create, e)) < 0 || (r = check_read_only(st, e)) < 0)
		return r;
	r = check_version(st, e);
	if (r != -ENOENT)
		return r < 0 ? r : open_directories(st, e);
	if (!create)
		return err_set(e, -ENOENT, "%s: not a state directory of lxcbox", st->path);
	return make_store_locked(st, e);
}

int store_open(struct store *st, const char *path, bool create, struct err *e)
{
	int r;

	*st = STORE_NONE;
	r = open_store(st, path, create, e);
	if (r < 0)
		store_close(st);
	return err_in(e, r, "cannot open the state directory");
}

static int check_writable(const struct store *st, struct err *e)
{
	return st->read_only ? err_set(e, -EROFS, "%s: read-only file system", st->path) : 0;
}

/* A name under trash/ that nobody else has. */
static int random_name(char name[24], struct err *e)
{
	uint64_t r;

	if (getrandom(&r, sizeof r, 0) != sizeof r)
		return err_sys(e, "getrandom");
	return str_fmt(name, 24, "%016llx", (unsigned long long)r);
}

/* 1: made and ours. 0: a sweeper was quicker (it may take any entry that is not locked yet): another name, please. */
static int try_new(struct store *st, struct store_new *n, mode_t mode, struct err *e)
{
	struct stat s;

	if (mkdirat(st->trash, n->name, 0700) < 0)
		return errno == EEXIST ? 0 : err_sys(e, "%s/trash", st->path);
	AUTO(fd) int dir = openat(st->trash, n->name, DIR_FLAGS);
	if (dir < 0)
		return errno == ENOENT ? 0 : err_sys(e, "%s/trash/%s", st->path, n->name);
	if (flock(dir, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? 0 : err_sys(e, "%s/trash/%s: lock", st->path, n->name);
	if (fstatat(st->trash, n->name, &s, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(e, "%s/trash/%s", st->path, n->name);
	if (mode != 0700 && fchmod(dir, mode) < 0) /* not by mkdir: the umask must not matter */
		return err_sys(e, "%s/trash/%s: chmod", st->path, n->name);
	n->dir = take_fd(&dir);
	return 1;
}

int store_new(struct store *st, struct store_new *n, mode_t mode, struct err *e)
{
	int r = check_writable(st, e);

	*n = STORE_NEW_NONE;
	for (int i = 0; r >= 0 && i < NEW_TRIES; i++) {
		if ((r = random_name(n->name, e)) < 0)
			break;
		if ((r = try_new(st, n, mode, e)) == 1)
			return 0;
	}
	return r < 0 ? r : err_set(e, -EAGAIN, "%s/trash: cannot keep a new entry", st->path);
}

/* RENAME_NOREPLACE, or as near as a file system without it comes. */
static int rename_new(int from_dir, const char *from, int to_dir, const char *to)
{
	if (!renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return errno == ENOTEMPTY ? -EEXIST : -errno;
	int r = at_exists(to_dir, to);
	if (r)
		return r < 0 ? r : -EEXIST;
	if (!renameat(from_dir, from, to_dir, to))
		return 0;
	return errno == ENOTEMPTY || errno == ENOTDIR ? -EEXIST : -errno;
}

int store_publish(struct store *st, struct store_new *n, int to_dir, const char *name, struct err *e)
{
	int r = rename_new(st->trash, n->name, to_dir, name);

	if (r < 0)
		return err_code(e, r, "%s", name);
	if (fsync(to_dir) < 0 && errno != EINVAL) {
		r = err_sys(e, "%s: fsync", name);
		(void)rename_new(to_dir, name, st->trash, n->name); /* what failed must not be there; else it is there, whole */
		return r;
	}
	n->name[0] = '\0';
	return 0;
}

void store_discard(struct store *st, struct store_new *n)
{
	if (n->name[0])
		(void)at_remove_tree(st->trash, n->name, NULL); /* what is left, the next sweep takes */
	auto_fd(&n->dir);
	*n = STORE_NEW_NONE;
}

int store_take_away(struct store *st, int dir, const char *name, struct store_new *ret, struct err *e)
{
	char trash[24];
	int r;

	if ((r = check_writable(st, e)) < 0 || (r = random_name(trash, e)) < 0)
		return r;
	AUTO(fd) int held = openat(dir, name, DIR_FLAGS); /* fails for what is no directory: then nothing is held */
	if (held >= 0)
		(void)flock(held, LOCK_EX | LOCK_NB); /* spares sweepers the work; two at it would do no harm */
	if (renameat(dir, name, st->trash, trash) < 0)
		return err_sys(e, "%s", name);
	*ret = (struct store_new){ .dir = take_fd(&held) };
	memcpy(ret->name, trash, sizeof trash);
	return 0;
}

int store_taken_away(struct store *st, int dir, struct store_new *n, struct err *e)
{
	store_discard(st, n);
	/* after the removal: a journal commit before it would first write out the data of what is being deleted */
	return fsync(dir) < 0 && errno != EINVAL ? err_sys(e, "fsync") : 0;
}

int store_remove(struct store *st, int dir, const char *name, struct err *e)
{
	struct store_new n;
	int r = store_take_away(st, dir, name, &n, e);

	return r < 0 ? r : err_in(e, store_taken_away(st, dir, &n, e), "%s", name);
}

struct sweep {
	struct store *st;
	struct err *e;
	int r; /* the first failure; the others are swept all the same */
	int swept;
};

static int sweep_one(void *ctx, const char *name, unsigned char d_type)
{
	struct sweep *s = ctx;
	struct err e = ERR_NONE;
	int r;

	(void)d_type;
	AUTO(fd) int fd = openat(s->st->trash, name, DIR_FLAGS);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
		return 0; /* its builder lives */
	r = at_remove_tree(s->st->trash, name, &e);
	s->swept++;
	if (r < 0 && !s->r) {
		s->r = r;
		if (s->e)
			*s->e = e;
	}
	return 0;
}

int store_sweep(struct store *st, struct err *e)
{
	struct sweep s = { st, e, 0, 0 };
	int r;

	if (st->read_only)
		return 0;
	if ((r = at_each(st->trash, sweep_one, &s, e)) < 0)
		return err_in(e, r, "%s/trash", st->path);
	return s.r < 0 ? err_in(e, s.r, "%s/trash", st->path) : s.swept;
}
