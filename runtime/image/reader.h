/* reader - the half of unpack that touches what strangers wrote: a child without privileges (runtime/host/sandbox.h)
 *
 * It reads the source to its very end, so that hash and kept copy cover all of it, and sends records. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "core/hash.h"

struct reading {
	int source;
	int keep;    /* a copy goes here; -1: none */
	int spool;   /* an empty file to take a squashfs image, which is read crosswise, where there is no KEEP */
	int records; /* the pipe to the writer */
	uint64_t size;
	bool unlimited;
	const struct hash *hash; /* to start from; NULL: anew */
};

/* In the child: does everything and ends it. */
_Noreturn void reader_run(const struct reading *reading);
