#!/bin/sh
# full disks, no descriptors, everybody at once, closed streams; ids as in the reliability notes
. "${0%/*}/lib.sh"
ok "import" lxcbox image import "$IMAGES/busy.tar.xz" --alias busy

# F11: one name, many at once
for i in $(seq 20); do (lxcbox launch busy c1 >/dev/null 2>"$TMP/e.$i" && echo won >>"$TMP/won") & done
wait
same "F11: one of 20 wins" 1 "$(grep -c won "$TMP/won")"
same "F11: the others are told" 19 "$(cat "$TMP"/e.* | grep -c 'already exists')"
prints "F11: it runs" "c1,RUNNING" lxcbox list -f csv -c ns
ok "delete" lxcbox delete -f c1

# F12: many names
for i in $(seq 20); do
	(lxcbox launch busy "n$i" >/dev/null && lxcbox exec "n$i" -- true && echo ok >>"$TMP/many") &
done
wait
same "F12: all 20" 20 "$(grep -c ok "$TMP/many")"
same "F12, V56: every range is another" 20 "$(for i in $(seq 20); do awk '{print $2}' /proc/"$(lxcbox list -f csv -c p "^n$i\$")"/uid_map; done | sort -u | wc -l | tr -d ' ')"
ok "F12: all stop" lxcbox stop -f $(seq -f 'n%.0f' 20)
ok "F12: all go" lxcbox delete $(seq -f 'n%.0f' 20)
prints "F12: none is left" "" lxcbox list -f csv
same "F12: no claim is left" "0" "$(find "$LXCBOX_DIR/idmap" -type l -name "[0-9]*" | wc -l)"
for i in $(seq 50); do lxcbox config set host-none user.x=$i 2>/dev/null; done
ok "init" lxcbox init busy c1
for i in $(seq 50); do lxcbox config set c1 user.x=$i & done
wait
matches "F12: the last of 50 changes" '^[0-9]+$' lxcbox config get c1 user.x

# F09: the order of a change, and that looking changes nothing
strace -f -e trace=openat,write,fsync,rename,renameat,renameat2 -o "$TMP/trace" "$LXCBOX" config set c1 user.z=1
same "F09: written, synced, renamed, its directory synced" "fsync rename fsync" \
	"$(sed -n 's/^[0-9]* *\(fsync\|rename\)[a-z0-9]*(.*/\1/p' "$TMP/trace" | tr '\n' ' ' | sed 's/ $//')"
for command in "list" "info c1" "config show c1" "image list" "profile list"; do
	# shellcheck disable=SC2086
	strace -f -e trace=fsync,fdatasync,syncfs,flock,rename,renameat,renameat2 -o "$TMP/trace" "$LXCBOX" $command >/dev/null
	same "F09: $command changes and locks nothing" "" "$(grep -vE 'LOCK_SH|LOCK_UN|^[0-9]+ +(\+\+\+|---)' "$TMP/trace")"
done

# F03: the client is killed
ok "start" lxcbox start c1
"$LXCBOX" exec c1 -- sleep 77 &
client=$!
until_ok 5 "$LXCBOX" exec c1 -- pgrep -x sleep
kill -9 $client
wait $client 2>/dev/null
ok "F03: exec goes on after a client was killed" lxcbox exec c1 -- true
same "F03: no zombie inside" "" "$(lxcbox exec c1 -- sh -c 'cat /proc/[0-9]*/stat' | awk '$3 == "Z"')"
ok "stop" lxcbox stop -f c1

# F14: the holder of the lock is stopped
flock "$LXCBOX_DIR/instances/c1/lock" sleep 4 &
sleep 0.2
run timeout 10 "$LXCBOX" config set c1 user.y=1
same "F14: it says who holds it" 1 "$(grep -c "sleep 4" "$TMP/err")"
ok "F14: others are not held" timeout 2 "$LXCBOX" init busy c2
ok "delete" lxcbox delete c1 c2

