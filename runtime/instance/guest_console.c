#include "runtime/instance/guest_console.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include "core/at.h"
#include "core/auto.h"
#include "runtime/host/sys.h"
#include "runtime/instance/step.h"

/* A file system of the container's own answers the ioctls below with any number, which is then taken for a descriptor of ours. */
static bool is_ptmx(int fd)
{
	struct statfs fs;
	struct stat s;

	return fstatfs(fd, &fs) == 0 && fs.f_type == DEVPTS_SUPER_MAGIC && fstat(fd, &s) == 0 && s.st_rdev == makedev(5, 2);
}

int guest_terminal(int root, int *ret_master, int *ret_slave, struct err *e)
{
	int unlock = 0;

	*ret_master = at_open_in_root(root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY, 0, e);
	if (*ret_master < 0)
		return *ret_master;
	if (!is_ptmx(*ret_master))
		return err_set(e, -ENODEV, "/dev/pts/ptmx inside makes no terminals");
	if (ioctl(*ret_master, TIOCSPTLCK, &unlock) < 0)
		return err_sys(e, "unlock /dev/pts");
	*ret_slave = ioctl(*ret_master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return *ret_slave < 0 ? err_sys(e, "/dev/pts") : 0;
}

static int place_console(int root, int slave, bool replace, struct err *e)
{
	AUTO(fd) int dev = at_open_in_root(root, "/dev", O_PATH | O_DIRECTORY, 0, e);
	if (dev < 0)
		return dev;
	if (mknodat(dev, "console", S_IFREG | 0600, 0) < 0 && errno != EEXIST)
		return err_sys(e, "/dev/console");
	if (replace)
		(void)umount2("/dev/console", MNT_DETACH); /* nothing on it: the new one lies on the file itself */
	AUTO(fd) int clone = sys_open_tree(slave, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (clone < 0)
		return err_sys(e, "/dev/console: open_tree");
	if (sys_move_mount(clone, "", dev, "console", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(e, "/dev/console");
	return 0;
}

int guest_console(int root, bool replace, int channel, int *ret_slave, struct err *e)
{
	struct channel_message m = { .kind = CHANNEL_CONSOLE };
	AUTO(fd) int master = -1;
	AUTO(fd) int slave = -1;
	int r = guest_terminal(root, &master, &slave, e);

	if (r < 0 || (r = place_console(root, slave, replace, e)) < 0)
		return r;
	const int fd[] = { master, slave };
	if ((r = channel_send(channel, &m, fd, 2, e)) < 0)
		return r;
	if (ret_slave)
		*ret_slave = take_fd(&slave);
	return 0;
}
