#include "runtime/host/firstroot.h"
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"

/* "ID PARENT MAJOR:MINOR / / ...": the first mount of all is its own parent. */
static bool is_first_mount(const char *line)
{
	char *rest;
	long id = strtol(line, &rest, 10), parent = strtol(rest, &rest, 10);

	return id == parent && *rest == ' ' && str_after(strchrnul(rest + 1, ' '), " / / ");
}

bool firstroot(void)
{
	AUTO(buf) struct buf text = BUF_NONE;
	struct statfs fs;

	/* only these can be it; mount tables may be long */
	if (statfs("/", &fs) < 0 || (fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC)) /* path: the host's own root */
		return false;
	AUTO(fd) int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC); /* path: our own /proc */
	if (fd < 0 || fd_read(fd, 64 << 20, &text, NULL) < 0)
		return false;
	for (const char *line = text.s; *line; line += *line == '\n') {
		if (is_first_mount(line))
			return true;
		line = strchrnul(line, '\n');
	}
	return false;
}
