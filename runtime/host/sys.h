/* sys - system calls that the C library has no function for, one line each
 *
 * Raw: they return -1 and set errno, as the man pages say. The kernel release that brought each stands beside it; where it is
 * missing (ENOSYS, or EPERM from a foreign seccomp filter) the caller has the fallback. */
#pragma once
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

/* The libc's own signals start behind the kernel's real-time ones, so SIGRTMIN differs between libcs: numbers are meant. */
enum { SIGNAL_RTMIN_3 = 37, SIGNAL_RTMIN_4 = 38, SIGNAL_RTMIN_5 = 39 };

/* True when errno says that this kernel, or a filter that we run under, has no such call. */
bool sys_is_missing(int error);

static inline pid_t sys_clone3(struct clone_args *args, size_t size) /* 5.3 */
{
	return (pid_t)syscall(SYS_clone3, args, size);
}

static inline int sys_pidfd_open(pid_t pid, unsigned flags) /* 5.3 */
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

static inline int sys_pidfd_send_signal(int pidfd, int sig) /* 5.1 */
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}

static inline int sys_close_range(unsigned first, unsigned last, unsigned flags) /* 5.9, CLOEXEC 5.11 */
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

static inline int sys_open_tree(int dir, const char *path, unsigned flags) /* 5.2 */
{
	return (int)syscall(SYS_open_tree, dir, path, flags);
}

static inline int sys_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags) /* 5.2 */
{
	return (int)syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}

static inline int sys_fsopen(const char *type, unsigned flags) /* 5.2 */
{
	return (int)syscall(SYS_fsopen, type, flags);
}

static inline int sys_fsconfig(int fs, unsigned cmd, const char *key, const void *value, int aux) /* 5.2 */
{
	return (int)syscall(SYS_fsconfig, fs, cmd, key, value, aux);
}

static inline int sys_fsmount(int fs, unsigned flags, unsigned attr) /* 5.2 */
{
	return (int)syscall(SYS_fsmount, fs, flags, attr);
}

static inline int sys_mount_setattr(int dir, const char *path, unsigned flags, struct mount_attr *attr) /* 5.12 */
{
	return (int)syscall(SYS_mount_setattr, dir, path, flags, attr, sizeof *attr);
}

static inline int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)syscall(SYS_pivot_root, new_root, put_old);
}

static inline int sys_execveat(int dir, const char *path, char *const argv[], char *const envp[], int flags)
{
	return (int)syscall(SYS_execveat, dir, path, argv, envp, flags);
}
