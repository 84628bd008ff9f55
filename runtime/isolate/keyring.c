#include "runtime/isolate/keyring.h"
#include <errno.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define JOIN_SESSION_KEYRING 1
#define PATIENCE_MS	     1000

/* A kernel without keys, or a filter that we are under and that whatever we execute is under, too: then nobody inside can ask for one. */
static bool are_out_of_reach(int error)
{
	return syscall(SYS_request_key, NULL, NULL, NULL, 0) < 0 && errno == error;
}

int keyring_leave(struct err *e)
{
	struct timespec pause = { 0, 10000000 };
	int error = EDQUOT;

	/* the keys of those who have just been killed are given back by a worker of the kernel, a little later */
	for (int i = 0; error == EDQUOT && i < PATIENCE_MS / 10; i++) {
		if (i)
			nanosleep(&pause, NULL);
		if (syscall(SYS_keyctl, JOIN_SESSION_KEYRING, NULL) >= 0)
			return 0;
		error = errno;
	}
	return are_out_of_reach(error) ? 0 : err_code(e, -error, "session keyring");
}
