#include "runtime/instance/guest_console.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include "core/at.h"
#include "core/auto.h"
#include "runtime/host/sys.h"
#include "runtime/instance/step.h"

static int open_pty(int root, int *master, int *slave, struct err *e)
{
	int unlock = 0;

	*master = at_open_in_root(root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY, 0, e);
	if (*master < 0)
		return *master;
	if (ioctl(*master, TIOCSPTLCK, &unlock) < 0)
		return err_sys(e, "unlock /dev/pts");
	*slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return *slave < 0 ? err_sys(e, "/dev/pts") : 0;
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
	int r = open_pty(root, &master, &slave, e);

	if (r < 0 || (r = place_console(root, slave, replace, e)) < 0)
		return r;
	const int fd[] = { master, slave };
	if ((r = channel_send(channel, &m, fd, 2, e)) < 0)
		return r;
	if (ret_slave)
		*ret_slave = take_fd(&slave);
	return 0;
}
