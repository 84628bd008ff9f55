/* hide [--errno NAME] CALL,CALL,... COMMAND... - runs a command on an older kernel: a seccomp filter answers ENOSYS for the calls named
 *
 * Fallbacks are tested with the same tests, without a kernel that old. EPERM is what the filter of an outer container says. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	int number;
} calls[] = {
	{ "openat2", SYS_openat2 },
	{ "clone3", SYS_clone3 },
	{ "mount_setattr", SYS_mount_setattr },
	{ "open_tree", SYS_open_tree },
	{ "move_mount", SYS_move_mount },
	{ "fsopen", SYS_fsopen },
	{ "fsconfig", SYS_fsconfig },
	{ "fsmount", SYS_fsmount },
	{ "pidfd_open", SYS_pidfd_open },
	{ "pidfd_send_signal", SYS_pidfd_send_signal },
	{ "close_range", SYS_close_range },
	{ "keyctl", SYS_keyctl },
	{ "bpf", SYS_bpf },
	{ "memfd_create", SYS_memfd_create },
	{ "statx", SYS_statx },
	{ "copy_file_range", SYS_copy_file_range },
	{ "syncfs", SYS_syncfs },
	{ "add_key", SYS_add_key },
	{ "request_key", SYS_request_key },
	{ "seccomp", SYS_seccomp },
	{ "execveat", SYS_execveat },
	{ "renameat2", SYS_renameat2 },
	{ "name_to_handle_at", SYS_name_to_handle_at },
	{ "setns", SYS_setns },
	{ "pivot_root", SYS_pivot_root },
	{ "unshare", SYS_unshare },
	{ "signalfd4", SYS_signalfd4 },
	{ "splice", SYS_splice },
	{ "sched_setaffinity", SYS_sched_setaffinity },
	{ "ioprio_set", SYS_ioprio_set },
	{ "capset", SYS_capset },
};

static const struct {
	const char *name;
	unsigned number;
} errors[] = {
	{ "ENOSYS", ENOSYS }, { "EPERM", EPERM },   { "EACCES", EACCES }, { "EINVAL", EINVAL }, { "EOPNOTSUPP", EOPNOTSUPP },
	{ "ENOSPC", ENOSPC }, { "EDQUOT", EDQUOT }, { "ENOMEM", ENOMEM }, { "EMFILE", EMFILE }, { "EIO", EIO },
};

static unsigned error_of(const char *name)
{
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
		if (!strcmp(errors[i].name, name))
			return errors[i].number;
	}
	fprintf(stderr, "hide: no error %s\n", name);
	exit(2);
}

static int number_of(const char *name)
{
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		if (!strcmp(calls[i].name, name))
			return calls[i].number;
	}
	fprintf(stderr, "hide: no call %s\n", name);
	exit(2);
}

int main(int argc, char **argv)
{
	struct sock_filter filter[64];
	unsigned short n = 0;
	unsigned error = ENOSYS;

	if (argc > 2 && !strcmp(argv[1], "--errno")) {
		error = error_of(argv[2]);
		argv += 2;
		argc -= 2;
	}
	if (argc < 3) {
		fprintf(stderr, "usage: hide [--errno NAME] CALL,CALL,... COMMAND...\n");
		return 2;
	}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (char *save, *name = strtok_r(argv[1], ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number_of(name), 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
	}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	struct sock_fprog program = { n, filter };
	/* as root without no_new_privs: what runs below may still gain privileges as usual */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
		perror("hide: seccomp");
		return 2;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
