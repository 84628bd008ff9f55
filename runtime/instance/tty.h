/* tty - this side's terminal while a command inside has one of its own */
#pragma once
#include <stdbool.h>
#include <sys/ioctl.h>
#include <termios.h>

struct tty {
	int fd; /* -1: not raw */
	struct termios before;
};

#define TTY_NONE ((struct tty){ .fd = -1 })

/* FD raw, if it is a terminal; tty_restore() puts it back. */
void tty_raw(struct tty *t, int fd);
void tty_restore(struct tty *t);

/* The window's size of the first of the descriptors that is a terminal; false: none is. */
bool tty_size(const int *fd, int n, struct winsize *ret);

static inline void auto_tty(struct tty *t)
{
	tty_restore(t);
}
