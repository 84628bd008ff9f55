/* probe - what this kernel and host can, feature by feature, by trying; what is lost without */
#pragma once

/* Each feature through LINE: what, "yes" or why not, and what is lost then. Returns how many that matter are missing. */
int probe_host(void (*line)(void *ctx, const char *what, const char *state, const char *loss), void *ctx);
