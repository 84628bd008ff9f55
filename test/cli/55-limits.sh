#!/bin/sh
# limits bite, and change while it runs
. "${0%/*}/lib.sh"
ok "import" lxcbox image import "$IMAGES/busy.tar.xz" --alias busy
ok "launch" lxcbox launch busy c1 -c limits.memory=64MiB -c limits.processes=20

# memory: a shell that doubles a string until it is killed
hog='s=x; while :; do s=$s$s; done'
run timeout 60 "$LXCBOX" exec c1 -- sh -c "$hog"
same "the command is killed" 137 $status
prints "the instance goes on" RUNNING lxcbox list -f csv -c s c1
matches "info says why" "^  Killed for lack of memory: [1-9]" lxcbox info c1
ok "raised while it runs" lxcbox config set c1 limits.memory=256MiB
ok "what needs 100 MiB works now" lxcbox exec c1 -- sh -c 'dd if=/dev/zero of=/dev/null bs=100M count=1'
lxcbox exec c1 -- sh -c 'mount -t tmpfs none /tmp && dd if=/dev/zero of=/tmp/f bs=1M count=50 2>/dev/null'
fails "lowered below the use: refused, with the use" 1 "limits.memory.*in use" lxcbox config set c1 limits.memory=20MiB
prints "nothing changed" 256MiB lxcbox config get c1 limits.memory
lxcbox exec c1 -- umount /tmp
ok "unset" lxcbox config unset c1 limits.memory

run lxcbox exec c1 -- sh -c 'for i in $(seq 40); do sleep 2 & done; wait'
ok "forks are refused at the limit" test "$(grep -c fork "$TMP/err")" -gt 0
ok "another limit while it runs" lxcbox config set c1 limits.processes=100
run lxcbox exec c1 -- sh -c 'for i in $(seq 40); do sleep 0.1 & done; wait'
same "now they are not" 0 "$(grep -c fork "$TMP/err")"

ok "a processor" lxcbox config set c1 limits.cpu=1
prints "is one" 1 lxcbox exec c1 -- nproc
ok "pinned" lxcbox config set c1 limits.cpu=0-0
prints "to the first" 0 lxcbox exec c1 -- sed -n 's/^Cpus_allowed_list:.//p' /proc/self/status
ok "unset" lxcbox config unset c1 limits.cpu
prints "all again" "$(nproc)" lxcbox exec c1 -- nproc

burn='t=$(($(cut -d. -f1 /proc/uptime) + 2)); while [ $(cut -d. -f1 /proc/uptime) -lt $t ]; do :; done'
ok "a tenth of a processor" lxcbox config set c1 limits.cpu.allowance=10ms/100ms
before=$(lxcbox info c1 | sed -n 's/.*CPU usage (in seconds): //p')
lxcbox exec c1 -- sh -c "$burn"
after=$(lxcbox info c1 | sed -n 's/.*CPU usage (in seconds): //p')
ok "is not more" test $((${after:-0} - ${before:-0})) -le 1
ok "unset" lxcbox config unset c1 limits.cpu.allowance

ok "several at once" lxcbox config set c1 user.b=1 limits.memory=128MiB limits.processes=90
prints "are all set" "1 128MiB 90" sh -c 'for k in user.b limits.memory limits.processes; do "$LXCBOX" config get c1 $k; done | tr "\n" " " | sed "s/ $//"'
ok "all or nothing" sh -c '! "$LXCBOX" config set c1 user.a=1 limits.memory=abc'
prints "nothing" "" lxcbox config get c1 user.a
ok "delete" lxcbox delete -f c1

ok "limits of the kernel" lxcbox launch busy c2 -c limits.kernel.nofile=100:200 -c environment.FOO=bar
prints "of init" "100 200" sh -c "awk '/open files/ {print \$4, \$5}' /proc/$(lxcbox list -f csv -c p c2)/limits"
prints "and of exec" "100" lxcbox exec c2 -- sh -c 'ulimit -n'
prints "environment" bar lxcbox exec c2 -- sh -c 'echo $FOO'
prints "of init, too" "FOO=bar" sh -c "tr '\\0' '\\n' </proc/$(lxcbox list -f csv -c p c2)/environ | grep FOO"
ok "delete" lxcbox delete -f c2

