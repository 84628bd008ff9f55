#include "runtime/host/namespaces.h"
#include <errno.h>

int namespaces_err(struct err *e, const char *what)
{
	if (errno == ENOSPC || errno == EUSERS)
		return err_set(e, -errno, "%s: no more namespaces (sysctl user.max_user_namespaces and its likes, or the limit of nesting)", what);
	return err_sys(e, "%s", what);
}
