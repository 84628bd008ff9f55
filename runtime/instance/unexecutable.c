#include "runtime/instance/unexecutable.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "core/auto.h"

#define BLANKS " \t"

/* What "#!" names, without its argument; NULL: PATH is no script. A carriage return stays: the kernel takes it for a part of the name. */
static const char *interpreter(const char *path, char *line, size_t size)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* path: inside */
	ssize_t n = fd < 0 ? -1 : read(fd, line, size - 1);

	if (n <= 2 || memcmp(line, "#!", 2) != 0)
		return NULL;
	line[n] = 0;
	line[strcspn(line, "\n")] = 0;
	char *name = line + 2 + strspn(line + 2, BLANKS);
	name[strcspn(name, BLANKS)] = 0;
	return *name ? name : NULL;
}

int unexecutable(const char *path, int error, struct err *e)
{
	char line[256];
	/* executable itself, so the error is of what executes it */
	const char *by = faccessat(AT_FDCWD, path, X_OK, 0) == 0 ? interpreter(path, line, sizeof line) : NULL;

	if (error == ENOENT && faccessat(AT_FDCWD, path, F_OK, 0) == 0)
		return by ? err_set(e, -error, "%s: its interpreter \"%s\" is missing", path, by) :
			    err_set(e, -error, "%s: its loader is missing", path);
	if (by)
		return err_code(e, -error, "%s: its interpreter \"%s\"", path, by);
	if (error == ENOEXEC)
		return err_set(e, -error, "%s: not executable here (made for another architecture?)", path);
	return err_code(e, -error, "%s", path);
}
