/* The client's side of a console: this terminal, raw, until it is detached */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/at.h"
#include "core/auto.h"
#include "runtime/instance/console.h"
#include "runtime/instance/tty.h"

#define ESCAPE 1 /* ctrl-a */

struct client {
	int fd, in, out;
	int resized; /* signalfd */
	bool escaped; /* the last byte was ctrl-a */
};

/* Takes "ctrl-a q" and "ctrl-a ctrl-a" out of what was typed. True: detach. */
static bool filter(struct client *c, const char *from, size_t n, char *to, size_t *ret_n)
{
	*ret_n = 0;
	for (size_t i = 0; i < n; i++) {
		if (!c->escaped && from[i] == ESCAPE) {
			c->escaped = true;
			continue;
		}
		if (c->escaped && from[i] == 'q')
			return true;
		if (c->escaped && from[i] != ESCAPE)
			to[(*ret_n)++] = ESCAPE;
		c->escaped = false;
		to[(*ret_n)++] = from[i];
	}
	return false;
}

static bool typed(struct client *c)
{
	char from[1024], to[2 * sizeof from];
	size_t m;
	ssize_t n = read(c->in, from, sizeof from);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	bool detach = filter(c, from, (size_t)n, to, &m);
	if (m && send(c->fd, to, m, MSG_NOSIGNAL) < 0)
		return false;
	return !detach;
}

static bool shown(struct client *c)
{
	char data[65536];
	ssize_t n = recv(c->fd, data, sizeof data, 0);

	return n > 0 && fd_write(c->out, data, (size_t)n) == 0;
}

static void tell_size(struct client *c)
{
	struct signalfd_siginfo info;
	struct winsize size;

	(void)!read(c->resized, &info, sizeof info);
	if (tty_size(&c->in, 1, &size))
		(void)console_resize(c->fd, size.ws_row, size.ws_col);
}

int console_relay(int fd, int in, int out, struct err *e)
{
	struct client c = { .fd = fd, .in = in, .out = out };
	AUTO(tty) struct tty tty = TTY_NONE;
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, &old);
	AUTO(fd) int resized = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (resized < 0)
		return err_sys(e, "signalfd");
	c.resized = resized;
	tty_raw(&tty, in);
	tell_size(&c);
	for (bool go = true; go;) {
		struct pollfd p[] = { { fd, POLLIN, 0 }, { in, POLLIN, 0 }, { resized, POLLIN, 0 } };

		if (poll(p, ARRAY_SIZE(p), -1) < 0 && errno != EINTR)
			break;
		if (p[2].revents)
			tell_size(&c);
		if (p[0].revents)
			go = shown(&c);
		else if (p[1].revents)
			go = typed(&c);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return 0;
}
