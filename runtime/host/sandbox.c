#include "runtime/host/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "core/auto.h"

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#ifndef UNDER_SANITIZER
#define UNDER_SANITIZER 0
#endif

enum { NOBODY = 65534 };

#if defined(__x86_64__)
#define AUDIT_ARCH_OURS AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define AUDIT_ARCH_OURS AUDIT_ARCH_I386
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define AUDIT_ARCH_OURS AUDIT_ARCH_AARCH64
#elif defined(__arm__) && defined(__ARMEL__)
#define AUDIT_ARCH_OURS AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define AUDIT_ARCH_OURS AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define AUDIT_ARCH_OURS AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define AUDIT_ARCH_OURS AUDIT_ARCH_S390X
#elif defined(__loongarch64)
#define AUDIT_ARCH_OURS AUDIT_ARCH_LOONGARCH64
#else
#error "sandbox: which AUDIT_ARCH is this?"
#endif

static const int allowed_calls[] = {
	SYS_read, SYS_write, SYS_pread64, SYS_munmap, SYS_mremap, SYS_brk, SYS_madvise, SYS_exit, SYS_exit_group,
	SYS_rt_sigreturn, SYS_restart_syscall,
};

/* These only without PROT_EXEC, their third argument. */
static const int memory_calls[] = {
#ifdef SYS_mmap
	SYS_mmap,
#endif
#ifdef SYS_mmap2
	SYS_mmap2,
#endif
	SYS_mprotect,
};

enum { FILTER_MOST = 6 + ARRAY_SIZE(allowed_calls) * 2 + ARRAY_SIZE(memory_calls) * 5 };

struct filter {
	struct sock_filter op[FILTER_MOST];
	unsigned short n;
};

static void add(struct filter *f, uint16_t code, uint32_t k, uint8_t jump_true, uint8_t jump_false)
{
	f->op[f->n++] = (struct sock_filter){ code, jump_true, jump_false, k };
}

static void add_load(struct filter *f, size_t offset)
{
	add(f, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void build_filter(struct filter *f)
{
	/* the low half of the 64-bit argument */
	size_t prot = offsetof(struct seccomp_data, args[2]) + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0);

	f->n = 0;
	add_load(f, offsetof(struct seccomp_data, arch));
	add(f, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_OURS, 1, 0);
	add(f, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	add_load(f, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < ARRAY_SIZE(allowed_calls); i++) {
		add(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)allowed_calls[i], 0, 1);
		add(f, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(memory_calls); i++) {
		add(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)memory_calls[i], 0, 4);
		add_load(f, prot);
		add(f, BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0);
		add(f, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
		add(f, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	}
	add(f, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
}

static int set_filter(struct err *e)
{
	struct filter f;
	struct sock_fprog prog;

	build_filter(&f);
	prog = (struct sock_fprog){ f.n, f.op };
	/* without SPEC_ALLOW kernels before 5.16 switch off speculative store bypass: it costs a decompressor dearly */
	if (!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &prog))
		return 0;
	if (!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) || errno == EINVAL)
		return 0; /* EINVAL: a kernel built without it */
	return err_sys(e, "seccomp");
}

static int close_from_to(unsigned first, unsigned last)
{
	struct rlimit files;

	if (!syscall(SYS_close_range, first, last, 0))
		return 0;
	if (errno != ENOSYS && errno != EPERM) /* < 5.9 */
		return -errno;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return -errno;
	for (rlim_t fd = first; fd <= last && fd < files.rlim_cur; fd++)
		close((int)fd);
	return 0;
}

/* The lowest descriptor to keep from FROM on; ~0: none. */
static unsigned next_kept(const struct sandbox *s, unsigned from)
{
	unsigned next = ~0U;

	for (size_t i = 0; i < s->n_fds; i++)
		if (s->fds[i] >= 0 && (unsigned)s->fds[i] >= from && (unsigned)s->fds[i] < next)
			next = (unsigned)s->fds[i];
	return next;
}

static int close_others(const struct sandbox *s, struct err *e)
{
	unsigned from = 0, kept;

	do {
		kept = next_kept(s, from);
		int r = kept > from ? close_from_to(from, kept == ~0U ? kept : kept - 1) : 0;

		if (r < 0)
			return err_code(e, r, "closing descriptors");
		from = kept + 1;
	} while (kept != ~0U);
	return 0;
}

static int drop_privileges(struct err *e)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { 0 };

	/* In a user namespace nobody may be unmapped (EINVAL) and setgroups denied (EPERM): what counts comes after. */
	if (!geteuid()) {
		if (setgroups(0, NULL) < 0 && errno != EPERM)
			return err_sys(e, "setgroups");
		if (setresgid(NOBODY, NOBODY, NOBODY) < 0 && errno != EINVAL)
			return err_sys(e, "setgid");
		if (setresuid(NOBODY, NOBODY, NOBODY) < 0 && errno != EINVAL)
			return err_sys(e, "setuid");
	}
	if (syscall(SYS_capset, &head, none) < 0)
		return err_sys(e, "capset");
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? err_sys(e, "no_new_privs") : 0;
}

static int set_limit(int resource, uint64_t value, struct err *e)
{
	struct rlimit l = { value, value };

	return setrlimit(resource, &l) < 0 ? err_sys(e, "setrlimit") : 0;
}

static int set_limits(const struct sandbox *s, struct err *e)
{
	int r;

	if ((r = set_limit(RLIMIT_CORE, 0, e)) < 0)
		return r;
	if (UNDER_SANITIZER)
		return 0;
	if ((r = set_limit(RLIMIT_NOFILE, 0, e)) < 0)
		return r;
	return set_limit(RLIMIT_AS, s->memory, e);
}

int sandbox_enter(const struct sandbox *s, struct err *e)
{
	int r;

	if ((r = close_others(s, e)) < 0 || (r = drop_privileges(e)) < 0)
		return err_in(e, r, "sandbox");
	/* After the change of identity, which clears it. The parent may have died before: its pipe is then broken. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_sys(e, "sandbox: prctl");
	if ((r = set_limits(s, e)) < 0 || (!UNDER_SANITIZER && (r = set_filter(e)) < 0))
		return err_in(e, r, "sandbox");
	return 0;
}
