#!/bin/sh
# exec: status, streams, environment, who, where
. "${0%/*}/lib.sh"
ok "launch" lxcbox launch host: c1

for n in 0 1 42 255; do
	run lxcbox exec c1 -- sh -c "exit $n"
	same "status $n" $n $status
done
run lxcbox exec c1 -- sh -c 'kill -9 $$'
same "a signal is 128 + n" 137 $status
fails "no such command" 127 "Command not found" lxcbox exec c1 -- nosuch
fails "no such path" 127 "Command not found" lxcbox exec c1 -- /bin/nosuch
fails "a directory" 126 "Command not executable" lxcbox exec c1 -- /etc
fails "not executable" 126 "Command not executable" lxcbox exec c1 -- /etc/passwd
lxcbox exec c1 -- sh -c 'printf "#!/no/such/interp\n" >/tmp/s; chmod +x /tmp/s'
fails "an interpreter that is missing is named" 126 "/no/such/interp" lxcbox exec c1 -- /tmp/s
fails "no such instance" 1 "Instance not found" lxcbox exec c9 -- true

lxcbox exec c1 -- sh -c 'echo out; echo err >&2' >"$TMP/o" 2>"$TMP/e"
same "stdout apart" out "$(cat "$TMP/o")"
same "stderr apart" err "$(cat "$TMP/e")"
same "stdin" "a b" "$(printf 'a b' | lxcbox exec c1 -- cat)"
same "stdin is not eaten" "3" "$(printf '1\n2\n3\n' | while read -r l; do lxcbox exec c1 -- true; echo "$l"; done | wc -l | tr -d ' ')"
printf '1\n2\n3\n' >"$TMP/lines"
same "nor from a file" "3" "$(while read -r l; do lxcbox exec c1 -- true; echo "$l"; done <"$TMP/lines" | wc -l | tr -d ' ')"
same "a file's offset is what the command left" "2 3 " \
	"$( (lxcbox exec c1 -- sh -c 'read l' ; tr '\n' ' ') <"$TMP/lines")"
for i in 1 2 3 4 5; do
	same "the last bytes are not lost ($i)" 300000 "$(lxcbox exec c1 -- dd if=/dev/zero bs=1 count=300000 2>/dev/null | wc -c | tr -d ' ')"
done
lxcbox exec c1 -- sh -c 'echo x >/dev/stderr' 2>"$TMP/e"
same "/dev/stderr opens when it is a file" x "$(cat "$TMP/e")"
same "and a pipe" x "$(lxcbox exec c1 -- sh -c 'echo x >/dev/stderr' 2>&1 >/dev/null | cat)"
ok "an idle stdin does not hold it" timeout 9 sh -c 'sleep 5 | timeout 4 "$LXCBOX" exec c1 -- true'

same "the environment" "HOME=/root
LANG=C.UTF-8
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
TERM=xterm
USER=root
container=lxc" "$(SECRET=1 TERM=xterm lxcbox exec c1 -- env | grep -v -e '^PWD=' -e '^_=' -e SHLVL | sort)"
prints "--env" "b c" lxcbox exec c1 --env "A=b c" -- sh -c 'echo "$A"'
prints "--env NAME alone is empty" "[]" lxcbox exec c1 --env A -- sh -c 'echo "[$A]"'
prints "cwd" /root lxcbox exec c1 -- pwd
prints "--cwd" /tmp lxcbox exec c1 --cwd /tmp -- pwd
fails "--cwd that is missing" 126 "/nosuch" lxcbox exec c1 --cwd /nosuch -- pwd
prints "--user" "1000:0" lxcbox exec c1 --user 1000 -- sh -c 'echo $(id -u):$(id -g)'
prints "--group" "1000:50" lxcbox exec c1 --user 1000 --group 50 -- sh -c 'echo $(id -u):$(id -g)'
prints "no groups of the caller (V13)" "0" lxcbox exec c1 -- id -G
for bad in +1 -1 1: :1 4294967296 1a ' 1' ''; do
	fails "--user '$bad' (V12)" 1 "invalid argument" lxcbox exec c1 --user "$bad" -- true
done
prints "umask" 0022 lxcbox exec c1 -- sh -c umask
prints "a session of its own" same lxcbox exec c1 -- sh -c '[ "$(ps -o sid= -p $$ | tr -d " ")" = $$ ] && echo same'
prints "no descriptor crosses (V02)" "0 1 2 " lxcbox exec c1 -- sh -c 'for f in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$f ] && printf "%s" "$f "; done; echo'
exec 7</
prints "nor one of the caller's" "0 1 2 " lxcbox exec c1 -- sh -c 'for f in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$f ] && printf "%s" "$f "; done; echo'
exec 7<&-
prints "CapInh is empty (V11)" "0000000000000000" lxcbox exec c1 -- sed -n 's/^CapInh:.//p' /proc/self/status
prints "the filter is on" "Seccomp:	2" lxcbox exec c1 -- grep '^Seccomp:' /proc/self/status

# script(1) types a NUL when its own input is at its end, and a terminal echoes that as ^@
on_terminal() { script -qec "$1" /dev/null </dev/null | tr -d '\r' | sed 's/\^@//; /^$/d'; }
same "a terminal" "/dev/pts/" "$(on_terminal "$LXCBOX exec c1 -- tty" | sed 's/[0-9]*$//')"
for i in 1 2 3 4 5; do
	same "its size from the first moment ($i)" "33 101" \
		"$(on_terminal "stty rows 33 cols 101; $LXCBOX exec c1 -- stty size")"
	same "all 500 lines ($i)" 500 "$(on_terminal "$LXCBOX exec c1 -- seq 500" | grep -c '^[0-9]')"
done
ok "no pty with -T" sh -c '! "$LXCBOX" exec c1 -T -- tty'
fails "-t and -T" 1 "can't pass -t and -T" lxcbox exec c1 -t -T -- true

lxcbox exec c1 -- sleep 100 &
pid=$!
until_ok 5 sh -c "'$LXCBOX' exec c1 -- pgrep -x sleep"
kill -TERM $pid
wait $pid
same "a signal is passed on" 143 $?
matches "shell is a login shell" "^/root$" sh -c 'echo pwd | "$LXCBOX" shell c1'
prints "the directory is HOME" /tmp lxcbox exec c1 --env HOME=/tmp -- pwd
prints "if there is one" / lxcbox exec c1 --env HOME=/nosuch -- pwd
same "-n reads nothing" "" "$(echo in | lxcbox exec c1 -n -- cat)"
fails "a command without a name" 127 "Command not found" lxcbox exec c1 -- ""
ok "exec ends with stop" sh -c '"$LXCBOX" exec c1 -- sleep 100 & p=$!; sleep 0.3; "$LXCBOX" stop -f c1 && wait $p; [ $? != 0 ]'
finish
