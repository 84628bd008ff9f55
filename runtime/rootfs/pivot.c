#include "runtime/rootfs/pivot.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>
#include "core/buf.h"
#include "runtime/host/sys.h"

static int attach(int root, const char *path, struct err *e)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return err_sys(e, "mount propagation of /");
	if (sys_move_mount(root, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) == 0)
		return 0;
	if (errno == ENOSYS)
		return err_set(e, -ENOSYS, "this kernel has no move_mount (Linux 5.2), which every container needs");
	return err_sys(e, "attach rootfs");
}

int pivot_park(int root, int dir, struct err *e)
{
	char link[40], path[4096];

	str_fmt(link, sizeof link, "/proc/self/fd/%d", dir);
	ssize_t n = readlinkat(AT_FDCWD, link, path, sizeof path - 1);
	if (n < 0)
		return err_sys(e, "rw");
	path[n] = 0;
	return attach(root, path, e);
}

int pivot_attach(int root, struct err *e)
{
	/* over "/" itself: lookups that begin at our old root go on below it, as the root is never followed upwards */
	return attach(root, "/", e);
}

int pivot_enter(int root, struct err *e)
{
	if (fchdir(root) < 0)
		return err_sys(e, "enter rootfs");
	/* (".", "."): the old root lies on top of the new one and goes with the lazy umount */
	if (sys_pivot_root(".", ".") < 0)
		return errno == EINVAL ? err_set(e, -EINVAL, "pivot_root: / is no mount of its own (a chroot): nobody could be kept in") :
					 err_sys(e, "pivot_root");
	if (umount2(".", MNT_DETACH) < 0)
		return err_sys(e, "umount of the host's /");
	return chdir("/") < 0 ? err_sys(e, "/") : 0;
}

int pivot_cover(int root, struct err *e)
{
	int r = pivot_attach(root, e);

	if (r < 0)
		return r;
	if (fchdir(root) < 0 || chroot(".") < 0)
		return err_sys(e, "enter rootfs");
	return 0;
}
