#!/bin/sh
# the host's own clone: no image, nothing stays
. "${0%/*}/lib.sh"

prints "run gives the command's output" "hello" lxcbox run host: -- echo hello
run lxcbox run host: -- sh -c 'exit 42'
same "run gives the command's status" 42 $status
prints "nothing stays of a run" "" lxcbox list -f csv
same "a pipe goes through run" "abc" "$(echo abc | lxcbox run host: -- cat)"

prints "launch says what it does" "Creating c1
Starting c1" lxcbox launch host: c1
prints "it is listed" "c1,RUNNING" lxcbox list -f csv -c ns
prints "it has its own name" "c1" lxcbox exec c1 -- hostname
prints "root inside" "0" lxcbox exec c1 -- id -u
prints "our init is pid 1" "init" lxcbox exec c1 -- cat /proc/1/comm
matches "the host's system" "^PRETTY_NAME=" lxcbox exec c1 -- cat /etc/os-release
fails "the state directory is hidden" 2 "No such file" lxcbox exec c1 -- ls "$LXCBOX_DIR"
ok "it is writable" lxcbox exec c1 -- touch /etc/made-inside
ok "the host is not touched" test ! -e /etc/made-inside
prints "loopback is up" "1" lxcbox exec c1 -- sh -c 'grep -c "^ *lo:" /proc/net/dev'
ok "unprivileged" sh -c "! grep -q '^ *0 *0 ' /proc/$(lxcbox list -f csv -c p c1)/uid_map"

ok "pause" lxcbox pause c1
prints "FROZEN" "FROZEN" lxcbox list -f csv -c s
fails "exec into a frozen one" 1 "Instance is frozen" lxcbox exec c1 -- true
ok "start thaws" lxcbox start c1
prints "RUNNING again" "RUNNING" lxcbox list -f csv -c s

fails "delete of a running one" 1 "currently running, stop it first or pass --force" lxcbox delete c1
fails "start of a running one" 1 "already running" lxcbox start c1
ok "stop" lxcbox stop c1
prints "STOPPED" "STOPPED" lxcbox list -f csv -c s
fails "stop of a stopped one" 1 "already stopped" lxcbox stop c1
fails "exec in a stopped one" 1 "Instance is not running" lxcbox exec c1 -- true
ok "start again" lxcbox start c1
ok "what was written is still there" lxcbox exec c1 -- test -e /etc/made-inside
ok "restart" lxcbox restart c1
ok "rename needs a stopped one" lxcbox stop -f c1
ok "rename" lxcbox rename c1 c2
prints "the new name" "c2" lxcbox list -f csv -c n
ok "it starts under the new name" lxcbox start c2
prints "and has it inside" "c2" lxcbox exec c2 -- hostname
ok "delete --force" lxcbox delete -f c2
fails "it is gone" 1 "not found" lxcbox start c2
fails "a second c1" 1 "already exists" sh -c '"$LXCBOX" init host: c1 >/dev/null && "$LXCBOX" init host: c1 >/dev/null'
ok "delete" lxcbox delete c1

# --foreground: this process stands for the instance
ok "init" lxcbox init host: f1
"$LXCBOX" start --foreground f1 &
front=$!
ok "it runs" until_ok 5 sh -c '[ "$("$LXCBOX" list -f csv -c s f1)" = RUNNING ]'
ok "others may use it" timeout 5 "$LXCBOX" config set f1 user.x=1
kill -TERM $front
wait $front
same "TERM stops it" 0 $?
prints "it is stopped" STOPPED lxcbox list -f csv -c s f1
ok "delete" lxcbox delete f1
# what the caller has does not show inside
(ulimit -c 0; umask 077; trap '' HUP USR1; A=b nice -n 5 "$LXCBOX" launch host: s1 >/dev/null)
pid=$(lxcbox list -f csv -c p s1)
prints "nice" 0 cut -d' ' -f19 /proc/"$pid"/stat
prints "ignored signals" 0000000000000000 sed -n 's/^SigIgn:.//p' /proc/"$pid"/status
# those, too, that a libc keeps for itself: python's raw call can ignore them
ignoring='import ctypes, os, sys; c = ctypes.CDLL(None); a = (ctypes.c_ulong * 4)(1); [c.syscall(13, n, a, None, 8) for n in (32, 33, 34, 64)]; os.execv(sys.argv[1], sys.argv[1:])'
prints "the libc's own" 0000000000000000 python3 -c "$ignoring" "$LXCBOX" exec s1 -- sed -n 's/^SigIgn:.//p' /proc/self/status
prints "nice of exec" 0 sh -c 'nice -n 5 "$LXCBOX" exec s1 -- cut -d" " -f19 /proc/self/stat'
prints "umask of exec" 0022 sh -c 'umask 077; "$LXCBOX" exec s1 -- sh -c umask'
ok "delete" lxcbox delete -f s1

for bad in 1abc a_b a.b ab- -x "$(printf 'a%.0s' $(seq 64))"; do
	fails "the name $bad" 1 "Invalid instance name|unknown shorthand|shorthand" sh -c '"$LXCBOX" init host: "$1" >/dev/null' sh "$bad"
done
matches "explain says every step" "^inside +init" lxcbox launch host: c9 --explain
matches "and which protections are off" "^off +AppArmor|^off +memory limit" lxcbox launch host: c9 --explain
prints "and changes nothing" "" lxcbox list -f csv
fails "a device that is not there yet is refused" 1 "not supported" sh -c '"$LXCBOX" launch host: c9 -p docker >/dev/null'
prints "and nothing is made" "" lxcbox list -f csv
finish
