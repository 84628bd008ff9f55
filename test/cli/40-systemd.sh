#!/bin/sh
# a Debian with systemd: comes up whole, ends cleanly
. "${0%/*}/lib.sh"
ok "import" lxcbox image import "$IMAGES/deb-meta.tar.gz" "$IMAGES/deb-root.tar.gz" --alias deb
up() { until_ok 30 sh -c 's=$("$LXCBOX" exec d1 -- systemctl is-system-running 2>/dev/null); [ "$s" = running ] || [ "$s" = degraded ]'; }
ok "launch" lxcbox launch deb d1
up
same "no unit failed" "" "$(lxcbox exec d1 -- systemctl --failed --no-legend --plain)"
prints "running" running lxcbox exec d1 -- systemctl is-system-running
prints "systemd knows where it is" lxc lxcbox exec d1 -- systemd-detect-virt -c
prints "its name" d1 lxcbox exec d1 -- hostname
ok "a login on the console" until_ok 10 sh -c '"$LXCBOX" console d1 --show-log | grep -q login:'
matches "info counts its processes" "Processes: ([5-9]|[1-9][0-9])" lxcbox info d1
prints "exec is outside of its tree" "0::/.lxc" lxcbox exec d1 -- sed -n '/^0::/p' /proc/self/cgroup
ok "a service can be started" lxcbox exec d1 -- systemd-run --wait -q true
began=$(date +%s)
ok "stop" lxcbox stop d1 --timeout 20
ok "is clean and quick" test $(($(date +%s) - began)) -lt 10
matches "it powered off" "powered off" lxcbox info d1 --show-log
ok "start" lxcbox start d1
up
pid=$(lxcbox list -f csv -c p d1)
lxcbox exec d1 -- systemctl reboot
until_ok 20 sh -c 'p=$("$LXCBOX" list -f csv -c p d1); [ "$p" ] && [ "$p" != '"$pid"' ]'
up
prints "reboot from inside" running lxcbox exec d1 -- systemctl is-system-running
lxcbox exec d1 -- systemctl poweroff
until_ok 20 sh -c '[ "$("$LXCBOX" list -f csv -c s d1)" = STOPPED ]'
prints "poweroff from inside" STOPPED lxcbox list -f csv -c s d1

# a guest that knows only version 1: the named hierarchy is there for it
ok "an old guest (stand-in)" lxcbox launch deb o1 -c "environment.SYSTEMD_PROC_CMDLINE=systemd.unified_cgroup_hierarchy=0"
until_ok 30 sh -c 's=$("$LXCBOX" exec o1 -- systemctl is-system-running 2>/dev/null); [ "$s" = running ] || [ "$s" = degraded ]'
prints "comes up" running lxcbox exec o1 -- systemctl is-system-running
matches "in the old hierarchy" "^1?[0-9]*:name=systemd:/" lxcbox exec o1 -- cat /proc/1/cgroup
prints "which is mounted" cgroupfs lxcbox exec o1 -- stat -f -c %T /sys/fs/cgroup/systemd
ok "stop" lxcbox stop o1 --timeout 20
ok "delete" lxcbox delete o1

ok "privileged" lxcbox launch deb d2 -c security.privileged=true
until_ok 30 sh -c 's=$("$LXCBOX" exec d2 -- systemctl is-system-running 2>/dev/null); [ "$s" = running ] || [ "$s" = degraded ]'
echo "     privileged systemd: $(lxcbox exec d2 -- systemctl is-system-running) $(lxcbox exec d2 -- systemctl --failed --no-legend --plain | tr '\n' ' ')"
ok "stop" lxcbox stop d2 --timeout 20
finish
