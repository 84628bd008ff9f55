#include "runtime/image/route.h"

#include <errno.h>
#include <string.h>

#include "core/buf.h"

enum { COMPONENT_MOST = 255 };

static int add_component(struct route *to, const char *s, size_t n, struct err *e)
{
	if (n > COMPONENT_MOST)
		return err_set(e, -ENAMETOOLONG, "%.*s...: a name longer than %d bytes", 80, s, COMPONENT_MOST);
	if (to->n)
		to->path[to->n++] = '/';
	memcpy(to->path + to->n, s, n);
	to->n += n;
	to->path[to->n] = '\0';
	return 0;
}

/* Appends the components of NAME; those that are empty or "." add nothing. */
static int add_name(struct route *to, const char *name, size_t n, struct err *e)
{
	for (const char *end = name + n; name < end;) {
		const char *slash = memchr(name, '/', (size_t)(end - name));
		size_t part = (size_t)((slash ? slash : end) - name);
		int r = 0;

		if (part == 2 && name[0] == '.' && name[1] == '.')
			return err_set(e, -EINVAL, "Member name contains '..'");
		if (part && !(part == 1 && *name == '.'))
			r = add_component(to, name, part, e);
		if (r < 0)
			return r;
		name += part + 1;
	}
	return 0;
}

static enum zone zone_of(const struct route *r)
{
	static const struct {
		const char *name;
		enum zone zone;
	} row[] = { { "metadata.yaml", ZONE_METADATA }, { "templates", ZONE_TEMPLATES }, { "rootfs", ZONE_ROOTFS } };
	size_t n = strcspn(r->path, "/");

	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (n == strlen(row[i].name) && !memcmp(r->path, row[i].name, n))
			return row[i].zone;
	return ZONE_NONE;
}

static int check_name(const char *name, size_t n, struct err *e)
{
	if (!n)
		return err_set(e, -EINVAL, "a member has no name");
	if (n > NAME_LIMIT)
		return err_set(e, -ENAMETOOLONG, "a name longer than %d bytes", NAME_LIMIT);
	if (memchr(name, '\0', n))
		return err_set(e, -EINVAL, "a name with a NUL in it");
	if (*name == '/')
		return err_set(e, -EINVAL, "absolute member name");
	return 0;
}

static int route_name(enum unpack_kind kind, const char *name, size_t n, struct route *ret, struct err *e)
{
	int r = check_name(name, n, e);

	ret->n = 0;
	ret->path[0] = '\0';
	if (r < 0)
		return r;
	if (n > 1 && !memcmp(name, "./", 2)) {
		name += 2;
		n -= 2;
	}
	if (n > 1 && !memcmp(name, "./", 2))
		return err_set(e, -EINVAL, "a name with more than one ./ before it");
	if (kind == UNPACK_ROOTFS && (r = add_component(ret, "rootfs", 6, e)) < 0)
		return r;
	if ((r = add_name(ret, name, n, e)) < 0)
		return r;
	ret->zone = zone_of(ret);
	ret->top = ret->zone && !strchr(ret->path, '/');
	if (ret->zone == ZONE_METADATA && !ret->top)
		return err_set(e, -EINVAL, "metadata.yaml is a directory");
	if (kind == UNPACK_ROOTFS && (str_eq(ret->path, "rootfs/rootfs") || str_after(ret->path, "rootfs/rootfs/")))
		return err_set(e, -EINVAL, "second file has rootfs/ at the top: a unified image?");
	return 0;
}

int route_member(enum unpack_kind kind, const char *name, size_t n, struct route *ret, struct err *e)
{
	int r = route_name(kind, name, n, ret, e);

	return r < 0 ? err_in(e, r, "%.*s", n < 200 ? (int)n : 200, name) : 0;
}
