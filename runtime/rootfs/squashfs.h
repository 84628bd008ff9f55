/* squashfs - reading a squashfs 4.0 image without mounting it (compressed with gzip, xz or zstd)
 *
 * Works on bytes of strangers, inside the sandbox: every offset, size and index is checked, a directory is entered once at most,
 * names come in strictly rising order (so none twice), memory is bounded. One walk sends everything; nothing is changed. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/err.h"

struct squashfs;

enum squashfs_type {
	SQUASHFS_DIR = 1,
	SQUASHFS_FILE,
	SQUASHFS_SYMLINK,
	SQUASHFS_BLOCK,
	SQUASHFS_CHAR,
	SQUASHFS_FIFO,
	SQUASHFS_SOCKET,
};

struct squashfs_xattr {
	const char *name; /* with its namespace: "user.x"; terminated */
	const void *value;
	size_t value_n;
};

struct squashfs_entry {
	const char *path; /* "." the root, else "etc/passwd"; terminated */
	enum squashfs_type type;
	uint32_t mode; /* 07777 */
	uint32_t uid, gid;
	uint32_t mtime;
	uint32_t major, minor;
	uint64_t size;	   /* of a file */
	const char *target; /* of a symbolic link, terminated */
	const char *first;  /* another name of a file that was there before: nothing else counts then */
	const struct squashfs_xattr *xattrs;
	size_t n_xattrs;
};

/* Results other than 0 end the walk and are its result. For a file DATA follows in rising order; what is left out is a hole. */
struct squashfs_walker {
	int (*entry)(void *ctx, const struct squashfs_entry *entry, struct err *e);
	int (*data)(void *ctx, uint64_t offset, const void *bytes, size_t n, struct err *e);
	void *ctx;
};

/* What an image may ask for; with more it is refused. */
struct squashfs_limits {
	uint32_t inodes;
	uint64_t list_bytes; /* of the lists of blocks that are walked through: a hole of 1 TiB is 32 MiB of them, in a few bytes */
};

/* FD is read by pread(2) only; the image begins at 0 and is at most SIZE bytes. */
int squashfs_open(struct squashfs **ret, int fd, uint64_t size, const struct squashfs_limits *most, struct err *e);

/* Depth first, directories before their content, in the order of names. */
int squashfs_walk(struct squashfs *fs, const struct squashfs_walker *walker, struct err *e);
void squashfs_free(struct squashfs *fs);

/* Whether these first bytes of a file say that it is one. */
bool squashfs_is_magic(const uint8_t *magic, size_t n);
