#include "runtime/rootfs/pivot.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>
#include "runtime/host/sys.h"

int pivot_attach(int root, struct err *e)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return err_sys(e, "mount propagation of /");
	/* over "/" itself: lookups that begin at our old root go on below it, as the root is never followed upwards */
	if (sys_move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) == 0)
		return 0;
	if (errno == ENOSYS)
		return err_set(e, -ENOSYS, "this kernel has no move_mount (Linux 5.2), which every container needs");
	return err_sys(e, "attach rootfs");
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
