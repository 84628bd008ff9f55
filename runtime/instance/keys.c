#include "runtime/instance/keys.h"
#include <errno.h>
#include "core/auto.h"
#include "core/name.h"
#include "runtime/instance/keys_check.h"
#include "runtime/instance/keys_plan.h"

enum { LINE_MOST = 64 << 10, LINES_MOST = (1 << 20) - 1, LIVE_MOST = 8 };

#define SYSCALLS "security.syscalls."

/* Name, type, flags, what holds when it is unset, help; then what few rows have. */
#define ROW(n, t, f, u, h, ...) { .name = n, .type = t, .flags = f, .unset = u, .help = h, __VA_ARGS__ }

const struct key keys_table[] = {
	/* ---- limits */
	ROW("limits.memory", KEY_SIZE_OR_PCT, KEY_LIVE, "unlimited", "Memory that it may use: a size, or N% of the host's",
	    .check = check_memory, .plan = plan_memory, .live = live_memory),
	ROW("limits.memory.enforce", KEY_ONEOF, KEY_LIVE, "hard", "hard: never more; soft: more while the host has plenty",
	    .values = "soft hard", .plan = plan_memory_enforce, .live = live_memory),
	ROW("limits.memory.swap", KEY_SIZE_OR_BOOL, KEY_LIVE, "true", "Swap besides limits.memory, as a size; false: avoid swapping",
	    .plan = plan_memory_swap, .live = live_memory),
	ROW("limits.memory.swap.priority", KEY_PRIORITY, KEY_LIVE, "10", "0..10: the lower, the sooner it swaps (cgroup v1 only)",
	    .plan = plan_memory_swap_priority, .live = live_memory),
	ROW("limits.memory.oom_priority", KEY_INT, KEY_STORED, "0", "-1000..1000: the higher, the sooner it is killed without memory",
	    .check = check_oom_priority),
	ROW("limits.cpu", KEY_CPUSET, KEY_LIVE, "all", "A number of CPUs, or which (0-3,7; 1-1 is CPU 1)",
	    .check = check_cpus, .plan = plan_cpus, .live = live_cpus),
	ROW("limits.cpu.allowance", KEY_ANY, KEY_LIVE, "100%", "Share of CPU time under load (50%), or time per period (25ms/100ms)",
	    .check = check_allowance, .plan = plan_cpu_allowance, .live = live_cpu_share),
	ROW("limits.cpu.priority", KEY_PRIORITY, KEY_LIVE, "10", "0..10: who comes first among equal shares",
	    .plan = plan_cpu_priority, .live = live_cpu_share),
	ROW("limits.cpu.nodes", KEY_ANY, KEY_STORED, "all", "NUMA nodes whose CPUs it may use", .check = check_nodes),
	ROW("limits.processes", KEY_INT, KEY_LIVE, "unlimited", "Most processes and threads",
	    .check = check_processes, .plan = plan_processes, .live = live_processes),
	ROW("limits.disk.priority", KEY_PRIORITY, KEY_STORED, "5", "0..10: weight of its disk traffic"),
	ROW("limits.network.priority", KEY_PRIORITY, KEY_STORED, "0", "0..10: weight of its network traffic"),
	ROW("limits.hugepages.64KB", KEY_SIZE, KEY_STORED, "unlimited", "Memory in pages of 64 KB"),
	ROW("limits.hugepages.1MB", KEY_SIZE, KEY_STORED, "unlimited", "Memory in pages of 1 MB"),
	ROW("limits.hugepages.2MB", KEY_SIZE, KEY_STORED, "unlimited", "Memory in pages of 2 MB"),
	ROW("limits.hugepages.1GB", KEY_SIZE, KEY_STORED, "unlimited", "Memory in pages of 1 GB"),
	ROW("limits.kernel.", KEY_ANY, KEY_FAMILY | KEY_EXEC, "inherited", "Limits of each process: N, SOFT:HARD or unlimited",
	    .check = check_rlimit, .plan = plan_rlimit),

	/* ---- boot and life */
	ROW("boot.autostart", KEY_BOOL, KEY_STORED, "as it was", "Start with the host; unset: if it ran when the host went down"),
	ROW("boot.autostart.delay", KEY_INT, KEY_STORED, "0", "Seconds to wait after its start before the next one's"),
	ROW("boot.autostart.priority", KEY_INT, KEY_STORED, "0", "The highest starts first"),
	ROW("boot.autorestart", KEY_BOOL, 0, "false", "Start again after an end that nobody asked for", .plan = plan_autorestart),
	ROW("boot.stop.priority", KEY_INT, KEY_STORED, "0", "The highest is stopped first"),
	ROW("boot.host_shutdown_timeout", KEY_INT, KEY_STORED, "30", "Seconds to wait for its end when the host goes down"),
	ROW("boot.host_shutdown_action", KEY_ONEOF, KEY_STORED, "stop", "What is done when the host goes down",
	    .values = "stop force-stop stateful-stop"),
	ROW("cluster.evacuate", KEY_ONEOF, KEY_STORED, "auto", "For clusters", .values = "auto migrate live-migrate stop"),
	ROW("migration.incremental.memory", KEY_BOOL, KEY_STORED, "false", "For live migration"),
	ROW("migration.incremental.memory.iterations", KEY_U32, KEY_STORED, "10", "For live migration"),
	ROW("migration.incremental.memory.goal", KEY_U32, KEY_STORED, "70", "For live migration"),

	/* ---- what runs inside */
	ROW("environment.", KEY_ANY, KEY_FAMILY | KEY_EXEC, "", "Environment variables of init and of each exec",
	    .check = check_environment, .plan = plan_environment),
	ROW("linux.kernel_modules", KEY_ANY, KEY_STORED, "", "Modules that the host is to have, joined by commas", .check = check_modules),
	ROW("linux.kernel_modules.load", KEY_ONEOF, KEY_STORED, "boot", "When they are loaded", .values = "boot ondemand"),
	ROW("linux.sysctl.", KEY_ANY, KEY_FAMILY, "", "Kernel parameters of its own namespaces",
	    .check = check_sysctl, .plan = plan_sysctl),
	ROW("user.", KEY_ANY, KEY_FAMILY | KEY_FREE | KEY_MULTILINE, "", "Anything of yours"),
	ROW("cloud-init.user-data", KEY_ANY, KEY_STORED | KEY_MULTILINE, "", "For cloud-init", .check = check_user_data),
	ROW("cloud-init.vendor-data", KEY_ANY, KEY_STORED | KEY_MULTILINE, "", "For cloud-init", .check = check_user_data),
	ROW("cloud-init.network-config", KEY_YAML, KEY_STORED | KEY_MULTILINE, "", "For cloud-init"),
	ROW("cloud-init.ssh-keys.", KEY_ANY, KEY_STORED | KEY_FAMILY, "", "USER:KEY for cloud-init"),
	ROW("image.", KEY_ANY, KEY_FAMILY | KEY_FREE | KEY_INSTANCE | KEY_MULTILINE, "", "Properties of the image that it was made of"),
	ROW("oci.entrypoint", KEY_ANY, KEY_STORED, "", "First program of an OCI image"),
	ROW("oci.cwd", KEY_ANY, KEY_STORED, "", "Its directory"),
	ROW("oci.uid", KEY_ANY, KEY_STORED, "", "Its user"),
	ROW("oci.gid", KEY_ANY, KEY_STORED, "", "Its group"),
	ROW("oci.dns.", KEY_ANY, KEY_STORED | KEY_FAMILY, "", "Its resolver"),
	ROW("systemd.credential.", KEY_ANY, KEY_STORED | KEY_FAMILY, "", "Credentials for systemd"),
	ROW("systemd.credential-binary.", KEY_ANY, KEY_STORED | KEY_FAMILY, "", "Credentials for systemd, in base64"),
	ROW("nvidia.runtime", KEY_BOOL, 0, "false", "The host's NVIDIA libraries inside", .plan = plan_unsupported_true),
	ROW("nvidia.driver.capabilities", KEY_ANY, KEY_STORED, "compute,utility", "For nvidia.runtime"),
	ROW("nvidia.require.cuda", KEY_ANY, KEY_STORED, "", "For nvidia.runtime"),
	ROW("nvidia.require.driver", KEY_ANY, KEY_STORED, "", "For nvidia.runtime"),

	/* ---- isolation */
	ROW("security.privileged", KEY_BOOL, 0, "false", "Root inside is root of the host: no user namespace", .plan = plan_privileged),
	ROW("security.nesting", KEY_BOOL, 0, "false", "Allow containers inside", .plan = plan_nesting),
	ROW("security.idmap.isolated", KEY_BOOL, 0, "true", "A range of ids of its own; here each instance has one"),
	ROW("security.idmap.size", KEY_U32, 0, "65536", "How many ids it has"),
	ROW("security.idmap.base", KEY_U32, 0, "chosen", "Host id of its root"),
	ROW("raw.idmap", KEY_ANY, KEY_MULTILINE, "", "Single host ids inside: lines \"both 1000 1000\"",
	    .check = check_raw_idmap, .plan = plan_checked),
	ROW("security.protection.delete", KEY_BOOL, 0, "false", "Refuse to delete it"),
	ROW("security.protection.start", KEY_BOOL, KEY_STORED, "false", "Refuse to start it"),
	ROW("security.protection.shift", KEY_BOOL, KEY_STORED, "false", "Refuse to change the owners of its files; here nothing does"),
	ROW("security.devlxd", KEY_BOOL, KEY_STORED, "true", "/dev/lxd/sock inside"),
	ROW("security.guestapi", KEY_BOOL, KEY_STORED, "true", "Incus' name of security.devlxd", .same_as = "security.devlxd"),
	ROW("security.devlxd.images", KEY_BOOL, KEY_STORED, "false", "Images by /dev/lxd/sock"),
	ROW("security.guestapi.images", KEY_BOOL, KEY_STORED, "false", "Incus' name of security.devlxd.images",
	    .same_as = "security.devlxd.images"),
	ROW("security.delegate_bpf", KEY_BOOL, KEY_STORED, "false", "Delegation of BPF"),
	ROW("security.delegate_bpf.", KEY_ANY, KEY_STORED | KEY_FAMILY, "", "Delegation of BPF"),
	ROW("security.bpffs.", KEY_ANY, KEY_STORED | KEY_FAMILY, "", "Delegation of BPF"),
	ROW("security.selinux.", KEY_ANY, KEY_STORED | KEY_FAMILY, "", "For SELinux"),
	ROW(SYSCALLS "deny_default", KEY_BOOL, 0, "true", "Deny system calls that containers have no business with",
	    .plan = plan_deny_default),
	ROW(SYSCALLS "blacklist_default", KEY_BOOL, 0, "true", "Old name of deny_default", .same_as = SYSCALLS "deny_default",
	    .plan = plan_deny_default),
	ROW(SYSCALLS "deny_compat", KEY_BOOL, 0, "false", "Deny all 32-bit system calls", .check = check_compat,
	    .plan = plan_deny_compat),
	ROW(SYSCALLS "blacklist_compat", KEY_BOOL, 0, "false", "Old name of deny_compat", .same_as = SYSCALLS "deny_compat",
	    .check = check_compat, .plan = plan_deny_compat),
	ROW(SYSCALLS "deny", KEY_ANY, KEY_MULTILINE, "", "Further system calls to deny, one a line", .check = check_syscalls,
	    .plan = plan_deny),
	ROW(SYSCALLS "blacklist", KEY_ANY, KEY_MULTILINE, "", "Old name of deny", .same_as = SYSCALLS "deny", .check = check_syscalls,
	    .plan = plan_deny),
	ROW(SYSCALLS "allow", KEY_ANY, KEY_MULTILINE, "", "The only system calls allowed", .check = check_unsupported,
	    .plan = plan_checked),
	ROW(SYSCALLS "whitelist", KEY_ANY, KEY_MULTILINE, "", "Old name of allow", .same_as = SYSCALLS "allow",
	    .check = check_unsupported, .plan = plan_checked),
	ROW(SYSCALLS "intercept.mknod", KEY_BOOL, 0, "false", "Make harmless device nodes for it", .check = check_unsupported_true,
	    .plan = plan_checked),
	ROW(SYSCALLS "intercept.setxattr", KEY_BOOL, 0, "false", "Set harmless trusted attributes for it",
	    .check = check_unsupported_true, .plan = plan_checked),
	ROW(SYSCALLS "intercept.sched_setscheduler", KEY_BOOL, 0, "false", "Set real-time priorities for it",
	    .check = check_unsupported_true, .plan = plan_checked),
	ROW(SYSCALLS "intercept.sysinfo", KEY_BOOL, 0, "false", "Answer sysinfo() by its limits", .check = check_unsupported_true,
	    .plan = plan_checked),
	ROW(SYSCALLS "intercept.bpf", KEY_BOOL, 0, "false", "Load BPF programs for it", .check = check_unsupported_true,
	    .plan = plan_checked),
	ROW(SYSCALLS "intercept.bpf.devices", KEY_BOOL, 0, "false", "Load device programs for it", .check = check_unsupported_true,
	    .plan = plan_checked),
	ROW(SYSCALLS "intercept.mount", KEY_BOOL, 0, "false", "Mount file systems for it", .check = check_unsupported_true,
	    .plan = plan_checked),
	ROW(SYSCALLS "intercept.mount.allowed", KEY_ANY, KEY_STORED, "", "For intercept.mount"),
	ROW(SYSCALLS "intercept.mount.fuse", KEY_ANY, KEY_STORED, "", "For intercept.mount"),
	ROW(SYSCALLS "intercept.mount.shift", KEY_BOOL, KEY_STORED, "false", "For intercept.mount"),
	ROW("raw.seccomp", KEY_ANY, KEY_MULTILINE, "", "A policy in place of ours", .check = check_unsupported, .plan = plan_checked),
	ROW("raw.apparmor", KEY_ANY, KEY_MULTILINE, "", "Further AppArmor rules", .check = check_apparmor, .plan = plan_checked),
	ROW("raw.lxc", KEY_ANY, KEY_MULTILINE, "", "Lines of LXC's configuration", .check = check_raw_lxc, .plan = plan_raw_lxc),

	/* ---- snapshots */
	ROW("snapshots.schedule", KEY_CRON, KEY_STORED, "", "When to make snapshots: cron's five fields, or @hourly and the like"),
	ROW("snapshots.schedule.stopped", KEY_BOOL, KEY_STORED, "false", "Also while it is stopped"),
	ROW("snapshots.pattern", KEY_ANY, KEY_STORED, "snap%d", "Name of snapshots", .check = check_pattern),
	ROW("snapshots.expiry", KEY_EXPIRY, KEY_STORED, "never", "How long snapshots are kept: 1M 2H 3d 4w 5m 6y"),
	ROW("snapshots.expiry.manual", KEY_EXPIRY, KEY_STORED, "as snapshots.expiry", "The same for those that no schedule made"),

	/* ---- what we note */
	ROW("volatile.base_image", KEY_ANY, KEY_VOLATILE, "", "Fingerprint of its image"),
	ROW("volatile.uuid", KEY_UUID, KEY_VOLATILE, "", "Its UUID"),
	ROW("volatile.uuid.generation", KEY_UUID, KEY_VOLATILE, "", "UUID that a restore changes"),
	ROW("volatile.cloud-init.instance-id", KEY_UUID, KEY_VOLATILE, "", "What cloud-init tells instances by"),
	ROW("volatile.last_state.power", KEY_ANY, KEY_VOLATILE, "", "RUNNING or STOPPED when the host went down"),
	ROW("volatile.last_state.ready", KEY_BOOL, KEY_VOLATILE, "", "It has said that it is ready"),
	ROW("volatile.last_state.idmap", KEY_ANY, KEY_VOLATILE, "", "Ids of its files on disk"),
	ROW("volatile.idmap.base", KEY_U32, KEY_VOLATILE, "", "Host id of its root"),
	ROW("volatile.idmap.current", KEY_ANY, KEY_VOLATILE, "", "Map of its ids"),
	ROW("volatile.idmap.next", KEY_ANY, KEY_VOLATILE, "", "Map of its ids from the next start on"),
	ROW("volatile.apply_template", KEY_ANY, KEY_VOLATILE, "", "Templates for the next start"),
	ROW("volatile.evacuate.origin", KEY_ANY, KEY_VOLATILE | KEY_STORED, "", "For clusters"),
	ROW("volatile.lxcbox.host", KEY_BOOL, KEY_VOLATILE, "", "A clone of the host"),
	ROW("volatile.lxcbox.owned", KEY_BOOL, KEY_VOLATILE, "", "Goes with the process that made it"),
	ROW("volatile.lxcbox.shifted", KEY_U32, KEY_VOLATILE, "", "Host id of the root that its files are stored with"),
	ROW("volatile.lxcbox.init", KEY_BOOL, KEY_VOLATILE, "", "Our own init inside"),
	ROW("volatile.*.hwaddr", KEY_ANY, KEY_VOLATILE | KEY_DEVICE, "", "MAC address of a nic"),
	ROW("volatile.*.name", KEY_ANY, KEY_VOLATILE | KEY_DEVICE, "", "Name of a nic inside"),
	ROW("volatile.*.host_name", KEY_ANY, KEY_VOLATILE | KEY_DEVICE, "", "Name of a nic's other end"),
	ROW("volatile.*.apply_quota", KEY_ANY, KEY_VOLATILE | KEY_DEVICE, "", "Quota for the next start"),
	ROW("volatile.*.ceph_rbd", KEY_ANY, KEY_VOLATILE | KEY_DEVICE | KEY_STORED, "", "For Ceph"),
	ROW("volatile.*.last_state.created", KEY_ANY, KEY_VOLATILE | KEY_DEVICE, "", "The interface was made for it"),
	ROW("volatile.*.last_state.mtu", KEY_ANY, KEY_VOLATILE | KEY_DEVICE, "", "MTU to give back"),
	ROW("volatile.*.last_state.hwaddr", KEY_ANY, KEY_VOLATILE | KEY_DEVICE, "", "MAC address to give back"),
	ROW("volatile.*.last_state.vf.id", KEY_ANY, KEY_VOLATILE | KEY_DEVICE, "", "Virtual function to give back"),
	ROW("volatile.*.last_state.vf.hwaddr", KEY_ANY, KEY_VOLATILE | KEY_DEVICE, "", "Its MAC address"),
	ROW("volatile.*.last_state.vf.vlan", KEY_ANY, KEY_VOLATILE | KEY_DEVICE, "", "Its VLAN"),
	ROW("volatile.*.last_state.vf.spoofcheck", KEY_ANY, KEY_VOLATILE | KEY_DEVICE, "", "Its filter"),
	ROW("volatile.*.last_state.vf.parent", KEY_ANY, KEY_VOLATILE | KEY_DEVICE, "", "Its interface"),

	/* ---- virtual machines' */
	ROW("limits.memory.hugepages", KEY_BOOL, KEY_VM, "false", "For virtual machines"),
	ROW("migration.stateful", KEY_BOOL, KEY_VM, "false", "For virtual machines"),
	ROW("raw.qemu", KEY_ANY, KEY_VM | KEY_MULTILINE, "", "For virtual machines"),
	ROW("raw.qemu.conf", KEY_ANY, KEY_VM | KEY_MULTILINE, "", "For virtual machines"),
	ROW("security.agent.metrics", KEY_BOOL, KEY_VM, "true", "For virtual machines"),
	ROW("security.secureboot", KEY_BOOL, KEY_VM, "true", "For virtual machines"),
	ROW("agent.nic_config", KEY_BOOL, KEY_VM, "false", "For virtual machines"),
	ROW("volatile.apply_nvram", KEY_BOOL, KEY_VM | KEY_VOLATILE, "", "For virtual machines"),
	ROW("volatile.vsock_id", KEY_ANY, KEY_VM | KEY_VOLATILE, "", "For virtual machines"),
	{ .name = "" },
};

