#include "runtime/isolate/seccomp.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "core/at.h"
#include "core/auto.h"

#define TIOCSTI_CODE   0x5412
#define TIOCLINUX_CODE 0x541c

/* Numbers where libseccomp's table may lack the name. A call that an architecture has not (-1 there) is skipped by the library. */
static const struct {
	char name[20];
	int error;
} defaults[] = {
	/* LXD's: nothing a system container has business with */
	{ "kexec_load", ENOSYS },
	{ "open_by_handle_at", ENOSYS },
	{ "init_module", ENOSYS },
	{ "finit_module", ENOSYS },
	{ "delete_module", ENOSYS },
	/* ours: large kernel surface that guests do without (CVE-2022-0185 and the like) */
	{ "kexec_file_load", ENOSYS },
	{ "io_uring_setup", ENOSYS },
	{ "io_uring_enter", ENOSYS },
	{ "io_uring_register", ENOSYS },
	{ "perf_event_open", EPERM },
	{ "userfaultfd", EPERM },
	{ "bpf", EPERM },
	{ "swapon", EPERM },
	{ "swapoff", EPERM },
};

static void auto_filter(scmp_filter_ctx *ctx)
{
	if (*ctx)
		seccomp_release(*ctx);
}

static int rule_failed(int r, const char *what, struct err *e)
{
	return err_code(e, r, "seccomp: %s", what);
}

static int add_defaults(scmp_filter_ctx ctx, struct err *e)
{
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
		int nr = seccomp_syscall_resolve_name(defaults[i].name);

		if (nr == __NR_SCMP_ERROR)
			continue;
		if ((r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO((uint32_t)defaults[i].error), nr, 0)) < 0)
			return rule_failed(r, defaults[i].name, e);
	}
	/* a forced umount of a network file system can hang the host's */
	r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(umount2), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, MNT_FORCE, MNT_FORCE));
	return r < 0 ? rule_failed(r, "umount2", e) : 0;
}

/* Input cannot be pushed into a terminal that is also somebody else's. */
static int add_terminal_rules(scmp_filter_ctx ctx, struct err *e)
{
	static const uint32_t code[] = { TIOCSTI_CODE, TIOCLINUX_CODE };

	for (size_t i = 0; i < ARRAY_SIZE(code); i++) {
		int r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
					 SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, code[i]));
		if (r < 0)
			return rule_failed(r, "ioctl", e);
	}
	return 0;
}

static int add_named(scmp_filter_ctx ctx, const struct names *deny, struct err *e)
{
	for (size_t i = 0; deny && i < deny->n; i++) {
		int nr = seccomp_syscall_resolve_name(deny->item[i]);

		if (nr == __NR_SCMP_ERROR)
			return err_set(e, -EINVAL, "seccomp: no system call \"%s\"", deny->item[i]);
		int r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), nr, 0);
		if (r < 0 && r != -EEXIST && r != -EACCES)
			return rule_failed(r, deny->item[i], e);
	}
	return 0;
}

/* The same rules for 32-bit programs, or none of their calls at all. */
static int add_architectures(scmp_filter_ctx ctx, const struct seccomp_rules *rules, struct err *e)
{
	int r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0);

	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
	if (r < 0)
		return rule_failed(r, "attributes", e);
	if (rules->deny_compat)
		return 0;
#if defined(__x86_64__)
	r = seccomp_arch_add(ctx, SCMP_ARCH_X86);
	if (r == 0)
		r = seccomp_arch_add(ctx, SCMP_ARCH_X32);
#elif defined(__aarch64__)
	r = seccomp_arch_add(ctx, SCMP_ARCH_ARM);
#endif
	return r < 0 && r != -EEXIST ? rule_failed(r, "architectures", e) : 0;
}

static int export(scmp_filter_ctx ctx, struct buf *program, struct err *e)
{
	AUTO(fd) int fd = (int)syscall(SYS_memfd_create, "seccomp", MFD_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "memfd");
	int r = seccomp_export_bpf(ctx, fd);
	if (r < 0)
		return rule_failed(r, "export", e);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, "memfd");
	return fd_read(fd, 1 << 20, program, e);
}

int seccomp_build(const struct seccomp_rules *rules, struct buf *program, struct err *e)
{
	__attribute__((cleanup(auto_filter))) scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int r;

	if (!ctx)
		return err_code(e, -ENOMEM, "seccomp");
	if ((r = add_architectures(ctx, rules, e)) < 0)
		return r;
	if (rules->defaults && (r = add_defaults(ctx, e)) < 0)
		return r;
	if ((r = add_terminal_rules(ctx, e)) < 0 || (r = add_named(ctx, rules->deny, e)) < 0)
		return r;
	return export(ctx, program, e);
}

int seccomp_enter(const void *program, size_t n, struct err *e)
{
	struct sock_fprog prog = {
		.len = (unsigned short)(n / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)(uintptr_t)program,
	};

	if (n % sizeof(struct sock_filter) || n / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return err_set(e, -EINVAL, "seccomp: a program of %zu bytes", n);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
		return err_sys(e, "seccomp");
	return 0;
}
