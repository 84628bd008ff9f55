#!/bin/sh
# older kernels: each feature hidden by a filter that answers ENOSYS; it works all the same, or says in one line what is missing
. "${0%/*}/lib.sh"
hide() { "$TOOLS/hide" "$@"; }

for calls in openat2 clone3 close_range fsopen fsconfig bpf keyctl,add_key,request_key statx copy_file_range openat2,clone3,close_range,fsopen,bpf; do
	prints "without $calls" ok hide "$calls" "$LXCBOX" run host: -- echo ok
	prints "privileged without $calls" ok hide "$calls" "$LXCBOX" run host: -c security.privileged=true -- echo ok
	ok "a life without $calls" hide "$calls" sh -c '"$LXCBOX" launch host: c1 && "$LXCBOX" pause c1 && "$LXCBOX" start c1 &&
		"$LXCBOX" exec c1 -- true && "$LXCBOX" restart -f c1 && "$LXCBOX" stop c1 && "$LXCBOX" delete c1'
done
one_line() {
	what=$1
	shift
	fails "$what" 1 "this kernel has no" "$@"
	same "$what: one line, and where to look" 1 "$(grep -cv '^Try ' "$TMP/err")"
}
for calls in open_tree move_mount pidfd_open mount_setattr; do
	lxcbox init host: c1 >/dev/null
	one_line "without $calls" hide "$calls" "$LXCBOX" start c1
	prints "without $calls: nothing runs" "c1,STOPPED" lxcbox list -f csv -c ns
	ok "without $calls: delete" hide "$calls" "$LXCBOX" delete c1
done
# without idmapped mounts the shift lies on the disk: in a copy of the image's layer, and in the instance's own files
src=$TMP/src
mkdir "$src"
tar -C "$src" -xJf "$IMAGES/busy.tar.xz"
python3 - "$src/rootfs" <<'EOF'
import os, struct, sys
os.chdir(sys.argv[1])
open("opt/f", "w").write("f\n"); os.chown("opt/f", 5, 7); os.chmod("opt/f", 0o4751)
os.link("opt/f", "opt/g")
os.symlink("f", "opt/l"); os.lchown("opt/l", 5, 7)
os.mkfifo("opt/p"); os.mknod("opt/null", 0o20666, os.makedev(1, 3))
with open("opt/sparse", "wb") as f: f.truncate(100 << 20); f.seek(50 << 20); f.write(b"x")
open("opt/busybox-cap", "wb").write(open("bin/busybox", "rb").read()); os.chmod("opt/busybox-cap", 0o755)
os.setxattr("opt/busybox-cap", "security.capability", struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0))
acl = lambda *e: struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *x) for x in e)
nobody = 0xffffffff
os.setxattr("opt/f", "system.posix_acl_access",
    acl((1, 7, nobody), (2, 4, 1000), (4, 5, nobody), (8, 4, 50), (16, 5, nobody), (32, 1, nobody)))
os.chmod("opt/f", 0o4751)
os.setxattr("opt/f", "user.x", b"y")
os.mkdir("opt/d"); os.chown("opt/d", 1000, 1000); os.chmod("opt/d", 0o1770); os.utime("opt/d", (1, 2))
os.chdir("opt")
for i in range(150):
    os.mkdir("deep"); os.chdir("deep")
EOF
ok "an image with everything" lxcbox image import "$src" --alias all
ok "one without much" lxcbox image import "$IMAGES/busy.tar.xz" --alias busy
# what both ways must show
cat >"$TMP/look" <<'EOF'
cd /opt
for f in f g l p null sparse busybox-cap d .; do echo $f $(stat -c '%u:%g %a %h %s %Y %F' $f); done
[ f -ef g ] && echo linked
[ $(du -k sparse | cut -f1) -lt 100 ] && tr -d "\0" <sparse
find deep | wc -l
EOF
look() { lxcbox exec "$1" -- sh <"$TMP/look"; }
owners='echo $(stat -c %u:%g /p /opt2/f /bin/sh) $([ -e /etc/group ] || echo no)'
ok "launch with them" lxcbox launch all c0
ok "launch without" hide mount_setattr "$LXCBOX" launch all c1
same "it says so" 1 "$(grep -cE '^Warning: c1: no idmapped mounts here .Linux 5.19.: its files are copied to ids [0-9]+-[0-9]+, which such containers share$' "$TMP/err")"
same "in one line" 1 "$(wc -l <"$TMP/err")"
look c0 >"$TMP/mapped"
look c1 >"$TMP/shifted"
ok "there is something to see" grep -q linked "$TMP/mapped"
same "it looks the same" "$(cat "$TMP/mapped")" "$(cat "$TMP/shifted")"
for c in c0 c1; do
	prints "$c: a file capability counts" 0000000000002000 lxcbox exec $c --user 1000 -- /opt/busybox-cap sed -n 's/^CapEff:.//p' /proc/self/status
	prints "$c: an ACL's user may read" f lxcbox exec $c --user 1000 -- cat /opt/f
	prints "$c: its group, too" f lxcbox exec $c --user 70 --group 50 -- cat /opt/f
	fails "$c: nobody else" 1 "ermission" lxcbox exec $c --user 70 -- cat /opt/f
