/* A configuration key (the first line) and its value (the rest): checked as everybody may set it, and what was right planned. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/arena.h"
#include "runtime/instance/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void plan(struct arena *a, const char *key, const char *value)
{
	struct instance inst = { .name = "c1", .architecture = "x86_64" };
	struct plan p, again;
	struct buf bytes = BUF_NONE;
	struct err e = ERR_NONE;

	map_set(a, &inst.expanded_config, "volatile.idmap.base", "1000000");
	map_set(a, &inst.expanded_config, key, value);
	if (plan_build(a, "0123abcd", &inst, &p, &e) < 0) {
		if (!*e.text)
			abort();
		return;
	}
	plan_pack(&p, &bytes);
	if (plan_unpack(a, bytes.s, bytes.len, &again, NULL))
		abort();
	buf_free(&bytes);
	/* init is never given two lines in one variable */
	for (size_t i = 0; i < p.environ.n; i++)
		if (strpbrk(p.environ.item[i], "\r\n") || !strchr(p.environ.item[i], '='))
			abort();
	for (size_t i = 0; i < p.sysctls.n; i++)
		if (strstr(p.sysctls.item[i].key, "..") || strpbrk(p.sysctls.item[i].value, "\r\n+="))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_NONE;
	char *key = arena_dupn(&a, (const char *)data, size), *value = key + strcspn(key, "\n");

	if (*value)
		*value++ = 0;
	for (int where = KEYS_INSTANCE; where <= KEYS_EXPANDED; where++) {
		struct err e = ERR_NONE;

		/* a refusal has words; what is right has none */
		if ((keys_check(key, value, (enum keys_where)where, &e) < 0) != (*e.text != 0))
			abort();
	}
	if (!keys_check(key, value, KEYS_INSTANCE, NULL))
		plan(&a, key, value);
	arena_free(&a);
	return 0;
}
