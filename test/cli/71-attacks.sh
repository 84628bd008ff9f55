#!/bin/sh
# attacks by root inside, with a program made for it (test/tools/attack.c); ids as in the security notes
. "${0%/*}/lib.sh"
ok "import" lxcbox image import "$IMAGES/busy.tar.xz" --alias busy
ok "unprivileged" lxcbox launch busy u1
ok "privileged" lxcbox launch busy p1 -c security.privileged=true
for c in u1 p1; do
	ok "the program" sh -c '"$LXCBOX" exec "$1" -- sh -c "cat >/bin/attack; chmod 755 /bin/attack" <"$TOOLS/attack"' sh $c
done
attack=$TOOLS/attack

# V02: what is executed is looked up before anything is closed on exec
for c in u1 p1; do
	lxcbox exec $c -- sh -c 'for n in $(seq 3 40); do
		ln -s "/proc/self/fd/$n/../../../../../../../../../../bin/sh" /tmp/link$n
		printf "#!/proc/self/fd/$n/../../../../../../../../../../bin/sh\n" >/tmp/script$n; chmod 755 /tmp/script$n
	done'
	for n in $(seq 3 40); do
		for what in link script; do
			run lxcbox exec $c -- /tmp/$what$n -c true
			grep -q "loader is missing" "$TMP/err" || [ $status = 0 ] && fail "V02: $c executes the host's shell by descriptor $n ($what)" "$(shown "$TMP/err")"
		done
	done
	pass
done
# and an init that is one
mkdir "$TMP/i"
tar -C "$TMP/i" -xJf "$IMAGES/busy.tar.xz"
cp "$LXCBOX" "$TMP/static"
: >"$TMP/ran"
for n in 5 8 11 14 17 20 23; do
	ln -sf "/proc/self/fd/$n/../../../../../../../../../../$TMP/static" "$TMP/i/rootfs/sbin/init"
	tar -C "$TMP/i" -cf "$TMP/i.tar" metadata.yaml rootfs
	lxcbox image import "$TMP/i.tar" --alias init-$n >/dev/null
	run lxcbox launch init-$n i1 -c security.privileged=true
	grep -q "no such file\|not a directory\|no init" "$TMP/err" || fail "V02: init by descriptor $n" "$(shown "$TMP/err")"
	lxcbox delete -f i1
	lxcbox image delete init-$n
done
pass

# nothing of whoever called lives on in the monitor
exec 9<"$TMP"
ok "restart with a descriptor open" lxcbox restart -f u1
exec 9<&-
same "the monitor has not got it" "" "$(find "/proc/$(monitor u1)/fd" -lname "$TMP" 2>/dev/null)"

# V03: every process that comes in is looked at
lxcbox exec u1 -- attack snoop 4 >"$TMP/snooped" 2>&1 &
snoop=$!
sleep 0.3
n=0
while kill -0 $snoop 2>/dev/null; do
	lxcbox exec u1 -- true
	n=$((n + 1))
done
wait $snoop
same "V03: nothing of the host is seen ($n times)" "" "$(cat "$TMP/snooped")"

# V10: a directory to begin in
lxcbox exec u1 -- sh -c 'ln -s /proc/1/root/tmp /tmp/own; mkdir -p /srv/x; ln -s /srv /tmp/srv; for n in 3 5 7 9; do ln -s /proc/self/fd/$n/.. /tmp/up$n; done; mv /root /root.real; ln -s /proc/self/fd/5/../../.. /root'
prints "V10: a link inside is followed inside" /srv/x lxcbox exec u1 --cwd /tmp/srv/x -- pwd -P
for n in 3 5 7 9; do
	run lxcbox exec u1 --cwd /tmp/up$n -- pwd
	[ $status = 126 ] || fail "V10: --cwd through descriptor $n" "$(shown "$TMP/out")"
done
fails "V10: one that is missing is not made" 126 "/srv/new" lxcbox exec u1 --cwd /srv/new -- true
ok "V10: nor is it there" sh -c '! "$LXCBOX" exec u1 -- test -e /srv/new'
prints "V10: /root as a way out leads nowhere" / lxcbox exec u1 -- pwd
lxcbox exec u1 -- sh -c 'rm /root; mv /root.real /root'

