/* tar - the members of a tar archive: ustar, GNU (long names, base-256 numbers, old sparse files), pax (0.0, 0.1, 1.0 sparse)
 *
 * Ours, since libarchive takes names for text: it turns "e" + U+0301 of a pax header into U+00E9, so that two files of a directory
 * become one, and drops the ACLs that LXD writes. Names are bytes here. Knows nothing of file systems: what a name may be,
 * decides the writer. */
#pragma once
#include <stdbool.h>
#include "core/err.h"
#include "runtime/image/records.h"
#include "runtime/rootfs/inflate.h"

struct tar_source {
	struct inflate *in;
	uint64_t size;	/* of the archive, for the limit; 0: unknown */
	bool unlimited;
};

/* The first header block of an archive that we can read; the old v7 form has no mark and is none. */
bool tar_is_header(const uint8_t *block, size_t n);

/* Sends every member to SINK, then reads on to the end of the compressed data, so that its checksums count. What was left out is
 * added up in NOTES. */
int tar_read(const struct tar_source *from, struct record_sink *sink, struct reading_end *notes, struct err *e);
