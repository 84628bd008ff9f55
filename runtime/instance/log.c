#include "runtime/instance/log.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <time.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/parse.h"

#define LOG_LIMIT (64 << 10)

void log_line(int dir, const char *fmt, ...)
{
	AUTO(buf) struct buf line = BUF_NONE;
	struct timespec now;
	struct stat s;
	char time[40];
	va_list ap;

	clock_gettime(CLOCK_REALTIME, &now);
	format_time(now.tv_sec, 0, time);
	buf_addf(&line, "%s ", time);
	va_start(ap, fmt);
	buf_vaddf(&line, fmt, ap);
	va_end(ap);
	buf_addch(&line, '\n');
	AUTO(fd) int fd = openat(dir, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0 || buf_error(&line) || fstat(fd, &s) < 0 || !S_ISREG(s.st_mode))
		return;
	if (s.st_size > LOG_LIMIT)
		(void)!ftruncate(fd, 0);
	(void)fd_write(fd, line.s, line.len);
}

int log_read(int dir, struct buf *to, struct err *e)
{
	int r = at_read(dir, "log", 2 * LOG_LIMIT, to, e);

	return r == -ENOENT ? 0 : r;
}
