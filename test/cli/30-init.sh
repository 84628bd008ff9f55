#!/bin/sh
# inits that do not start, end at once, or reboot for ever
. "${0%/*}/lib.sh"

# image NAME: what is in $TMP/NAME/rootfs becomes an image; made from busy's
make_image() {
	mkdir -p "$TMP/$1"
	tar -C "$TMP/$1" -xJf "$IMAGES/busy.tar.xz"
	(cd "$TMP/$1/rootfs" && sh -c "$2")
	tar -C "$TMP/$1" -cf "$TMP/$1.tar" metadata.yaml rootfs
	lxcbox image import "$TMP/$1.tar" --alias "$1" >/dev/null
	rm -rf "${TMP:?}/$1" "$TMP/$1.tar"
}
refused() {
	make_image "$1" "$2"
	lxcbox init "$1" c1 >/dev/null
	fails "$1" 1 "$3" lxcbox start c1
	prints "$1: it is stopped" STOPPED lxcbox list -f csv -c s c1
	matches "$1: the log says why" "$3" lxcbox info c1 --show-log
	ok "$1: delete" lxcbox delete c1
}
refused no-init 'rm sbin/init bin/sh bin/init' "no init: none of /sbin/init"
refused not-executable 'rm sbin/init; echo x >sbin/init; chmod 644 sbin/init' "/sbin/init: permission denied"
refused other-architecture 'rm sbin/init; printf "\177ELF\002\001\001\000\000\000\000\000\000\000\000\000\002\000\267\000" >sbin/init; chmod 755 sbin/init' "not executable here"
refused no-interpreter 'rm sbin/init; printf "#!/no/such\n" >sbin/init; chmod 755 sbin/init' 'its interpreter "/no/such" is missing'
refused ends-at-once 'rm sbin/init; printf "#!/bin/sh\necho last words\nexit 3\n" >sbin/init; chmod 755 sbin/init' "exited with status 3 at once, its last words: last words"
refused a-directory 'rm sbin/init; mkdir sbin/init' "/sbin/init: permission denied"
refused a-loop 'ln -sf init sbin/init' "/sbin/init: too many levels of symbolic links"
refused a-fifo 'rm sbin/init; mkfifo -m 755 sbin/init' "/sbin/init: permission denied"
refused empty 'rm sbin/init; : >sbin/init; chmod 755 sbin/init' "/sbin/init: not executable here"
refused cut-short 'rm sbin/init; head -c 100 bin/busybox >sbin/init; chmod 755 sbin/init' "/sbin/init: not executable here"
refused no-loader 'rm sbin/init; cp /bin/sleep sbin/init' "/sbin/init: its loader is missing"
refused ends-well 'rm sbin/init; printf "#!/bin/sh\nexit 0\n" >sbin/init; chmod 755 sbin/init' "exited with status 0 at once"
refused proc-is-a-link 'rmdir proc; ln -s /tmp proc' "/proc of the image is not a directory"
refused dev-is-a-link 'rmdir dev; mkdir victim; ln -s victim dev' "/dev of the image is not a directory"

# what an image need not have, or has in its own way
starts() {
	make_image "$1" "$2"
	ok "$1: launch" lxcbox launch "$1" c1
	prints "$1: it works" "0 /dev/null /proc" lxcbox exec c1 -- sh -c 'echo $(id -u) $(ls -d /proc /dev/null)'
	ok "$1: delete" lxcbox delete -f c1
}
starts bare 'rm -r proc sys dev run tmp root'
starts merged 'mkdir usr; mv bin sbin usr; ln -s usr/bin bin; ln -s usr/sbin sbin'
starts run-is-a-link 'rm -r run; mkdir -p var/run; ln -s var/run run'
starts run-leads-out 'rm -r run; ln -s ../../../../../tmp run'
starts closed 'chmod 0 . proc sys dev; chown 1000:1000 .'
starts own-nodes 'mknod dev/null c 1 3; ln -s /tmp dev/pts; ln -s /tmp dev/shm; : >dev/console'
make_image reboots 'rm sbin/init; printf "#!/bin/sh\nbusybox reboot -f\n" >sbin/init; chmod 755 sbin/init'
ok "an init that reboots for ever starts" lxcbox launch reboots c1
sleep 2
n=$(grep -c . "$LXCBOX_DIR/instances/c1/log" 2>/dev/null || echo 0)
ok "it slows down" test "$n" -lt 12
ok "and is stopped by force" timeout 10 "$LXCBOX" stop -f c1
prints "for good" STOPPED lxcbox list -f csv -c s c1
ok "delete" lxcbox delete c1