# V11, V13: what the caller has
"$attack" inherit "$LXCBOX" restart -f p1 2>/dev/null
for set in CapInh CapAmb; do
	same "V11: $set of init" 0000000000000000 "$(sed -n "s/^$set:.//p" "/proc/$(lxcbox list -f csv -c p p1)/status")"
	for c in u1 p1; do
		same "V11: $set in $c" 0000000000000000 "$("$attack" inherit "$LXCBOX" exec $c -- sed -n "s/^$set:.//p" /proc/self/status)"
	done
done
for c in u1 p1; do
	same "V13: groups in $c" 0 "$("$attack" inherit "$LXCBOX" exec $c -- id -G)"
	same "V13: groups of init" "" "$(sed -n 's/^Groups:[[:space:]]*//p' "/proc/$(lxcbox list -f csv -c p $c)/status" | tr -d ' ')"
done
# V13
mkdir -p "$TMP/g"
lxcbox exec u1 -- sh -c 'grep -q ^root: /etc/group || echo root:x:0: >>/etc/group; echo "extra:x:77:root" >>/etc/group'
same "V13: shell has the groups of the container" "0 77" "$(echo 'id -G' | lxcbox shell u1 | tr -d '\r' | tail -1)"
# V12: the numbers that are left
prints "V12: 0" "0:0" lxcbox exec u1 --user 0 --group 0 -- sh -c 'echo $(id -u):$(id -g)'
prints "V12: the last one" 65535 lxcbox exec u1 --user 65535 -- id -u
for bad in 65536 4294967294 4294967295; do
	fails "V12: $bad is nobody inside" 1 "." lxcbox exec u1 --user $bad -- true
done

# V15
for c in u1 p1; do
	same "V15: input for terminals in $c" "" "$(script -qec "$LXCBOX exec $c -- attack push" /dev/null </dev/null | tr -d '\r' | sed 's/\^@//; /^$/d')"
done
# V55: also when its own user has no room for one more key
same "V55: the key can be found where it is" found "$("$attack" secret "$attack" find lxcbox-secret)"
for c in u1 p1; do
	same "V55: but not in $c" nothing "$("$attack" secret "$LXCBOX" exec $c -- attack find lxcbox-secret)"
done
same "V55: nor that of the host's user" nothing "$("$attack" secret "$LXCBOX" exec u1 -- attack find lxcbox-user-secret)"
lxcbox exec u1 -- sh -c 'attack hoard; exec sleep 1000' >"$TMP/hoard" 2>&1 &
hoard=$!
until_ok 10 grep -q . "$TMP/hoard"
same "V55: a full quota of keys" full "$(cat "$TMP/hoard")"
fails "V55: is an error, and opens nothing" 1 "session keyring: disk quota" "$attack" secret "$LXCBOX" exec u1 -- attack find lxcbox-secret
kill $hoard
wait $hoard 2>/dev/null
for c in u1 p1; do
	lxcbox exec $c -- sh -c 'printf "::sysinit:/bin/sh -c \"attack find lxcbox-secret >/found\"\n" >/etc/inittab'
	ok "V55: started by who has a secret" "$attack" secret "$LXCBOX" restart -f $c
	until_ok 5 lxcbox exec $c -- test -s /found
	prints "V55: init of $c has not got it" nothing lxcbox exec $c -- cat /found
done

