#include "runtime/isolate/idmap.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/auto.h"
#include "core/buf.h"
#include "core/at.h"
#include "test/unit/test.h"

static const char *row_of(int i)
{
	static char text[16];

	str_fmt(text, sizeof text, "row %d", i);
	return text;
}

static void write_file(const char *path, const char *text)
{
	AUTO(fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	CHECK_INT(fd_write(fd, text, strlen(text)), 0);
}

TEST(idmap_pool_is_what_both_files_allow)
{
	static const struct {
		const char *uid, *gid;
		uint32_t base, size;
	} row[] = {
		{ "", "", 1000000, 999000000 },
		{ "root:100000:65536\n", "root:100000:65536\n", 100000, 65536 },
		{ "lxd:1:1\nroot:200000:1000000\n", "root:300000:1000000\n", 300000, 900000 },
		{ "0:500000:131072", "root:500000:131072", 500000, 131072 },
		{ "root:100000:65535\n", "root:100000:65536\n", 1000000, 999000000 }, /* too small for one instance */
		{ "root:100000:65536\n", "other:100000:65536\n", 1000000, 999000000 },
		{ "root:x:65536\nroot\n:::\n", "root:100000:-1\n", 1000000, 999000000 },
		{ "root:4294901760:65536\n", "root:4294901760:65536\n", 1000000, 999000000 }, /* beyond 32 bits */
	};
	char uid[256], gid[256];

	str_fmt(uid, sizeof uid, "/proc/self/fd/%d/subuid", test_dir());
	str_fmt(gid, sizeof gid, "/proc/self/fd/%d/subgid", test_dir());
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct idmap pool;

		write_file(uid, row[i].uid);
		write_file(gid, row[i].gid);
		CHECK_ROW_INT(row_of((int)i), idmap_pool(uid, gid, &pool, NULL), 0);
		CHECK_ROW_INT(row_of((int)i), pool.base, row[i].base);
		CHECK_ROW_INT(row_of((int)i), pool.size, row[i].size);
	}
}

static struct idmap_owner make_owner(struct store *st, const char *name)
{
	struct idmap_owner o = { 0 };
	struct stat s;

	mkdirat(st->instances, name, 0700);
	fstatat(st->instances, name, &s, 0);
	o.inode = s.st_ino;
	str_fmt(o.place[0], sizeof o.place[0], "trash/none");
	str_fmt(o.place[1], sizeof o.place[1], "instances/%s", name);
	return o;
}

TEST(idmap_claims_are_disjoint_and_come_back)
{
	AUTO(store) struct store st = { 0 };
	char path[256], name[16];
	struct idmap map[40];
	struct idmap_owner owner[40];

	str_fmt(path, sizeof path, "/proc/self/fd/%d/state", test_dir());
	CHECK_INT(store_open(&st, path, true, NULL), 0);
	for (int i = 0; i < 40; i++) {
		str_fmt(name, sizeof name, "c%d", i);
		owner[i] = make_owner(&st, name);
		CHECK_ROW_INT(row_of((int)i), idmap_claim(&st, &owner[i], i == 3 ? 200000 : IDMAP_SIZE, &map[i], NULL), 0);
		for (int j = 0; j < i; j++)
			CHECK_ROW_INT(row_of((int)i), map[i].base + map[i].size <= map[j].base || map[j].base + map[j].size <= map[i].base, 1);
	}
	/* an owner that is nowhere: found dead, its range is free again */
	CHECK_INT(unlinkat(st.instances, "c7", AT_REMOVEDIR), 0);
	CHECK_INT(idmap_sweep(&st, NULL), 0);
	struct idmap again;
	owner[7] = make_owner(&st, "c7");
	CHECK_INT(idmap_claim(&st, &owner[7], IDMAP_SIZE, &again, NULL), 0);
	CHECK_INT(again.base, map[7].base);
	/* released: the same name gets the same */
	idmap_release(&st, &owner[9], &map[9]);
	CHECK_INT(idmap_claim(&st, &owner[9], IDMAP_SIZE, &again, NULL), 0);
	CHECK_INT(again.base, map[9].base);
}
