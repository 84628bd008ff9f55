/* tree - the directories that a writer stands in, from the top down to where the next member goes
 *
 *   top/ rootfs/ usr/ share/        each open, entered from the one above by a single name that is no link: nothing in the
 *     0      1    2     3           tree can lead out of it, whatever was written there before
 *
 * Archives come mostly in the order of a walk, so going from one member to the next costs a close and an open now and then.
 * Adding names to a directory changes its time: so that, and attributes which its children would inherit, are set when it is
 * left. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <time.h>
#include "core/err.h"
#include "runtime/image/records.h"

enum { TREE_DEPTH = 512 };

struct tree_level {
	int fd;
	size_t path_n;		 /* its path is the first so many bytes of tree.path */
	bool set_mtime;
	bool gives_group;	 /* setgid: what is made in it gets its group, directories the bit too */
	int late_mode;		 /* -1: as it should be already */
	struct timespec mtime;
	char *xattrs;		 /* as struct member has them; ours */
	uint32_t xattrs_n;
};

struct tree {
	struct tree_level level[TREE_DEPTH];
	size_t n; /* levels; [0] is the top, borrowed and left alone */
	uint64_t made; /* directories that no member was there for */
	char path[NAME_LIMIT + 16];
	void (*set_xattrs)(void *ctx, int fd, const char *xattrs, uint32_t n); /* what cannot be set is CTX's to count */
	void *ctx;
	bool default_acls; /* some directory got one: existing ones are looked at when they are entered */
};

void tree_open(struct tree *t, int top);

/* Goes to the directory that holds PATH (relative, canonical), making what is missing (0755). Returns its level, valid until the
 * next call, and where the last name begins. */
int tree_goto_parent(struct tree *t, const char *path, size_t n, struct tree_level **ret, const char **ret_name, struct err *e);

/* From there into the directory NAME, which exists; IS_NEW: was just made, so that nothing of its own needs to be looked up. */
int tree_enter(struct tree *t, const char *name, bool is_new, struct tree_level **ret, struct err *e);

/* Leaves all; the first thing that failed. */
int tree_close(struct tree *t, struct err *e);
