#!/bin/sh
# what a hostile container, image or neighbour tries; ids as in the security notes
. "${0%/*}/lib.sh"
ok "import" lxcbox image import "$IMAGES/busy.tar.xz" --alias busy
ok "unprivileged" lxcbox launch busy u1
ok "privileged" lxcbox launch busy p1 -c security.privileged=true

# what is read-only inside a privileged one is, and what lies below it stays as it is
for f in /proc/sys/kernel/panic /sys/kernel/mm/ksm/run; do
	fails "privileged: $f" 1 'Read-only file system' lxcbox exec p1 -- sh -c "echo 1 >$f"
done
for f in /proc/sys/net/ipv4/ip_forward /sys/devices/virtual/net/lo/queues/rx-0/rps_cpus; do
	ok "privileged: $f is its own" lxcbox exec p1 -- sh -c "echo 1 >$f"
done
for c in u1 p1; do
	ok "$c: control groups" lxcbox exec $c -- mkdir /sys/fs/cgroup/sub
	ok "$c: a boot id of its own" lxcbox exec $c -- sh -c "! grep -q $(cat /proc/sys/kernel/random/boot_id) /proc/sys/kernel/random/boot_id"
done

# V01: the program itself through /proc/PID/exe
sum=$(sha256sum <"$LXCBOX")
cat >"$TMP/steal.sh" <<'EOF'
#!/bin/sh
while :; do
	for p in /proc/[0-9]*; do
		[ "${p##*/}" = 1 ] && continue
		e=$(readlink $p/exe) || continue
		case $e in *lxcbox*) (echo evil >$p/exe) 2>/dev/null && echo written >>/tmp/stolen; echo $e >>/tmp/seen ;; esac
	done
done
EOF
for c in u1 p1; do
	lxcbox exec $c -- sh -c 'cat >/tmp/steal.sh; cp /bin/busybox /bin/real; rm /bin/true; printf "#!/proc/self/exe\n" >/bin/true; chmod 755 /bin/true' <"$TMP/steal.sh"
	lxcbox exec $c -- /bin/real sh /tmp/steal.sh </dev/null >/dev/null 2>&1 &
	thief=$!
	for _ in $(seq 50); do lxcbox exec $c -- true >/dev/null 2>&1; done
	lxcbox exec $c -- touch /tmp/after
	kill $thief 2>/dev/null
	wait $thief 2>/dev/null
	ok "V01: $c could not write the program" sh -c "! '$LXCBOX' exec $c -- test -e /tmp/stolen"
	same "V01: it is unchanged" "$sum" "$(sha256sum <"$LXCBOX")"
done

# V02
for n in $(seq 3 20); do
	run lxcbox exec u1 --cwd "/proc/self/fd/$n" -- pwd
	[ $status != 0 ] || fail "V02: --cwd /proc/self/fd/$n" "$(shown "$TMP/out")"
done
pass
# V05, V09 are in 30-init.sh
# V06: what the container mounts over /proc does not reach us
lxcbox exec u1 -- sh -c 'mount -t tmpfs none /proc; mkdir -p /proc/self/attr /proc/self/fd; echo 0 0 0 >/proc/self/uid_map'
prints "V06: exec with /proc covered" "0" lxcbox exec u1 -- id -u
lxcbox exec u1 -- umount /proc
# V07
before=$(cat /proc/sys/kernel/core_pattern)
prints "V07: a masked path reads empty" "" lxcbox exec u1 -- cat /proc/timer_list
same "V07: core_pattern" "$before" "$(cat /proc/sys/kernel/core_pattern)"
prints "V08: /dev/console is a terminal of its own" "character special file" lxcbox exec u1 -- stat -c %F /dev/console
for c in u1 p1; do
	for set in CapInh CapAmb; do
		same "V11: $set of init in $c" 0000000000000000 "$(sed -n "s/^$set:.//p" /proc/"$(lxcbox list -f csv -c p $c)"/status)"
	done
done
bounding=$(sed -n 's/^CapBnd:.//p' /proc/self/status)
allowed=$(printf %016x $((0x$bounding & ~(1 << 16 | 1 << 17 | 1 << 25 | 1 << 32 | 1 << 33)))) # module rawio time mac_override mac_admin
for set in CapBnd CapEff; do
	same "V11: $set of a privileged init" "$allowed" "$(sed -n "s/^$set:.//p" /proc/"$(lxcbox list -f csv -c p p1)"/status)"
	prints "V11: and of what is executed beside it" "$allowed" lxcbox exec p1 -- sed -n "s/^$set:.//p" /proc/self/status
done
for c in u1 p1; do
	same "V15: init of $c is filtered" 2 "$(sed -n 's/^Seccomp:.//p' /proc/"$(lxcbox list -f csv -c p $c)"/status)"
	prints "V15: and what is executed" 2 lxcbox exec $c -- sed -n 's/^Seccomp:.//p' /proc/self/status
