#include "runtime/isolate/devices.h"
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "core/auto.h"
#include "core/buf.h"

enum { READ = 2, WRITE = 4, MKNOD = 1, ALL = READ | WRITE | MKNOD, ANY = -1 };

/* LXD's list: nodes of any kind may be made, these may be used */
static const struct {
	char type;
	int major, minor, access;
} rows[] = {
	{ 'c', ANY, ANY, MKNOD }, { 'b', ANY, ANY, MKNOD }, { 'c', 1, 3, ALL },   { 'c', 1, 5, ALL },	  { 'c', 1, 7, ALL },
	{ 'c', 1, 8, ALL },	  { 'c', 1, 9, ALL },	    { 'c', 5, 0, ALL },   { 'c', 5, 1, ALL },	  { 'c', 5, 2, ALL },
	{ 'c', 136, ANY, ALL },	  { 'c', 10, 229, ALL },    { 'c', 10, 200, ALL },
};

/* ---- version 2: a program over struct bpf_cgroup_dev_ctx { u32 access << 16 | type; u32 major; u32 minor }
 *
 * r2 type, r3 access, r4 major, r5 minor; a row that fits returns 1, the end returns 0. */

#define MAX_INSNS 256

struct program {
	struct bpf_insn insn[MAX_INSNS];
	int n;
};

static void add(struct program *p, uint8_t code, uint8_t dst, uint8_t src, int16_t off, int32_t imm)
{
	p->insn[p->n++] = (struct bpf_insn){ .code = code, .dst_reg = dst & 15, .src_reg = src & 15, .off = off, .imm = imm };
}

static void add_prologue(struct program *p)
{
	add(p, BPF_LDX | BPF_MEM | BPF_W, 2, 1, 0, 0);
	add(p, BPF_ALU | BPF_AND | BPF_K, 2, 0, 0, 0xffff);
	add(p, BPF_LDX | BPF_MEM | BPF_W, 3, 1, 0, 0);
	add(p, BPF_ALU | BPF_RSH | BPF_K, 3, 0, 0, 16);
	add(p, BPF_LDX | BPF_MEM | BPF_W, 4, 1, 4, 0);
	add(p, BPF_LDX | BPF_MEM | BPF_W, 5, 1, 8, 0);
}

/* Jumps go to the first instruction behind the row. */
static void add_row(struct program *p, size_t i)
{
	bool any_access = rows[i].access == ALL;
	int16_t left = (int16_t)(1 + (any_access ? 0 : 3) + (rows[i].major != ANY) + (rows[i].minor != ANY) + 2);

	add(p, BPF_JMP | BPF_JNE | BPF_K, 2, 0, --left, rows[i].type == 'c' ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK);
	if (!any_access) { /* what is asked for, without what the row gives, must be nothing */
		add(p, BPF_ALU64 | BPF_MOV | BPF_X, 1, 3, 0, 0);
		add(p, BPF_ALU | BPF_AND | BPF_K, 1, 0, 0, ALL & ~rows[i].access);
		left -= 2;
		add(p, BPF_JMP | BPF_JNE | BPF_K, 1, 0, --left, 0);
	}
	if (rows[i].major != ANY)
		add(p, BPF_JMP | BPF_JNE | BPF_K, 4, 0, --left, rows[i].major);
	if (rows[i].minor != ANY)
		add(p, BPF_JMP | BPF_JNE | BPF_K, 5, 0, --left, rows[i].minor);
	add(p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
	add(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static int load(const struct program *p)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uintptr_t)p->insn,
		.insn_cnt = (uint32_t)p->n,
		.license = (uintptr_t)"MIT",
	};

	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr);
}

static int limit_v2(int dir, struct err *e)
{
	struct program p = { .n = 0 };

	add_prologue(&p);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		add_row(&p, i);
	add(&p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	add(&p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);

	AUTO(fd) int prog = load(&p);
	if (prog < 0)
		return err_sys(e, "bpf device program");
	union bpf_attr attr = {
		.target_fd = (uint32_t)dir,
		.attach_bpf_fd = (uint32_t)prog,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI,
	};
	if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof attr) < 0)
		return err_sys(e, "bpf device program: attach");
	return 0;
}

/* ---- version 1 */

static void number_or_star(char to[12], int n)
{
	if (n == ANY)
		str_fmt(to, 12, "*");
	else
		str_fmt(to, 12, "%d", n);
}

static int limit_v1(int dir, struct err *e)
{
	char line[40], major[12], minor[12];
	int r = cgroup_write(dir, "devices.deny", "a", e);

	for (size_t i = 0; i < ARRAY_SIZE(rows) && r == 0; i++) {
		number_or_star(major, rows[i].major);
		number_or_star(minor, rows[i].minor);
		str_fmt(line, sizeof line, "%c %s:%s %s", rows[i].type, major, minor, rows[i].access == MKNOD ? "m" : "rwm");
		r = cgroup_write(dir, "devices.allow", line, e);
	}
	return r;
}

int devices_limit(const struct cgroup *cg, struct err *e)
{
	if (cg->v1[CGROUP_DEVICES] >= 0)
		return limit_v1(cg->v1[CGROUP_DEVICES], e);
	if (cg->v2 >= 0)
		return limit_v2(cg->v2, e);
	return err_set(e, -ENODEV, "no way to limit devices on this host (cgroup devices controller or BPF): a privileged "
				   "container could reach its disks");
}
