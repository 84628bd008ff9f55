/* store - the state directory: where things lie, how they come into being and go
 *
 *   version  config.yaml  aliases.yaml  profiles/NAME.yaml
 *   layers/ID/  images/FINGERPRINT/  instances/NAME/  idmap/SLOT -> NAME  trash/
 *
 * An object is built in a directory under trash/ that its builder keeps flocked, and is renamed into place last; a delete is
 * a rename into trash/ and then the removal. What nobody holds in trash/ is the rest of a crash: store_sweep() removes it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/auto.h"
#include "core/err.h"
#include "core/lock.h"
#include "core/report.h"

#define STORE_VERSION 1
#define STORE_DEFAULT "/var/lib/lxcbox"

struct store {
	int dir; /* the state directory; all of these are O_RDONLY|O_DIRECTORY */
	int instances;
	int images;
	int layers;
	int profiles;
	int idmap;
	int trash;
	bool read_only;	      /* on a read-only file system: writers fail with one line, readers work */
	char id[9];	      /* 8 hex digits from device and inode: names outside (cgroups, sockets) carry it */
	char path[4096 - 64]; /* as given, made absolute: for messages and links only */
};

#define STORE_NONE ((struct store){ -1, -1, -1, -1, -1, -1, -1, false, "", "" })

/* Opens the state directory, with CREATE making what is missing (mode 0700; an existing empty directory of root's is made
 * so; missing parents 0755). Refuses one that is not root's (our euid's) alone or that has a newer version (security rule R6),
 * and never makes one out of a directory that holds other things. On failure ST is closed. */
int store_open(struct store *st, const char *path, bool create, struct err *e);
void store_close(struct store *st);

/* An object that is being built. */
struct store_new {
	int dir;       /* open, exclusively flocked; -1: none */
	char name[24]; /* its name under trash/ */
};

#define STORE_NEW_NONE ((struct store_new){ .dir = -1 })

int store_new(struct store *st, struct store_new *n, mode_t mode, struct err *e);

/* The rename that makes it exist: TO_DIR/NAME, then fsync of TO_DIR. -EEXIST when the name is taken. The files in it must have
 * been written durably before (at_write_atomic, syncfs). On success n->dir stays open, and is the caller's to close. */
int store_publish(struct store *st, struct store_new *n, int to_dir, const char *name, struct err *e);

/* Removes what was built. For AUTO(store_new) the store is not known: it only closes, and the next sweep removes. */
void store_discard(struct store *st, struct store_new *n);

/* Renames DIR/NAME away (from here on it is gone; the lock that protects it must be held) and removes it. */
int store_remove(struct store *st, int dir, const char *name, struct err *e);

/* The same in two steps, for whoever must undo something else in between: a crash after the first leaves an entry in trash/, and
 * so a sign for the sweeper. The second removes and syncs DIR. */
int store_take_away(struct store *st, int dir, const char *name, struct store_new *ret, struct err *e);
int store_taken_away(struct store *st, int dir, struct store_new *n, struct err *e);

/* Removes what crashed builders and removers left. Cheap when there is nothing: one readdir. Returns how many there were. */
int store_sweep(struct store *st, struct err *e);

static inline void auto_store(struct store *st)
{
	store_close(st);
}

static inline void auto_store_new(struct store_new *n)
{
	auto_fd(&n->dir);
}
