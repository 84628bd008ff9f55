#include "runtime/instance/console.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include "core/at.h"
#include "core/auto.h"

#define RING_SIZE (128u << 10)

/* A client's bytes are what it types; a size comes as an out-of-band packet of this form on the same SEQPACKET socket. */
struct resize {
	char mark[4]; /* "\0WS\0": no keyboard sends it */
	uint16_t rows, columns;
};

static const char resize_mark[4] = { 0, 'W', 'S', 0 };

/* ---- the socket: reached by descriptor, so that the state directory's path may have any length */

static int socket_address(int dir, struct sockaddr_un *to, struct err *e)
{
	*to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	int r = str_fmt(to->sun_path, sizeof to->sun_path, "/proc/self/fd/%d/console", dir);
	return r < 0 ? err_code(e, r, "console socket") : 0;
}

static int listen_on(int dir, struct err *e)
{
	struct sockaddr_un address;
	int r = socket_address(dir, &address, e);

	if (r < 0)
		return r;
	AUTO(fd) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, "console socket");
	(void)unlinkat(dir, "console", 0);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 8) < 0)
		return err_sys(e, "console socket");
	return take_fd(&fd);
}

int console_attach(int dir, struct err *e)
{
	struct sockaddr_un address;
	int r = socket_address(dir, &address, e);

	if (r < 0)
		return r;
	AUTO(fd) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(e, "console socket");
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return err_sys(e, "console");
	return take_fd(&fd);
}

int console_resize(int fd, unsigned rows, unsigned columns)
{
	struct resize r = { .rows = (uint16_t)rows, .columns = (uint16_t)columns };

	memcpy(r.mark, resize_mark, sizeof r.mark);
	return send(fd, &r, sizeof r, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* ---- log and ring */

int console_open(struct console *c, int master, int dir, int64_t log_size, struct err *e)
{
	*c = CONSOLE_NONE;
	c->master = master;
	c->dir = dir;
	c->log_size = (uint64_t)log_size;
	c->log = openat(dir, "console.log", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (c->log < 0)
		return err_sys(e, "console.log");
	(void)fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);
	c->listen = listen_on(dir, e);
	if (c->listen < 0)
		return c->listen;
	/* touched page by page: an instance that prints nothing costs nothing */
	c->ring = mmap(NULL, RING_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return c->ring == MAP_FAILED ? err_sys(e, "console ring") : 0;
}

/* At the cap the log begins anew with what the ring still has. */
static void log_add(struct console *c, const char *data, size_t n)
{
	if (c->log_used + n > c->log_size) {
		(void)!ftruncate(c->log, 0);
		c->log_used = 0;
	}
	if (fd_write(c->log, data, n) == 0) /* a full disk loses console output, nothing else */
		c->log_used += n;
}

static void ring_add(struct console *c, const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		c->ring[c->ring_used++ % RING_SIZE] = data[i];
}

static void drop_client(struct console *c, int i)
{
	close(c->client[i]);
	c->client[i] = -1;
}

/* A client that does not keep up is dropped: the others and the instance must not wait for it. */
static void client_send(struct console *c, int i, const char *data, size_t n)
{
	if (send(c->client[i], data, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		drop_client(c, i);
}

static void output(struct console *c, const char *data, size_t n)
{
	log_add(c, data, n);
	ring_add(c, data, n);
	for (int i = 0; i < CONSOLE_CLIENTS; i++) {
		if (c->client[i] >= 0)
			client_send(c, i, data, n);
	}
}

/* ---- clients */

static void replay(struct console *c, int i)
{
	size_t have = c->ring_used < RING_SIZE ? c->ring_used : RING_SIZE, from = c->ring_used - have;

	while (have && c->client[i] >= 0) {
		size_t at = from % RING_SIZE, n = RING_SIZE - at < have ? RING_SIZE - at : have;

		n = n > 16384 ? 16384 : n;
		client_send(c, i, c->ring + at, n);
		from += n;
		have -= n;
	}
}

static bool is_root(int fd)
{
	struct ucred cred;
	socklen_t n = sizeof cred;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) == 0 && cred.uid == 0;
}

static void accept_client(struct console *c)
{
	struct sockaddr_un from;
	socklen_t n = sizeof from;
	AUTO(fd) int fd = accept4(c->listen, (struct sockaddr *)&from, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0 || !is_root(fd))
		return;
	for (int i = 0; i < CONSOLE_CLIENTS; i++) {
		if (c->client[i] < 0) {
			int size = 256 << 10;

			(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
			c->client[i] = take_fd(&fd);
			replay(c, i);
			return;
		}
	}
}

static void client_input(struct console *c, int i)
{
	char data[4096];
	ssize_t n = recv(c->client[i], data, sizeof data, MSG_DONTWAIT);

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			drop_client(c, i);
		return;
	}
	if (n == sizeof(struct resize) && !memcmp(data, resize_mark, sizeof resize_mark)) {
		struct resize r;

		memcpy(&r, data, sizeof r);
		struct winsize w = { .ws_row = r.rows, .ws_col = r.columns };
		(void)ioctl(c->master, TIOCSWINSZ, &w);
		return;
	}
	(void)!write(c->master, data, (size_t)n); /* a terminal that nobody reads swallows what is too much */
}

/* ---- polling: always in the order master, listen, clients */

int console_poll(const struct console *c, struct pollfd *p)
{
	int n = 0;

	p[n++] = (struct pollfd){ .fd = c->master, .events = POLLIN };
	p[n++] = (struct pollfd){ .fd = c->listen, .events = POLLIN };
	for (int i = 0; i < CONSOLE_CLIENTS; i++)
		p[n++] = (struct pollfd){ .fd = c->client[i], .events = POLLIN };
	return n;
}

static bool read_master(struct console *c)
{
	char data[8192];
	ssize_t n = read(c->master, data, sizeof data);

	if (n <= 0)
		return false;
	output(c, data, (size_t)n);
	return true;
}

void console_handle(struct console *c, const struct pollfd *p)
{
	if (p[0].revents)
		read_master(c);
	if (p[1].revents)
		accept_client(c);
	for (int i = 0; i < CONSOLE_CLIENTS; i++) {
		if (c->client[i] >= 0 && c->client[i] == p[2 + i].fd && p[2 + i].revents)
			client_input(c, i);
	}
}

void console_drain(struct console *c)
{
	for (int i = 0; i < 1024 && c->master >= 0 && read_master(c); i++)
		;
}

void console_last(const struct console *c, size_t max, struct buf *to)
{
	size_t have = c->ring_used < max ? c->ring_used : max;

	for (size_t i = c->ring_used - have; i < c->ring_used; i++) {
		char ch = c->ring[i % RING_SIZE];

		if (ch == '\n')
			buf_addstr(to, i + 1 < c->ring_used ? "; " : "");
		else if (ch != '\r')
			buf_addch(to, ch);
	}
}

void console_close(struct console *c)
{
	for (int i = 0; i < CONSOLE_CLIENTS; i++)
		auto_fd(&c->client[i]);
	auto_fd(&c->listen);
	auto_fd(&c->log);
	if (c->dir >= 0)
		(void)unlinkat(c->dir, "console", 0);
	if (c->ring && c->ring != MAP_FAILED)
		munmap(c->ring, RING_SIZE);
	*c = CONSOLE_NONE;
}
