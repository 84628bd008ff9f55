#include "runtime/isolate/idmap.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include "core/at.h"
#include "core/auto.h"
#include "runtime/host/namespaces.h"
#include "runtime/host/process.h"
#include "runtime/host/sys.h"

/* ---- user namespaces */

int idmap_write(pid_t pid, const struct idmap *map, struct err *e)
{
	char path[40], line[40];
	int r;

	str_fmt(line, sizeof line, "0 %u %u\n", map->base, map->size);
	str_fmt(path, sizeof path, "/proc/%d/uid_map", (int)pid);
	if ((r = at_write_kernel(AT_FDCWD, path, line, e)) < 0)
		return r;
	str_fmt(path, sizeof path, "/proc/%d/gid_map", (int)pid);
	return at_write_kernel(AT_FDCWD, path, line, e);
}

static pid_t clone_userns(void)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	pid_t pid = sys_clone3(&args, sizeof args);

	if (pid < 0 && sys_is_missing(errno)) /* < 5.3 */
		pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	return pid;
}

static int open_userns(pid_t pid, const struct idmap *map, struct err *e)
{
	char path[40];
	int r = idmap_write(pid, map, e);

	if (r < 0)
		return r;
	str_fmt(path, sizeof path, "/proc/%d/ns/user", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC); /* path: our own /proc */
	return fd < 0 ? err_sys(e, "%s", path) : fd;
}

int idmap_userns(const struct idmap *map, struct err *e)
{
	int hold[2];

	if (pipe2(hold, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	AUTO(fd) int theirs = hold[0];
	AUTO(fd) int ours = hold[1];
	pid_t pid = clone_userns();
	if (pid < 0)
		return namespaces_err(e, "user namespace");
	if (pid == 0) {
		char c;

		close(ours);
		(void)!read(theirs, &c, 1); /* ends when the parent closes its side */
		_exit(0);
	}
	int fd = open_userns(pid, map, e);

	close(take_fd(&ours));
	process_reap(pid, NULL);
	return fd;
}

/* setfsuid and seteuid to something that is not 0 drop effective capabilities: raise them again from the permitted set. */
static int raise_capabilities(struct err *e)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];

	if (syscall(SYS_capget, &head, caps) < 0)
		return err_sys(e, "capget");
	caps[0].effective = caps[0].permitted;
	caps[1].effective = caps[1].permitted;
	return syscall(SYS_capset, &head, caps) < 0 ? err_sys(e, "capset") : 0;
}

int idmap_root_fs(const struct idmap *map, struct err *e)
{
	setfsgid(map->base);
	setfsuid(map->base);
	if ((uid_t)setfsuid((uid_t)-1) != map->base) /* the only way to ask */
		return err_set(e, -EPERM, "setfsuid %u", map->base);
	return raise_capabilities(e);
}

int idmap_root_fs_end(struct err *e)
{
	setfsuid(0);
	setfsgid(0);
	return raise_capabilities(e);
}

int idmap_root_effective(const struct idmap *map, struct err *e)
{
	/* the raw call: one thread, and libc's would signal all others */
	if (syscall(SYS_setresuid, -1, map->base, -1) < 0)
		return err_sys(e, "setresuid %u", map->base);
	return raise_capabilities(e);
}

int idmap_root_effective_end(struct err *e)
{
	if (syscall(SYS_setresuid, -1, 0, -1) < 0)
		return err_sys(e, "setresuid 0");
	return raise_capabilities(e);
}
