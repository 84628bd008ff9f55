#include "runtime/instance/step.h"
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "core/auto.h"

static bool is_wanted(const struct step *s, const struct plan *p)
{
	return !s->wanted || s->wanted(p);
}

static void undo_before(const struct step *table, const struct step *end, struct start *s)
{
	while (end-- > table) {
		if (end->undo && is_wanted(end, s->plan))
			end->undo(s);
	}
}

int steps_run(const struct step *table, struct start *s, struct err *e)
{
	for (const struct step *step = table; *step->name; step++) {
		if (!is_wanted(step, s->plan))
			continue;
		int r = step->run(s, e);
		if (r < 0) {
			/* the one that failed undoes its own half as well */
			undo_before(table, step + 1, s);
			return err_in(e, r, "%s", step->name);
		}
	}
	return 0;
}

void steps_undo(const struct step *table, struct start *s)
{
	const struct step *end = table;

	while (*end->name)
		end++;
	undo_before(table, end, s);
}

static void explain_table(const struct step *table, const struct plan *p, struct buf *to)
{
	for (const struct step *step = table; *step->name; step++) {
		if (!is_wanted(step, p))
			continue;
		buf_addf(to, "%-8s %-14s ", step->where == IN_HOST ? "host" : "inside", step->name);
		step->describe(p, to);
		buf_addch(to, '\n');
	}
}

void steps_explain(const struct plan *p, struct buf *to)
{
	explain_table(spawn_steps, p, to);
	explain_table(settle_steps, p, to);
	explain_table(guest_steps, p, to);
}

#define MAX_FDS 8

int channel_send(int channel, const struct channel_message *m, const int *fd, int n_fds, struct err *e)
{
	union {
		char space[CMSG_SPACE(sizeof(int) * MAX_FDS)];
		struct cmsghdr align;
	} control = { { 0 } };
	struct iovec io = { (void *)m, sizeof *m };
	struct msghdr msg = { .msg_iov = &io, .msg_iovlen = 1 };

	if (n_fds) {
		msg.msg_control = control.space;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n_fds);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		assert(c); /* there is room: the union says so */
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n_fds);
		memcpy(CMSG_DATA(c), fd, sizeof(int) * (size_t)n_fds);
	}
	return sendmsg(channel, &msg, MSG_NOSIGNAL) < 0 ? err_sys(e, "channel") : 0;
}

static void take_descriptors(struct msghdr *msg, int *fd, int n_fds)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return;
	int have = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	for (int i = 0; i < have; i++) {
		int one;

		memcpy(&one, CMSG_DATA(c) + (size_t)i * sizeof one, sizeof one);
		if (i < n_fds)
			fd[i] = one;
		else
			close(one);
	}
}

int channel_receive(int channel, struct channel_message *m, int *fd, int n_fds, struct err *e)
{
	union {
		char space[CMSG_SPACE(sizeof(int) * MAX_FDS)];
		struct cmsghdr align;
	} control;
	struct iovec io = { m, sizeof *m };
	struct msghdr msg = {
		.msg_iov = &io, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space,
	};
	bool reset = false;
	ssize_t n;

	for (int i = 0; i < n_fds; i++)
		fd[i] = -1;
	/* ECONNRESET, once: the other side ended without reading all of ours; what it said before is still there */
	while ((n = recvmsg(channel, &msg, MSG_CMSG_CLOEXEC)) < 0 && (errno == EINTR || (errno == ECONNRESET && !reset)))
		reset = errno == ECONNRESET;
	if (n < 0)
		return errno == ECONNRESET ? 0 : err_sys(e, "channel");
	if (n == 0)
		return 0;
	if (n != sizeof *m)
		return err_set(e, -EPROTO, "channel: %zd bytes", n);
	take_descriptors(&msg, fd, n_fds);
	return msg.msg_flags & MSG_CTRUNC ? err_code(e, -EMFILE, "channel") : 1;
}
