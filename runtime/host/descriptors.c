#include "runtime/host/descriptors.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include "runtime/host/sys.h"

#define CLOEXEC_FLAG (1u << 2) /* CLOSE_RANGE_CLOEXEC */

/* Walking /proc/self/fd would need a proc that is ours; the limit bounds what can be open. */
static int highest(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > 65536)
		return 65536;
	return (int)limit.rlim_cur;
}

void descriptors_close_above(int keep)
{
	if (sys_close_range((unsigned)keep + 1, ~0u, 0) == 0)
		return;
	for (int fd = keep + 1; fd < highest(); fd++)
		close(fd);
}

int descriptors_keep(int fd)
{
	int kept = fd == 3 ? fd : dup3(fd, 3, O_CLOEXEC);

	descriptors_close_above(kept < 0 ? 2 : kept);
	return kept;
}

void descriptors_cloexec_above(int keep)
{
	if (sys_close_range((unsigned)keep + 1, ~0u, CLOEXEC_FLAG) == 0)
		return;
	for (int fd = keep + 1; fd < highest(); fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* EBADF: not open */
}
