# core.sh - what must work on every kernel that can do it, in whatever way this machine mounts its cgroups. Run by test/vm/run.
LXCBOX=/job/lxcbox IMAGES=/job TMP=/tmp/t
export LXCBOX IMAGES TMP
mkdir -p $TMP
. /job/lib.sh
LXCBOX_DIR=/var/lib/lxcbox

mode=$(sed -n 's/.*vm\.mode=\([^ ]*\).*/\1/p' /proc/cmdline)
[ "$mode" != initramfs ] || mode=v2
pid_of() { lxcbox list -f csv -c p "$1"; }
# The file of an instance's own limit, wherever this machine has its controller: file v2-NAME v1-CONTROLLER/v1-NAME
limit() {
	case $mode in
	v2) cat /sys/fs/cgroup/lxcbox/*."$1"/"$2" ;;
	*) cat "/sys/fs/cgroup/${3%/*}"/lxcbox/*."$1/${3##*/}" ;;
	esac
}
up() { until_ok 60 sh -c 's=$("$LXCBOX" exec '"$1"' -- systemctl is-system-running 2>/dev/null); [ "$s" = running ] || [ "$s" = degraded ]'; }

ok "check" lxcbox check

# ---- a plain one
ok "launch" lxcbox launch busy c1
prints "list" "c1,RUNNING" lxcbox list -f csv -c ns
prints "its name" c1 lxcbox exec c1 -- hostname
matches "a user namespace" '^ *0 +[1-9][0-9]+ +65536' lxcbox exec c1 -- cat /proc/self/uid_map
prints "owners are right" "0 0" lxcbox exec c1 -- stat -c '%u %g' /etc/passwd
ok "a directory of the image can be renamed" lxcbox exec c1 -- mv /opt /opt2
ok "and removed, and made anew" lxcbox exec c1 -- sh -c 'rm -r /root && mkdir /root && rmdir /root && mkdir /root'
fails "exit status" 7 . sh -c '"$LXCBOX" exec c1 -- sh -c "echo x >&2; exit 7"'
same "a pipe" abc "$(echo abc | lxcbox exec c1 -- cat)"
ok "nothing of the host's cgroup shows" lxcbox exec c1 -- sh -c '! grep lxcbox /proc/1/cgroup'
ok "run" lxcbox run busy -- true

# ---- AppArmor: a profile of its own, also where the container has put something else on /proc
apparmor() { [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ]; }
label() { cat "/proc/$1/attr/current"; }
if apparmor; then
	matches "check tells it" "AppArmor +\| yes" lxcbox check
	matches "init is in its profile" '^lxcbox-[0-9a-f]+\.c1 \(enforce\)$' label "$(pid_of c1)"
	same "exec, too" "$(label "$(pid_of c1)")" "$(lxcbox exec c1 -- cat /proc/self/attr/current)"
	lxcbox exec c1 -- sh -c 'mount -t tmpfs none /proc; mkdir -p /proc/self/attr/apparmor; : >/proc/self/attr/current; : >/proc/self/attr/apparmor/current'
	lxcbox exec c1 -- sleep 301 &
	until_ok 10 sh -c 'grep -qs "^sleep.301" /proc/[0-9]*/cmdline'
	sleeper=$(grep -ls "^sleep.301" /proc/[0-9]*/cmdline | head -1 | cut -d/ -f3)
	same "V06: exec with /proc covered" "$(label "$(pid_of c1)")" "$(label "$sleeper")"
	kill "$sleeper"
	wait
	prints "V06: what lies there is not written" "" lxcbox exec c1 -- cat /proc/self/attr/current /proc/self/attr/apparmor/current
	ok "its /proc again" lxcbox exec c1 -- umount /proc
	fails "raw.apparmor would need a parser" 1 "raw.apparmor" lxcbox config set c1 raw.apparmor "deny /x w,"

	lxcbox launch busy a1 -c security.privileged=true >/dev/null
	same "privileged, too" "$(label "$(pid_of a1)" | cut -d. -f2)" "a1 (enforce)"
	ok "a read-only mount can be undone there" lxcbox exec a1 -- mount -o remount,rw,bind /proc/sys
	ok "and of /sys" lxcbox exec a1 -- mount -o remount,rw,bind /sys
	for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/kernel/sysrq /proc/sys/kernel/randomize_va_space /proc/sys/vm/drop_caches \
		/proc/sys/vm/overcommit_memory /proc/sys/fs/file-max /proc/sys/fs/suid_dumpable /proc/sysrq-trigger /proc/mtrr /sys/power/state \
		/sys/kernel/uevent_helper /sys/kernel/mm/ksm/run /sys/module/overlay/parameters/metacopy /sys/block/vda/queue/scheduler; do
		[ -e $f ] || continue
		fails "V51: $f" 1 "denied|Read-only" lxcbox exec a1 -- sh -c ": >>$f"
	done
	ok "a host name is its own" lxcbox exec a1 -- sh -c 'echo other >/proc/sys/kernel/hostname'
	for type in debugfs tracefs securityfs ext4 squashfs cgroup; do
		fails "no mount of $type" 255 "denied" lxcbox exec a1 -- mount -t $type /dev/null /tmp
	done
	ok "tmpfs, bind, remount" lxcbox exec a1 -- sh -c 'mkdir -p /a /b && mount -t tmpfs none /a && mount -o bind /a /b && mount -o remount,bind,ro /b'
	ok "delete" lxcbox delete -f a1
	ok "nesting" lxcbox launch busy n1 -c security.nesting=true
	same "has a profile" "n1 (enforce)" "$(label "$(pid_of n1)" | cut -d. -f2)"
	ok "proc and sysfs elsewhere" lxcbox exec n1 -- sh -c 'mkdir -p /r/proc /r/sys && mount -t proc proc /r/proc && mount -t sysfs sysfs /r/sys'
	ok "delete" lxcbox delete -f n1

	# AppArmor on, but no profile to be had
	ok "init" lxcbox init busy x1
	mount -t tmpfs none /sys/kernel/security/apparmor && : >/sys/kernel/security/apparmor/.replace
	fails "a start without its profile is refused" 1 "AppArmor: profile lxcbox-.*x1 is not loaded" lxcbox start x1
	umount /sys/kernel/security/apparmor
	ok "delete" lxcbox delete -f x1