ok "busybox" lxcbox image import "$IMAGES/busy.tar.xz" --alias busy
ok "launch" lxcbox launch busy b1
for i in 1 2 3 4 5; do
	began=$(date +%s%N)
	ok "stop ($i)" lxcbox stop b1
	ok "within 2 s ($i)" test $((($(date +%s%N) - began) / 1000000)) -lt 2000
	ok "start ($i)" lxcbox start b1
done
for i in $(seq 10); do
	ok "stop right after start ($i)" timeout 10 "$LXCBOX" stop b1
	ok "start ($i)" lxcbox start b1
done
lxcbox exec b1 -- poweroff
until_ok 5 sh -c '[ "$("$LXCBOX" list -f csv -c s b1)" = STOPPED ]'
prints "poweroff from inside" STOPPED lxcbox list -f csv -c s b1
ok "start" lxcbox start b1
pid=$(lxcbox list -f csv -c p b1)
lxcbox exec b1 -- reboot
until_ok 8 sh -c 'p=$("$LXCBOX" list -f csv -c p b1); [ "$p" ] && [ "$p" != '"$pid"' ]'
same "reboot from inside" RUNNING "$(lxcbox list -f csv -c s b1)"
ok "exec after the reboot" lxcbox exec b1 -- true
ok "delete -f" lxcbox delete -f b1

# an init that takes no notice: the clean stop waits, another one forces it
make_image deaf 'rm sbin/init; printf "#!/bin/sh\ntrap : PWR USR2 TERM\nwhile :; do sleep 1; done\n" >sbin/init; chmod 755 sbin/init'
ok "a deaf init" lxcbox launch deaf d1
fails "stop --timeout" 1 "Failed shutting down instance" lxcbox stop d1 --timeout 1
prints "it still runs" RUNNING lxcbox list -f csv -c s d1
ok "paused" lxcbox pause d1
fails "stop of a paused one thaws it" 1 "Failed shutting down instance" lxcbox stop d1 --timeout 1
prints "it runs" RUNNING lxcbox list -f csv -c s d1
"$LXCBOX" stop d1 &
patient=$!
sleep 0.5
ok "stop -f beside a stop that waits" timeout 10 "$LXCBOX" stop -f d1
wait $patient
same "the one that waited has what it wanted" 0 $?
ok "delete" lxcbox delete d1

ok "a deaf one again" lxcbox launch deaf d1
ok "restart --timeout 0 is by force" timeout 10 "$LXCBOX" restart d1 --timeout 0
ok "so is stop" timeout 10 "$LXCBOX" stop d1 --timeout 0
prints "stopped" STOPPED lxcbox list -f csv -c s d1
ok "delete" lxcbox delete d1

ok "ephemeral" lxcbox launch busy e1 -e
prints "is shown as such" "CONTAINER (EPHEMERAL)" lxcbox list -f csv -c t e1
lxcbox exec e1 -- poweroff
ok "goes with its power off" until_ok 5 sh -c '[ -z "$("$LXCBOX" list -f csv -c n e1)" ]'
ok "ephemeral again" lxcbox launch busy e1 -e
ok "stop" lxcbox stop -f e1
prints "goes with its stop" "" lxcbox list -f csv
for i in 1 2 3 4 5 6 7 8; do
	ok "an ephemeral one ($i)" lxcbox launch busy e1 -e
	lxcbox list >/dev/null & # it looks for what may be removed
	ok "comes back from a restart ($i)" lxcbox restart e1
	prints "running ($i)" RUNNING lxcbox list -f csv -c s e1
	ok "goes by force ($i)" lxcbox delete -f e1
done
finish
