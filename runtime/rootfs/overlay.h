/* overlay - a root filesystem of shared layers and one writable directory
 *
 * Options: redirect_dir=on (else rename(2) of an image's directory gives EXDEV), index=off (on would tie the upper to its
 * lower's file handles: copies and moves then break), metacopy=off (a chmod copies data; publish and diff read simple uppers).
 * In a user namespace, where trusted.* is out of reach, rename(2) of an image's directory gives EXDEV after all (mv copies then).
 * Layers lie unshifted; each is cloned and idmapped, so the same layer serves every instance with a range of its own. */
#pragma once
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include "core/err.h"
#include "runtime/isolate/idmap.h"

struct overlay {
	const int *layer; /* O_PATH or better, topmost first */
	size_t n_layers;
	int rw;		   /* directory that holds upper/ and work/ */
	const struct idmap *map; /* size 0: no mapping */
	int userns;	   /* with that map; -1 without */
	bool own_mounts;   /* the caller is in a mount namespace of its own already */
	bool volatile_;	   /* never syncs: for instances that do not outlive their stop */
	bool user_xattrs;  /* overlay_mount's own: what it notes in trusted.overlay.* is noted in user.overlay.*, without redirects */
};

#define OVERLAY_MAX_LAYERS 400 /* the kernel's limit is 500 */

/* The clones that a mount was made from. To let go of them takes the kernel longer than a mount: after what somebody waits for. */
struct overlay_parts {
	int layer[OVERLAY_MAX_LAYERS];
	int rw, upper, work;
	size_t n;
};

#define OVERLAY_PARTS_NONE ((struct overlay_parts){ .rw = -1, .upper = -1, .work = -1 })

/* The first half, in the mount namespace that layers and rw were opened in; `userns` need not be known yet. What PARTS gets is the caller's, also
 * after a failure. */
int overlay_clone(const struct overlay *o, struct overlay_parts *parts, struct err *e);

/* The second. *RET_FD: a detached mount, the caller's; with a map it has no devices. -EROFS is an error here (a read-only overlay is the sign of
 * unmapped ids). Where layers by descriptor of detached mounts are unknown (< 6.15) the clones are attached in a mount namespace of the
 * caller's own, made for it if need be. */
int overlay_mount(const struct overlay *o, struct overlay_parts *parts, int *ret_fd, struct err *e);
void overlay_parts_close(struct overlay_parts *p);

/* The name of the file system of DIR when it is one that cannot hold what overlayfs writes, else NULL; and R with that as the reason, 0 else. */
const char *overlay_refused_by(int dir);
int overlay_refuse(int dir, int r, struct err *e);

/* After overlay_mount() failed with R: OVERLAY_UNMAPPABLE when it is the mapping that this kernel or file system cannot, and without one it
 * works; else R, with the file system as the reason if that is one. In the namespace of overlay_clone(). */
#define OVERLAY_UNMAPPABLE (-EPROTONOSUPPORT)
int overlay_explain(const struct overlay *o, int r, struct err *e);

/* Removes work/work/incompat/volatile, which a volatile mount leaves and the next mount refuses. */
int overlay_forget_volatile(int rw);
