#include "runtime/instance/guarded.h"
#include <errno.h>
#include "core/at.h"
#include "core/auto.h"
#include "runtime/host/sys.h"
#include "runtime/rootfs/place.h"

enum how { MASK, READ_ONLY };

/* but: what stays writable below a read-only path */
static const struct {
	char path[40];
	enum how how;
	bool privileged_only;
	char but[28];
} rows[] = {
	{ "/proc/sys", READ_ONLY, true, "/proc/sys/net" },
	{ "/sys", READ_ONLY, true, "/sys/devices/virtual/net" },
	{ "/proc/acpi", MASK, false, "" },
	{ "/proc/asound", MASK, false, "" },
	{ "/proc/kcore", MASK, false, "" },
	{ "/proc/keys", MASK, false, "" },
	{ "/proc/latency_stats", MASK, false, "" },
	{ "/proc/timer_list", MASK, false, "" },
	{ "/proc/sched_debug", MASK, false, "" },
	{ "/proc/scsi", MASK, false, "" },
	{ "/sys/firmware", MASK, false, "" },
	{ "/sys/devices/virtual/powercap", MASK, false, "" },
	{ "/proc/bus", READ_ONLY, false, "" },
	{ "/proc/fs", READ_ONLY, false, "" },
	{ "/proc/irq", READ_ONLY, false, "" },
	{ "/proc/sysrq-trigger", READ_ONLY, false, "" },
};

/* Cloned before its parent becomes read-only, and put back on top. */
static int read_only_but(int root, const char *path, const char *but, struct err *e)
{
	AUTO(fd) int from = at_open_in_root(root, but, O_PATH, 0, NULL);
	if (from < 0)
		return place_read_only(root, path, e);
	AUTO(fd) int clone = sys_open_tree(from, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (clone < 0)
		return err_sys(e, "open_tree %s", but);
	int r = place_read_only(root, path, e);
	if (r < 0)
		return r;
	AUTO(fd) int to = at_open_in_root(root, but, O_PATH, 0, e);
	if (to < 0)
		return to;
	if (sys_move_mount(clone, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys(e, "%s", but);
	return 0;
}

static int guard(int root, struct place_masks *masks, size_t i, struct err *e)
{
	if (rows[i].how == MASK)
		return place_mask(root, masks, rows[i].path, e);
	if (*rows[i].but)
		return read_only_but(root, rows[i].path, rows[i].but, e);
	return place_read_only(root, rows[i].path, e);
}

int guarded_paths(int root, struct place_masks *masks, bool privileged, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows) && r == 0; i++) {
		if (rows[i].privileged_only && !privileged)
			continue;
		r = guard(root, masks, i, e);
	}
	return r;
}

void guarded_describe(bool privileged, struct buf *to)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].privileged_only || privileged)
			buf_addf(to, " %s%s", rows[i].path, rows[i].how == MASK ? "" : " (read-only)");
	}
}
