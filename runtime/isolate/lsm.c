#include "runtime/isolate/lsm.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "core/at.h"
#include "core/auto.h"
#include "core/buf.h"
#include "runtime/host/sys.h"

#define EMBED(name, file) \
	__asm__(".pushsection .rodata\n" \
		".global lsm_" #name "\nlsm_" #name ":\n.incbin \"" LSM_BLOB_DIR "/" file "\"\n" \
		".global lsm_" #name "_end\nlsm_" #name "_end:\n" \
		".popsection\n"); \
	extern const char lsm_##name[], lsm_##name##_end[]

EMBED(plain, "lxcbox-plain.bin");
EMBED(nesting, "lxcbox-nesting.bin");

static const struct {
	const char *start, *end;
} blobs[] = {
	[LSM_PLAIN] = { lsm_plain, lsm_plain_end },
	[LSM_NESTING] = { lsm_nesting, lsm_nesting_end },
};

/* ---- apparmorfs */

/* securityfs is one file system, wherever it is mounted; here nobody did: ours is detached and goes with us. */
static int mount_detached(void)
{
	AUTO(fd) int fs = sys_fsopen("securityfs", FSOPEN_CLOEXEC);

	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	AUTO(fd) int mount = sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (mount < 0)
		return -errno;
	int fd = openat(mount, "apparmor", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Giving up a detached mount waits for every CPU: not on a kernel without AppArmor, when sysfs is there to say so. */
static bool may_have_apparmor(void)
{
	return access("/sys/module/apparmor", F_OK) == 0 || access("/sys/module", F_OK) < 0; /* path: sysfs of the host */
}

static int open_apparmorfs(void)
{
	if (!may_have_apparmor())
		return -ENOENT;
	int fd = open("/sys/kernel/security/apparmor", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* path: securityfs of the host */
	return fd < 0 ? mount_detached() : fd;
}

bool lsm_available(void)
{
	AUTO(fd) int dir = open_apparmorfs();

	/* the directory is there with apparmor=0, too; this file is not */
	return dir >= 0 && faccessat(dir, ".replace", F_OK, 0) == 0;
}

int lsm_profile(const char *id, char to[LSM_PROFILE_SIZE], struct err *e)
{
	*to = 0;
	int r = lsm_available() ? str_fmt(to, LSM_PROFILE_SIZE, "lxcbox-%s", id) : 0;
	return r < 0 ? err_code(e, r, "AppArmor: profile lxcbox-%s", id) : 0;
}

/* ---- policies
 *
 *   "version" number, "profile" struct: 05 LENGTH NAME NUL ...
 *
 * LENGTH, 16 bits of little endian, counts the NUL. Nothing behind the name depends on where it ends. */

static const char head[] = "\x04\x08\x00version\x00\x02\x07\x20\x20\x00\x04\x08\x00profile\x00\x07\x05";

static int rename_policy(enum lsm_policy policy, const char *profile, struct buf *to)
{
	const char *blob = blobs[policy].start;
	size_t size = (size_t)(blobs[policy].end - blob), at = sizeof head - 1, n = strlen(profile) + 1;

	if (size < at + 2 || memcmp(blob, head, at) != 0 || n > UINT16_MAX)
		return -EINVAL;
	size_t old = (unsigned char)blob[at] | (size_t)(unsigned char)blob[at + 1] << 8;
	if (size - at - 2 < old)
		return -EINVAL;
	buf_add(to, blob, at);
	buf_addch(to, (char)(n & 255));
	buf_addch(to, (char)(n >> 8));
	buf_add(to, profile, n);
	buf_add(to, blob + at + 2 + old, size - at - 2 - old);
	return buf_error(to);
}

/* By one write: the kernel takes each for a policy of its own. */
static int write_whole(int dir, const char *file, const char *data, size_t n)
{
	AUTO(fd) int fd = openat(dir, file, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, data, n) < 0 ? -errno : 0;
}

int lsm_load(enum lsm_policy policy, const char *profile, struct err *e)
{
	AUTO(buf) struct buf renamed = BUF_NONE;
	AUTO(fd) int dir = open_apparmorfs();

	if (dir < 0)
		return err_code(e, dir, "AppArmor: securityfs");
	int r = rename_policy(policy, profile, &renamed);
	if (r == 0)
		r = write_whole(dir, ".replace", renamed.s, renamed.len);
	return r < 0 ? err_code(e, r, "AppArmor: load profile %s", profile) : 0;
}

int lsm_remove(const char *profile, struct err *e)
{
	AUTO(fd) int dir = open_apparmorfs();
	int r = dir < 0 ? dir : write_whole(dir, ".remove", profile, strlen(profile));

	return r < 0 && r != -ENOENT && dir >= 0 ? err_code(e, r, "AppArmor: remove profile %s", profile) : 0;
}

/* ---- entering */

int lsm_open(int *ret_fd, struct err *e)
{
	/* the second, before 5.8, and everywhere that AppArmor is the only module of its kind */
	static const char *const file[] = { "/proc/self/attr/apparmor/current", "/proc/self/attr/current" };
	struct statfs s;

	for (size_t i = 0; i < ARRAY_SIZE(file); i++) {
		AUTO(fd) int fd = open(file[i], O_WRONLY | O_CLOEXEC); /* path: our own /proc, no namespace is entered yet */

		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return err_sys(e, "AppArmor: %s", file[i]);
		if (fstatfs(fd, &s) < 0 || s.f_type != PROC_SUPER_MAGIC)
			return err_set(e, -EXDEV, "AppArmor: /proc of this host is none");
		*ret_fd = take_fd(&fd);
		return 0;
	}
	return err_code(e, -ENOENT, "AppArmor: %s", file[1]);
}

int lsm_enter(int fd, const char *profile, struct err *e)
{
	char command[LSM_PROFILE_SIZE + 16];
	int r = str_fmt(command, sizeof command, "changeprofile %s", profile);

	if (r < 0)
		return err_code(e, r, "AppArmor: %s", profile);
	if (write(fd, command, strlen(command)) >= 0)
		return 0;
	if (errno == ENOENT)
		return err_set(e, -ENOENT, "AppArmor: profile %s is not loaded (was it removed by hand? a restart loads it again)", profile);
	return err_sys(e, "AppArmor: enter profile %s", profile);
}
