#include "core/arena.h"

#include <stdint.h>
#include "core/auto.h"
#include "test/unit/test.h"

TEST(arena_memory_is_zero_and_aligned)
{
	AUTO(arena) struct arena a = ARENA_NONE;

	for (size_t size = 0; size < 3000; size += 7) {
		char *p = arena_alloc(&a, size);

		CHECK_INT((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < size; i++)
			if (!CHECK_INT(p[i], 0))
				return;
		memset(p, 0xff, size);
	}
}

TEST(arena_takes_what_is_larger_than_a_chunk)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	char *small = arena_dup(&a, "small"), *large = arena_alloc(&a, 10 << 20), *more = arena_dup(&a, "more");

	memset(large, 1, 10 << 20);
	CHECK_STR(small, "small");
	CHECK_STR(more, "more");
}

TEST(arena_copies_and_formats)
{
	AUTO(arena) struct arena a = ARENA_NONE;

	CHECK_STR(arena_dupn(&a, "abc", 2), "ab");
	CHECK_STR(arena_fmt(&a, "%s-%d", "x", 5), "x-5");
	CHECK_INT(strlen(arena_fmt(&a, "%05000d", 1)), 5000);
}

TEST(arena_grow_is_a_vector)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	int *v = NULL;

	for (int n = 0; n < 10000; n++) {
		v = arena_grow(&a, v, (size_t)n, sizeof *v);
		v[n] = n;
	}
	for (int n = 0; n < 10000; n++)
		if (!CHECK_INT(v[n], n))
			return;
}
