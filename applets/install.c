#include "applets/install.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "applets/applet.h"
#include "core/at.h"

/* A link of ours from before is replaced; anything else in the way stays and is named. */
static int link_one(int dir, const char *self, const char *name, struct err *e)
{
	char old[4096];
	ssize_t n;

	if (symlinkat(self, dir, name) >= 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(e, "%s", name);
	n = readlinkat(dir, name, old, sizeof old - 1);
	if (n < 0)
		return err_set(e, -EEXIST, "%s: there is already something else of that name", name);
	old[n] = '\0';
	if (str_eq(old, self))
		return 0;
	if (unlinkat(dir, name, 0) < 0 || symlinkat(self, dir, name) < 0)
		return err_sys(e, "%s", name);
	return 0;
}

int install_links(struct call *c, const char *dir)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	AUTO(fd) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct applet *p;
	int r;

	if (n < 0)
		return err_sys(c->err, "/proc/self/exe");
	self[n] = '\0';
	if (fd < 0)
		return err_sys(c->err, "%s", dir);
	r = link_one(fd, self, "lxc", c->err);
	for (size_t i = 0; r >= 0 && (p = applet_at(NULL, i)); i++)
		if (!applet_is_absent(p))
			r = link_one(fd, self, p->name, c->err);
	return err_in(c->err, r, "cannot install links in %s", dir);
}
