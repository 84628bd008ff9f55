#include "runtime/instance/keys.h"
#include <errno.h>
#include <string.h>
#include "core/auto.h"
#include "core/buf.h"
#include "test/unit/test.h"

#define OPEN_BY_HANDLE "open_by_handle_at"
#define NOT_SUPPORTED  "not supported by this version of lxcbox"

/* What a check says; "" when it has nothing to say. */
static const char *said(const char *key, const char *value, enum keys_where where, struct err *e)
{
	*e = ERR_NONE;
	return keys_check(key, value, where, e) < 0 ? e->text : "";
}

TEST(keys_are_unique_and_described)
{
	for (const struct key *k = keys_table; *k->name; k++) {
		CHECK_ROW(k->name, k->help && *k->help && k->unset);
		CHECK_ROW(k->name, !k->same_as || keys_find(k->same_as));
		CHECK_ROW(k->name, (k->type == KEY_ONEOF) == (k->values != NULL));
		CHECK_ROW(k->name, ((k->flags & KEY_LIVE) != 0) == (k->live != NULL));
		CHECK_ROW(k->name, ((k->flags & KEY_FAMILY) != 0) == (k->name[strlen(k->name) - 1] == '.'));
		CHECK_ROW(k->name, ((k->flags & KEY_DEVICE) != 0) == (strchr(k->name, '*') != NULL));
		for (const struct key *other = keys_table; other < k; other++)
			CHECK_ROW(k->name, strcmp(other->name, k->name));
	}
}

