#include "runtime/image/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"
#include "test/unit/test.h"

/* ---- archives made by hand: headers as raw as needed */

static void put_octal(char *to, size_t n, unsigned long v)
{
	(void)str_fmt(to, n, "%0*lo", (int)n - 1, v);
}

static void put_checksum(char *h)
{
	unsigned sum = 0;

	memset(h + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += (unsigned char)h[i];
	put_octal(h + 148, 7, sum);
}

/* A member; DATA (if any) is its content, SIZE what the header says. */
static void add_sized(struct buf *to, char type, const char *name, const char *link, unsigned mode, const char *data, size_t n,
		      unsigned long size)
{
	char h[512] = { 0 };

	strncpy(h, name, 100);
	put_octal(h + 100, 8, mode);
	put_octal(h + 108, 8, 0);
	put_octal(h + 116, 8, 0);
	put_octal(h + 124, 12, size);
	put_octal(h + 136, 12, 1000000000);
	h[156] = type;
	strncpy(h + 157, link, 100);
	(void)str_fmt(h + 257, 6, "ustar");
	h[263] = h[264] = '0';
	put_octal(h + 329, 8, 0);
	put_octal(h + 337, 8, 0);
	put_checksum(h);
	buf_add(to, h, sizeof h);
	buf_add(to, data, n);
	buf_fill(to, '\0', -n % 512);
}

static void add(struct buf *to, char type, const char *name, const char *link, unsigned mode, const char *data)
{
	add_sized(to, type, name, link, mode, data, strlen(data), strlen(data));
}

/* "KEY=VALUE" for the member that follows. */
static void add_pax(struct buf *to, const char *record, size_t n)
{
	AUTO(buf) struct buf line = BUF_NONE;

	size_t total = n + 3; /* with one digit, a blank and a newline */
	for (size_t most = 9; total > most; most = most * 10 + 9)
		total++;
	buf_addf(&line, "%zu ", total);
	buf_add(&line, record, n);
	buf_addch(&line, '\n');
	add_sized(to, 'x', "pax", "", 0644, line.s, line.len, line.len);
}

static void add_end(struct buf *to)
{
	buf_fill(to, '\0', 1024);
}

static void add_image(struct buf *to)
{
	add(to, '0', "metadata.yaml", "", 0644, "architecture: amd64\ncreation_date: 1\n");
	add(to, '5', "rootfs/", "", 0755, "");
}

/* ---- unpacking them */

static int losses;

static void count_warning(struct report *r, const char *text)
{
	(void)r, (void)text;
	losses++;
}

static int unpack_bytes(enum unpack_kind kind, const struct buf *bytes, int dest, struct unpack_result *res, struct err *e)
{
	struct report report = { .warn = count_warning };
	AUTO(fd) int source = memfd_create("source", MFD_CLOEXEC);
	struct unpack u = { .kind = kind, .source = source, .size = bytes->len, .name = "x.tar", .keep = -1, .dest = dest };

	losses = 0;
	CHECK(!buf_error(bytes) && !fd_write(source, bytes->s, bytes->len) && !lseek(source, 0, SEEK_SET));
	return unpack(&u, res, &report, e);
}

/* In an empty directory below the test's. */
static int fresh(void)
{
	int dir = test_dir();

	CHECK_INT(at_remove_tree(dir, "dest", NULL), 0);
	return at_mkdir(dir, "dest", 0755, NULL);
}

static const char *content(struct buf *to, int dir, const char *path)
{
	buf_reset(to);
	AUTO(fd) int fd = at_open(dir, path, O_RDONLY, 0, NULL);
	return fd < 0 || fd_read(fd, 10000, to, NULL) < 0 ? NULL : to->s;
}

static struct stat look(int dir, const char *path)
{
	struct stat s = { 0 };

	CHECK_ROW(path, !fstatat(dir, path, &s, AT_SYMLINK_NOFOLLOW));
	return s;
}

TEST(a_unified_image_is_unpacked)
{
	AUTO(buf) struct buf t = BUF_NONE;
	AUTO(buf) struct buf text = BUF_NONE;
	AUTO(fd) int dest = fresh();
	struct unpack_result res;

	add(&t, '5', "rootfs/", "", 0700, "");
	add(&t, '0', "rootfs/a/b/file", "", 04755, "text"); /* its parents are not members */
	add(&t, '1', "rootfs/link", "rootfs/a/b/file", 0, "");
	add(&t, '2', "rootfs/sym", "/etc/passwd", 0777, "");
	add(&t, '6', "rootfs/fifo", "", 0600, "");
	add(&t, '7', "rootfs/contiguous", "", 0644, "c");
	add(&t, 'Z', "rootfs/unknown", "", 0644, "u");
	add(&t, '0', "rootfs/old-dir/", "", 0755, "");
	add(&t, '5', "templates", "", 0777, "");
	add(&t, '0', "templates/t.tpl", "", 06777, "{{ x }}");
	add(&t, '0', "backup.yaml", "", 0644, "no");
	add(&t, '5', "foo2/", "", 0755, "");
	add(&t, '0', "./metadata.yaml", "", 0644, "architecture: amd64\n");
	add_end(&t);
	if (!CHECK_INT(unpack_bytes(UNPACK_UNIFIED, &t, dest, &res, NULL), 0))
		return;
	CHECK(res.has_metadata && res.has_rootfs && !res.is_squashfs);
	CHECK_INT(res.members, 13);
	CHECK_INT(res.bytes_read, t.len);
	CHECK_STR(res.extension, ".tar");
	CHECK_INT(look(dest, "rootfs").st_mode & 07777, 0700);
	CHECK_INT(look(dest, "rootfs").st_mtime, 1000000000);
	CHECK_INT(look(dest, "rootfs/a").st_mode & 07777, 0755);
	CHECK_INT(look(dest, "rootfs/a/b/file").st_mode & 07777, 04755);
	CHECK_INT(look(dest, "rootfs/a/b/file").st_mtime, 1000000000);
	CHECK_INT(look(dest, "rootfs/link").st_ino, look(dest, "rootfs/a/b/file").st_ino);
	CHECK(S_ISLNK(look(dest, "rootfs/sym").st_mode));
	CHECK(S_ISFIFO(look(dest, "rootfs/fifo").st_mode));
	CHECK(S_ISDIR(look(dest, "rootfs/old-dir").st_mode));
	CHECK_STR(content(&text, dest, "rootfs/a/b/file"), "text");
	CHECK_STR(content(&text, dest, "rootfs/contiguous"), "c");
	CHECK_STR(content(&text, dest, "rootfs/unknown"), "u");
	CHECK_INT(look(dest, "templates/t.tpl").st_mode & 07777, 0644);
	CHECK_INT(look(dest, "templates").st_mode & 07777, 0755);
	CHECK_INT(at_exists(dest, "backup.yaml"), 0);
	CHECK_INT(at_exists(dest, "foo2"), 0);
	CHECK_INT(losses, 0);
}

TEST(the_root_of_a_second_file_has_its_own_mode)
{
	AUTO(buf) struct buf t = BUF_NONE;
	AUTO(fd) int dest = fresh();
	struct unpack_result res;

	add(&t, '5', "./", "", 0700, "");
	add(&t, '0', "./metadata.yaml", "", 0644, "x"); /* of the root file system here */
	add_end(&t);
	if (!CHECK_INT(unpack_bytes(UNPACK_ROOTFS, &t, dest, &res, NULL), 0))
		return;
	CHECK_INT(look(dest, "rootfs").st_mode & 07777, 0700);
	CHECK_INT(at_exists(dest, "rootfs/metadata.yaml"), 1);
	CHECK(!res.has_metadata && res.has_rootfs);
}

TEST(the_last_of_one_name_wins)
{
	AUTO(buf) struct buf t = BUF_NONE;
	AUTO(buf) struct buf text = BUF_NONE;
	AUTO(fd) int dest = fresh();
	struct unpack_result res;

	add_image(&t);
	add(&t, '0', "rootfs/f", "", 0600, "first");
	add(&t, '2', "rootfs/l", "f", 0777, "");
	add(&t, '1', "rootfs/f", "rootfs/f", 0, ""); /* to itself */
	add(&t, '0', "rootfs/l", "", 0644, "not through the link");
	add(&t, '5', "rootfs/", "", 0711, "");
	add_end(&t);
	if (!CHECK_INT(unpack_bytes(UNPACK_UNIFIED, &t, dest, &res, NULL), 0))
		return;
	CHECK_STR(content(&text, dest, "rootfs/f"), "first");
	CHECK_STR(content(&text, dest, "rootfs/l"), "not through the link");
	CHECK_INT(look(dest, "rootfs").st_mode & 07777, 0711);
}

TEST(what_follows_an_archive_is_taken_what_is_cut_is_not)
{
	for (size_t cut = 0; cut < 6; cut++) {
		AUTO(buf) struct buf t = BUF_NONE;
		AUTO(fd) int dest = fresh();
		struct unpack_result res;
		bool whole = cut < 3;

		add_image(&t);
		add(&t, '0', "rootfs/f", "", 0644, "text");
		if (whole)
			add_end(&t);
		if (cut == 1)
			buf_addstr(&t, "garbage");
		if (cut == 2)
			buf_fill(&t, '\0', 100000);
		if (!whole)
			buf_cut(&t, t.len - (cut == 3 ? 1 : cut == 4 ? 510 : 700));
		int r = unpack_bytes(UNPACK_UNIFIED, &t, dest, &res, NULL);
		CHECK_INT(r, whole ? 0 : -EINVAL);
		if (whole)
			CHECK_INT(res.bytes_read, t.len);
	}
}

struct attack {
	const char *what;
	struct {
		char type;
		const char *name, *link;
	} member[3];
	const char *why;
	enum unpack_kind kind;
};

static const struct attack attacks[] = {
	{ "dotdot", { { '0', "rootfs/../../x", "" } }, "Member name contains '..'", UNPACK_UNIFIED },
	{ "absolute", { { '0', "/tmp/x", "" } }, "absolute member name", UNPACK_UNIFIED },
	{ "file below a link", { { '2', "rootfs/out", "/tmp" }, { '0', "rootfs/out/f", "" } }, "rootfs/out: not a directory", UNPACK_UNIFIED },
	{ "directory over a link", { { '2', "rootfs/out", "/tmp" }, { '5', "rootfs/out/", "" } }, "rootfs/out: not a directory", UNPACK_UNIFIED },
	{ "link below a link", { { '2', "rootfs/o", "." }, { '1', "rootfs/x", "rootfs/o/f" } }, "rootfs/x: hard link", UNPACK_UNIFIED },
	{ "hard link outside", { { '1', "rootfs/x", "/etc/hostname" } }, "absolute", UNPACK_UNIFIED },
	{ "hard link upwards", { { '1', "rootfs/x", "rootfs/../../../etc/hostname" } }, "'..'", UNPACK_UNIFIED },
	{ "hard link to what comes later", { { '1', "rootfs/x", "rootfs/y" }, { '0', "rootfs/y", "" } }, "hard link to rootfs/y", UNPACK_UNIFIED },
	{ "hard link to a directory", { { '5', "rootfs/d", "" }, { '1', "rootfs/x", "rootfs/d" } }, "no file", UNPACK_UNIFIED },
	{ "hard link out of the root", { { '1', "rootfs/x", "metadata.yaml" } }, "out of its tree", UNPACK_UNIFIED },
	{ "hard link into the root", { { '0', "rootfs/s", "" }, { '1', "templates/x", "rootfs/s" } }, "out of its tree", UNPACK_UNIFIED },
	{ "metadata twice", { { '0', "metadata.yaml", "" } }, "twice", UNPACK_UNIFIED },
	{ "metadata as link", { { '2', "./metadata.yaml", "/etc/passwd" } }, "metadata.yaml", UNPACK_UNIFIED },
	{ "metadata as directory", { { '0', "metadata.yaml/x", "" } }, "directory", UNPACK_UNIFIED },
	{ "templates as link", { { '2', "templates", "/etc" } }, "templates: not a directory", UNPACK_UNIFIED },
	{ "templates as file", { { '0', "templates", "" } }, "templates: not a directory", UNPACK_UNIFIED },
	{ "a template as link", { { '2', "templates/x", "/etc/passwd" } }, "neither a file", UNPACK_UNIFIED },
	{ "a template as fifo", { { '6', "templates/x", "" } }, "neither a file", UNPACK_UNIFIED },
	{ "a template as device", { { '3', "templates/x", "" } }, "neither a file", UNPACK_UNIFIED },
	{ "rootfs as link", { { '2', "rootfs", "/" } }, "rootfs: not a directory", UNPACK_UNIFIED },
	{ "rootfs as file", { { '0', "rootfs", "" } }, "rootfs: not a directory", UNPACK_UNIFIED },
	{ "root as link", { { '2', "./", "/tmp" } }, "rootfs: not a directory", UNPACK_ROOTFS },
	{ "file over directory", { { '5', "rootfs/d/", "" }, { '0', "rootfs/d", "" } }, "a directory is already", UNPACK_UNIFIED },
	{ "directory over file", { { '0', "rootfs/d", "" }, { '5', "rootfs/d/", "" } }, "rootfs/d: not a directory", UNPACK_UNIFIED },
	{ "file below a file", { { '0', "rootfs/d", "" }, { '0', "rootfs/d/x", "" } }, "rootfs/d: not a directory", UNPACK_UNIFIED },
	{ "no name", { { '0', "", "" } }, "no name", UNPACK_UNIFIED },
	{ "link to nothing", { { '2', "rootfs/x", "" } }, "rootfs/x", UNPACK_UNIFIED },
	{ "root in the root", { { '5', "rootfs/", "" }, { '0', "rootfs/etc", "" } }, "a unified image?", UNPACK_ROOTFS },
	{ "dots", { { '0', "././x", "" } }, "more than one", UNPACK_UNIFIED },
	{ "several volumes", { { 'M', "rootfs/x", "" } }, "volume", UNPACK_UNIFIED },
};

TEST(members_that_attack_are_refused)
{
	int dir = test_dir();

	for (size_t i = 0; i < ARRAY_SIZE(attacks); i++) {
		const struct attack *a = &attacks[i];
		AUTO(buf) struct buf t = BUF_NONE;
		AUTO(fd) int dest = fresh();
		struct unpack_result res;
		struct err e = ERR_NONE;

		if (a->kind == UNPACK_UNIFIED && !strstr(a->what, "rootfs as"))
			add_image(&t);
		for (size_t m = 0; m < ARRAY_SIZE(a->member) && a->member[m].name; m++)
			add(&t, a->member[m].type, a->member[m].name, a->member[m].link, 0644, "");
		add_end(&t);
		CHECK_ROW(a->what, unpack_bytes(a->kind, &t, dest, &res, &e) < 0);
		if (!CHECK_ROW(a->what, strstr(e.text, a->why) && str_after(e.text, "x.tar: ")))
			CHECK_STR(e.text, a->why);
		CHECK_ROW_INT(a->what, at_exists(dir, "x"), 0);
	}
}

TEST(damaged_archives_are_refused)
{
	static const struct {
		const char *what;
		size_t at;
		const char *bytes;
		size_t n;
	} row[] = {
		{ "size", 124, "zzz", 3 }, { "mode", 100, "9", 1 },   { "uid -1", 108, "\377\377\377\377\377\377\377\377", 8 },
		{ "uid 2^40", 108, "\200\0\001\0\0\0\0\0", 8 },	      { "no mark", 257, "\0\0\0\0\0\0\0\0", 8 },
		{ "size of 8 EiB", 124, "\200\0\0\0\177\377\377\377\377\377\377\377", 12 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(buf) struct buf t = BUF_NONE;
		AUTO(fd) int dest = fresh();
		struct unpack_result res;

		add_image(&t);
		size_t at = t.len;
		add(&t, '0', "rootfs/f", "", 0644, "text");
		memcpy(t.s + at + row[i].at, row[i].bytes, row[i].n);
		put_checksum(t.s + at);
		add_end(&t);
		CHECK_ROW(row[i].what, unpack_bytes(UNPACK_UNIFIED, &t, dest, &res, NULL) < 0);
		t.s[at + 20]++; /* and now the sum is wrong, too */
		CHECK_ROW(row[i].what, unpack_bytes(UNPACK_UNIFIED, &t, dest, &res, NULL) < 0);
	}
}

TEST(what_is_no_archive_is_refused_by_name)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *why;
	} row[] = {
		{ "", 0, "empty" },
		{ "P", 1, "one byte" },
		{ "QFI\xfb", 4, "qcow2" },
		{ "PK\3\4zip", 7, "unknown format (it begins with 50 4b)" },
		{ "Rar!\x1a\7", 6, "unknown format" },
		{ "7z\xbc\xaf\x27\x1c", 6, "unknown format" },
		{ "\x1f\x8b\b\0\0\0\0\0\0\3", 10, "cut short" },
		{ "hsqs", 4, "points behind its end" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(buf) struct buf t = BUF_NONE;
		AUTO(fd) int dest = fresh();
		struct unpack_result res;
		struct err e = ERR_NONE;

		buf_add(&t, row[i].bytes, row[i].n);
		CHECK_ROW(row[i].why, unpack_bytes(UNPACK_UNIFIED, &t, dest, &res, &e) < 0);
		if (!CHECK_ROW(row[i].why, strstr(e.text, row[i].why)))
			CHECK_STR(e.text, row[i].why);
	}
}

TEST(pax_headers_are_heeded_and_checked)
{
	static const struct {
		const char *record;
		size_t n;
		bool ok;
	} row[] = {
#define RECORD(s) s, sizeof(s) - 1
		{ RECORD("path=rootfs/g"), true },
		{ RECORD("path="), true },
		{ RECORD("path=rootfs/a\0b"), false },
		{ RECORD("path=/g"), false },
		{ RECORD("size=4"), true },
		{ RECORD("size=-4"), false },
		{ RECORD("size=99999999999999999999"), false },
		{ RECORD("uid=4294967295"), false },
		{ RECORD("mtime=-1.25"), true },
		{ RECORD("mtime=x"), false },
		{ RECORD("comment=\377"), true },
		{ RECORD("novalue"), false },
		{ RECORD("GNU.sparse.map=0,4"), true },
		{ RECORD("GNU.sparse.map=0,5"), false },
		{ RECORD("GNU.sparse.map=4,4,0,4"), false },
		{ RECORD("GNU.sparse.map=0"), false },
		{ RECORD("GNU.sparse.offset=0"), false },
		{ RECORD("GNU.sparse.numbytes=4"), false },
		{ RECORD("GNU.sparse.realsize=9223372036854775807"), false },
#undef RECORD
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(buf) struct buf t = BUF_NONE;
		AUTO(fd) int dest = fresh();
		struct unpack_result res;

		add_image(&t);
		add_pax(&t, row[i].record, row[i].n);
		add(&t, '0', "rootfs/f", "", 0644, "text");
		add_end(&t);
		CHECK_ROW_INT(row[i].record, unpack_bytes(UNPACK_UNIFIED, &t, dest, &res, NULL) == 0, row[i].ok);
	}
}

TEST(holes_stay_holes)
{
	AUTO(buf) struct buf t = BUF_NONE;
	AUTO(fd) int dest = fresh();
	struct unpack_result res;
	static const char map[] = "GNU.sparse.map=0,4,1073741824,4", size[] = "GNU.sparse.realsize=2147483648";
	AUTO(buf) struct buf both = BUF_NONE;

	add_image(&t);
	buf_addf(&both, "%zu %s\n%zu %s\n", sizeof map + 3, map, sizeof size + 3, size);
	add_sized(&t, 'x', "pax", "", 0644, both.s, both.len, both.len);
	add(&t, '0', "rootfs/f", "", 0644, "headtail");
	add_end(&t);
	if (!CHECK_INT(unpack_bytes(UNPACK_UNIFIED, &t, dest, &res, NULL), 0))
		return;
	CHECK_INT(look(dest, "rootfs/f").st_size, 2147483648);
	CHECK(look(dest, "rootfs/f").st_blocks < 64);
	CHECK(res.bytes_written < 100);
}

TEST(what_overlayfs_would_take_for_its_own_is_kept_from_it)
{
	AUTO(buf) struct buf t = BUF_NONE;
	AUTO(fd) int dest = fresh();
	struct unpack_result res;
	char value[8];

	if (geteuid()) {
		test_skip("not root");
		return;
	}
	add_image(&t);
	add(&t, '3', "rootfs/whiteout", "", 0600, "");
	add_pax(&t, "SCHILY.xattr.trusted.overlay.opaque=y", 37);
	add(&t, '5', "rootfs/d/", "", 0755, "");
	add_pax(&t, "SCHILY.xattr.security.selinux=host_u", 36);
	add(&t, '0', "rootfs/f", "", 0644, "");
	add_end(&t);
	if (!CHECK_INT(unpack_bytes(UNPACK_UNIFIED, &t, dest, &res, NULL), 0))
		return;
	CHECK_INT(at_exists(dest, "rootfs/whiteout"), 0);
	AUTO(fd) int d = at_open(dest, "rootfs/d", O_RDONLY | O_DIRECTORY, 0, NULL);
	AUTO(fd) int f = at_open(dest, "rootfs/f", O_RDONLY, 0, NULL);
	CHECK(fgetxattr(d, "trusted.overlay.opaque", value, sizeof value) < 0);
	if (fgetxattr(d, "trusted.overlay.overlay.opaque", value, sizeof value) != 1)
		test_skip("no trusted attributes on this file system");
	CHECK(fgetxattr(f, "security.selinux", value, sizeof value) < 0 || memcmp(value, "host_u", 6));
	CHECK(losses >= 1);
}

TEST(limits_stop_bombs)
{
	AUTO(buf) struct buf t = BUF_NONE;
	AUTO(buf) struct buf big = BUF_NONE;
	AUTO(fd) int dest = fresh();
	struct unpack_result res;
	struct err e = ERR_NONE;

	add_sized(&t, '0', "metadata.yaml", "", 0644, "", 0, 1 << 30);
	CHECK_INT(unpack_bytes(UNPACK_UNIFIED, &t, dest, &res, &e), -EFBIG);
	CHECK(strstr(e.text, "metadata.yaml: larger than 1 MiB"));

	buf_reset(&t);
	buf_addstr(&big, "SCHILY.xattr.user.x=");
	buf_fill(&big, 'x', 70000);
	add_pax(&t, big.s, big.len);
	add(&t, '0', "rootfs/f", "", 0644, "");
	CHECK_INT(unpack_bytes(UNPACK_UNIFIED, &t, dest, &res, &e), -E2BIG);

	buf_reset(&t);
	add_sized(&t, 'x', "pax", "", 0644, "", 0, 1 << 30);
	CHECK(unpack_bytes(UNPACK_UNIFIED, &t, dest, &res, &e) < 0 && strstr(e.text, "extended header is larger"));
}

TEST(hash_and_copy_cover_every_byte)
{
	AUTO(buf) struct buf t = BUF_NONE;
	AUTO(buf) struct buf kept = BUF_NONE;
	AUTO(fd) int dest = fresh();
	AUTO(fd) int source = memfd_create("source", MFD_CLOEXEC), keep = memfd_create("keep", MFD_CLOEXEC);
	struct unpack_result res;
	struct hash want, got;
	char a[HASH_HEX], b[HASH_HEX];
	struct unpack u = { .source = source, .name = "x.tar", .keep = keep, .hash = &got, .dest = dest };

	add_image(&t);
	add_end(&t);
	buf_fill(&t, 'g', 3000000); /* more than any pipe holds */
	hash_init(&want);
	hash_add(&want, "first file", 10);
	got = want;
	hash_add(&want, t.s, t.len);
	CHECK(!fd_write(source, t.s, t.len) && !lseek(source, 0, SEEK_SET));
	if (!CHECK_INT(unpack(&u, &res, NULL, NULL), 0))
		return;
	hash_hex(&want, a);
	hash_hex(&got, b);
	CHECK_STR(b, a);
	CHECK(!lseek(keep, 0, SEEK_SET) && !fd_read(keep, 1 << 24, &kept, NULL));
	CHECK(kept.len == t.len && !memcmp(kept.s, t.s, t.len));
}
