/* images - the store of images: import, look-up, aliases, deletion
 *
 *   images/FINGERPRINT/{image.yaml, blob0 [blob1], used, aliases}   aliases.yaml: name -> { target, description }
 *
 * The time of the file `used` is last_used_at. `aliases` is there only between an import and its end (runtime/image/alias.h).
 * A record that cannot be read is listed with "ERROR: why" as its description, and can be deleted.
 *
 * Look-up of a name: alias first, then a unique fingerprint prefix of any length. */
#pragma once
#include "core/hash.h"
#include "core/image.h"
#include "core/report.h"
#include "core/store.h"

struct image_import {
	int file;	       /* unified image or metadata tarball; -1 with DIRECTORY */
	int rootfs;	       /* second file of a split image, else -1 */
	int directory;	       /* a directory with metadata.yaml, rootfs/, maybe templates/; else -1 */
	const char *filename;  /* recorded and used in messages: base name of the (rootfs) file */
	const char *metadata_name;
	struct map properties; /* override those of metadata.yaml */
	struct names aliases;
	bool public;
	bool unlimited;
};

/* *RET_FINGERPRINT (65 bytes). -EEXIST "Image with same fingerprint already exists". Aliases that exist move; they are
 * listed in *RET_MOVED. Either everything is there afterwards or nothing. */
int images_import(struct store *st, struct arena *a, struct image_import *imp, char ret_fingerprint[HASH_HEX],
		  struct names *ret_moved, struct report *report, struct err *e);

int images_list(struct store *st, struct arena *a, struct image **ret, size_t *ret_n, struct err *e); /* by fingerprint */
int images_get(struct store *st, struct arena *a, const char *fingerprint, struct image *ret, struct err *e);
/* -ENOENT "Image not found: NAME"; -EINVAL "More than one image matches ...". */
int images_resolve(struct store *st, struct arena *a, const char *name, struct image *ret, struct err *e);
/* The fingerprint alone: its record may be damaged. */
int images_find(struct store *st, struct arena *a, const char *name, const char **ret_fingerprint, struct err *e);
/* The same without aliases: what an alias may point to. */
int images_resolve_fingerprint(struct store *st, struct arena *a, const char *part, struct image *ret, struct err *e);
int images_update(struct store *st, const struct image *image, struct err *e); /* the rows of ON_SHOW */
int images_delete(struct store *st, const char *fingerprint, struct err *e);
int images_used(struct store *st, const char *fingerprint); /* sets last_used_at; best effort */

struct image_alias {
	const char *name;
	const char *target; /* fingerprint */
	const char *description;
};

int aliases_list(struct store *st, struct arena *a, struct image_alias **ret, size_t *ret_n, struct err *e);
int aliases_create(struct store *st, const char *name, const char *target, const char *description, struct err *e);
int aliases_delete(struct store *st, const char *name, struct err *e);
int aliases_rename(struct store *st, const char *name, const char *to, struct err *e);
