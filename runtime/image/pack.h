/* pack - a directory into the archive of a unified image, the same bytes for the same directory
 *
 * Directories before their content, names in the order of their bytes, the first name of several of a file is the file. What is
 * mounted below stays out, and so do sockets and the host's policy (security.* but capabilities). SOURCE_DATE_EPOCH, when set in
 * the environment, is the newest time that a file may have. */
#pragma once
#include "core/err.h"

/* DIR/metadata.yaml, DIR/templates and DIR/rootfs, as far as they are there, as tar.zst to FD. */
int pack_directory(int dir, int fd, struct err *e);
