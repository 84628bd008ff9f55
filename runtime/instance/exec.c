#include "runtime/instance/exec.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "core/at.h"
#include "core/auto.h"
#include "runtime/host/process.h"
#include "runtime/host/sys.h"
#include "runtime/instance/guest_console.h"
#include "runtime/instance/passwd.h"
#include "runtime/instance/relay.h"
#include "runtime/instance/step.h"
#include "runtime/instance/tty.h"

#define DEFAULT_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct session {
	struct enter *enter;
	struct enter_command command;
	const struct exec_request *request;
	struct arena arena;
	struct names argv, env;

	struct relay relay[3];
	struct tty tty;
	struct winsize size;
	bool has_size;
	int channel[2]; /* the terminal's master comes this way */
	int master;
	bool input_ended;
	char typed[4096]; /* what the terminal inside has not taken yet */
	size_t typed_from, typed_to;

	int signals; /* signalfd */
	sigset_t old_mask;
	pid_t pid;
	int pidfd;
};

/* ---- environment, argv, who */

static void set_env(struct session *s, const char *pair)
{
	size_t n = (size_t)(strchrnul(pair, '=') - pair);

	for (size_t i = 0; i < s->env.n; i++) {
		if (!strncmp(s->env.item[i], pair, n) && s->env.item[i][n] == '=') {
			s->env.item[i] = arena_dup(&s->arena, pair);
			return;
		}
	}
	names_add(&s->arena, &s->env, pair);
}

static void build_env(struct session *s, const struct map *config)
{
	const struct exec_request *r = s->request;

	set_env(s, DEFAULT_PATH);
	set_env(s, "container=lxc");
	set_env(s, "LANG=C.UTF-8");
	if (r->term)
		set_env(s, arena_fmt(&s->arena, "TERM=%s", r->term));
	if (s->command.uid == 0) {
		set_env(s, "HOME=/root");
		set_env(s, "USER=root");
	}
	for (size_t i = 0; i < config->n; i++) {
		const char *name = str_after(config->item[i].key, "environment.");

		if (name)
			set_env(s, arena_fmt(&s->arena, "%s=%s", name, config->item[i].value));
	}
	for (size_t i = 0; i < r->env.n; i++)
		set_env(s, strchr(r->env.item[i], '=') ? r->env.item[i] : arena_fmt(&s->arena, "%s=", r->env.item[i]));
}

/* Where a command begins that nobody gave a place */
static const char *home(const struct session *s)
{
	const char *dir = NULL;

	for (size_t i = 0; i < s->env.n && !dir; i++)
		dir = str_after(s->env.item[i], "HOME=");
	return dir && *dir ? dir : "/";
}

/* NULL-terminated, as exec wants it */
static const char *const *vector(struct session *s, struct names *l)
{
	l->item = arena_grow(&s->arena, l->item, l->n, sizeof *l->item);
	l->item[l->n] = NULL;
	return l->item;
}

static int set_argv(struct session *s, const char *program, const char *option)
{
	s->argv = (struct names){ 0 };
	names_add(&s->arena, &s->argv, program);
	names_add(&s->arena, &s->argv, option);
	s->command.argv = vector(s, &s->argv);
	return 0;
}

static bool is_executable(const char *path)
{
	struct stat st;

	return fstatat(AT_FDCWD, path, &st, 0) == 0 && S_ISREG(st.st_mode) && faccessat(AT_FDCWD, path, X_OK, 0) == 0;
}

/* Said where the shell itself would say it. */
static int plain_shell(struct session *s, const char *why)
{
	const char *line = arena_fmt(&s->arena, "Warning: %s: /bin/sh it is\n", why);

	(void)fd_write(s->command.fd[2], line, strlen(line));
	return set_argv(s, "/bin/sh", "-l");
}

/* Runs inside: what `shell` is depends on what is there. su reads /etc/passwd: only when that is a file that can be read. */
static int choose_shell(struct session *s)
{
	struct passwd_entry root;
	struct err why = ERR_NONE;
	AUTO(fd) int dir = open("/", O_PATH | O_CLOEXEC); /* path: inside */

	if (dir < 0 || passwd_find(dir, NULL, 0, &root, &why) < 0)
		return plain_shell(s, why.text);
	if (*root.shell && !is_executable(root.shell))
		return plain_shell(s, arena_fmt(&s->arena, "the shell of root, %s, cannot be executed", root.shell));
	if (is_executable("/bin/su") || is_executable("/usr/bin/su"))
		return set_argv(s, "su", "-l");
	return set_argv(s, *root.shell ? arena_dup(&s->arena, root.shell) : "/bin/sh", "-l");
}

static int choose_user(struct session *s, struct err *e)
{
	struct passwd_entry entry;
	AUTO(fd) int dir = open("/", O_PATH | O_CLOEXEC); /* path: inside */

	if (dir < 0)
		return err_sys(e, "/");
	int r = passwd_find(dir, s->request->user_name, 0, &entry, e);
	if (r < 0)
		return r;
	s->command.uid = entry.uid;
	if (!s->request->has_group)
		s->command.gid = entry.gid;
	return 0;
}