done
# V14
lxcbox exec u1 -- sh -c 'echo 0 >/sys/fs/cgroup/../cgroup.procs; echo $$ >/sys/fs/cgroup/../../cgroup.procs' 2>/dev/null
prints "V14: it is still in its own group" "0::/.lxc" lxcbox exec u1 -- grep '^0::' /proc/self/cgroup
fails "V14: limits are not its own to set" 1 "ermission|denied|No such" lxcbox exec u1 -- sh -c 'echo max >/sys/fs/cgroup/pids.max'
# V15
cat >"$TMP/sti.py" <<'EOF'
import fcntl, sys, termios
for fd in (0, 1, 2):
    for code in (0x5412, 0x541c, 0x5412 | 1 << 32):
        try:
            fcntl.ioctl(fd, code & 0xffffffff, b"x")
            print("pushed")
        except OSError as e:
            if e.errno != 1: print("errno", e.errno)
EOF
if [ -e /usr/bin/python3 ] || command -v python3 >/dev/null; then
	ok "a host clone" lxcbox launch host: h1
	same "V15: TIOCSTI and TIOCLINUX" "" "$(script -qec "$LXCBOX exec h1 -- $(readlink -f /usr/bin/python3) -c '$(cat "$TMP/sti.py")'" /dev/null </dev/null | tr -d '\r' | sed 's/\^@//; /^$/d')"
	ok "delete" lxcbox delete -f h1
fi
# V18, V38, V39
ok "V39: the state is closed to others" sh -c '[ "$(stat -c %a:%u "$LXCBOX_DIR")" = 700:0 ]'
chmod 755 "$LXCBOX_DIR"
fails "V39: one that stands open is refused" 1 "others" lxcbox list
chmod 700 "$LXCBOX_DIR"
chown 1000 "$LXCBOX_DIR"
fails "V18: one that is somebody else's is refused" 1 "." lxcbox list
chown 0 "$LXCBOX_DIR"
lxcbox exec u1 -- sh -c 'cp /bin/busybox /tmp/su; chmod 4755 /tmp/su'
ok "V39: a setuid file inside is out of reach" sh -c '! su -s /bin/sh nobody -c "ls -R $LXCBOX_DIR" 2>/dev/null'
# V19
for mode in 644 666; do
	echo untouched >"$TMP/file"
	chmod $mode "$TMP/file"
	for c in u1 p1; do
		lxcbox exec $c -- sh -c 'echo x >/proc/self/fd/0' <"$TMP/file" 2>/dev/null
		same "V19: a host file given as stdin ($mode, $c)" untouched "$(cat "$TMP/file")"
	done
done
fails "V19: a directory never crosses" 1 "directory" sh -c '"$LXCBOX" exec u1 -- true </etc'
# V35
lxcbox exec u1 -- sh -c 'rm /etc/passwd; mkfifo /etc/passwd'
ok "V35: /etc/passwd is a fifo" timeout 5 "$LXCBOX" exec u1 -- echo
ok "V35: shell, too" timeout 5 sh -c 'echo true | "$LXCBOX" shell u1'
lxcbox exec u1 -- sh -c 'rm /etc/passwd; ln -s /dev/zero /etc/passwd'
ok "V35: or endless" timeout 5 sh -c 'echo true | "$LXCBOX" shell u1'
# V55
keyctl_join=$(lxcbox exec u1 -- sh -c 'wc -l </proc/keys')
same "V55: no key of the host is seen" 0 "$keyctl_join"
# V56
ranges=$(awk '{print $1, $3}' /proc/"$(lxcbox list -f csv -c p u1)"/uid_map)
same "V56: one extent of 65536" "0 65536" "$ranges"
# V57
fails "V57: a disk cannot be opened" 1 "ermitted|ermission" lxcbox exec p1 -- sh -c 'mknod /tmp/vda b 254 0 && head -c 1 /tmp/vda'
fails "V57: nor memory" 1 "ermitted|ermission" lxcbox exec p1 -- sh -c 'mknod /tmp/mem c 1 1 && head -c 1 /tmp/mem'
fails "V57: nor loop-control" 1 "ermitted|ermission" lxcbox exec p1 -- sh -c 'mknod /tmp/lc c 10 237 && : </tmp/lc'
fails "V57: no nodes without privileges" 1 "ermitted" lxcbox exec u1 -- mknod /tmp/vda b 254 0
ok "V57: null works" lxcbox exec p1 -- sh -c ': >/dev/null'
# V56: a changed configuration changes nothing of what runs: an exec into it is as privileged as its init
ok "V56: u1 is to be privileged" lxcbox config set u1 security.privileged=true
ok "V56: p1 is not" lxcbox config set p1 security.privileged=false
as_started() {
	prints "V56: $1: u1 has its ids" "0 65536" lxcbox exec u1 -- awk '{ print $1, $3 }' /proc/self/uid_map
	prints "V56: $1: p1 has all" "0 4294967295" lxcbox exec p1 -- awk '{ print $1, $3 }' /proc/self/uid_map
	prints "V56: $1: but its capabilities" "$allowed" lxcbox exec p1 -- sed -n "s/^CapBnd:.//p" /proc/self/status
}
as_started "exec"
for c in u1 p1; do
	kill -9 "$(monitor $c)"
