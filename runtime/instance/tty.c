#include "runtime/instance/tty.h"
#include <unistd.h>

void tty_raw(struct tty *t, int fd)
{
	struct termios raw;

	t->fd = -1;
	if (tcgetattr(fd, &t->before) < 0)
		return;
	raw = t->before;
	cfmakeraw(&raw);
	if (tcsetattr(fd, TCSADRAIN, &raw) == 0)
		t->fd = fd;
}

void tty_restore(struct tty *t)
{
	if (t->fd >= 0)
		(void)tcsetattr(t->fd, TCSADRAIN, &t->before); /* it may have hung up by now */
	t->fd = -1;
}

bool tty_size(const int *fd, int n, struct winsize *ret)
{
	for (int i = 0; i < n; i++) {
		if (ioctl(fd[i], TIOCGWINSZ, ret) == 0)
			return true;
	}
	return false;
}
