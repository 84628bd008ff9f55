#include "runtime/host/fresh.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "core/at.h"
#include "core/auto.h"

#define IOPRIO_WHO_PROCESS 1
#define SIGSET_BYTES	   8 /* of the kernel's sigset_t */

/* The kernel's own defaults for its first process; limits that it sizes by the machine's memory are not touched. */
static const struct {
	int resource;
	rlim_t soft, hard;
} fixed[] = {
	{ RLIMIT_CPU, RLIM_INFINITY, RLIM_INFINITY },	  { RLIMIT_FSIZE, RLIM_INFINITY, RLIM_INFINITY },
	{ RLIMIT_DATA, RLIM_INFINITY, RLIM_INFINITY },	  { RLIMIT_STACK, 8 << 20, RLIM_INFINITY },
	{ RLIMIT_CORE, 0, RLIM_INFINITY },		  { RLIMIT_RSS, RLIM_INFINITY, RLIM_INFINITY },
	{ RLIMIT_NPROC, RLIM_INFINITY, RLIM_INFINITY },	  { RLIMIT_NOFILE, 1024, 524288 },
	{ RLIMIT_MEMLOCK, 8 << 20, 8 << 20 },		  { RLIMIT_AS, RLIM_INFINITY, RLIM_INFINITY },
	{ RLIMIT_LOCKS, RLIM_INFINITY, RLIM_INFINITY },	  { RLIMIT_MSGQUEUE, 819200, 819200 },
	{ RLIMIT_NICE, 0, 0 },				  { RLIMIT_RTPRIO, 0, 0 },
	{ RLIMIT_RTTIME, RLIM_INFINITY, RLIM_INFINITY },
};

/* Without CAP_SYS_RESOURCE the hard limit can only fall: take the most that can be had. */
static void set_limit(int resource, rlim_t soft, rlim_t hard)
{
	struct rlimit now, want = { soft, hard };

	if (setrlimit(resource, &want) == 0 || getrlimit(resource, &now) < 0)
		return;
	want.rlim_max = hard < now.rlim_max ? hard : now.rlim_max;
	want.rlim_cur = soft < want.rlim_max ? soft : want.rlim_max;
	(void)setrlimit(resource, &want); /* a default that cannot be had stays as it is */
}

/* By the raw call: libc keeps some real-time signals for itself and refuses to touch them, but a caller may have them ignored. */
static void default_action(int sig)
{
	static const char none[64]; /* the kernel's struct sigaction of any architecture: SIG_DFL, no flags, empty mask */

	(void)syscall(SYS_rt_sigaction, sig, none, NULL, SIGSET_BYTES); /* KILL and STOP refuse: they are default always */
}

void fresh_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig <= SIGSET_BYTES * 8; sig++)
		default_action(sig);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(022);
}

void fresh_process(void)
{
	cpu_set_t all;

	fresh_signals();
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		set_limit(fixed[i].resource, fixed[i].soft, fixed[i].hard);
	(void)setpriority(PRIO_PROCESS, 0, 0);
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0);
	memset(&all, 0xff, sizeof all);
	(void)sched_setaffinity(0, sizeof all, &all); /* the kernel cuts it to what the cpuset allows */
	(void)prctl(PR_SET_TIMERSLACK, 0UL, 0, 0, 0);
	(void)at_write_kernel(AT_FDCWD, "/proc/self/oom_score_adj", "0", NULL); /* lower than ours needs CAP_SYS_RESOURCE */
	(void)!chdir("/");
}
