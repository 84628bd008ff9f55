#include "runtime/rootfs/idmount.h"
#include <errno.h>
#include <fcntl.h>
#include "runtime/host/namespaces.h"
#include "runtime/host/sys.h"

bool idmount_is_missing(void)
{
	struct mount_attr attr = { 0 };

	return sys_mount_setattr(-1, "", AT_EMPTY_PATH, &attr) < 0 && errno == ENOSYS;
}

int idmount_clone(int dir, int *ret_fd, struct err *e)
{
	int fd = sys_open_tree(dir, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	if (fd < 0 && errno == ENOSYS)
		return err_set(e, -ENOSYS, "this kernel has no open_tree (Linux 5.2), which every container needs");
	if (fd < 0)
		return namespaces_err(e, "open_tree");
	*ret_fd = fd;
	return 0;
}

int idmount_map(int fd, int userns, struct err *e)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (__u64)userns };

	if (userns < 0 || sys_mount_setattr(fd, "", AT_EMPTY_PATH, &attr) == 0)
		return 0;
	if (errno == ENOSYS)
		return err_set(e, -ENOSYS, "this kernel has no idmapped mounts (Linux 5.12), which unprivileged containers need: "
					   "security.privileged=true is the way without");
	return err_sys(e, "mount_setattr(MOUNT_ATTR_IDMAP)");
}
