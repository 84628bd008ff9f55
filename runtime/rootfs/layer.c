#include "runtime/rootfs/layer.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/at.h"

/* The lock of all layers is a file beside them, hidden, so that it is never taken for one. */
static const char lock_name[] = ".lock";

int layer_share(struct store *st, struct lock *lock, struct err *e)
{
	int r = lock_take(lock, st->layers, lock_name, LOCK_SHARED, true, NULL, e);

	return r < 0 ? err_in(e, r, "layers") : 0;
}

int layer_lock_all(struct store *st, struct lock *lock, struct err *e)
{
	int r = lock_take(lock, st->layers, lock_name, LOCK_EXCLUSIVE, true, NULL, e);

	return r < 0 ? err_in(e, r, "layers") : 0;
}

static bool is_id_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* IDs are read from records, and records may be damaged. */
static int check_id(const char *id, struct err *e)
{
	size_t n = 0;

	while (n <= 64 && is_id_char(id[n]))
		n++;
	if (n && n <= 64 && !id[n])
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
	r = store_publish(st, n, st->layers, id, e);
	return r < 0 ? err_in(e, r, "layer") : 0;
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
	int r = at_each(st->layers, collect_one, &c, e);

	return r < 0 ? err_in(e, r, "layers") : 0;
}