/* ---- finding */

/* "volatile.*.hwaddr" and "volatile.eth0.hwaddr" */
static bool matches_device(const char *pattern, const char *key)
{
	size_t before = (size_t)(strchr(pattern, '*') - pattern), after = strlen(pattern) - before - 1, n = strlen(key);
	char name[80];

	if (n <= before + after || strncmp(key, pattern, before) || !str_eq(key + n - after, pattern + before + 1))
		return false;
	/* a device's name may become a file's */
	return str_fmt(name, sizeof name, "%.*s", (int)(n - before - after), key + before) == 0 && name_device(name, NULL) == 0 &&
	       *name != '/' && !strstr(name, "..");
}

static bool matches(const struct key *k, const char *key)
{
	if (k->flags & KEY_FAMILY)
		return str_after(key, k->name) != NULL;
	return k->flags & KEY_DEVICE ? matches_device(k->name, key) : str_eq(k->name, key);
}

const struct key *keys_find(const char *key)
{
	for (const struct key *k = keys_table; *k->name; k++) {
		if (matches(k, key))
			return k;
	}
	return NULL;
}

/* ---- checking */

/* Before it is known what the key is at all, as in LXD. */
static int check_where(const char *key, enum keys_where where, struct err *e)
{
	if (where != KEYS_PROFILE)
		return 0;
	if (str_after(key, "volatile."))
		return err_set(e, -EINVAL, "Volatile keys can only be set on instances (%s)", key);
	if (str_after(key, "image."))
		return err_set(e, -EINVAL, "Image keys can only be set on instances (%s)", key);
	return 0;
}

