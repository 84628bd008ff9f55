#include "core/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_FIRST = 4096, CHUNK_MOST = 256 * 1024, ALIGN = 16 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	bool lent;
	_Alignas(ALIGN) char bytes[];
};

static void stop(void)
{
	__builtin_trap();
}

void (*arena_no_memory)(void) = stop;

static _Noreturn void no_memory(void)
{
	arena_no_memory();
	__builtin_trap(); /* it must not return: what follows would write through NULL */
}

/* Each chunk is twice the one before, so a small document costs one page and a large one few calls. */
static size_t next_size(const struct arena *a, size_t want)
{
	size_t size = a->chunk ? a->chunk->size * 2 : CHUNK_FIRST - sizeof(struct arena_chunk);

	if (size > CHUNK_MOST)
		size = CHUNK_MOST;
	return size < want ? want : size;
}

static void *add_chunk(struct arena *a, size_t want)
{
	size_t size = next_size(a, want);
	struct arena_chunk *c;

	if (want > SIZE_MAX / 2 || !(c = calloc(1, sizeof *c + size)))
		no_memory();
	c->size = size;
	c->used = want;
	/* one large item must not waste the rest of the chunk in use */
	if (a->chunk && size == want && a->chunk->size - a->chunk->used > ALIGN) {
		c->next = a->chunk->next;
		a->chunk->next = c;
	} else {
		c->next = a->chunk;
		a->chunk = c;
	}
	return c->bytes;
}

void arena_lend(struct arena *a, void *memory, size_t size)
{
	struct arena_chunk *c = memory;

	*c = (struct arena_chunk){ .size = size - sizeof *c, .lent = true };
	a->chunk = c;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t want = size ? (size + ALIGN - 1) & ~(size_t)(ALIGN - 1) : ALIGN;
	char *p;

	if (want < size)
		no_memory();
	if (!a->chunk || a->chunk->size - a->chunk->used < want)
		return add_chunk(a, want);
	p = a->chunk->bytes + a->chunk->used;
	a->chunk->used += want;
	return a->chunk->lent ? memset(p, 0, want) : p;
}

char *arena_dupn(struct arena *a, const char *s, size_t n)
{
	char *copy = arena_alloc(a, n + 1);

	memcpy(copy, s, n);
	return copy;
}

char *arena_dup(struct arena *a, const char *s)
{
	return arena_dupn(a, s, strlen(s));
}

char *arena_fmt(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		no_memory();
	s = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

void *arena_grow(struct arena *a, void *old, size_t n, size_t size)
{
	size_t bytes;
	void *v;

	if (old && n && (n & (n - 1)))
		return old;
	if (__builtin_mul_overflow(n ? n * 2 : 1, size, &bytes))
		no_memory();
	v = arena_alloc(a, bytes);
	if (old && n)
		memcpy(v, old, n * size);
	return v;
}

void arena_free(struct arena *a)
{
	struct arena_chunk *next;

	for (struct arena_chunk *c = a->chunk; c; c = next) {
		next = c->next;
		if (!c->lent)
			free(c);
	}
	a->chunk = NULL;
}