/* ---- the terminal inside */

static int open_terminal(struct session *s, struct err *e)
{
	struct channel_message m = { .kind = CHANNEL_CONSOLE };
	AUTO(fd) int root = open("/", O_PATH | O_CLOEXEC); /* path: inside */
	AUTO(fd) int master = -1;
	int slave = -1, r = root < 0 ? err_sys(e, "/") : guest_terminal(root, &master, &slave, e);

	if (r < 0)
		return err_in(e, r, "terminal inside");
	if (s->has_size)
		(void)ioctl(master, TIOCSWINSZ, &s->size); /* before the command can ask for it */
	(void)fchown(slave, s->command.uid, (gid_t)-1);
	for (int i = 0; i < 3; i++)
		s->command.fd[i] = slave;
	return channel_send(s->channel[1], &m, &master, 1, e);
}

static int inside(void *ctx, struct err *e)
{
	struct session *s = ctx;
	int r = s->request->user_name ? choose_user(s, e) : 0;

	if (r == 0 && s->request->tty)
		r = open_terminal(s, e);
	if (r == 0 && s->request->login_shell)
		r = choose_shell(s);
	return r;
}

static int receive_master(struct session *s, struct err *e)
{
	struct channel_message m = { .kind = CHANNEL_ERROR };
	int r = channel_receive(s->channel[0], &m, &s->master, 1, e);

	if (r <= 0 || s->master < 0)
		return r < 0 ? r : err_set(e, -EPIPE, "no terminal came from inside");
	(void)fcntl(s->master, F_SETFL, O_RDWR | O_NONBLOCK);
	tty_raw(&s->tty, s->request->fd[0]);
	return 0;
}

/* ---- standard descriptors */

static int open_relays(struct session *s, struct err *e)
{
	uid_t owner = s->enter->map.base + s->command.uid;

	for (int i = 0; i < 3; i++) {
		int fd = s->request->fd[i];

		/* one file behind 1 and 2: one relay keeps the order of what is written */
		if (i == 2 && s->relay[1].piped) {
			struct stat a, b;

			if (fstat(s->request->fd[1], &a) == 0 && fstat(fd, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino) {
				s->command.fd[2] = s->command.fd[1];
				continue;
			}
		}
		int r = relay_open(&s->relay[i], fd, i == 0, owner, s->enter->map.size, e);
		if (r < 0)
			return r;
		s->command.fd[i] = s->relay[i].inner;
	}
	return 0;
}

static int prepare_descriptors(struct session *s, struct err *e)
{
	if (s->request->tty) {
		s->has_size = tty_size(s->request->fd, 3, &s->size);
		s->command.tty = true;
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s->channel) < 0)
			return err_sys(e, "socketpair");
		return 0;
	}
	return open_relays(s, e);
}

/* ---- signals: what the caller gets, the command gets */

static int catch_signals(struct session *s, struct err *e)
{
	static const int passed[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGCONT, SIGTSTP,
				      SIGTTIN, SIGTTOU, SIGABRT, SIGWINCH };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(passed); i++)
		sigaddset(&set, passed[i]);
	sigprocmask(SIG_BLOCK, &set, &s->old_mask);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signals < 0 ? err_sys(e, "signalfd") : 0;
}

static void pass_signal(struct session *s)
{
	struct signalfd_siginfo info;
	struct winsize size;

	if (read(s->signals, &info, sizeof info) != sizeof info)
		return;
	if (info.ssi_signo != SIGWINCH) {
		(void)sys_pidfd_send_signal(s->pidfd, (int)info.ssi_signo); /* ended just now: nobody to tell */
		return;
	}
	if (s->master >= 0 && tty_size(s->request->fd, 3, &size))
		(void)ioctl(s->master, TIOCSWINSZ, &size);
}

/* ---- the terminal's two directions */

