/* alias - names of images: aliases.yaml of the state directory, and its lock
 *
 * What an import wants its image to be called lies in images/FINGERPRINT/aliases, published with the image by one rename, until it
 * has been put into aliases.yaml. So a crash between the two loses no name: readers see it already, the next writer puts it there. */
#pragma once
#include "core/lock.h"
#include "runtime/image/images.h"

/* For every change of images/ and aliases.yaml. */
int images_lock(struct store *st, struct lock *lock, struct err *e);

/* Puts what is wanted into aliases.yaml: before any other change of it, else an old wish would come true after a newer one. */
int alias_finish(struct store *st, struct err *e);

/* The file that store_publish makes visible with the image. */
int alias_write_wanted(struct arena *a, int dir, const struct names *names, struct err *e);

/* Puts it into aliases.yaml and removes it. Names that named another image are added to *RET_MOVED (may be NULL). */
int alias_take_wanted(struct store *st, struct arena *a, const char *fingerprint, struct names *ret_moved, struct err *e);

/* The image is gone: so are its names. */
int alias_forget(struct store *st, const char *fingerprint, struct err *e);

static inline int image_entry_path(char to[128], const char *fingerprint, const char *file)
{
	return str_fmt(to, 128, "%s/%s", fingerprint, file);
}