static int check_lines(const struct key *k, const char *value, struct err *e)
{
	size_t n = strlen(value), most = k->flags & KEY_MULTILINE ? LINES_MOST : LINE_MOST;

	if (n > most)
		return err_set(e, -EINVAL, "Value of %zu bytes is too long (at most %zu)", n, most);
	if ((k->flags & KEY_MULTILINE) || value_is_one_line(value))
		return 0;
	return err_set(e, -EINVAL, "%s cannot contain line breaks",
		       str_eq(k->name, "environment.") ? "Environment variables" : "Values of this key");
}

static int check_value(const struct key *k, const char *key, const char *value, struct err *e)
{
	int r = k->flags & KEY_FAMILY ? keys_check_name(k, key + strlen(k->name), e) : 0;

	if (r < 0 || !*value)
		return r;
	if ((r = check_lines(k, value, e)) < 0 || (r = keys_check_type(k, value, e)) < 0)
		return r;
	return k->check ? k->check(key, value, e) : 0;
}

int keys_check(const char *key, const char *value, enum keys_where where, struct err *e)
{
	const struct key *k = keys_find(key);
	int r = check_where(key, where, e);

	if (r < 0)
		return r;
	if (!k || ((k->flags & KEY_VM) && where == KEYS_INSTANCE))
		return err_set(e, -EINVAL, "Unknown configuration key: %s", key);
	return err_in(e, check_value(k, key, value, e), "%s", key);
}