done
until_ok 5 sh -c '[ -z "$1$2" ]' sh "$(monitor u1)" "$(monitor p1)"
ok "V56: a new monitor" sh -c '"$LXCBOX" config set u1 user.y=1 && "$LXCBOX" config set p1 user.y=1'
as_started "after adoption"
ok "V56: limits reach it" lxcbox config set u1 limits.processes=500
ok "V56: from the next start on" sh -c '"$LXCBOX" restart -f u1 && "$LXCBOX" restart -f p1'
prints "V56: it is as configured" "0 4294967295" lxcbox exec u1 -- awk '{ print $1, $3 }' /proc/self/uid_map
prints "V56: and the other" "0 65536" lxcbox exec p1 -- awk '{ print $1, $3 }' /proc/self/uid_map
ok "V56: back" sh -c '"$LXCBOX" config unset u1 security.privileged && "$LXCBOX" config unset u1 limits.processes && "$LXCBOX" config set p1 security.privileged=true && "$LXCBOX" restart -f u1 && "$LXCBOX" restart -f p1'
# V58
cp /proc/self/mountinfo "$TMP/before"
for c in u1 p1; do
	lxcbox exec $c -- sh -c 'mkdir -p /tmp/m; for i in 1 2 3; do mount -t tmpfs none /tmp/m; mount --make-rshared /tmp/m; mount --rbind /tmp /tmp/m; done' 2>/dev/null
done
same "V58: no mount reaches the host" "$(cat "$TMP/before")" "$(cat /proc/self/mountinfo)"
# the same where all mounts of the host are shared, as systemd makes them
cat >"$TMP/shared.sh" <<'EOF'
mount --make-rshared /
"$LXCBOX" launch busy s1 -q -c security.privileged=true || exit 9
cp /proc/self/mountinfo "$TMP/before"
"$LXCBOX" exec s1 -- sh -c 'mkdir -p /tmp/m; mount -t tmpfs none /tmp/m; mount --rbind /tmp /mnt; mount --make-rshared /' || exit 8
cmp "$TMP/before" /proc/self/mountinfo
status=$?
"$LXCBOX" delete -f s1 || exit 7
exit $status
EOF
ok "V58: nor from a host of shared mounts" env LXCBOX="$LXCBOX" TMP="$TMP" unshare -m --propagation private sh "$TMP/shared.sh"
# a link where we would mount
mkdir "$TMP/i"
tar -C "$TMP/i" -xJf "$IMAGES/busy.tar.xz"
for top in proc sys dev; do
	mv "$TMP/i/rootfs/$top" "$TMP/i/rootfs/$top.real"
	ln -s /etc "$TMP/i/rootfs/$top"
	tar -C "$TMP/i" -cf "$TMP/i.tar" metadata.yaml rootfs
	rm "$TMP/i/rootfs/$top"
	mv "$TMP/i/rootfs/$top.real" "$TMP/i/rootfs/$top"
	ok "an image with a link for /$top" lxcbox image import "$TMP/i.tar" --alias "link-$top"
	fails "V03: is not started" 1 "/$top of the image is not a directory" lxcbox launch "link-$top" l1 -q -c security.privileged=true
	lxcbox delete -f l1
	lxcbox image delete "link-$top"
done
# V50, V51
marker=/proc/sys/kernel/core_pattern
for c in u1 p1; do
	lxcbox exec $c -- sh -c 'for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sysrq-trigger /sys/kernel/uevent_helper; do echo x >$f; done' 2>/dev/null
done
same "V51: core_pattern" "$before" "$(cat $marker)"
fails "V50: no version 1 hierarchy with a release agent" 1 "." lxcbox exec u1 -- sh -c 'mkdir -p /tmp/cg && mount -t cgroup -o memory none /tmp/cg && echo x >/tmp/cg/release_agent'
# V53
prints "V53: a user namespace inside works" ok lxcbox exec u1 -- unshare -U echo ok
# V80, V81
ok "V80: a description with escapes" lxcbox config set u1 "user.x=$(printf 'a\033]0;x\007b')"
printf 'description: "\\e[2Jx\\u202e,\\"y"\n' >"$TMP/d.yaml"
sh -c '"$LXCBOX" config show u1' | sed 's/^description:.*/description: "\\e[2Jx\\u202e,\\"y"/' | lxcbox config edit u1
ok "V80: no escape reaches the terminal" sh -c '! "$LXCBOX" list -c nd | grep -q "$(printf "\033")"'
ok "V80: exact in json" sh -c '"$LXCBOX" list -f json | python3 -c "import json,sys; d=[i for i in json.load(sys.stdin) if i[\"name\"]==\"u1\"][0]; assert d[\"description\"]==\"\x1b[2Jx\u202e,\\\"y\", d"'
ok "V81: csv parses back" sh -c '"$LXCBOX" list -f csv -c nd | python3 -c "import csv,sys; assert all(len(r)==2 for r in csv.reader(sys.stdin))"'
finish
