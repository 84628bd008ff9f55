/* feeder - reads an image file once: hashes it, keeps a copy, hands it on to the reader
 *
 * A process of its own, and not part of the reader: what parses a stranger's bytes must not be the one to say which bytes they
 * were (rule R10), and hashing takes as long as unpacking does, so the two run beside each other. It goes on to the source's end
 * even when nobody wants more. */
#pragma once
#include <stdint.h>
#include "core/err.h"
#include "core/hash.h"

struct feeding {
	int source;
	int keep; /* a copy goes here; -1: none */
	int to;	  /* the reader's pipe */
	int result;
	const struct hash *hash; /* to start from; NULL: anew */
};

/* What it says in the end, through the pipe RESULT, before it closes TO. */
struct fed {
	struct hash hash;
	uint64_t bytes;
	struct err error;
};

/* In the child: does everything and ends it. */
_Noreturn void feeder_run(const struct feeding *feeding);