int keys_check_map(const struct map *config, enum keys_where where, struct err *e)
{
	int r = keys_check_together(config, e);

	for (size_t i = 0; i < config->n && r == 0; i++)
		r = keys_check(config->item[i].key, config->item[i].value, where, e);
	return r;
}

/* ---- the plan */

static int plan_one(const struct key *k, struct arena *a, struct plan *p, const char *key, const char *value, struct err *e)
{
	if (!value || !*value)
		return 0;
	return err_in(e, k->plan(a, p, key, value, e), "%s", key);
}

static int plan_family(const struct key *k, struct arena *a, struct plan *p, const struct map *config, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < config->n && r == 0; i++) {
		if (str_after(config->item[i].key, k->name))
			r = plan_one(k, a, p, config->item[i].key, config->item[i].value, e);
	}
	return r;
}

int keys_plan(struct arena *a, struct plan *p, const struct map *config, struct err *e)
{
	int r = 0;

	for (const struct key *k = keys_table; *k->name && r == 0; k++) {
		if (!k->plan)
			continue;
		if (k->flags & KEY_FAMILY)
			r = plan_family(k, a, p, config, e);
		else
			r = plan_one(k, a, p, k->name, map_get(config, k->name), e);
	}
	return r;
}

/* ---- while it runs */

