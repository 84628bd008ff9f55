#!/bin/sh
# the monitor is killed, stopped, or killed together with its init
. "${0%/*}/lib.sh"
ok "import" lxcbox image import "$IMAGES/busy.tar.xz" --alias busy
ok "launch" lxcbox launch busy b1
pid=$(lxcbox list -f csv -c p b1)
kill -9 "$(monitor b1)"
prints "F02: it goes on" "RUNNING,$pid" lxcbox list -f csv -c sp b1
ok "F02: exec without a monitor" lxcbox exec b1 -- true
ok "F02: a change adopts it" lxcbox config set b1 user.x=1
ok "F02: there is a monitor again" test -n "$(monitor b1)"
prints "F02: the same init" "RUNNING,$pid" lxcbox list -f csv -c sp b1
lxcbox exec b1 -- sh -c 'echo back again >/dev/console'
ok "F02: the console works" until_ok 3 sh -c '"$LXCBOX" console b1 --show-log | grep -q "back again"'
lxcbox exec b1 -- poweroff
until_ok 5 sh -c '[ "$("$LXCBOX" list -f csv -c s b1)" = STOPPED ]'
prints "F02: its end is seen" STOPPED lxcbox list -f csv -c s b1
ok "F02: and logged" until_ok 3 sh -c '"$LXCBOX" info b1 --show-log | grep -q "powered off"'
ok "start" lxcbox start b1

kill -9 "$(monitor b1)"
ok "F02: stop without a monitor" lxcbox stop b1
prints "stopped" STOPPED lxcbox list -f csv -c s b1
ok "start" lxcbox start b1
kill -9 "$(monitor b1)"
ok "F02: delete -f without a monitor" lxcbox delete -f b1

ok "launch" lxcbox launch busy b1
kill -STOP "$(monitor b1)"
prints "list does not wait for a stopped monitor" RUNNING lxcbox list -f csv -c s b1
ok "nor does exec" timeout 5 "$LXCBOX" exec b1 -- true
ok "stop -f works" timeout 10 "$LXCBOX" stop -f b1
prints "stopped" STOPPED lxcbox list -f csv -c s b1
ok "start works" lxcbox start b1
kill -9 "$(monitor b1)"
kill -9 "$(lxcbox list -f csv -c p b1)"
ok "both killed: stopped" until_ok 3 sh -c '[ "$("$LXCBOX" list -f csv -c s b1)" = STOPPED ]'
ok "and can be started" lxcbox start b1
ok "delete" lxcbox delete -f b1

# whatever is done while it is stopped: nothing waits for it for long
while read -r want_status command; do
	ok "launch" lxcbox launch busy b1
	kill -STOP "$(monitor b1)"
	run timeout 15 "$LXCBOX" $command
	same "a stopped monitor: $command" "$want_status" $status
	ok "delete" timeout 15 "$LXCBOX" delete -f b1
done <<'END'
0 config set b1 limits.processes=50
0 pause b1
0 restart -f b1
0 restart b1 --timeout 5
0 stop b1
1 rename b1 b2
END

ok "ephemeral" lxcbox launch busy e1 -e
init=$(lxcbox list -f csv -c p e1)
kill -9 "$(monitor e1)"
kill -9 "$init"
ok "the next command removes it" until_ok 3 sh -c '[ -z "$("$LXCBOX" list -f csv)" ]'

# a stranger has the pid that was recorded (F16)
ok "launch" lxcbox launch busy b1
state=$LXCBOX_DIR/instances/b1/state
ok "stop" lxcbox stop -f b1
sleep 1000 &
victim=$!
sed "s/^STOPPED \([^ ]*\) [0-9]* [0-9]*/RUNNING \1 $victim 1/" "$state" >"$TMP/s" && cat "$TMP/s" >"$state"
prints "F16: a stranger's pid is not ours" STOPPED lxcbox list -f csv -c s b1
fails "F16: stop -f" 1 "already stopped" lxcbox stop -f b1
ok "F16: start" lxcbox start b1
ok "F16: delete -f" lxcbox delete -f b1
ok "F16: the stranger lives" kill -0 $victim
kill $victim
finish
