/* place - mounts below a root that somebody else may have filled: every target is found by openat2(RESOLVE_IN_ROOT)
 *
 * ROOT is a descriptor of the root filesystem; TARGET a path inside, made when missing. Mounting is onto the descriptor that was
 * found, never onto the string again: a link in the image cannot lead outside. The working directory moves with it. */
#pragma once
#include <stdbool.h>
#include <sys/types.h>
#include "core/err.h"

/* A new instance of a file system. FLAGS as mount(2). */
int place_mount(int root, const char *target, const char *type, unsigned long flags, const char *data, struct err *e);

/* SOURCE (any descriptor, also O_PATH) appears at TARGET; a file or a directory is made when missing, according to what SOURCE is. */
int place_bind(int root, int source, const char *target, bool read_only, bool recursive, struct err *e);

/* What hides others, O_PATH: a null device of ours over files, which is given, and one empty read-only tmpfs over all directories, which
 * the first of them makes and opens; -1 before. The caller closes both. */
struct place_masks {
	int null_device, empty;
};

/* A file or directory of the root is hidden. Missing: 0. */
int place_mask(int root, struct place_masks *m, const char *target, struct err *e);
int place_read_only(int root, const char *target, struct err *e); /* missing: 0 */

/* A character device as NAME ("null", "net/tun") in DIR, a new file system that nobody else can have put links into: a node of its
 * own, or what the detached mount TREE of place_open_device shows. */
int place_node(int dir, const char *name, dev_t rdev, struct err *e);
int place_device(int dir, const char *name, int tree, struct err *e);
int place_open_device(const char *host, dev_t rdev, int *ret_tree, struct err *e);
