/* descriptors - no descriptor crosses into a container by accident */
#pragma once

/* Closes, or marks close-on-exec, every descriptor above KEEP: close_range(2) (5.9; CLOEXEC 5.11), else one by one. */
void descriptors_close_above(int keep);
void descriptors_cloexec_above(int keep);

/* Before the exec of something inside: closes all but 0, 1, 2 and FD, whose new number (close-on-exec) it returns, -1 when that was not to be
 * had. An exec looks its path up before it closes what is marked for that, and /proc/self/fd/N on the way would lead to the host. */
int descriptors_keep(int fd);
