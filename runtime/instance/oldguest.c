#include "runtime/instance/oldguest.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"

#define FIRST_WITH_V2 232

struct search {
	bool has_systemd;
	long version; /* of libsystemd-shared-NNN.so, 0: none, which is before 231 */
};

static int look_at(void *ctx, const char *name, unsigned char type)
{
	struct search *s = ctx;
	const char *number = str_after(name, "libsystemd-shared-");

	(void)type;
	if (str_eq(name, "systemd"))
		s->has_systemd = true;
	if (number)
		s->version = strtol(number, NULL, 10);
	return 0;
}

static void look_in(int layer, const char *path, struct search *s)
{
	AUTO(fd) int dir = at_open_in_root(layer, path, O_RDONLY | O_DIRECTORY, 0, NULL);

	if (dir >= 0)
		(void)at_each(dir, look_at, s, NULL); /* cannot be read: nothing is known */
}

/* A library of its own came with 231; its place moved twice. */
static bool has_old_systemd(int layer)
{
	struct search s = { false, 0 };

	look_in(layer, "/lib/systemd", &s);
	if (!s.has_systemd)
		return false;
	if (!s.version)
		look_in(layer, "/usr/lib/systemd", &s);
	for (const char *const *path = (const char *const[]){ "/usr/lib/x86_64-linux-gnu/systemd", "/usr/lib/aarch64-linux-gnu/systemd",
							      "/usr/lib64/systemd", NULL };
	     *path && !s.version; path++)
		look_in(layer, *path, &s);
	return s.version < FIRST_WITH_V2;
}

bool oldguest_wants_v1(int layer, const struct map *config)
{
	const char *line = map_get(config, "environment.SYSTEMD_PROC_CMDLINE");

	if (line && strstr(line, "systemd.unified_cgroup_hierarchy=0"))
		return true;
	if (line && strstr(line, "systemd.unified_cgroup_hierarchy=1"))
		return false;
	return layer >= 0 && has_old_systemd(layer);
}
