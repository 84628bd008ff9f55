#!/bin/sh
# whose ids are whose: ranges of instances are disjoint, wherever they come from
. "${0%/*}/lib.sh"
ok "import" lxcbox image import "$IMAGES/busy.tar.xz" --alias busy

# with these lines as /etc/subuid and /etc/subgid
with() {
	printf '%b' "$1" >"$TMP/subid"
	shift
	unshare -m --propagation private sh -c '
		for f in /etc/subuid /etc/subgid; do [ -e $f ] || : >$f; mount --bind "$0" $f; done; exec "$@"' "$TMP/subid" "$@"
}
base() { lxcbox config get "$1" volatile.idmap.base; }
within() { # NAME FROM TO
	b=$(base "$1")
	[ "$b" -ge "$2" ] && [ $((b + 65536)) -le "$3" ] || { echo "$1: $b" && return 1; }
}
disjoint() { lxcbox list -f json | tr , '\n' | sed -n 's/.*"volatile.idmap.base":"\([0-9]*\)".*/\1/p' | sort -n | uniq |
	awk 'NR > 1 && $1 < last + 65536 { print last " overlaps " $1; bad = 1 } { last = $1; n++ } END { exit bad || n != '"$1"' }'; }

# two fit into root's entry, the third takes what nobody has an entry for
entries='root:500000:131072\nother:1000000:400000000\n'
for i in 1 2 3; do ok "init a$i" with "$entries" "$LXCBOX" init busy a$i; done
in_pool=0
for i in 1 2 3; do ! within a$i 500000 631072 >/dev/null || in_pool=$((in_pool + 1)); done
same "root's entry first" 2 $in_pool
ok "all differ" disjoint 3
for i in 1 2 3; do
	within a$i 500000 631072 >/dev/null || ok "then ids of nobody" within a$i 401000000 1000000000
done
ok "one comes back" lxcbox delete a1 a2
ok "and is had again" with "$entries" "$LXCBOX" init busy a4
ok "where it was" within a4 500000 631072

# the entry moves: the new grid lies across the old one, and what is there stays where it is
before=$(base a4)
for i in 1 2 3 4 5 6; do ok "init b$i" with 'root:530000:250000\n' "$LXCBOX" init busy b$i; done
ok "none overlaps" disjoint 8
same "old ones keep theirs" "$before" "$(base a4)"
for i in 7 8; do ok "init b$i" with "$entries" "$LXCBOX" init busy b$i; done
ok "nor after it moved back" disjoint 10
ok "it starts" lxcbox start a4
matches "with its ids" "^ +0 +$before +65536$" lxcbox exec a4 -- cat /proc/self/uid_map

# the whole state on another host, which gives root other ids: nothing is copied or given to somebody else
ok "stop" lxcbox stop -f a4
cp -a "$LXCBOX_DIR" "$TMP/moved"
moved() { with 'root:700000000:65536\n' "$LXCBOX" --dir "$TMP/moved" "$@"; }
ok "moved: it starts" moved start a4
matches "moved: with its old ids" "^ +0 +$before +65536$" moved exec a4 -- cat /proc/self/uid_map
ok "moved: its files are its own" moved exec a4 -- sh -c 'echo x >/etc/x && rm -r /etc'
ok "moved: delete" moved delete -f a4
for n in $(moved list -f csv -c n); do moved delete "$n"; done
ok "start" lxcbox start a4

# a range of more than one
ok "wide" with 'root:2000000:1000000\n' "$LXCBOX" init busy wide -c security.idmap.size=200000
ok "narrow ones beside it" sh -c 'for i in 1 2 3 4 5 6 7 8; do "$LXCBOX" init busy n$i || exit; done'
wide=$(base wide)
ok "none is inside it" sh -c 'for i in 1 2 3 4 5 6 7 8; do
	b=$("$LXCBOX" config get n$i volatile.idmap.base)
	[ $b -ge $(('"$wide"' + 200000)) ] || [ $((b + 65536)) -le '"$wide"' ] || exit 1
done'
fails "more than there is" 1 '4000000000 ids' lxcbox init -q busy huge -c security.idmap.size=4000000000
gone() { ! find "$LXCBOX_DIR/idmap" -type l -name '[0-9]*' | grep .; }
ok "all end" sh -c '"$LXCBOX" list -f csv -c n | xargs "$LXCBOX" delete -f'
ok "no claim is left" gone
finish
