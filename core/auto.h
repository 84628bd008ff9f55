/* auto - release by scope: `AUTO(fd) int fd = open(...)` closes when the block is left, by whichever way
 *
 * The kinds that need no other header are here; a kind of a struct is declared beside that struct (auto_buf in buf.h).
 * Releasing keeps errno. Hand over with take_fd() and the like. Never a goto in a function that uses AUTO. */
#pragma once
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define AUTO(kind) __attribute__((cleanup(auto_##kind)))

static inline void auto_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd); /* an error of close() cannot be acted on here; writers fsync before */
	errno = saved;
}

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

static inline void auto_str(char **s)
{
	free(*s);
}

static inline void auto_dir(DIR **dir)
{
	int saved = errno;

	if (*dir)
		closedir(*dir);
	errno = saved;
}

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