static bool from_master(struct session *s)
{
	char data[16384];
	ssize_t n = read(s->master, data, sizeof data);

	if (n > 0)
		return fd_write(s->request->fd[1], data, (size_t)n) == 0;
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* No more is read than it takes: what runs inside may read slowly, or wait for us to read what it writes. */
static void to_master(struct session *s)
{
	ssize_t n = write(s->master, s->typed + s->typed_from, s->typed_to - s->typed_from);

	if (n > 0)
		s->typed_from += (size_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		s->typed_from = s->typed_to; /* the other end is gone */
}

static void typed(struct session *s)
{
	ssize_t n = read(s->request->fd[0], s->typed, sizeof s->typed);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		s->input_ended = true;
		s->typed[0] = 4; /* end of file as a terminal says it */
		n = 1;
	}
	s->typed_from = 0;
	s->typed_to = (size_t)n;
	to_master(s);
}

/* ---- waiting */

enum { AT_END, AT_SIGNAL, AT_FIRST, AT_SECOND, AT_THIRD, AT_COUNT };

static void fill_polls(const struct session *s, struct pollfd p[AT_COUNT])
{
	p[AT_END] = (struct pollfd){ .fd = s->pidfd, .events = POLLIN };
	p[AT_SIGNAL] = (struct pollfd){ .fd = s->signals, .events = POLLIN };
	if (s->master >= 0) {
		bool full = s->typed_from < s->typed_to;

		p[AT_FIRST] = (struct pollfd){ .fd = s->master, .events = full ? POLLIN | POLLOUT : POLLIN };
		p[AT_SECOND] = (struct pollfd){ .fd = full || s->input_ended ? -1 : s->request->fd[0], .events = POLLIN };
		p[AT_THIRD] = (struct pollfd){ .fd = -1 };
		return;
	}
	for (int i = 0; i < 3; i++)
		p[AT_FIRST + i] = relay_poll(&s->relay[i]);
}

static void handle_data(struct session *s, const struct pollfd p[AT_COUNT])
{
	if (s->master < 0) {
		for (int i = 0; i < 3; i++)
			relay_handle(&s->relay[i], p[AT_FIRST + i].revents);
		return;
	}
	/* HUP alone: the last holder of the other end is gone for now; wait for the end instead of spinning */
	if ((p[AT_FIRST].revents & ~POLLOUT) && !from_master(s)) {
		close(take_fd(&s->master));
		tty_restore(&s->tty);
	} else if (p[AT_FIRST].revents & POLLOUT) {
		to_master(s);
	} else if (p[AT_SECOND].revents) {
		typed(s);
	}
}

static void wait_command(struct session *s)
{
	for (;;) {
		struct pollfd p[AT_COUNT];

		fill_polls(s, p);
		if (poll(p, AT_COUNT, -1) < 0 && errno != EINTR)
			return;
		if (p[AT_SIGNAL].revents)
			pass_signal(s);
		handle_data(s, p);
		if (p[AT_END].revents)
			return;
	}
}

/* Everything that the command wrote is there by now, as it has ended; what its background jobs still write is not waited for. */
static void drain(struct session *s)
{
	if (s->master >= 0) {
		struct pollfd p = { .fd = s->master, .events = POLLIN };

		while (poll(&p, 1, 0) > 0 && (p.revents & POLLIN) && from_master(s))
			;
	}
	for (int i = 0; i < 3; i++)
		relay_finish(&s->relay[i]);
}

static int status_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- all together */

static void session_open(struct session *s, struct enter *t, const struct exec_request *req)
{
	*s = (struct session){
		.enter = t, .request = req, .arena = ARENA_NONE, .relay = { RELAY_NONE, RELAY_NONE, RELAY_NONE }, .tty = TTY_NONE,
		.channel = { -1, -1 }, .master = -1, .signals = -1, .pidfd = -1,
	};
	sigprocmask(SIG_BLOCK, NULL, &s->old_mask);
}

static void auto_session(struct session *s)
{
	tty_restore(&s->tty);
	for (int i = 0; i < 3; i++)
		relay_close(&s->relay[i]);
	for (int i = 0; i < 2; i++)
		auto_fd(&s->channel[i]);
	auto_fd(&s->master);
	auto_fd(&s->signals);
	auto_fd(&s->pidfd);
	sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
	arena_free(&s->arena);
}

static int run(struct session *s, int *ret_status, struct err *e)
{
	int r = enter_spawn(s->enter, &s->command, &s->pid, &s->pidfd, ret_status, e);

	if (r < 0)
		return r;
	for (int i = 0; i < 3; i++)
		relay_started(&s->relay[i]);
	auto_fd(&s->channel[1]);
	s->channel[1] = -1;
	if (s->request->tty && (r = receive_master(s, e)) < 0)
		return r;
	wait_command(s);
	drain(s);
	int status;
	if ((r = process_reap(s->pid, &status)) < 0)
		return err_code(e, r, "wait");
	*ret_status = status_of(status);
	return 0;
}

int exec_run(struct enter *t, const struct instance *inst, const struct exec_request *req, int *ret_status,
	     struct report *report, struct err *e)
{
	__attribute__((cleanup(auto_session))) struct session s;
	int r;

	(void)report;
	session_open(&s, t, req);
	/* to the kernel the highest number says "as it is": that would be root */
	if ((req->has_user && req->user == UINT32_MAX) || (req->has_group && req->group == UINT32_MAX))
		return err_set(e, -EINVAL, "user or group %u: invalid argument", UINT32_MAX);
	s.command = (struct enter_command){
		.argv = req->argv,
		.uid = req->has_user ? req->user : 0,
		.gid = req->has_group ? req->group : 0,
		.cwd = req->cwd,
		.cwd_required = req->cwd != NULL,
		.inside = inside,
		.ctx = &s,
	};
	build_env(&s, &inst->expanded_config);
	if (!s.command.cwd)
		s.command.cwd = home(&s);
	s.command.env = vector(&s, &s.env);
	if ((r = prepare_descriptors(&s, e)) < 0 || (r = catch_signals(&s, e)) < 0)
		return r;
	s.command.signals = s.signals;
	return run(&s, ret_status, e);
}