ok "init" lxcbox init busy c3
while read -r key value text; do
	fails "$key=$value" 1 "$text" lxcbox config set c3 "$key=$value"
	prints "$key is still unset" "" lxcbox config get c3 "$key"
done <<'EOF'
limits.memory 64M Invalid value: 64M
limits.memory -1 Invalid value: -1
limits.memory 0 can't be 0
limits.cpu 3-1 Invalid cpuset value
limits.cpu 0 CPU
limits.cpu.allowance 50 Invalid allowance: 50
limits.cpu.priority 11 Must be between 0 and 10
limits.processes x Invalid value for an integer
limits.kernel.bogus 1 Unknown resource bogus
limits.kernel.nofile 9:8 soft limit
limits.kernel.nofile 99999999999 nr_open
security.privileged maybe Invalid value for a boolean "maybe"
boot.autostart 2 Invalid value for a boolean
bogus 1 Unknown configuration key: bogus
Limits.memory 1GiB Unknown configuration key: Limits.memory
environment. 1 .
linux.sysctl.kernel.core_pattern x core_pattern
EOF
fails "a line break in a value (V40)" 1 "line break" lxcbox config set c3 "environment.A=$(printf 'a\nb')"
fails "launch checks, too" 1 "Unknown configuration key: bogus" sh -c '"$LXCBOX" init busy c4 -c bogus=1 >/dev/null'
ok "protected" lxcbox config set c3 security.protection.delete=true
fails "from deletion" 1 "Container is protected" lxcbox delete c3
fails "also by force" 1 "Container is protected" lxcbox delete -f c3
ok "unprotected" lxcbox config unset c3 security.protection.delete
ok "a profile" lxcbox profile create p1
ok "with a limit" lxcbox profile set p1 limits.processes 50
ok "applied" lxcbox profile add c3 p1
prints "is expanded" 50 lxcbox config get -e c3 limits.processes
ok "start" lxcbox start c3
ok "beside one that says it by itself" lxcbox launch busy c4 -p p1 -c limits.processes=70
ok "a change of it" lxcbox profile set p1 limits.processes 60
fails "is there at once" 2 "limit of processes|fork" lxcbox exec c3 -- sh -c 'for i in $(seq 61); do sleep 1 & done'
sleep 1.1
ok "but where the instance says otherwise" lxcbox exec c4 -- sh -c 'for i in $(seq 61); do sleep 0.1 & done'
fails "what one of them cannot be with is refused" 1 "^Error: c4: Invalid expanded config: linux.sysctl.user" sh -c '
	"$LXCBOX" config set c4 linux.sysctl.user.max_inotify_instances=50 && "$LXCBOX" profile set p1 limits.processes=50 security.privileged=true'
prints "and nothing changed" 60 lxcbox profile get p1 limits.processes
ok "unset" lxcbox profile unset p1 limits.processes
ok "is there at once, too" lxcbox exec c3 -- sh -c 'for i in $(seq 61); do sleep 0.1 & done'
ok "set" lxcbox profile set p1 limits.processes 60
ok "delete" lxcbox delete -f c4
ok "restart" lxcbox restart -f c3
fails "is there with the next start" 2 "limit of processes|fork" lxcbox exec c3 -- sh -c 'for i in $(seq 61); do sleep 1 & done'
ok "stop" lxcbox stop -f c3
# more than whoever starts it may have: set from outside, or refused by name (root without CAP_SYS_RESOURCE)
more=$(($(ulimit -Hn) + 1))
if [ "$more" -le "$(cat /proc/sys/fs/nr_open)" ]; then
	ok "more files than we may have" lxcbox config set c3 "limits.kernel.nofile=100:$more"
	run lxcbox start c3
	if [ $status = 0 ]; then
		prints "it has them" "$more" lxcbox exec c3 -- sh -c 'ulimit -Hn'
		ok "stop" lxcbox stop -f c3
	else
		same "the limit is named" 1 "$(grep -c "limits.kernel.nofile" "$TMP/err")"
	fi
	ok "unset" lxcbox config unset c3 limits.kernel.nofile
fi
fails "one in use stays" 1 "Profile is currently in use" lxcbox profile delete p1
ok "a protected start" lxcbox config set c3 security.protection.start=true
fails "is refused" 1 "protected" lxcbox start c3
finish