done
base=$(lxcbox config get c1 volatile.lxcbox.shifted)
layer=$(lxcbox image list -f csv -c F all)
ok "the copy is there" test -d "$LXCBOX_DIR/layers/$layer-shift-$base"
ok "a life" hide mount_setattr sh -c '"$LXCBOX" exec c1 -- sh -c "mv /opt /opt2; rm /etc/group; echo x >>/opt2/f; mkfifo /p" &&
	"$LXCBOX" pause c1 && "$LXCBOX" start c1 && "$LXCBOX" restart -f c1 && "$LXCBOX" stop -f c1'
ok "it goes on with them" lxcbox start c1
prints "the same way" "0 $base 65536" sh -c 'echo $("$LXCBOX" exec c1 -- cat /proc/self/uid_map)'
prints "with its files" "0:0 5:7 0:0 no" lxcbox exec c1 -- sh -c "$owners"
ok "privileged" sh -c '"$LXCBOX" stop -f c1 && "$LXCBOX" config set c1 security.privileged=true && "$LXCBOX" start c1'
prints "with its files" "0:0 5:7 0:0 no" lxcbox exec c1 -- sh -c "$owners"
ok "and back" sh -c '"$LXCBOX" stop -f c1 && "$LXCBOX" config unset c1 security.privileged && "$LXCBOX" start c1'
prints "with its files" "0:0 5:7 0:0 no" lxcbox exec c1 -- sh -c "$owners"
ok "an edit does not lose it" sh -c '"$LXCBOX" config show c1 | grep -v volatile | "$LXCBOX" config edit c1'
prints "it is still noted" "$base" lxcbox config get c1 volatile.lxcbox.shifted
ok "a second" hide mount_setattr "$LXCBOX" launch all c2
prints "shares ids and layer" "$base" lxcbox config get c2 volatile.lxcbox.shifted
ok "one with its own" hide mount_setattr "$LXCBOX" launch all c3 -c security.idmap.isolated=true
same "it says so" 1 "$(grep -c "its own\$" "$TMP/err")"
own=$(lxcbox config get c3 volatile.lxcbox.shifted)
ok "has other ids" test "$own" != "$base"
ok "and a copy of its own" test -d "$LXCBOX_DIR/layers/$layer-shift-$own"
ok "delete" lxcbox delete -f c3
ok "which goes with it" test ! -e "$LXCBOX_DIR/layers/$layer-shift-$own"
ok "the other stays" test -d "$LXCBOX_DIR/layers/$layer-shift-$base"
prints "run" hello hide mount_setattr "$LXCBOX" run busy -- echo hello
for i in 1 2 3 4; do (hide mount_setattr "$LXCBOX" launch busy "n$i" >/dev/null 2>&1 && echo ok >>"$TMP/many") & done
wait
same "four at once" 4 "$(grep -c ok "$TMP/many")"
ok "delete" lxcbox delete -f n1 n2 n3 n4
ok "one with idmapped mounts" lxcbox launch all c4
prints "is as ever" "" lxcbox config get c4 volatile.lxcbox.shifted
ok "delete the image" lxcbox image delete all
ok "the copy stays for its users" test -d "$LXCBOX_DIR/layers/$layer-shift-$base"
ok "delete" lxcbox delete -f c0 c1 c2 c4
same "the copy goes with the last" "" "$(find "$LXCBOX_DIR/layers" -maxdepth 1 -name "$layer*")"
ok "delete the other image" lxcbox image delete busy
prints "its copy goes with it" "" ls "$LXCBOX_DIR/layers"

# a kernel that can, a file system that cannot: ext3 is one
truncate -s 200M "$TMP/ext3"
mkdir "$TMP/mnt"
if mke2fs -q -b 4096 -t ext3 "$TMP/ext3" 2>/dev/null && mount -t ext3 -o loop "$TMP/ext3" "$TMP/mnt" 2>/dev/null; then
	other() { LXCBOX_DIR=$TMP/mnt/s "$LXCBOX" "$@"; }
	mkdir "$TMP/mnt/s"
	ok "ext3: import" other image import "$src" --alias all
	ok "ext3: launch" other launch all x1
	same "ext3: it says so" 1 "$(grep -c '^Warning: x1: no idmapped mounts here' "$TMP/err")"
	same "ext3: it looks the same" "$(cat "$TMP/mapped")" "$(other exec x1 -- sh <"$TMP/look")"
	ok "ext3: restart" other restart -f x1
	same "ext3: no second warning" "" "$(cat "$TMP/err")"
	ok "ext3: delete" other delete -f x1
	ok "ext3: nobody holds it" until_ok 5 umount "$TMP/mnt"
else
	skip "ext3" "no ext3 or no loop device here"
fi
prints "privileged without idmapped mounts" ok hide mount_setattr "$LXCBOX" run host: -c security.privileged=true -- echo ok
finish
