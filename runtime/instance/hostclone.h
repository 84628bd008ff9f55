/* hostclone - what a clone of the running host must not see or be, put into its upper directory before its first start
 *
 * Hidden: the state directory, other managers' stores, swap files. Emptied: fstab, crypttab, machine-id. (It cannot be a layer of
 * its own: overlayfs refuses a lower directory that lies below another one, and the host's / is one.) */
#pragma once
#include "core/store.h"

int hostclone_fill(struct store *st, int upper, struct err *e);