# V57: devices that an image brings, or that were made while it was privileged
rm -f "$TMP/i/rootfs/sbin/init"
ln -s ../bin/busybox "$TMP/i/rootfs/sbin/init"
mknod "$TMP/i/rootfs/zero" c 1 5
mknod "$TMP/i/rootfs/disk" b 7 0
chmod 666 "$TMP/i/rootfs/zero" "$TMP/i/rootfs/disk"
tar -C "$TMP/i" -cf "$TMP/i.tar" metadata.yaml rootfs
ok "an image with devices" lxcbox image import "$TMP/i.tar" --alias nodes
ok "launch" lxcbox launch nodes n1 -c security.privileged=true
lxcbox exec n1 -- mknod -m 666 /own c 1 5
ok "V57: privileged may use what is harmless" lxcbox exec n1 -- head -c 1 /zero
ok "back to unprivileged" sh -c '"$LXCBOX" stop -f n1 && "$LXCBOX" config unset n1 security.privileged && "$LXCBOX" start n1'
devices_dead() {
	for node in zero own disk; do
		fails "V57: $1: /$node is dead" 1 "ermission" lxcbox exec n1 -- head -c 1 /$node
	done
	lxcbox exec n1 -- sh -c 'mount -o remount,bind,dev,rw /; mkdir -p /mnt; mount --bind / /mnt; mount -o remount,bind,dev,rw /mnt' 2>/dev/null
	fails "V57: $1: also after a remount" 1 "ermission" lxcbox exec n1 -- head -c 1 /zero
	fails "V57: $1: or below another mount of it" 1 "ermission" lxcbox exec n1 -- head -c 1 /mnt/zero
}
devices_dead "idmapped"
ok "its own /dev works" lxcbox exec n1 -- head -c 1 /dev/zero
ok "without idmapped mounts" sh -c '"$LXCBOX" stop -f n1 && "$TOOLS/hide" mount_setattr "$LXCBOX" start n1 2>/dev/null'
devices_dead "copied"
ok "without overlay by descriptor" sh -c '"$LXCBOX" delete -f n1 && "$TOOLS/hide" fsopen "$LXCBOX" launch nodes n1'
for node in zero disk; do
	fails "V57: mounted by path: /$node is dead" 1 "ermission" lxcbox exec n1 -- head -c 1 /$node
done
ok "delete" lxcbox delete -f n1
# the host's own /dev/null is out of reach of a root who owns it
mode=$(stat -c %a:%u /dev/null)
lxcbox exec p1 -- sh -c 'chmod 600 /proc/self/fd/0; chown 7 /proc/self/fd/0' </dev/null 2>/dev/null
same "V19: /dev/null of the host" "$mode" "$(stat -c %a:%u /dev/null)"
[ "$mode" = "$(stat -c %a:%u /dev/null)" ] || { chmod 666 /dev/null; chown 0 /dev/null; }

# V58
cp /proc/self/mountinfo "$TMP/before"
for c in u1 p1; do
	lxcbox exec $c -- attack mounts
	same "V58: no mount of $c reaches the host" "$(cat "$TMP/before")" "$(cat /proc/self/mountinfo)"
	ok "restart" lxcbox restart -f $c
done

# a file system of its own (here of a privileged one, which has the node whoever may use the host's) answers what it likes, or never
fuse() {
	lxcbox exec p1 --cwd / -- rm -f /tmp/fuse
	lxcbox exec p1 --cwd / -- sh -c "attack fuse $* </dev/null >/tmp/fuse 2>&1 &"
	until_ok 3 "$LXCBOX" exec p1 --cwd / -- grep -q mounted /tmp/fuse
}
if fuse /dev/pts 3; then
	same "V08: a terminal that is none" 1 "$(script -qec "$LXCBOX exec p1 -- true" /dev/null </dev/null | grep -c 'makes no terminals')"
	lxcbox exec p1 -- umount -l /dev/pts
	fuse /root
	began=$(date +%s)
	run timeout -k 5 4 "$LXCBOX" exec p1 -- true
	ok "one that never answers: the caller may give up" test $(($(date +%s) - began)) -lt 7
	lxcbox exec p1 --cwd / -- umount -l /root
	fuse /dev/pts
	kill -9 "$(monitor p1)"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ -n "$(monitor p1)" ] || break
		sleep 0.05
	done
	pid=$(lxcbox list -f csv -c p p1)
	ok "F02: nobody can adopt it: a warning" timeout 20 "$LXCBOX" config set p1 user.x=1
	same "F02: in one line" 1 "$(grep -c '^Warning: p1 runs without a monitor' "$TMP/err")"
	prints "F02: it goes on" "RUNNING,$pid" lxcbox list -f csv -c sp p1
	ok "F02: stop -f" timeout 20 "$LXCBOX" stop -f p1
else
	skip "file systems of its own" "no fuse here"
fi
finish
