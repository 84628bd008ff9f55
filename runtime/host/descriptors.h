/* descriptors - no descriptor crosses into a container by accident */
#pragma once

/* Closes, or marks close-on-exec, every descriptor above KEEP: close_range(2) (5.9; CLOEXEC 5.11), else one by one. */
void descriptors_close_above(int keep);
void descriptors_cloexec_above(int keep);
