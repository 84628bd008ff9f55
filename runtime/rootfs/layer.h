/* layer - immutable trees, shared by images, snapshots and instances
 *
 *   layers/ID/rootfs/        what overlayfs gets as lowerdir; owners unshifted (the container's root is 0)
 *   layers/ID/metadata.yaml  templates/   of an image's first layer
 *   layers/ID-shift-BASE/rootfs/          a copy whose owners begin at BASE, for hosts without idmapped mounts; no record names it as
 *                                         such: it stays as long as ID is named, and BASE is the store's or a record's
 *                                         volatile.lxcbox.shifted
 *
 * An ID is 1-64 of [a-z0-9-]: an image's fingerprint, or random. Counted by looking: a layer that no record names goes when
 * somebody collects. Whoever puts a layer's name into a record holds the shared lock from before it looked until the record is
 * published; the collector holds it exclusively. */
#pragma once
#include "core/arena.h"
#include "core/lock.h"
#include "core/map.h"
#include "core/store.h"
#include "runtime/rootfs/plain.h"

int layer_share(struct store *st, struct lock *lock, struct err *e);

/* -EEXIST is success to a caller whose content is named by its hash. Syncs the file system of the layer (syncfs) first. */
int layer_publish(struct store *st, struct store_new *n, const char *id, struct err *e);

/* Opens layers/ID/rootfs (O_PATH). */
int layer_open(struct store *st, const char *id, struct err *e);

/* "ID-shift-BASE" */
#define LAYER_SHIFTED "%s-shift-%u"
/* Makes that copy when it is not there. The caller holds the shared lock, and a record names ID and BASE. */
int layer_shift(struct store *st, const char *id, const struct shift *shift, struct err *e);

/* Every layer that a record names: image.yaml of all images, instance.yaml of all instances, snapshot.yaml of their snapshots. A
 * record that cannot be read is an error: what it names is not known. */
int layer_names_in_use(struct store *st, struct arena *a, struct names *ret, struct err *e);

/* Removes all layers that are not in NAMED, which the caller filled from every record while holding the exclusive lock. */
int layer_lock_all(struct store *st, struct lock *lock, struct err *e);
int layer_collect(struct store *st, const struct names *named, struct err *e);

/* The three in one: to be called after a record has gone. Waits for those who are just putting names into records. */
int layer_sweep(struct store *st, struct err *e);

/* The same without waiting: when somebody collects just now he does it once more for us; when names are being put into records word is left for
 * the next command. */
int layer_try_sweep(struct store *st, struct err *e);
bool layer_is_sweep_due(struct store *st);
