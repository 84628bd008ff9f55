#include "runtime/host/firstroot.h"
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"

/* "ID PARENT MAJOR:MINOR ROOT / ...": the first mount of all is its own parent. */
static bool is_first_mount(const char *line)
{
	int id, parent, at = 0;

	return sscanf(line, "%d %d %*s / %n", &id, &parent, &at) == 2 && at && line[at] == '/' && line[at + 1] == ' ' && id == parent;
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
