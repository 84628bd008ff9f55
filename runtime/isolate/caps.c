#include "runtime/isolate/caps.h"
#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int drop_bounding(uint64_t dropped, struct err *e)
{
	for (int cap = 0; cap < 64; cap++) {
		if (!(dropped & (1ull << cap)))
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL)
			return 0; /* beyond this kernel's last one */
		return err_sys(e, "drop capability %d", cap);
	}
	return 0;
}

int caps_limit(uint64_t dropped, struct err *e)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];
	int r = drop_bounding(dropped, e);

	if (r < 0)
		return r;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL) /* < 4.3 */
		return err_sys(e, "ambient capabilities");
	if (syscall(SYS_capget, &head, caps) < 0)
		return err_sys(e, "capget");
	for (int i = 0; i < 2; i++) {
		caps[i].permitted &= ~(uint32_t)(dropped >> (32 * i));
		caps[i].effective = caps[i].permitted;
		caps[i].inheritable = 0;
	}
	return syscall(SYS_capset, &head, caps) < 0 ? err_sys(e, "capset") : 0;
}
