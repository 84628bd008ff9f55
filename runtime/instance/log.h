/* log - instances/NAME/log: why the last start or stop went so; what `info --show-log` shows */
#pragma once
#include "core/buf.h"
#include "core/err.h"

/* Appends "TIME TEXT"; bounded to 64 KiB (then begun anew). Best effort: a log never fails what it tells about. */
void log_line(int dir, const char *fmt, ...) PRINTF(2, 3);

int log_read(int dir, struct buf *to, struct err *e); /* missing: nothing */