# F05: full disk
mkdir "$TMP/full"
for size in 100k 1m 3m 8m; do
	mount -t tmpfs -o size=$size none "$TMP/full"
	run lxcbox --dir "$TMP/full/state" image import "$IMAGES/busy.tar.xz" --alias busy
	if [ $status != 0 ]; then
		same "F05: one line ($size)" 1 "$(grep -c . "$TMP/err")"
		same "F05: no image is half there ($size)" "" "$(lxcbox --dir "$TMP/full/state" image list -f csv 2>/dev/null)"
	else
		lxcbox --dir "$TMP/full/state" launch busy c1 >/dev/null 2>&1
		dd if=/dev/zero of="$TMP/full/fill" bs=4k 2>/dev/null
		ok "F05: list on a full disk" lxcbox --dir "$TMP/full/state" list
		ok "F05: stop" lxcbox --dir "$TMP/full/state" stop -f c1
		fails "F05: launch fails in words" 1 "No space|no space" sh -c '"$LXCBOX" --dir "$1" launch busy c2 >/dev/null' sh "$TMP/full/state"
		ok "F05: delete" lxcbox --dir "$TMP/full/state" delete c1
	fi
	umount "$TMP/full"
done

# F06: no descriptors
for n in 4 5 8 12 16; do
	run sh -c "ulimit -n $n; exec '$LXCBOX' launch busy c1"
	if [ $status = 0 ]; then ok "delete" lxcbox delete -f c1; else
		same "F06: words with $n descriptors" 1 "$(grep -c 'too many open files' "$TMP/err")"
		lxcbox delete -f c1 >/dev/null 2>&1
	fi
done

# F18
mkdir "$TMP/ro"
lxcbox init busy c1 >/dev/null
mount --bind "$LXCBOX_DIR" "$TMP/ro"
mount -o remount,ro,bind "$TMP/ro"
prints "F18: list of a read-only state" "c1" lxcbox --dir "$TMP/ro" list -f csv -c n
fails "F18: a change says so" 1 "ead-only" lxcbox --dir "$TMP/ro" config set c1 user.x=1
umount "$TMP/ro"
prints "F18: an empty environment" "c1" env -i "$LXCBOX" --dir "$LXCBOX_DIR" list -f csv -c n
ok "F18: closed streams" sh -c '"$LXCBOX" list <&- >&- 2>&-'
ok "F18: and a launch with them" sh -c '"$LXCBOX" launch busy c2 <&- >&- 2>&-'
ok "F18: nothing was written by accident" lxcbox delete -f c2 c1
# F19
ok "F19: a reader that goes away" sh -c '"$LXCBOX" image list | head -1 >/dev/null'
fails "F19: a full output" 1 "." sh -c '"$LXCBOX" list >/dev/full'
# F22
ok "launch" lxcbox launch busy c1
lxcbox config set c1 limits.processes=3
began=$(date +%s)
run lxcbox exec c1 -- sh -c 'true | true | true | true'
ok "F22: exec into a full one ends" test $(($(date +%s) - began)) -lt 3
lxcbox exec c1 -- sleep 100 &
sleeper=$!
lxcbox exec c1 -- sleep 100 &
sleeper2=$!
sleep 0.3
fails "F22: the limit is named" 1 "limit of processes|limits.processes" lxcbox exec c1 -- true
ok "delete" lxcbox delete -f c1
wait $sleeper $sleeper2 2>/dev/null

# broken records
ok "init" lxcbox init busy c1
ok "init" lxcbox init busy c2
for content in '' 'x: [' '- a' "$(head -c 2000 /dev/zero | tr '\0' x)"; do
	printf '%s' "$content" >"$LXCBOX_DIR/instances/c1/instance.yaml"
	prints "a broken record is shown as such" "c1,ERROR
c2,STOPPED" lxcbox list -f csv -c ns
	ok "the others work" lxcbox start c2
	ok "the others stop" lxcbox stop -f c2
	fails "start says why" 1 "instance.yaml" lxcbox start c1
done
ok "delete -f removes it" lxcbox delete -f c1
ok "delete" lxcbox delete c2
finish
