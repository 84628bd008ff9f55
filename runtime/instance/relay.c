#include "runtime/instance/relay.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "core/at.h"
#include "core/auto.h"

#define CHUNK	  65536
#define PIPE_SIZE (1 << 20)

static bool is_anonymous_pipe(int fd)
{
	struct statfs s;

	return fstatfs(fd, &s) == 0 && s.f_type == PIPEFS_MAGIC;
}

enum way { PASS, COPY, REFUSE };

static enum way way_of(int fd, bool mapped, const struct stat *s)
{
	switch (s->st_mode & S_IFMT) {
	case S_IFIFO:
		return is_anonymous_pipe(fd) ? PASS : COPY;
	case S_IFSOCK:
		return PASS;
	case S_IFCHR:
		return mapped && s->st_rdev == makedev(1, 3) ? PASS : COPY; /* /dev/null */
	case S_IFDIR:
		return REFUSE;
	default:
		return COPY;
	}
}

static int make_pipe(struct relay *r, uid_t owner, struct err *e)
{
	int end[2];

	if (pipe2(end, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	(void)fcntl(end[0], F_SETPIPE_SZ, PIPE_SIZE); /* smaller is only slower */
	(void)fchown(end[0], owner, owner);
	r->piped = true;
	r->inner = end[r->input ? 0 : 1];
	r->pipe = end[r->input ? 1 : 0];
	(void)fcntl(r->pipe, F_SETFL, O_NONBLOCK | (r->input ? O_WRONLY : O_RDONLY));
	return 0;
}

int relay_open(struct relay *r, int fd, bool input, uid_t owner, bool mapped, struct err *e)
{
	struct stat s;

	*r = RELAY_NONE;
	r->outer = r->inner = fd;
	r->input = input;
	if (fstat(fd, &s) < 0)
		return err_sys(e, "standard descriptor %d", fd);
	switch (way_of(fd, mapped, &s)) {
	case PASS:
		if (S_ISFIFO(s.st_mode))
			(void)fchown(fd, owner, owner); /* so that /dev/stderr can be opened inside */
		return 0;
	case REFUSE:
		return err_set(e, -EISDIR, "standard descriptor %d is a directory: it does not go into a container", fd);
	case COPY:
		break;
	}
	r->seekable = input && S_ISREG(s.st_mode);
	return make_pipe(r, owner, e);
}

void relay_started(struct relay *r)
{
	/* of a file the reading end is kept: it tells at the end how much nobody read */
	if (r->piped && r->inner >= 0 && !r->seekable)
		close(take_fd(&r->inner));
}

struct pollfd relay_poll(const struct relay *r)
{
	struct pollfd p = { .fd = -1 };

	if (!r->piped || r->pipe < 0)
		return p;
	if (r->full)
		return (struct pollfd){ .fd = r->input ? r->pipe : r->outer, .events = POLLOUT };
	if (!r->input)
		return (struct pollfd){ .fd = r->pipe, .events = POLLIN };
	/* regular files are always readable: wait for room; others are waited for themselves */
	return r->seekable ? (struct pollfd){ .fd = r->pipe, .events = POLLOUT } :
			     (struct pollfd){ .fd = r->outer, .events = POLLIN };
}

static void end_pipe(struct relay *r)
{
	close(take_fd(&r->pipe));
}

/* Within the kernel where it can be; appended-to files and terminals need the copy. */
static ssize_t move_some(int from, int to)
{
	char data[CHUNK];
	ssize_t n = splice(from, NULL, to, NULL, CHUNK, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);

	if (n >= 0 || errno != EINVAL)
		return n;
	n = read(from, data, sizeof data);
	if (n > 0 && fd_write(to, data, (size_t)n) < 0)
		return -1;
	return n;
}

/* What goes into the pipe must not block here, so no more is read than there is room for. */
static ssize_t feed(struct relay *r)
{
	char data[4096];
	ssize_t n = splice(r->outer, NULL, r->pipe, NULL, CHUNK, SPLICE_F_NONBLOCK);

	if (n >= 0 || errno != EINVAL)
		return n;
	struct pollfd room = { .fd = r->pipe, .events = POLLOUT };
	if (poll(&room, 1, 0) <= 0 || !(room.revents & POLLOUT)) {
		errno = room.revents ? EPIPE : EAGAIN;
		return -1;
	}
	n = read(r->outer, data, sizeof data); /* POLLOUT of a pipe: a page is free */
	return n > 0 && fd_write(r->pipe, data, (size_t)n) < 0 ? -1 : n;
}

/* Nothing went on though there is something: for the lack of room. */
static bool is_full(const struct relay *r, ssize_t n)
{
	struct pollfd from = { .fd = r->input ? r->outer : r->pipe, .events = POLLIN };

	return n < 0 && errno == EAGAIN && poll(&from, 1, 0) > 0 && (from.revents & POLLIN);
}

void relay_handle(struct relay *r, short revents)
{
	if (!revents || r->pipe < 0)
		return;
	ssize_t n = r->input ? feed(r) : move_some(r->pipe, r->outer);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		end_pipe(r);
	else
		r->full = is_full(r, n);
}

/* What is still in the pipe was read from the file but not by the command. */
static void give_back(struct relay *r)
{
	int left = 0;

	if (ioctl(r->inner, FIONREAD, &left) == 0 && left > 0)
		(void)lseek(r->outer, -(off_t)left, SEEK_CUR);
}

void relay_finish(struct relay *r)
{
	if (!r->piped)
		return;
	if (r->input) {
		if (r->seekable)
			give_back(r);
		return;
	}
	while (r->pipe >= 0) {
		ssize_t n = move_some(r->pipe, r->outer);
		struct pollfd room = { .fd = r->outer, .events = POLLOUT };
		if (n <= 0 && (!is_full(r, n) || poll(&room, 1, -1) < 0))
			break;
	}
}

void relay_close(struct relay *r)
{
	auto_fd(&r->pipe);
	if (r->piped)
		auto_fd(&r->inner);
	*r = RELAY_NONE;
}
