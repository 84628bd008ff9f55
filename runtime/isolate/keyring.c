#include "runtime/isolate/keyring.h"
#include <errno.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#define JOIN_SESSION_KEYRING 1

/* A kernel without keys, or a filter that we are under and that whatever we execute is under, too: then nobody inside can ask for one. */
static bool are_out_of_reach(int error)
{
	return syscall(SYS_request_key, NULL, NULL, NULL, 0) < 0 && errno == error;
}

int keyring_leave(struct err *e)
{
	if (syscall(SYS_keyctl, JOIN_SESSION_KEYRING, NULL) >= 0)
		return 0;
	int error = errno;
	return are_out_of_reach(error) ? 0 : err_code(e, -error, "session keyring");
}