else
	matches "check tells it" "AppArmor +\| no" lxcbox check
fi

# ---- pause, stop
ok "pause" lxcbox pause c1
prints "FROZEN" FROZEN lxcbox list -f csv -c s c1
fails "exec into a frozen one" 1 frozen lxcbox exec c1 -- true
ok "start thaws" lxcbox start c1
ok "exec again" lxcbox exec c1 -- true
ok "restart" lxcbox restart -f c1
ok "stop" lxcbox stop c1 --timeout 20
ok "delete" lxcbox delete c1

# ---- limits
ok "with limits" lxcbox launch busy l1 -c limits.memory=32MiB -c limits.processes=20 -c limits.cpu.allowance=20ms/100ms -c limits.cpu=0-0
prints "memory" 33554432 limit l1 memory.max memory/memory.limit_in_bytes
prints "processes" 20 limit l1 pids.max pids/pids.max
if [ "$mode" = v2 ]; then
	prints "cpu" "20000 100000" limit l1 cpu.max -
else
	prints "cpu" 20000 limit l1 - cpu,cpuacct/cpu.cfs_quota_us
fi
prints "cpus" 0 limit l1 cpuset.cpus cpuset/cpuset.cpus
ok "less than its memory" lxcbox exec l1 -- sh -c 'head -c 8m /dev/zero | tail >/dev/null'
fails "more is killed" 137 . sh -c '"$LXCBOX" exec l1 -- sh -c "tail /dev/zero; exit \$?" || { s=$?; echo killed >&2; exit $s; }'
matches "processes" "can't fork|Resource" lxcbox exec l1 -- sh -c '(for i in $(seq 30); do sleep 3 & done) 2>&1; true'
ok "a limit can change" lxcbox config set l1 limits.memory 40MiB
prints "and has" 41943040 limit l1 memory.max memory/memory.limit_in_bytes
matches "info counts" "Memory" lxcbox info l1
ok "stop by force" lxcbox stop -f l1
ok "delete" lxcbox delete l1

# ---- privileged: an allow list of devices
ok "privileged" lxcbox launch busy p1 -c security.privileged=true
matches "no user namespace" '^ *0 +0 +4294967295' lxcbox exec p1 -- cat /proc/self/uid_map
fails "a disk cannot be opened" 1 "ermitted|ermission" lxcbox exec p1 -- sh -c 'mknod /tmp/d b 254 0 && head -c 1 /tmp/d'
ok "null can" lxcbox exec p1 -- sh -c 'mknod /tmp/n c 1 3 && echo x >/tmp/n'
fails "no host value of /proc/sys" 1 "." lxcbox exec p1 -- sh -c 'echo x >/proc/sys/kernel/core_pattern'
ok "delete --force" lxcbox delete -f p1

# ---- systemd
ok "systemd" lxcbox launch deb d1
up d1
prints "is running" running lxcbox exec d1 -- systemctl is-system-running
same "no unit failed" "" "$(lxcbox exec d1 -- systemctl --failed --no-legend --plain)"
prints "knows where it is" lxc lxcbox exec d1 -- systemd-detect-virt -c
ok "stop" lxcbox stop d1 --timeout 60
ok "privileged systemd" lxcbox launch deb d2 -c security.privileged=true
up d2
prints "is running" running lxcbox exec d2 -- systemctl is-system-running
same "no unit failed" "" "$(lxcbox exec d2 -- systemctl --failed --no-legend --plain)"
ok "stop" lxcbox stop d2 --timeout 60
finish
status=$?
cat $TMP/result
exit $status
