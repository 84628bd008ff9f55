/* arena - memory by phase: documents and records live in one and go together
 *
 * Never returns NULL: without memory a command cannot go on building its documents, so the last word is arena_no_memory,
 * which says so and ends (set by applets/main.c; it must not return). What is on disk survives that as it survives kill -9. */
#pragma once
#include <stddef.h>
#include "core/err.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunk;
};

extern void (*arena_no_memory)(void);

#define ARENA_NONE ((struct arena){ NULL })

/* Lends an arena that is still empty the memory of its first items, on the stack or static, aligned for any type; what does not fit
 * comes from malloc as ever. A page from the kernel takes longer than all that a short command does with it. */
void arena_lend(struct arena *a, void *memory, size_t size);

void *arena_alloc(struct arena *a, size_t size); /* zeroed, aligned for any type */
char *arena_dup(struct arena *a, const char *s);
char *arena_dupn(struct arena *a, const char *s, size_t n);
char *arena_fmt(struct arena *a, const char *fmt, ...) PRINTF(2, 3);

/* A copy of OLD (N items of SIZE) with room for one more; OLD may be NULL. Grows by doubling at powers of two, so that
 * `v = arena_grow(a, v, n, sizeof *v); v[n++] = x;` is linear. */
void *arena_grow(struct arena *a, void *old, size_t n, size_t size);

void arena_free(struct arena *a);

static inline void auto_arena(struct arena *a)
{
	arena_free(a);
}
