/* writer - the privileged half of unpack: records become files below a directory
 *
 * Owner, then mode (chown clears setuid), then xattrs (chown and writing clear capabilities), then times. */
#pragma once
#include "runtime/image/records.h"
#include "runtime/image/unpack.h"

/* Until END, which goes to *RET_END, or an error, be it ours or the reader's. */
int writer_run(struct record_source *from, const struct unpack *u, struct unpack_result *ret, struct reading_end *ret_end,
	       struct report *report, struct err *e);
