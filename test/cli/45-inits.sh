#!/bin/sh
# the other inits of Debian: come up, take a stop, a power off and a reboot from inside
. "${0%/*}/lib.sh"
for init in sysv openrc runit; do
	ok "$init: import" lxcbox image import "$IMAGES/deb-meta.tar.gz" "$IMAGES/$init-root.tar.gz" --alias $init os=$init
	ok "$init: launch" lxcbox launch $init i1
	case $init in
	runit) up='pgrep -x runsvdir || cat /proc/[0-9]*/comm | grep -x runsvdir' ;;
	*) up='runlevel | grep -x "N 2"' ;;
	esac
	ok "$init: comes up" until_ok 20 "$LXCBOX" exec i1 -- sh -c "$up"
	ok "$init: says so on its console" sh -c '[ -n "$("$LXCBOX" console i1 --show-log)" ]'
	prints "$init: its name" i1 lxcbox exec i1 -- hostname
	ok "$init: stop" timeout 40 "$LXCBOX" stop i1 --timeout 30
	matches "$init: is a power off" "powered off" lxcbox info i1 --show-log
	ok "$init: start" lxcbox start i1
	ok "$init: comes up again" until_ok 20 "$LXCBOX" exec i1 -- sh -c "$up"
	pid=$(lxcbox list -f csv -c p i1)
	lxcbox exec i1 -- sh -c 'if [ -e /etc/runit ]; then init 6; else reboot; fi' >/dev/null 2>&1
	ok "$init: reboot from inside" until_ok 30 sh -c 'p=$("$LXCBOX" list -f csv -c p i1); [ "$p" ] && [ "$p" != '"$pid"' ]'
	ok "$init: comes up after it" until_ok 20 "$LXCBOX" exec i1 -- sh -c "$up"
	ok "$init: delete -f" lxcbox delete -f i1
	ok "$init: image delete" lxcbox image delete $init
done
finish
