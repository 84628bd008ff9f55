/* at - files by directory descriptor and name
 *
 * DIR is an open directory or AT_FDCWD; NAME one component of ours (store files) unless it says path. All descriptors are
 * O_CLOEXEC. Errors name the file by the last component. Returns 0, a descriptor or -errno. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/buf.h"
#include "core/err.h"

/* Opens a file of our own tree: no symbolic link in any component (openat2 RESOLVE_BENEATH|RESOLVE_NO_SYMLINKS, or the
 * component walk with O_NOFOLLOW before 5.6). FLAGS as open(2). */
int at_open(int dir, const char *path, int flags, mode_t mode, struct err *e);

/* Opens PATH as a process whose / is ROOT would see it: absolute links and ".." stay inside (openat2
 * RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS, or the walk). For everything below a container's root. */
int at_open_in_root(int root, const char *path, int flags, mode_t mode, struct err *e);

/* Creates the directories of PATH below ROOT that are missing (mode 0755, owner as fsuid) and opens the last (O_PATH). */
int at_mkdir_in_root(int root, const char *path, struct err *e);

/* Reads the whole file, at most LIMIT bytes (more: -EFBIG). Appends to BUF. Refuses what is not a regular file. */
int at_read(int dir, const char *name, size_t limit, struct buf *buf, struct err *e);
int fd_read(int fd, size_t limit, struct buf *buf, struct err *e); /* any kind of descriptor, to its end */

/* Writes all of it; retries short writes and EINTR, and waits for room where somebody made it non-blocking. */
int fd_write(int fd, const void *data, size_t n);

/* Replaces NAME by DATA so that a reader sees the old or the new content, and a crash leaves one of them:
 * hidden temporary file in DIR, write, fsync, rename, fsync of DIR. */
int at_write_atomic(int dir, const char *name, const void *data, size_t n, mode_t mode, struct err *e);

/* Writes a small file of the kernel's (proc, sys, cgroup) by one write(2). */
int at_write_kernel(int dir, const char *path, const char *value, struct err *e);

/* Creates NAME (mode 0700 ...) and opens it; -EEXIST as usual. */
int at_mkdir(int dir, const char *name, mode_t mode, struct err *e);

/* Removes NAME and everything below it without following links or crossing mounts; missing: 0. Goes on after a failure and
 * returns the first one. Works on directories without permissions (root). */
int at_remove_tree(int dir, const char *name, struct err *e);

/* Calls FN for each entry but "." and "..", unsorted; a non-zero result ends the walk and is returned. */
int at_each(int dir, int (*fn)(void *ctx, const char *name, unsigned char d_type), void *ctx, struct err *e);

/* 1, 0, or -errno. Does not follow a final link. */
int at_exists(int dir, const char *name);

/* A fresh O_RDONLY|O_DIRECTORY descriptor of the directory that FD (maybe O_PATH) stands for. */
int fd_reopen_dir(int fd, struct err *e);

/* For tests and degraded hosts: when set, openat2 is not tried. */
extern bool at_without_openat2;
