#include "runtime/image/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/auto.h"
#include "core/buf.h"
#include "runtime/image/feeder.h"
#include "runtime/image/reader.h"
#include "runtime/image/records.h"
#include "runtime/image/writer.h"

enum { FEED_PIPE = 512 * 1024 };

struct pipe {
	int from, to;
};

#define PIPE_NONE ((struct pipe){ -1, -1 })

static void auto_pipe(struct pipe *p)
{
	auto_fd(&p->from);
	auto_fd(&p->to);
}

static int pipe_open(struct pipe *p, int size, struct err *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	if (size)
		(void)fcntl(ends[1], F_SETPIPE_SZ, size); /* a smaller one works too */
	*p = (struct pipe){ ends[0], ends[1] };
	return 0;
}

struct children {
	pid_t feeder, reader; /* 0: not started */
	int result, records;  /* our ends of their pipes */
};

#define CHILDREN_NONE ((struct children){ 0, 0, -1, -1 })

static void auto_children(struct children *c)
{
	const pid_t pids[] = { c->feeder, c->reader };

	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		if (!pids[i])
			continue;
		(void)kill(pids[i], SIGKILL); /* our own child, not yet waited for: no other process can have its number */
		while (waitpid(pids[i], NULL, 0) < 0 && errno == EINTR)
			;
	}
	auto_fd(&c->result);
	auto_fd(&c->records);
}

static int start_feeder(const struct unpack *u, int to, int result, struct children *c, struct err *e)
{
	const struct feeding feeding = {
		.source = u->source,
		.keep = u->keep,
		.to = to,
		.result = result,
		.hash = u->hash,
	};
	pid_t pid = fork();

	if (!pid)
		feeder_run(&feeding);
	if (pid < 0)
		return err_sys(e, "fork");
	c->feeder = pid;
	return 0;
}

/* The kept copy as the reader may have it: it must not be able to change what has been hashed. */
static int open_read_only(int fd)
{
	char path[40];

	if (fd < 0 || str_fmt(path, sizeof path, "/proc/self/fd/%d", fd) < 0)
		return -1;
	return openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
}

static int start_reader(const struct unpack *u, int from, int records, struct children *c, struct err *e)
{
	AUTO(fd) int image = open_read_only(u->keep);
	AUTO(fd) int spool = image < 0 ? memfd_create("image", MFD_CLOEXEC) : -1;
	const struct reading reading = {
		.source = from,
		.image = image,
		.spool = spool,
		.records = records,
		.size = u->size,
		.unlimited = u->unlimited,
	};

	if (image < 0 && spool < 0)
		return err_sys(e, "memfd");
	pid_t pid = fork();
	if (!pid)
		reader_run(&reading);
	if (pid < 0)
		return err_sys(e, "fork");
	c->reader = pid;
	return 0;
}

static int start_children(const struct unpack *u, struct children *c, struct err *e)
{
	AUTO(pipe) struct pipe feed = PIPE_NONE;
	AUTO(pipe) struct pipe result = PIPE_NONE;
	AUTO(pipe) struct pipe records = PIPE_NONE;
	int r;

	if ((r = pipe_open(&feed, FEED_PIPE, e)) < 0 || (r = pipe_open(&result, 0, e)) < 0 ||
	    (r = pipe_open(&records, RECORDS_PIPE, e)) < 0 || (r = start_feeder(u, feed.to, result.to, c, e)) < 0 ||
	    (r = start_reader(u, feed.from, records.to, c, e)) < 0)
		return r;
	c->result = take_fd(&result.from);
	c->records = take_fd(&records.from);
	return 0;
}

static int wait_for(pid_t *pid)
{
	int status = 0;

	while (waitpid(*pid, &status, 0) < 0 && errno == EINTR)
		;
	*pid = 0;
	return status;
}

static int reader_died(struct children *c, struct err *e)
{
	int status = wait_for(&c->reader);

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return err_set(e, -EBADMSG, "the process that reads it did what it may not do and was killed");
	if (WIFSIGNALED(status))
		return err_set(e, -EBADMSG, "the process that reads it died of signal %d", WTERMSIG(status));
	return err_set(e, -EBADMSG, "the process that reads it ended unexpectedly");
}

static int read_fed(const struct children *c, struct fed *ret, struct err *e)
{
	ssize_t n;

	while ((n = read(c->result, ret, sizeof *ret)) < 0 && errno == EINTR)
		;
	if (n != sizeof *ret) /* less than PIPE_BUF: it comes whole or not at all */
		return err_set(e, -EBADMSG, "the process that hashes it ended unexpectedly");
	ret->error.text[sizeof ret->error.text - 1] = '\0';
	if (ret->error.code < 0 && e)
		*e = ret->error;
	return ret->error.code < 0 ? ret->error.code : 0;
}

/* The reader found it cut short: perhaps only since the feeder could not go on, which it has then said by now. */
static int prefer_feeders_error(const struct children *c, int r, struct err *e)
{
	struct pollfd p = { .fd = c->result, .events = POLLIN };
	struct err feeders = ERR_NONE;
	struct fed fed;

	if (poll(&p, 1, 0) != 1 || !(p.revents & POLLIN) || read_fed(c, &fed, &feeders) >= 0)
		return r;
	if (e)
		*e = feeders;
	return feeders.code;
}

static int run(struct unpack *u, struct unpack_result *res, struct report *report, struct err *e)
{
	AUTO(record_source) struct record_source source = { 0 };
	AUTO(children) struct children c = CHILDREN_NONE;
	struct reading_end end = { 0 };
	struct fed fed;
	int r;

	if ((r = start_children(u, &c, e)) < 0 || (r = source_open(&source, c.records, e)) < 0)
		return r;
	r = writer_run(&source, u, res, &end, report, e);
	if (r == -EPIPE)
		r = reader_died(&c, e);
	if (r < 0)
		return prefer_feeders_error(&c, r, e);
	if ((r = read_fed(&c, &fed, e)) < 0)
		return r;
	if (u->hash)
		*u->hash = fed.hash;
	res->bytes_read = fed.bytes;
	res->is_squashfs = end.is_squashfs;
	memcpy(res->extension, end.extension, sizeof res->extension);
	return 0;
}

int unpack(struct unpack *u, struct unpack_result *ret, struct report *report, struct err *e)
{
	struct unpack_result res = { 0 };
	int r = run(u, &res, report, e);

	if (r < 0)
		return err_in(e, r, "%s", u->name);
	*ret = res;
	return 0;
}
