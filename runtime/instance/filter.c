#include "runtime/instance/filter.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"
#include "core/hash.h"
#include "runtime/isolate/seccomp.h"

#define LIMIT (1 << 20)

/* Whatever else is there in its place: nothing of it is needed. */
static int open_new(int dir)
{
	struct stat s;

	if (fstatat(dir, "seccomp", &s, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(s.st_mode))
		(void)at_remove_tree(dir, "seccomp", NULL); /* or the open fails */
	return openat(dir, "seccomp", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
}

/* ---- the store's copy */

/* The rules, and which program of ours turned them into a filter: another version may know more. */
static int hash_origin(const struct seccomp_rules *rules, struct hash *h)
{
	struct stat s;

	if (stat("/proc/self/exe", &s) < 0) /* path: our own /proc */
		return -errno;
	const uint64_t of[] = { s.st_dev, s.st_ino, (uint64_t)s.st_size, (uint64_t)s.st_ctim.tv_sec, (uint64_t)s.st_ctim.tv_nsec,
				rules->defaults, rules->deny_compat };
	hash_init(h);
	hash_add(h, of, sizeof of);
	for (size_t i = 0; i < rules->deny->n; i++)
		hash_add(h, rules->deny->item[i], strlen(rules->deny->item[i]) + 1);
	return 0;
}

static void hash_with(struct hash origin, const char *program, size_t n, char to[HASH_HEX])
{
	hash_add(&origin, program, n);
	hash_hex(&origin, to);
}

static bool load(struct store *st, const struct hash *origin, struct buf *program)
{
	AUTO(buf) struct buf file = BUF_NONE;
	char hash[HASH_HEX];
	const size_t head = HASH_HEX - 1;

	if (at_read(st->dir, "seccomp", LIMIT, &file, NULL) < 0 || file.len <= head)
		return false;
	hash_with(*origin, file.s + head, file.len - head, hash);
	if (memcmp(file.s, hash, head) != 0)
		return false;
	buf_add(program, file.s + head, file.len - head);
	return buf_error(program) == 0;
}

/* In place: who reads half of it, or what two write at once, does not have its hash. */
static void save(struct store *st, const struct hash *origin, const struct buf *program)
{
	AUTO(buf) struct buf file = BUF_NONE;
	char hash[HASH_HEX];

	hash_with(*origin, program->s, program->len, hash);
	buf_addstr(&file, hash);
	buf_add(&file, program->s, program->len);
	AUTO(fd) int fd = open_new(st->dir);
	if (fd >= 0 && buf_error(&file) == 0)
		(void)fd_write(fd, file.s, file.len); /* without it the next start builds one again */
}

static int build(struct store *st, const struct plan *p, struct buf *program, struct err *e)
{
	struct seccomp_rules rules = { .defaults = p->seccomp_default, .deny_compat = p->seccomp_compat, .deny = &p->seccomp_deny };
	struct hash origin;
	int known = hash_origin(&rules, &origin);

	if (known == 0 && load(st, &origin, program))
		return 0;
	buf_reset(program);
	int r = seccomp_build(&rules, program, e);
	if (r == 0 && known == 0)
		save(st, &origin, program);
	return r;
}

/* ---- the instance's */

static bool is_same(int dir, const struct buf *program)
{
	AUTO(buf) struct buf have = BUF_NONE;

	return at_exists(dir, "seccomp") == 1 && at_read(dir, "seccomp", LIMIT, &have, NULL) == 0 && have.len == program->len &&
	       memcmp(have.s, program->s, have.len) == 0;
}

static int write_file(int dir, const struct buf *program, struct err *e)
{
	AUTO(fd) int fd = open_new(dir);

	if (fd < 0)
		return err_sys(e, "seccomp");
	int r = fd_write(fd, program->s, program->len);
	return r < 0 ? err_code(e, r, "seccomp") : 0;
}

int filter_open(struct store *st, int dir, const struct plan *p, int *ret_fd, struct err *e)
{
	AUTO(buf) struct buf program = BUF_NONE;
	int r = build(st, p, &program, e);

	if (r < 0 || (!is_same(dir, &program) && (r = write_file(dir, &program, e)) < 0))
		return r;
	int fd = at_open(dir, "seccomp", O_RDONLY, 0, e);
	if (fd < 0)
		return fd;
	*ret_fd = fd;
	return 0;
}