TEST(values_get_the_words_of_lxd)
{
	static const struct {
		const char *key, *value, *text;
	} row[] = {
		/* bool: in any case, kept as typed */
		{ "boot.autostart", "TRUE", "" },
		{ "boot.autostart", "off", "" },
		{ "boot.autostart", "maybe", "boot.autostart: Invalid value for a boolean \"maybe\"" },
		{ "boot.autostart", "", "" },
		/* int, uint32, priority */
		{ "boot.autostart.priority", "-5", "" },
		{ "boot.autostart.priority", "x", "boot.autostart.priority: Invalid value for an integer \"x\"" },
		{ "boot.autostart.priority", " 1", "boot.autostart.priority: Invalid value for an integer \" 1\"" },
		{ "boot.autostart.priority", "9223372036854775808",
		  "boot.autostart.priority: Invalid value for an integer \"9223372036854775808\"" },
		{ "security.idmap.size", "65536", "" },
		{ "security.idmap.size", "4294967296", "security.idmap.size: Invalid value for uint32 \"4294967296\": strconv.ParseUint: "
						       "parsing \"4294967296\": value out of range" },
		{ "security.idmap.size", "-1",
		  "security.idmap.size: Invalid value for uint32 \"-1\": strconv.ParseUint: parsing \"-1\": invalid syntax" },
		{ "limits.cpu.priority", "10", "" },
		{ "limits.cpu.priority", "11", "limits.cpu.priority: Invalid value for a limit \"11\". Must be between 0 and 10" },
		{ "limits.cpu.priority", "ten", "limits.cpu.priority: Invalid value for an integer \"ten\"" },
		{ "limits.memory.oom_priority", "-1000", "" },
		{ "limits.memory.oom_priority", "1001",
		  "limits.memory.oom_priority: Invalid value for a limit \"1001\". Must be between -1000 and 1000" },
		/* sizes */
		{ "limits.memory", "512", "" },
		{ "limits.memory", "1", "" },
		{ "limits.memory", "64MiB", "" },
		{ "limits.memory", "64 bytes", "" },
		{ "limits.memory", "64M", "limits.memory: Invalid value: 64M" },
		{ "limits.memory", "64mb", "limits.memory: Invalid value: 64mb" },
		{ "limits.memory", "1.5GB", "limits.memory: Invalid value: 1.5GB" },
		{ "limits.memory", "64 MB", "limits.memory: Invalid value: 64 MB" },
		{ "limits.memory", "-1", "limits.memory: Invalid value: -1" },
		{ "limits.memory", "max", "limits.memory: Invalid value: max" },
		{ "limits.memory", "64MiB\n", "limits.memory: Values of this key cannot contain line breaks" },
		{ "limits.memory", "99999999999999999999", "limits.memory: Invalid integer: 99999999999999999999" },
		{ "limits.memory", "9999999EB", "limits.memory: Overflow multiplying 9999999 with 1000000000000000000" },
		{ "limits.memory", "0", "limits.memory: Memory limit can't be 0" },
		{ "limits.memory", "0%", "limits.memory: Memory limit can't be 0%" },
		{ "limits.memory", "10%", "" },
		{ "limits.memory", "101%", "" },
		{ "limits.memory", "-5%", "limits.memory: Invalid value: -5%" },
		{ "limits.memory", "x%", "limits.memory: strconv.ParseInt: parsing \"x\": invalid syntax" },
		{ "limits.memory.enforce", "soft", "" },
		{ "limits.memory.enforce", "x", "limits.memory.enforce: Invalid value \"x\" (not one of [soft hard])" },
		{ "limits.memory.enforce", "so", "limits.memory.enforce: Invalid value \"so\" (not one of [soft hard])" },
		{ "limits.memory.enforce", "soft hard", "limits.memory.enforce: Invalid value \"soft hard\" (not one of [soft hard])" },
		{ "limits.memory.swap", "64MiB", "" },
		{ "limits.memory.swap", "maybe", "limits.memory.swap: Invalid value for a boolean \"maybe\"" },
		{ "limits.hugepages.2MB", "64MiB", "" },
		{ "limits.hugepages.4MB", "64MiB", "Unknown configuration key: limits.hugepages.4MB" },
		/* CPUs */
		{ "limits.cpu", "9", "" },
		{ "limits.cpu", "1-1", "" },
		{ "limits.cpu", "0,2-3,5", "" },
		{ "limits.cpu", "0,1,2,3", "" },
		{ "limits.cpu", "7-8", "" },
		{ "limits.cpu", "0", "limits.cpu: Invalid cpuset value: 0 (no CPU at all)" },
		{ "limits.cpu", "3-1", "limits.cpu: Invalid cpuset value: 3-1" },
		{ "limits.cpu", "0,1-2-3", "limits.cpu: Invalid cpuset value: 0,1-2-3" },
		{ "limits.cpu", "0-99999999999999999999", "limits.cpu: Invalid cpuset value: 0-99999999999999999999" },
		{ "limits.cpu", "99999999999999999999", "limits.cpu: Invalid cpuset value: 99999999999999999999" },
		{ "limits.cpu", "1-2-3", "limits.cpu: Invalid CPU limit syntax" },
		{ "limits.cpu", "1,", "limits.cpu: Invalid CPU limit syntax" },
		{ "limits.cpu", "-1", "limits.cpu: Invalid CPU limit syntax" },
		{ "limits.cpu", "a", "limits.cpu: Invalid CPU limit syntax" },
		{ "limits.cpu", "1,1", "limits.cpu: Cannot define CPU multiple times" },
		{ "limits.cpu", "0-3,2", "limits.cpu: Cannot define CPU multiple times" },
		{ "limits.cpu.nodes", "0", "" },
		{ "limits.cpu.nodes", "balanced", "" },
		{ "limits.cpu.nodes", "a", "limits.cpu.nodes: Invalid CPU limit syntax" },
		{ "limits.cpu.allowance", "50%", "" },
		{ "limits.cpu.allowance", "25ms/100ms", "" },
		{ "limits.cpu.allowance", "25/100", "" },
		{ "limits.cpu.allowance", "50", "limits.cpu.allowance: Invalid allowance: 50" },
		{ "limits.cpu.allowance", "25us/100ms", "limits.cpu.allowance: strconv.Atoi: parsing \"25us\": invalid syntax" },
		{ "limits.cpu.allowance", "x%", "limits.cpu.allowance: strconv.Atoi: parsing \"x\": invalid syntax" },
		{ "limits.cpu.allowance", "0%", "limits.cpu.allowance: Invalid allowance: 0% (at least 1%)" },
		{ "limits.cpu.allowance", "-1%", "limits.cpu.allowance: Invalid allowance: -1% (at least 1%)" },
		{ "limits.cpu.allowance", "10ms/2000ms",
		  "limits.cpu.allowance: Invalid allowance: 10ms/2000ms (at least 1ms, in a period of 1ms to 1000ms)" },
		{ "limits.cpu.allowance", "0ms/10ms",
		  "limits.cpu.allowance: Invalid allowance: 0ms/10ms (at least 1ms, in a period of 1ms to 1000ms)" },
		/* processes, resources of each */
		{ "limits.processes", "100", "" },
		{ "limits.processes", "-1", "" },
		{ "limits.processes", "-2", "limits.processes: Invalid value for a limit \"-2\". Must be positive, or -1 for none" },
		{ "limits.processes", "0", "limits.processes: Invalid value for a limit \"0\". Must be positive, or -1 for none" },
		{ "limits.processes", "x", "limits.processes: Invalid value for an integer \"x\"" },
		{ "limits.kernel.nofile", "100:200", "" },
		{ "limits.kernel.nofile", "x", "limits.kernel.nofile: \"x\" is not N, SOFT:HARD or unlimited" },
		{ "limits.kernel.nofile", "200:100", "limits.kernel.nofile: the soft limit is above the hard one in \"200:100\"" },
		{ "limits.kernel.bogus", "1", "limits.kernel.bogus: Unknown resource bogus (known: as core cpu data fsize locks memlock "
					      "msgqueue nice nofile nproc rss rtprio rttime sigpending stack)" },
		/* environment, sysctl, modules */
		{ "environment.FOO", "a b=c", "" },
		{ "environment.FOO", "a\nb", "environment.FOO: Environment variables cannot contain line breaks" },
		{ "environment.FOO", "a\rb", "environment.FOO: Environment variables cannot contain line breaks" },
		{ "environment.", "x", "environment.: Invalid name \"\" behind \"environment.\"" },
		{ "environment.A=B", "x", "environment.A=B: Invalid environment variable name \"A=B\"" },
		{ "linux.sysctl.net.ipv4.ip_forward", "1", "" },
		{ "linux.sysctl.net.ipv4.tcp_rmem", "4096 87380 6291456", "" },
		{ "linux.sysctl.kernel.shmmax", "1000000", "" },
		{ "linux.sysctl.kernel.sem", "250 32000 100 128", "" },
		{ "linux.sysctl.fs.mqueue.msg_max", "20", "" },
		{ "linux.sysctl.kernel.hostname", "a-b.c", "" },
		{ "linux.sysctl.net.ipv4.ip_forward", "1+kernel.core_pattern=x",
		  "linux.sysctl.net.ipv4.ip_forward: Invalid value for a sysctl \"1+kernel.core_pattern=x\"" },
		{ "linux.sysctl.net.ipv4.ip_forward", "1 kernel",
		  "linux.sysctl.net.ipv4.ip_forward: Invalid value for a sysctl \"1 kernel\"" },
		{ "linux.sysctl.net.ipv4.ip_forward", "1\n2",
		  "linux.sysctl.net.ipv4.ip_forward: Values of this key cannot contain line breaks" },
		{ "linux.kernel_modules", "overlay, nf_nat", "" },
		{ "linux.kernel_modules", "../x", "linux.kernel_modules: Invalid kernel module name \"../x\"" },
		{ "linux.kernel_modules.load", "x", "linux.kernel_modules.load: Invalid value \"x\" (not one of [boot ondemand])" },
		{ "cluster.evacuate", "x", "cluster.evacuate: Invalid value \"x\" (not one of [auto migrate live-migrate stop])" },
		{ "migration.incremental.memory.goal", "70", "" },
		/* documents */
		{ "user.x", "a\nb\r\tc # d ", "" },
		{ "cloud-init.user-data", "#!/bin/sh\n{", "" },
		{ "cloud-init.user-data", "#cloud-config", "" },
		{ "cloud-init.user-data", "#cloud-config\na: &x 1\nb: *x\n", "" },
		{ "cloud-init.user-data", "#cloud-config\npackages: [a, b]\n", "" },
		{ "cloud-init.user-data", "#cloud-config\n-", "" },
		{ "cloud-init.user-data", "#cloud-config\n}", "cloud-init.user-data: yaml: line 1: did not find expected node content" },
		{ "cloud-init.network-config", "version: 2\n", "" },
		{ "cloud-init.network-config", "hello", "cloud-init.network-config: yaml: unmarshal errors: line 1: cannot unmarshal !!str "
							"`hello` into map[string]interface {}" },
		/* snapshots */
		{ "snapshots.schedule", "0 6 * * *, @startup", "" },
		{ "snapshots.schedule", "@DAILY", "" },
		{ "snapshots.schedule", "*/5 ? 1-31/2 jan-dec sun-sat", "" },
		{ "snapshots.schedule", "0,30 * * * mon,fri", "" },
		{ "snapshots.schedule", "60 * * * *",
		  "snapshots.schedule: Error parsing schedule: end of range (60) above maximum (59): 60" },
		{ "snapshots.schedule", "* * 0 * *",
		  "snapshots.schedule: Error parsing schedule: beginning of range (0) below minimum (1): 0" },
		{ "snapshots.schedule", "5-3 * * * *",
		  "snapshots.schedule: Error parsing schedule: beginning of range (5) beyond end of range (3): 5-3" },
		{ "snapshots.schedule", "*/0 * * * *",
		  "snapshots.schedule: Error parsing schedule: step of range should be a positive number: */0" },
		{ "snapshots.schedule", "* * *", "snapshots.schedule: Schedule must be of the form: <minute> <hour> <day-of-month> <month> "
						 "<day-of-week>" },
		{ "snapshots.schedule", "@often", "snapshots.schedule: Schedule must be of the form: <minute> <hour> <day-of-month> <month> "
						  "<day-of-week>" },
		{ "snapshots.schedule", "0 6 * * *,@startup",
		  "snapshots.schedule: Error parsing schedule: failed to parse int from @startup: strconv.Atoi: parsing \"@startup\": invalid "
		  "syntax" },
		{ "snapshots.pattern", "snap%d", "" },
		{ "snapshots.pattern", "%d-%d", "snapshots.pattern: Snapshot pattern may contain '%d' only once" },
		{ "snapshots.expiry", "1M 2H 3d 4w 5m 6y", "" },
		{ "snapshots.expiry", "1h", "snapshots.expiry: Invalid expiry expression" },
		{ "snapshots.expiry", "1d 1d", "snapshots.expiry: Invalid expiry expression" },
		/* isolation */
		{ "security.syscalls.deny", OPEN_BY_HANDLE "\n# a comment\n\n[all]\nmount errno 38\n", "" },
		{ "security.syscalls.blacklist", OPEN_BY_HANDLE, "" },
		{ "security.syscalls.deny", "bogus_call", "security.syscalls.deny: seccomp: no system call \"bogus_call\"" },
		{ "security.syscalls.deny", "mount errno 1", "security.syscalls.deny: line 1: \"mount errno 1\": " NOT_SUPPORTED
							     ", which knows NAME and NAME errno 38" },
		{ "security.syscalls.allow", "read", "security.syscalls.allow: " NOT_SUPPORTED },
		{ "security.syscalls.intercept.mknod", "false", "" },
		{ "security.syscalls.intercept.mknod", "true", "security.syscalls.intercept.mknod: " NOT_SUPPORTED },
		{ "security.syscalls.intercept.mount", "1", "security.syscalls.intercept.mount: " NOT_SUPPORTED },
		{ "raw.seccomp", "2\ndenylist", "raw.seccomp: " NOT_SUPPORTED },
		{ "raw.idmap", "both 1000 1000", "raw.idmap: " NOT_SUPPORTED },
		{ "raw.idmap", "x 1 1", "raw.idmap: Failed to get ID map: Invalid ID map type \"x 1 1\"" },
		{ "raw.idmap", "both 1000", "raw.idmap: Failed to get ID map: Invalid ID map line \"both 1000\"" },
		{ "raw.idmap", "uid 1-2 1", "raw.idmap: Failed to get ID map: The ID map ranges are of different sizes \"uid 1-2 1\"" },
		{ "raw.lxc", "# a comment\n\nlxc.environment = A=1\nlxc.sysctl.net.ipv4.ip_forward=1\nlxc.uts.name = x\n", "" },
		{ "raw.lxc", "bad line", "raw.lxc: line 1: Invalid raw.lxc line: bad line" },
		{ "raw.lxc", "lxc.environment = A=1\r\nlxc.environment = B=2\r\n", "" },
		{ "raw.lxc", "lxc.environment = A=1\rB=2", "raw.lxc: line 1: Invalid raw.lxc line: lxc.environment = A=1\rB=2" },
		{ "raw.lxc", "lxc.logfile = /x", "raw.lxc: line 1: Setting lxc.logfile is not allowed" },
		{ "raw.lxc", "lxc.log.file = /x", "raw.lxc: line 1: Setting lxc.logfile is not allowed" },
		{ "raw.lxc", "lxc.log.syslog = x", "raw.lxc: line 1: Setting lxc.log.syslog is not allowed" },
		{ "raw.lxc", "lxc.ephemeral = 1", "raw.lxc: line 1: Setting lxc.ephemeral is not allowed" },
		{ "raw.lxc", "lxc.net.0.type = veth", "raw.lxc: line 1: Only interface-specific ipv4/ipv6 lxc.net. keys are allowed" },
		{ "raw.lxc", "lxc.prlimit.nofile = 1", "raw.lxc: line 1: Process limits should be set via \"limits.kernel.[limit name]\" and "
						       "not directly via \"lxc.prlimit.[limit name]\"" },
		{ "raw.lxc", "lxc.environment = A=1\nlxc.cap.drop = sys_admin",
		  "raw.lxc: line 2: lxc.cap.drop is not supported by this version of lxcbox" },
		{ "raw.lxc", "lxc.net.0.ipv4.address = 10.0.0.1/24",
		  "raw.lxc: line 1: lxc.net.0.ipv4.address is not supported by this version of lxcbox" },
		{ "nvidia.driver.capabilities", "a\nb", "nvidia.driver.capabilities: Values of this key cannot contain line breaks" },
		/* volatile */
		{ "volatile.uuid", "0b7f6c0e-8c8b-4a0e-9d6e-0123456789ab", "" },
		{ "volatile.uuid", "x", "volatile.uuid: Invalid UUID" },
		{ "volatile.eth0.hwaddr", "aa", "" },
		{ "volatile.a.b:c/d.last_state.vf.id", "1", "" },
		{ "volatile.idmap.base", "1000000", "" },
		{ "volatile.foo", "x", "Unknown configuration key: volatile.foo" },
		{ "volatile..hwaddr", "x", "Unknown configuration key: volatile..hwaddr" },
		{ "volatile.../../x.hwaddr", "x", "Unknown configuration key: volatile.../../x.hwaddr" },
		/* unknown ones */
		{ "bogus", "x", "Unknown configuration key: bogus" },
		{ "bogus", "", "Unknown configuration key: bogus" },
		{ "Limits.memory", "1GB", "Unknown configuration key: Limits.memory" },
		{ "limits.memory ", "1GB", "Unknown configuration key: limits.memory " },
		{ "limits.memory.hugepages", "true", "Unknown configuration key: limits.memory.hugepages" },
		{ "raw.qemu", "x", "Unknown configuration key: raw.qemu" },
		{ "volatile.vsock_id", "1", "Unknown configuration key: volatile.vsock_id" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct err e;

		CHECK_ROW_STR(row[i].key, said(row[i].key, row[i].value, KEYS_INSTANCE, &e), row[i].text);
	}
}

TEST(sysctls_of_the_host_are_refused)
{
	static const char *const name[] = { "kernel.core_pattern", "kernel.modprobe", "vm.swappiness", "fs.file-max", "kernel.semx",
					    "net",		   "net.",	      "user.",	       "kernel.shm",  "fs.mqueue" };

	for (size_t i = 0; i < ARRAY_SIZE(name); i++) {
		struct err e = ERR_NONE;
		char key[80];

		str_fmt(key, sizeof key, "linux.sysctl.%s", name[i]);
		CHECK_ROW_INT(name[i], keys_check(key, "1", KEYS_INSTANCE, &e), -EINVAL);
		CHECK_ROW(name[i], strstr(e.text, name[i]));
	}
}

TEST(names_of_families_lead_nowhere)
{
	for (const struct key *k = keys_table; *k->name; k++) {
		char key[128];

		if (!(k->flags & KEY_FAMILY))
			continue;
		for (const char *const *name = (const char *const[]){ "../../etc/x", "", "a/../b", "..", "a\nb", "a\x01", NULL }; *name; name++) {
			str_fmt(key, sizeof key, "%s%s", k->name, *name);
			CHECK_ROW_INT(key, keys_check(key, "1", KEYS_INSTANCE, NULL), -EINVAL);
		}
	}
}

TEST(values_are_one_line_and_not_endless)
{
	static char big[(1 << 20) + 1];

	memset(big, '1', sizeof big);
	big[1 << 20] = 0;
	for (const struct key *k = keys_table; *k->name; k++) {
		char key[80];
		struct err e = ERR_NONE;

		str_fmt(key, sizeof key, "%s%s", k->name, k->flags & KEY_FAMILY ? "nofile" : "");
		if (k->flags & (KEY_DEVICE | KEY_VM))
			continue;
		CHECK_ROW(key, keys_check(key, big, KEYS_INSTANCE, &e) < 0);
		if (k->flags & KEY_MULTILINE)
			continue;
		CHECK_ROW(key, keys_check(key, "1\n2", KEYS_INSTANCE, &e) < 0);
		CHECK_ROW(key, keys_check(key, "1\r2", KEYS_INSTANCE, &e) < 0);
	}
	big[60000] = 0;
	CHECK_INT(keys_check("user.user-data", big, KEYS_INSTANCE, NULL), 0);
}

TEST(profiles_hold_what_they_may)
{
	static const struct {
		const char *key, *value, *text;
	} row[] = {
		{ "limits.memory", "1GB", "" },
		{ "limits.memory.hugepages", "true", "" },
		{ "limits.memory.hugepages", "x", "limits.memory.hugepages: Invalid value for a boolean \"x\"" },
		{ "raw.qemu.conf", "[x]\ny", "" },
		{ "volatile.foo", "x", "Volatile keys can only be set on instances (volatile.foo)" },
		{ "volatile.vsock_id", "x", "Volatile keys can only be set on instances (volatile.vsock_id)" },
		{ "image.os", "x", "Image keys can only be set on instances (image.os)" },
		{ "bogus", "x", "Unknown configuration key: bogus" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct err e;

		CHECK_ROW_STR(row[i].key, said(row[i].key, row[i].value, KEYS_PROFILE, &e), row[i].text);
	}
	CHECK_INT(keys_check("limits.memory.hugepages", "true", KEYS_EXPANDED, NULL), 0);
}

TEST(some_keys_exclude_each_other)
{
	static const struct {
		const char *config[6], *text;
	} row[] = {
		{ { "security.syscalls.deny", "mount", "security.syscalls.deny_default", "false" }, "" },
		{ { "security.syscalls.deny", "mount", "security.syscalls.blacklist", "mount" },
		  "Mutually exclusive keys security.syscalls.deny and security.syscalls.blacklist are set" },
		{ { "security.syscalls.deny_default", "true", "security.syscalls.blacklist_default", "true" },
		  "Mutually exclusive keys security.syscalls.deny_default and security.syscalls.blacklist_default are set" },
		{ { "security.devlxd", "true", "security.guestapi", "true" },
		  "Mutually exclusive keys security.devlxd and security.guestapi are set" },
		{ { "security.syscalls.allow", "read", "security.syscalls.deny", "mount" },
		  "security.syscalls.allow is mutually exclusive with security.syscalls.deny*" },
		{ { "security.syscalls.whitelist", "read", "security.syscalls.deny_default", "true" },
		  "security.syscalls.allow is mutually exclusive with security.syscalls.deny*" },
		{ { "raw.seccomp", "2", "security.syscalls.deny_compat", "true" },
		  "raw.seccomp is mutually exclusive with security.syscalls*" },
		{ { "nvidia.runtime", "true" }, "" },
		{ { "nvidia.runtime", "true", "security.privileged", "true" }, "nvidia.runtime is incompatible with privileged containers" },
		{ { "linux.sysctl.user.max_user_namespaces", "5" }, "" },
		{ { "linux.sysctl.user.max_user_namespaces", "5", "security.privileged", "true" },
		  "linux.sysctl.user.max_user_namespaces is the host's with security.privileged=true" },
		{ { "security.syscalls.intercept.mount.fuse", "ext4" }, "" },
		{ { "security.syscalls.intercept.mount.fuse", "ext4", "security.syscalls.intercept.mount", "true" },
		  "security.syscalls.intercept.mount.fuse is not of the form 'filesystem=fuse-binary': ext4" },
		{ { "security.syscalls.intercept.mount.fuse", "ext4=fuse2fs", "security.syscalls.intercept.mount", "true",
		    "security.syscalls.intercept.mount.allowed", "xfs,ext4" },
		  "Filesystem ext4 cannot appear in security.syscalls.intercept.mount.allowed and security.syscalls.intercept.mount.fuse" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO(arena) struct arena a = ARENA_NONE;
		struct map config = { 0 };
		struct err e = ERR_NONE;

		for (size_t j = 0; j < ARRAY_SIZE(row[i].config) && row[i].config[j]; j += 2)
			map_set(&a, &config, row[i].config[j], row[i].config[j + 1]);
		CHECK_ROW_INT(row[i].config[0], keys_check_map(&config, KEYS_INSTANCE, &e) < 0, *row[i].text != 0);
		CHECK_ROW_STR(row[i].config[0], e.text, row[i].text);
	}
}
