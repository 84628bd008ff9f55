#include "runtime/image/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/auto.h"
#include "core/buf.h"
#include "runtime/image/reader.h"
#include "runtime/image/records.h"
#include "runtime/image/writer.h"

struct child {
	pid_t pid;
	int records; /* our end of the pipe */
};

static int start_reader(const struct unpack *u, struct child *ret, struct err *e)
{
	int ends[2];
	AUTO(fd) int spool = u->keep < 0 ? memfd_create("image", MFD_CLOEXEC) : -1;
	struct reading reading = { .source = u->source,
				   .keep = u->keep,
				   .spool = spool,
				   .size = u->size,
				   .unlimited = u->unlimited,
				   .hash = u->hash };

	if (u->keep < 0 && spool < 0)
		return err_sys(e, "memfd");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "pipe");
	AUTO(fd) int from = ends[0], to = ends[1];
	(void)fcntl(to, F_SETPIPE_SZ, RECORDS_PIPE); /* a smaller one works too */
	reading.records = to;
	ret->pid = fork();
	if (ret->pid < 0)
		return err_sys(e, "fork");
	if (!ret->pid)
		reader_run(&reading);
	ret->records = take_fd(&from);
	return 0;
}

/* Its exit status, as wait(2) has it. */
static int reap(const struct child *c, bool kill_it)
{
	int status = 0;

	if (kill_it)
		(void)kill(c->pid, SIGKILL); /* our own child, not yet waited for: no other process can have its number */
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static int reader_died(int status, struct err *e)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return err_set(e, -EBADMSG, "the process that reads it did what it may not do and was killed");
	if (WIFSIGNALED(status))
		return err_set(e, -EBADMSG, "the process that reads it died of signal %d", WTERMSIG(status));
	return err_set(e, -EBADMSG, "the process that reads it ended unexpectedly");
}

static void fill_result(struct unpack_result *res, const struct reading_end *end)
{
	res->bytes_read = end->bytes_read;
	res->is_squashfs = end->is_squashfs;
	memcpy(res->extension, end->extension, sizeof res->extension);
}

static int run(struct unpack *u, struct unpack_result *res, struct report *report, struct err *e)
{
	AUTO(record_source) struct record_source source = { 0 };
	struct reading_end end = { 0 };
	struct child child = { 0, -1 };
	int r, status;

	if ((r = start_reader(u, &child, e)) < 0)
		return r;
	AUTO(fd) int records = child.records;
	r = source_open(&source, records, e);
	if (r >= 0)
		r = writer_run(&source, u, res, &end, report, e);
	status = reap(&child, r < 0 && r != -EPIPE);
	if (r == -EPIPE)
		return reader_died(status, e);
	if (r < 0)
		return r;
	if (u->hash)
		*u->hash = end.hash;
	fill_result(res, &end);
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