static const char *value_in(const struct map *config, const char *key)
{
	const char *value = map_get(config, key);

	return value ? value : "";
}

/* Rows whose function has run. Several may share one: it brings all of theirs. */
struct applied {
	const struct key *row[LIVE_MOST]; /* more than there are functions */
	size_t n;
};

static bool is_applied(const struct applied *done, const struct key *k)
{
	for (size_t i = 0; i < done->n; i++) {
		if (done->row[i]->live == k->live)
			return true;
	}
	return false;
}

/* The failed one, too: it may have come half the way. */
static void set_back(const struct applied *done, const struct live *l, const struct plan *undo)
{
	struct live before = *l;

	before.now = undo;
	for (size_t i = done->n; i-- > 0;)
		(void)done->row[i]->live(&before, NULL); /* the first failure is what is told */
}

int keys_live(const struct map *from, const struct map *to, struct live *l, const struct plan *undo, struct err *e)
{
	struct applied done = { .n = 0 };

	for (const struct key *k = keys_table; *k->name; k++) {
		const char *value = value_in(to, k->name);

		if (!k->live || str_eq(value_in(from, k->name), value) || is_applied(&done, k))
			continue;
		done.row[done.n++] = k;
		int r = k->live(l, e);
		if (r == 0)
			continue;
		set_back(&done, l, undo);
		return *value ? err_in(e, r, "%s: cannot set %s", k->name, value) : err_in(e, r, "%s: cannot unset", k->name);
	}
	return 0;
}
