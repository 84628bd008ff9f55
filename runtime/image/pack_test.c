#include "runtime/image/pack.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/at.h"
#include "core/auto.h"
#include "runtime/image/unpack.h"
#include "test/unit/test.h"

static void put(int dir, const char *name, const char *text)
{
	CHECK_ROW(name, !at_write_atomic(dir, name, text, strlen(text), 0640, NULL));
}

/* A bit of everything, below the test's directory. */
static int make_directory(const char *name)
{
	int dir = at_mkdir(test_dir(), name, 0755, NULL);
	char deep[256];

	memset(deep, 'd', 200);
	deep[200] = '\0';
	put(dir, "metadata.yaml", "x");
	CHECK(!mkdirat(dir, "rootfs", 0711));
	AUTO(fd) int root = at_open(dir, "rootfs", O_RDONLY | O_DIRECTORY, 0, NULL);
	put(root, "b", "b");
	put(root, "a", "a");
	CHECK(!linkat(root, "b", root, "c", 0));
	CHECK(!symlinkat("/nowhere/at/all", root, "sym"));
	CHECK(!mkfifoat(root, "fifo", 0600));
	AUTO(fd) int long_dir = at_mkdir(root, deep, 0755, NULL);
	put(long_dir, deep, "long");
	AUTO(fd) int sparse = openat(root, "sparse", O_WRONLY | O_CREAT | O_CLOEXEC, 04755);
	CHECK(pwrite(sparse, "tail", 4, 100 << 20) == 4);
	CHECK(!fchmod(sparse, 04755));
	return dir;
}

static void pack_into(struct buf *to, int dir)
{
	AUTO(fd) int fd = memfd_create("pack", MFD_CLOEXEC);
	struct err e = ERR_NONE;

	if (!CHECK_INT(pack_directory(dir, fd, &e), 0))
		CHECK_STR(e.text, "");
	CHECK(!lseek(fd, 0, SEEK_SET) && !fd_read(fd, 1 << 20, to, NULL));
}

TEST(the_same_directory_gives_the_same_bytes)
{
	AUTO(buf) struct buf one = BUF_NONE;
	AUTO(buf) struct buf two = BUF_NONE;

	setenv("SOURCE_DATE_EPOCH", "1000000000", 1);
	AUTO(fd) int a = make_directory("a"), b = make_directory("b");
	pack_into(&one, a);
	pack_into(&two, b);
	CHECK(one.len > 100 && one.len == two.len && !memcmp(one.s, two.s, one.len));
}

TEST(what_is_packed_is_unpacked_the_same)
{
	AUTO(buf) struct buf bytes = BUF_NONE;
	AUTO(buf) struct buf text = BUF_NONE;
	AUTO(fd) int dest = at_mkdir(test_dir(), "dest", 0755, NULL), source = memfd_create("source", MFD_CLOEXEC);
	struct unpack u = { .source = source, .name = "x", .keep = -1, .dest = dest };
	struct unpack_result res;
	struct stat s, t;

	setenv("SOURCE_DATE_EPOCH", "1000000000", 1);
	AUTO(fd) int dir = make_directory("a");
	pack_into(&bytes, dir);
	CHECK(!fd_write(source, bytes.s, bytes.len) && !lseek(source, 0, SEEK_SET));
	if (!CHECK_INT(unpack(&u, &res, NULL, NULL), 0))
		return;
	CHECK_STR(res.extension, ".tar.zst");
	CHECK_INT(res.members, 10);
	CHECK(!fstatat(dest, "rootfs", &s, 0));
	CHECK_INT(s.st_mode & 07777, 0711);
	CHECK_INT(s.st_mtime, 1000000000);
	CHECK(!fstatat(dest, "rootfs/sparse", &s, 0));
	CHECK_INT(s.st_size, (100 << 20) + 4);
	CHECK_INT(s.st_mode & 07777, 04755);
	CHECK(s.st_blocks < 64);
	CHECK(!fstatat(dest, "rootfs/b", &s, 0) && !fstatat(dest, "rootfs/c", &t, 0) && s.st_ino == t.st_ino);
	CHECK_INT(s.st_mode & 07777, 0640);
	CHECK(!fstatat(dest, "rootfs/sym", &s, AT_SYMLINK_NOFOLLOW) && S_ISLNK(s.st_mode));
	CHECK(!fstatat(dest, "rootfs/fifo", &s, AT_SYMLINK_NOFOLLOW) && S_ISFIFO(s.st_mode));
}
