#include "runtime/image/feeder.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/at.h"
#include "core/auto.h"
#include "runtime/host/sandbox.h"

enum { PIECE = 128 * 1024 };

static const uint64_t memory = (uint64_t)64 * 1024 * 1024;

/* 1: there may be more. */
static int feed_piece(const struct feeding *f, uint8_t *piece, struct fed *fed)
{
	ssize_t n = read(f->source, piece, PIECE);
	int r;

	if (n < 0)
		return errno == EINTR ? 1 : err_sys(&fed->error, "reading");
	if (!n)
		return 0;
	fed->bytes += (uint64_t)n;
	/* Kept before it is handed on: who sees the end of the pipe finds all of the copy. */
	if (f->keep >= 0 && (r = fd_write(f->keep, piece, (size_t)n)) < 0)
		return err_code(&fed->error, r, "keeping a copy");
	r = fd_write(f->to, piece, (size_t)n);
	if (r < 0 && r != -EPIPE)
		return err_code(&fed->error, r, "handing on");
	hash_add(&fed->hash, piece, (size_t)n);
	return 1;
}

_Noreturn void feeder_run(const struct feeding *f)
{
	const int fds[] = { f->source, f->keep, f->to, f->result };
	const struct sandbox box = { fds, ARRAY_SIZE(fds), memory };
	struct fed fed = { .error = ERR_NONE };
	uint8_t *piece = malloc(PIECE);
	int r = piece ? 0 : err_code(&fed.error, -ENOMEM, "reading");

	if (f->hash)
		fed.hash = *f->hash;
	else
		hash_init(&fed.hash);
	(void)signal(SIGPIPE, SIG_IGN);
	if (!r)
		r = sandbox_enter(&box, &fed.error);
	for (r = r < 0 ? r : 1; r == 1;)
		r = feed_piece(f, piece, &fed);
	_exit(fd_write(f->result, &fed, sizeof fed) < 0 ? 1 : 0); /* TO is closed by this, not before */
}
