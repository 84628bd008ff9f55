/* run - a command in a new instance that is gone when the command has ended
 *
 *   run --+-- child: create, start, exec --> the command's status
 *         `-- waits, whatever happens to the child; then removes the instance
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <termios.h>
#include "applets/create.h"
#include "applets/exec.h"
#include "applets/progress.h"
#include "runtime/local.h"

struct run_opts {
	struct create_opts create;
	struct exec_opts exec;
};

#define OF_CREATE(kind, letter, name, member, def, help) OPT(kind, letter, name, struct run_opts, create.member, def, help)

static const struct opt run_opts[] = {
	EXEC_OPTS_OF(struct run_opts, exec.),
	OF_CREATE(LIST, 'c', "config", config, NULL, "Config key/value to apply to the new instance"),
	OF_CREATE(LIST, 'd', "device", device, NULL, "New key/value to apply to a specific device"),
	OF_CREATE(BOOL, 0, "no-profiles", no_profiles, NULL, "Create the instance with no profiles applied"),
	OF_CREATE(LIST, 'p', "profile", profile, NULL, "Profile to apply to the new instance"),
	OPT_END,
};

/* What the child tells the parent, and who that is: when it has ended already, getppid() says somebody else. */
struct shared {
	pid_t parent;
	bool began; /* the instance may exist */
	bool ended;
	int r, status;
	struct err err;
};

static const char *make_name(struct arena *a)
{
	uint32_t random[2];

	if (getrandom(random, sizeof random, 0) != sizeof random)
		random[0] = (uint32_t)getpid();
	return arena_fmt(a, "run-%08x%04x", random[0], random[1] & 0xffff);
}

/* BEFORE: the signals that were blocked before ours. They stay blocked until the instance is up: killed in the middle of a
 * start we would leave its monitor behind, and a start is short. */
static int create_and_exec(struct call *c, struct creation *n, const struct exec_request *exec, struct shared *s, const sigset_t *before)
{
	struct instance_create request;
	const char *name;
	int r;

	create_request(n, &request);
	request.own_init = true;
	request.owner = s->parent; /* who waits for us: with it everything goes */
	request.start = true;
	s->began = true;
	r = n->where.server->instances->create(n->where.server, c->arena, &request, &name, c->report, c->err);
	if (r == -EEXIST)
		s->began = false; /* somebody else's, however unlikely */
	progress_pause(c->progress);
	sigprocmask(SIG_SETMASK, before, NULL);
	return r < 0 ? r : exec_in(c, &n->where, exec);
}

static void child(struct call *c, struct creation *n, const struct exec_request *exec, struct shared *s, const sigset_t *before)
{
	if (getppid() != s->parent)
		_exit(1);
	s->r = create_and_exec(c, n, exec, s, before);
	s->err = *c->err;
	s->status = c->status;
	s->ended = true;
	_exit(0);
}

/* ---- the parent: passes signals on until the child is gone */

static const int passed[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT };

static void block_signals(sigset_t *before)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(passed); i++)
		sigaddset(&set, passed[i]);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, before);
}

/* A signal from the terminal has reached the child, too: only what was sent to us alone is passed on. */
static void wait_for(pid_t pid, int *ret_status, int *ret_signal)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(passed); i++)
		sigaddset(&set, passed[i]);
	sigaddset(&set, SIGCHLD);
	for (;;) {
		siginfo_t info;
		int n = sigwaitinfo(&set, &info);

		if (n < 0)
			continue;
		if (n != SIGCHLD) {
			*ret_signal = n;
			if (info.si_code == SI_USER || info.si_code == SI_TKILL)
				kill(pid, n);
		}
		if (waitpid(pid, ret_status, WNOHANG) == pid)
			return;
	}
}

static int remove_it(struct call *c, struct target *t)
{
	struct err why = ERR_NONE;
	int r;

	c->server = NULL; /* the child's part of it is gone; ours starts anew */
	if ((r = target_reopen(c, t)) < 0)
		return r;
	r = t->server->instances->remove(t->server, t->name, true, c->report, &why);
	if (r == -ENOENT)
		return 0; /* ephemeral: whoever stopped it has removed it */
	if (r < 0)
		call_say(c, "Warning: %s was not removed: %s", t->name, why.text);
	return r;
}

static int run_and_remove(struct call *c, struct creation *n, const struct exec_request *exec, struct shared *s)
{
	struct termios terminal;
	bool has_terminal = tcgetattr(STDIN_FILENO, &terminal) >= 0;
	int status = 0, signal_seen = 0;
	sigset_t before;
	pid_t pid;

	block_signals(&before);
	s->parent = getpid();
	pid = fork();
	if (pid < 0)
		return err_sys(c->err, "fork");
	if (!pid)
		child(c, n, exec, s, &before);
	wait_for(pid, &status, &signal_seen);
	if (has_terminal && !s->ended)
		tcsetattr(STDIN_FILENO, TCSANOW, &terminal); /* it was killed while the terminal was raw */
	if (s->began)
		(void)remove_it(c, &n->where); /* has warned; the status is the command's */
	if (!s->ended) {
		c->status = 128 + (WIFSIGNALED(status) ? WTERMSIG(status) : signal_seen);
		return 0;
	}
	*c->err = s->err;
	c->status = s->status;
	return s->r;
}

static int run_run(struct call *c)
{
	const struct run_opts *o = c->opts;
	struct exec_request exec;
	struct creation n;
	struct shared *s;
	int r;

	/* before anything is made: exec would begin this whole command anew */
	if ((r = local_protect(c->err)) < 0)
		return r;
	if ((r = exec_prepare(c, &o->exec, c->args + 1, &exec)) < 0 ||
	    (r = create_prepare(c, &o->create, c->args[0], make_name(c->arena), false, &n)) < 0)
		return r;
	n.from.ephemeral = true;
	s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s == MAP_FAILED)
		return err_sys(c->err, "memory");
	r = run_and_remove(c, &n, &exec, s);
	munmap(s, sizeof *s);
	return r;
}

const struct applet applet_run = {
	.name = "run",
	.usage = "[<remote>:]<image>|host: [flags] [--] <command line>",
	.summary = "Run a command in a new instance and remove it",
	.text = "The instance is started with nothing in it but the command, and is removed when the\n"
		"command has ended, by whatever end. The exit status is the command's.\n",
	.examples = "lxcbox run host: -- sh -c 'rm -rf /etc; ls /'\n"
		    "\n"
		    "lxcbox run alpine -c limits.memory=256MiB -- make test\n",
	.opts = run_opts,
	.opts_size = sizeof(struct run_opts),
	.min = 2,
	.max = ANY,
	.behind = { 2, true },
	.complete = COMPLETE_IMAGES,
	.run = run_run,
};
