/* reader - the half of unpack that parses what strangers wrote: a child without privileges (runtime/host/sandbox.h)
 *
 * It takes the image's bytes from the feeder, to their very end, and sends records. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct reading {
	int source;  /* the feeder's pipe */
	int image;   /* read-only, the copy that the feeder keeps: a squashfs image is read crosswise; -1: there is none */
	int spool;   /* then such an image is put here, an empty file; -1: not needed */
	int records; /* the pipe to the writer */
	uint64_t size;
	bool unlimited;
};

/* In the child: does everything and ends it. */
_Noreturn void reader_run(const struct reading *reading);
