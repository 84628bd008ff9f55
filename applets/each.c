#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "applets/progress.h"
#include "applets/target.h"
#include "core/at.h"

enum { AT_ONCE = 8 };

static bool is_in_state(enum targets_which which, int64_t status)
{
	switch (which) {
	case TARGETS_NAMED:
		return true;
	case TARGETS_STOPPED:
		return status == STATUS_STOPPED;
	case TARGETS_RUNNING:
		return status == STATUS_RUNNING;
	case TARGETS_ACTIVE:
		return status == STATUS_RUNNING || status == STATUS_FROZEN;
	}
	return false;
}

static void add(struct call *c, struct targets *to, const struct target *t)
{
	to->item = arena_grow(c->arena, to->item, to->n, sizeof *to->item);
	to->item[to->n++] = *t;
}

static int add_all(struct call *c, enum targets_which which, const char *word, struct targets *to)
{
	struct instance_list list;
	struct target server;
	int r = target_parse(c, word, &server);

	if (r < 0)
		return r;
	if (*server.name)
		return err_set(c->err, -EINVAL, "Both --all and instance name given");
	if ((r = server.server->instances->list(server.server, c->arena, PART_STATUS, NULL, &list, c->err)) < 0)
		return r;
	for (size_t i = 0; i < list.n; i++)
		if (is_in_state(which, list.item[i].record.status_code))
			add(c, to, &(struct target){ server.server, list.item[i].record.name, list.item[i].record.name });
	return 0;
}

int call_targets(struct call *c, enum targets_which which, struct targets *ret)
{
	int r = 0;

	*ret = (struct targets){ 0 };
	if (which != TARGETS_NAMED && !c->n_args)
		return add_all(c, which, "", ret);
	if (!c->n_args)
		call_usage(c, "the name of an instance is missing");
	for (size_t i = 0; i < c->n_args && r >= 0; i++) {
		struct target t;

		if (which != TARGETS_NAMED)
			r = add_all(c, which, c->args[i], ret);
		else if ((r = target_instance(c, c->args[i], &t)) >= 0)
			add(c, ret, &t);
	}
	return r;
}

int call_try_log(struct call *c, const struct target *t, int r)
{
	if (r < 0 && r != -ENOENT && r != -EBUSY && r != -EEXIST && r != -EINVAL && r != -EOPNOTSUPP && r != -EALREADY && r != -ESRCH) {
		buf_addf(c->tail, "Try `%s info --show-log ", c->program);
		buf_add_escaped(c->tail, t->typed, strlen(t->typed));
		buf_addstr(c->tail, "` for more info\n");
	}
	return r;
}

/* ---- several: a child each, whose end is told by a page that is shared with it */

struct outcome {
	pid_t pid; /* 0: not yet, or reaped */
	bool started, ended;
	int r;
	struct err err;
	char tail[256];
};

static void child(struct call *c, struct target t, call_fn *fn, struct outcome *o)
{
	int r;

	c->report->progress = NULL; /* several bars on one line would be none */
	r = target_reopen(c, &t);
	if (r >= 0)
		r = fn(c, &t);
	call_flush(c);
	o->err = *c->err;
	(void)str_fmt(o->tail, sizeof o->tail, "%s", c->tail->s); /* a hint only */
	o->r = r;
	o->ended = true;
	_exit(0);
}

static bool is_waiting_for_namesake(const struct targets *t, const struct outcome *o, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (str_eq(t->item[j].name, t->item[i].name) && (!o[j].started || o[j].pid))
			return true;
	return false;
}

static int start_one(struct call *c, const struct targets *t, size_t i, call_fn *fn, struct outcome *o)
{
	pid_t pid = fork();

	if (pid < 0)
		return err_sys(c->err, "fork");
	if (!pid)
		child(c, t->item[i], fn, &o[i]);
	o[i].started = true;
	o[i].pid = pid;
	return 0;
}

/* Waits for any child of ours; gives its index. */
static size_t reap(struct outcome *o, size_t n)
{
	for (;;) {
		pid_t pid = waitpid(-1, NULL, 0);

		if (pid < 0 && errno != EINTR)
			return n;
		for (size_t i = 0; i < n; i++)
			if (pid > 0 && o[i].pid == pid) {
				o[i].pid = 0;
				return i;
			}
	}
}

static int run_all(struct call *c, const struct targets *t, call_fn *fn, struct outcome *o)
{
	size_t running = 0, left = t->n;
	int r = 0;

	while (left) {
		for (size_t i = 0; i < t->n && running < AT_ONCE && r >= 0; i++)
			if (!o[i].started && !is_waiting_for_namesake(t, o, i) && (r = start_one(c, t, i, fn, o)) >= 0)
				running++;
		if (!running || reap(o, t->n) == t->n)
			break;
		running--;
		left--;
	}
	return r;
}

static void tell_line(struct buf *to, const char *name, const char *prefix, const char *text, size_t n)
{
	buf_add_escaped(to, name, strlen(name));
	buf_addf(to, ": %s", prefix);
	buf_add_escaped(to, text, n);
	buf_addch(to, '\n');
}

static bool tell_failures(const struct targets *t, const struct outcome *o)
{
	AUTO(buf) struct buf text = BUF_NONE;

	for (size_t i = 0; i < t->n; i++) {
		const char *name = t->item[i].typed, *tail = o[i].tail;
		const char *why = o[i].ended ? o[i].err.text : "the command was killed";

		if (o[i].ended && o[i].r >= 0)
			continue;
		tell_line(&text, name, "error: ", why, strlen(why));
		for (size_t n; *tail; tail += n + (tail[n] == '\n')) {
			n = strcspn(tail, "\n");
			tell_line(&text, name, "", tail, n);
		}
	}
	if (!text.len)
		return false;
	buf_addch(&text, '\n');
	(void)fd_write(STDERR_FILENO, text.s, text.len);
	return true;
}

int call_each(struct call *c, const struct targets *t, const char *verb, call_fn *fn)
{
	struct outcome *o;
	bool failed;
	int r;

	if (!t->n)
		return 0;
	if (t->n == 1)
		return fn(c, &t->item[0]);
	call_flush(c);
	progress_pause(c->progress);
	o = mmap(NULL, t->n * sizeof *o, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (o == MAP_FAILED)
		return err_sys(c->err, "memory");
	r = run_all(c, t, fn, o);
	failed = r >= 0 && tell_failures(t, o);
	munmap(o, t->n * sizeof *o);
	if (r < 0)
		return r;
	return failed ? err_set(c->err, -EIO, "Some instances failed to %s", verb) : 0;
}
