/* route - where a member of an image's archive goes, by its name alone (images.md 1.4)
 *
 * One leading "./" is nothing. "..", absolute names, names that are no names are errors: of the whole image. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "core/err.h"
#include "runtime/image/records.h"
#include "runtime/image/unpack.h"

enum zone {
	ZONE_NONE,	/* not of an image: ignored */
	ZONE_METADATA,	/* metadata.yaml */
	ZONE_TEMPLATES, /* templates, templates/... */
	ZONE_ROOTFS,	/* rootfs, rootfs/... */
};

struct route {
	enum zone zone;
	bool top;   /* the zone's own directory */
	size_t n;   /* of the path */
	char path[NAME_LIMIT + sizeof "rootfs/"]; /* below unpack.dest; components of 1-255 bytes, single slashes, no "." or ".." */
};

int route_member(enum unpack_kind kind, const char *name, size_t n, struct route *ret, struct err *e);
