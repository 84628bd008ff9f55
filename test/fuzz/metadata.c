/* metadata.yaml of an image. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/architecture.h"
#include "core/name.h"
#include "runtime/image/metadata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_NONE;
	struct err e = ERR_NONE;
	struct metadata m;

	if (!metadata_parse(&a, "metadata.yaml", (const char *)data, size, &m, &e)) {
		if (!architecture_name(m.architecture) || !m.creation_date)
			abort();
		for (size_t i = 0; i < m.n_templates; i++)
			if (strchr(m.templates[i].template, '/') || name_template(m.templates[i].template, NULL))
				abort();
	} else if (!e.code) {
		abort();
	}
	arena_free(&a);
	return 0;
}
