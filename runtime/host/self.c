#include "runtime/host/self.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"
#include "runtime/host/sys.h"

static int open_exe(struct err *e)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC); /* path: our own /proc */

	return fd < 0 ? err_sys(e, "/proc/self/exe") : fd;
}

static int copy_sealed(int *ret_fd, struct err *e)
{
	AUTO(buf) struct buf self = BUF_NONE;
	AUTO(fd) int exe = open_exe(e);
	if (exe < 0)
		return exe;
	int r = fd_read(exe, 64 << 20, &self, e);
	if (r < 0)
		return r;
	AUTO(fd) int copy = (int)syscall(SYS_memfd_create, "lxcbox", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (copy < 0)
		return err_sys(e, "memfd");
	if ((r = fd_write(copy, self.s, self.len)) < 0)
		return err_code(e, r, "memfd");
	if (fcntl(copy, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return err_sys(e, "memfd: seal");
	*ret_fd = take_fd(&copy);
	return 0;
}

int self_open(int *ret_fd, struct err *e)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	AUTO(fd) int tree = sys_open_tree(AT_FDCWD, "/proc/self/exe", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree >= 0 && sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr) == 0) {
		*ret_fd = take_fd(&tree);
		return 0;
	}
	return copy_sealed(ret_fd, e);
}

/* On a read-only mount, or a memfd with its writes sealed. */
static bool is_protected(int exe)
{
	struct statvfs s;
	int seals = fcntl(exe, F_GET_SEALS);

	if (seals >= 0 && (seals & F_SEAL_WRITE))
		return true;
	return fstatvfs(exe, &s) == 0 && (s.f_flag & ST_RDONLY);
}

/* Words that each end in a NUL, as /proc has them. */
static size_t split(struct buf *text, char **word, size_t max)
{
	size_t n = 0;

	for (char *p = text->s; p < text->s + text->len && n + 1 < max; p += strlen(p) + 1)
		word[n++] = p;
	word[n] = NULL;
	return n;
}

static int read_proc(const char *path, struct buf *to, struct err *e)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC); /* path: our own /proc */
	if (fd < 0)
		return err_sys(e, "%s", path);
	return fd_read(fd, 16 << 20, to, e);
}

#define MAX_WORDS 4096

int self_protect(struct err *e)
{
	AUTO(buf) struct buf args = BUF_NONE;
	AUTO(fd) int exe = open_exe(e);
	if (exe < 0)
		return exe;
	if (is_protected(exe))
		return 0;

	AUTO(fd) int fd = -1;
	int r = self_open(&fd, e);
	if (r < 0 || (r = read_proc("/proc/self/cmdline", &args, e)) < 0)
		return r;
	char *argv[MAX_WORDS];
	if (!split(&args, argv, MAX_WORDS))
		return err_set(e, -EINVAL, "/proc/self/cmdline: empty");
	sys_execveat(fd, "", argv, environ, AT_EMPTY_PATH);
	return err_sys(e, "execute ourselves from a read-only mount");
}
