/* shifted - instances whose owners are shifted on the disk: for kernels and file systems without idmapped mounts
 *
 *   volatile.lxcbox.shifted=BASE   layers/ID-shift-BASE in place of layers/ID, rw/upper owned by BASE..
 *
 * It is noted in the record when the first start finds that there is no other way, and holds from then on, also on a newer kernel. One
 * BASE serves the whole store, so that a layer is copied once and its containers share their ids; security.idmap.isolated=true, or a
 * range of its own making, costs a copy of its own. While the instance is privileged its owners are 0.. as ever: which of the two
 * rw/upper has, its own owner says, as it is exchanged as a whole. */
#pragma once
#include <stdint.h>
#include "core/arena.h"
#include "core/instance.h"
#include "core/report.h"
#include "core/store.h"

/* BASE, or 0. */
uint32_t shifted_base(const struct map *config);

/* INST becomes one: its record, and INST itself (in A). A clone of the host is refused. Followed by shifted_ready(), both under the
 * shared lock of layers. WHY (may be NULL) is what the mapped way said. */
int shifted_note(struct store *st, struct arena *a, int dir, struct instance *inst, const struct err *why, struct report *report,
		 struct err *e);

/* Before each start: layers and upper directory are as the record says. */
int shifted_ready(struct store *st, int dir, const struct instance *inst, struct err *e);
