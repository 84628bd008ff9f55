#include "runtime/instance/ended.h"
#include <signal.h>
#include <sys/wait.h>
#include "core/auto.h"
#include "core/lock.h"
#include "core/store.h"
#include "runtime/instance/create.h"
#include "runtime/instance/log.h"
#include "runtime/instance/record.h"
#include "runtime/instance/state.h"

bool ended_in_reboot(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP;
}

void ended_text(int status, struct buf *to)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT)
		buf_addstr(to, "powered off");
	else if (ended_in_reboot(status))
		buf_addstr(to, "rebooted");
	else if (WIFSIGNALED(status))
		buf_addf(to, "init was killed by signal %d", WTERMSIG(status));
	else
		buf_addf(to, "init exited with status %d", WEXITSTATUS(status));
}

void ended_log(int dir, int status)
{
	AUTO(buf) struct buf text = BUF_NONE;

	ended_text(status, &text);
	log_line(dir, "%s", text.s);
}

int ended_keep(int dir, struct lock *keep, struct err *e)
{
	return lock_take(keep, dir, "restart", LOCK_SHARED, true, NULL, e);
}

bool ended_is_kept(int dir)
{
	AUTO(lock) struct lock lock = LOCK_NONE;

	return lock_try(&lock, dir, "restart", LOCK_EXCLUSIVE, NULL) == -EWOULDBLOCK;
}

/* The command that stopped it has the lock and removes it by itself; somebody may have started it again meanwhile. */
static void destroy_in(struct store *st, struct arena *a, const struct plan *p)
{
	AUTO(lock) struct lock lock = LOCK_NONE;
	struct lock_wait wait = { .timeout_ms = 10000, .notice_ms = -1 };
	struct instance inst;
	struct state state;
	char boot[BOOT_ID_SIZE];
	AUTO(fd) int dir = record_open_dir(st, p->name, NULL);

	if (dir < 0 || lock_take(&lock, dir, "lock", LOCK_EXCLUSIVE, false, &wait, NULL) < 0)
		return;
	if (process_boot_id(boot, NULL) < 0 || state_read(dir, boot, &state, NULL) < 0 || state.power != POWER_STOPPED ||
	    record_load(a, dir, p->name, &inst, NULL) < 0 || !inst.ephemeral || ended_is_kept(dir))
		return;
	(void)destroy_instance(st, &lock, p->name, &inst, NULL); /* what stays is swept by the next command */
}

void ended_destroy(const struct plan *p)
{
	AUTO(arena) struct arena a = ARENA_NONE;
	AUTO(store) struct store st = { 0 };
	char path[40];

	str_fmt(path, sizeof path, "/proc/self/fd/%d", (int)p->fd_store);
	if (store_open(&st, path, false, NULL) == 0)
		destroy_in(&st, &a, p);
}
