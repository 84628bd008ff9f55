#include "runtime/image/route.h"

#include <errno.h>

#include "core/auto.h"
#include "core/buf.h"
#include "test/unit/test.h"

TEST(members_go_where_their_names_say)
{
	static const struct {
		enum unpack_kind kind;
		const char *name;
		enum zone zone;
		bool top;
		const char *path;
	} row[] = {
		{ UNPACK_UNIFIED, "metadata.yaml", ZONE_METADATA, true, "metadata.yaml" },
		{ UNPACK_UNIFIED, "./metadata.yaml", ZONE_METADATA, true, "metadata.yaml" },
		{ UNPACK_METADATA, "templates/", ZONE_TEMPLATES, true, "templates" },
		{ UNPACK_UNIFIED, "templates/hostname.tpl", ZONE_TEMPLATES, false, "templates/hostname.tpl" },
		{ UNPACK_UNIFIED, "rootfs", ZONE_ROOTFS, true, "rootfs" },
		{ UNPACK_UNIFIED, "./rootfs/./etc//passwd", ZONE_ROOTFS, false, "rootfs/etc/passwd" },
		{ UNPACK_UNIFIED, "rootfs/.", ZONE_ROOTFS, true, "rootfs" },
		{ UNPACK_UNIFIED, "rootfs/...", ZONE_ROOTFS, false, "rootfs/..." },
		{ UNPACK_UNIFIED, "rootfsx/a", ZONE_NONE, false, "rootfsx/a" },
		{ UNPACK_UNIFIED, "backup.yaml", ZONE_NONE, false, "backup.yaml" },
		{ UNPACK_UNIFIED, "dir/metadata.yaml", ZONE_NONE, false, "dir/metadata.yaml" },
		{ UNPACK_UNIFIED, "./", ZONE_NONE, false, "" },
		{ UNPACK_ROOTFS, "./", ZONE_ROOTFS, true, "rootfs" },
		{ UNPACK_ROOTFS, ".", ZONE_ROOTFS, true, "rootfs" },
		{ UNPACK_ROOTFS, "metadata.yaml", ZONE_ROOTFS, false, "rootfs/metadata.yaml" },
		{ UNPACK_ROOTFS, "usr/rootfs/x", ZONE_ROOTFS, false, "rootfs/usr/rootfs/x" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct route r;

		if (!CHECK_ROW_INT(row[i].name, route_member(row[i].kind, row[i].name, strlen(row[i].name), &r, NULL), 0))
			continue;
		CHECK_ROW_STR(row[i].name, r.path, row[i].path);
		CHECK_ROW_INT(row[i].name, r.zone, row[i].zone);
		CHECK_ROW_INT(row[i].name, r.top, row[i].top);
		CHECK_ROW_INT(row[i].name, r.n, strlen(row[i].path));
	}
}

TEST(names_that_attack_are_refused)
{
	static const struct {
		const char *name;
		enum unpack_kind kind;
		int r;
	} row[] = {
		{ "", UNPACK_UNIFIED, -EINVAL },
		{ "/metadata.yaml", UNPACK_UNIFIED, -EINVAL },
		{ "././metadata.yaml", UNPACK_UNIFIED, -EINVAL },
		{ "..", UNPACK_UNIFIED, -EINVAL },
		{ "rootfs/../x", UNPACK_UNIFIED, -EINVAL },
		{ "rootfs/a/..", UNPACK_UNIFIED, -EINVAL },
		{ "metadata.yaml/x", UNPACK_UNIFIED, -EINVAL },
		{ "../x", UNPACK_ROOTFS, -EINVAL },
		{ "rootfs/etc", UNPACK_ROOTFS, -EINVAL },
		{ "./rootfs", UNPACK_ROOTFS, -EINVAL },
	};
	AUTO(buf) struct buf longest = BUF_NONE;
	struct route r;

	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		CHECK_ROW_INT(row[i].name, route_member(row[i].kind, row[i].name, strlen(row[i].name), &r, NULL), row[i].r);
	CHECK_INT(route_member(UNPACK_ROOTFS, "a\0b", 3, &r, NULL), -EINVAL);

	buf_fill(&longest, 'a', 255);
	CHECK_INT(route_member(UNPACK_ROOTFS, longest.s, 255, &r, NULL), 0);
	buf_addch(&longest, 'a');
	CHECK_INT(route_member(UNPACK_ROOTFS, longest.s, 256, &r, NULL), -ENAMETOOLONG);
	buf_reset(&longest);
	while (longest.len < NAME_LIMIT)
		buf_addstr(&longest, "a/");
	CHECK_INT(route_member(UNPACK_ROOTFS, longest.s, NAME_LIMIT, &r, NULL), 0);
	buf_addch(&longest, 'a');
	CHECK_INT(route_member(UNPACK_ROOTFS, longest.s, NAME_LIMIT + 1, &r, NULL), -ENAMETOOLONG);
}
