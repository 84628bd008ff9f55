/* lock - flock(2) on a file of ours: dropped by the kernel when the holder dies, so never stale
 *
 * Taken in the order instances by name, then images, then networks, then layers. */
#pragma once
#include <stdbool.h>
#include "core/err.h"

struct lock {
	int fd; /* -1: not held */
};

#define LOCK_NONE ((struct lock){ -1 })

enum lock_mode { LOCK_SHARED, LOCK_EXCLUSIVE };

/* How to wait: what to call after `notice_ms` of waiting (once; NULL: nobody), and when to give up (-1: never). */
struct lock_wait {
	int timeout_ms;
	int notice_ms;
	void (*notice)(void *ctx, const char *text); /* "c1 is locked by process 123 (lxcbox snapshot c1)" */
	void *ctx;
};

/* Opens NAME in DIR (created 0600 when missing and CREATE) and locks it. WAIT NULL: default, waits for ever silently.
 * The file may have been replaced or unlinked while we waited: the lock is taken on what NAME is now.
 * -ENOENT: no such file; -ETIMEDOUT: text names the holder. */
int lock_take(struct lock *l, int dir, const char *name, enum lock_mode mode, bool create, const struct lock_wait *wait,
	      struct err *e);

/* As lock_take but never waits: -EWOULDBLOCK when somebody holds it. */
int lock_try(struct lock *l, int dir, const char *name, enum lock_mode mode, struct err *e);

/* 1 if somebody holds an exclusive lock on NAME, 0 if not, -errno. Has a shared lock on it for a moment: lock_try() bears that. */
int lock_is_held(int dir, const char *name);

void lock_release(struct lock *l);

static inline void auto_lock(struct lock *l)
{
	lock_release(l);
}
