#!/bin/sh
# images: every container of bytes, names, aliases, what is refused
. "${0%/*}/lib.sh"
src=$TMP/src
mkdir "$src"
tar -C "$src" -xJf "$IMAGES/busy.tar.xz"
tar -C "$src" --numeric-owner --owner=0 --group=0 -cf "$TMP/u.tar" metadata.yaml rootfs
tar -C "$src" --numeric-owner --owner=0 --group=0 -cf "$TMP/meta.tar" metadata.yaml
tar -C "$src/rootfs" --numeric-owner --owner=0 --group=0 -cf "$TMP/root.tar" .

works() { # NAME FILES...: imported, a container of it says hello, deleted; nothing stays
	name=$1
	shift
	matches "$name: import" '^Image imported with fingerprint: [0-9a-f]{64}$' lxcbox image import "$@" --alias "$name"
	prints "$name: works" hello lxcbox run "$name" -- echo hello
	want=$(cat "$@" 2>/dev/null | sha256sum | cut -d' ' -f1)
	[ -d "$1" ] || prints "$name: the fingerprint is the bytes'" "$want" lxcbox image list "$name" -f csv -c F
	ok "$name: delete" lxcbox image delete "$name"
	same "$name: nothing stays" "" "$(ls "$LXCBOX_DIR/layers" "$LXCBOX_DIR/images" -A | grep -E '^[0-9a-f]{8}')"
}
works plain "$TMP/u.tar"
for c in gzip xz zstd bzip2; do
	$c -c "$TMP/u.tar" >"$TMP/u.wrong-ending"
	works "$c" "$TMP/u.wrong-ending"
done
xz --format=lzma -c "$TMP/u.tar" >"$TMP/u.lzma"
works lzma "$TMP/u.lzma"
works split "$TMP/meta.tar" "$TMP/root.tar"
xz -c "$TMP/meta.tar" >"$TMP/meta.xz"
for c in gzip xz zstd; do
	mksquashfs "$src/rootfs" "$TMP/root.squashfs" -comp $c -noappend -quiet -all-root >/dev/null 2>&1
	works "squashfs-$c" "$TMP/meta.xz" "$TMP/root.squashfs"
done
(cat "$TMP/u.tar"; head -c 5000 /dev/zero; echo garbage) >"$TMP/tail.tar"
works trailing "$TMP/tail.tar"
works directory "$src"
a=$(lxcbox image import "$src")
lxcbox image delete "${a##* }"
same "the same directory, the same fingerprint" "$a" "$(lxcbox image import "$src")"
lxcbox image delete "${a##* }"

refused() { # NAME STATUS-TEXT FILES...
	name=$1 text=$2
	shift 2
	fails "$name" 1 "$text" lxcbox image import "$@" --alias bad
	same "$name: one line" 1 "$(grep -c . "$TMP/err")"
	prints "$name: no image" "" lxcbox image list -f csv
	same "$name: nothing stays" "" "$(ls "$LXCBOX_DIR/layers" "$LXCBOX_DIR/images" "$LXCBOX_DIR/trash" -A | grep -E '^[0-9a-f]{8}')"
}
gzip -c "$TMP/u.tar" | head -c 500000 >"$TMP/cut.gz"
refused "cut in the middle" "truncated|ends|cut|unexpected" "$TMP/cut.gz"
refused "no metadata" "etadata" "$TMP/root.tar"
refused "swapped" "etadata" "$TMP/root.tar" "$TMP/meta.tar"
: >"$TMP/empty"
refused "empty" "." "$TMP/empty"
head -c 4096 /dev/urandom >"$TMP/noise"
refused "noise (V34)" "." "$TMP/noise"
with() { # NAME TEXT SED: metadata changed
	cp "$src/metadata.yaml" "$TMP/m"
	sed -i "$3" "$TMP/m"
	mkdir -p "$TMP/mm" && cp "$TMP/m" "$TMP/mm/metadata.yaml"
	tar -C "$TMP/mm" -cf "$TMP/mm.tar" metadata.yaml
	refused "$1" "$2" "$TMP/mm.tar" "$TMP/root.tar"
}
with "no architecture" "rchitecture" '/^architecture/d'
with "an unknown one" "Architecture isn't supported: sparc9" 's/^architecture:.*/architecture: sparc9/'
with "no creation date" "reation date" '/^creation_date/d'
with "not YAML" "metadata.yaml" '1i x: ['
with "a list" "metadata.yaml" 's/^properties:/properties: [1]\nx:/'
with "a key twice" "metadata.yaml" '1p'
with "a template outside (V21)" "template" '$a templates: {/etc/x: {when: [create], template: ../../x}}'

hostile() { # NAME PYTHON: a tar made by tarfile
	python3 - "$TMP/h.tar" "$src/metadata.yaml" "$2" <<'EOF'
import io, sys, tarfile
out, meta, code = sys.argv[1:]
t = tarfile.open(out, "w", format=tarfile.PAX_FORMAT)
t.add(meta, "metadata.yaml")
def add(name, type=tarfile.REGTYPE, link="", data=b"", mode=0o644, **kw):
    i = tarfile.TarInfo(name); i.type = type; i.linkname = link; i.size = len(data); i.mode = mode
    for k, v in kw.items(): setattr(i, k, v)
    t.addfile(i, io.BytesIO(data))
D, L, H, C, F = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE
exec(code)
t.close()
EOF
	refused "V28: $1" "$3" "$TMP/h.tar"
	ok "V28: $1: nothing outside" test ! -e "$TMP/../lxcbox-victim" -a ! -e /tmp/lxcbox-victim -a ! -e "$LXCBOX_DIR/lxcbox-victim"
}
hostile "dots" 'add("rootfs", D, mode=0o755); add("rootfs/../../lxcbox-victim", data=b"x")' "\.\."
hostile "absolute" 'add("rootfs", D, mode=0o755); add("/tmp/lxcbox-victim", data=b"x")' "bsolute|/tmp/"
hostile "through a link" 'add("rootfs", D, mode=0o755); add("rootfs/out", L, "/tmp"); add("rootfs/out/lxcbox-victim", data=b"x")' "out"
hostile "hard link to the host" 'add("rootfs", D, mode=0o755); add("rootfs/shadow", H, "/etc/shadow")' "shadow"
hostile "hard link upwards" 'add("rootfs", D, mode=0o755); add("rootfs/x", H, "../../../etc/shadow")' "x"
hostile "rootfs is a link" 'add("rootfs", L, "/tmp"); add("rootfs/lxcbox-victim", data=b"x")' "rootfs"
hostile "metadata twice, a link" 'add("rootfs", D, mode=0o755); add("metadata.yaml", L, "/etc/passwd")' "metadata"
hostile "templates is a link" 'add("rootfs", D, mode=0o755); add("templates", L, "/etc")' "templates"
rm -f "$TMP/h.tar"

# names
one=$(lxcbox image import "$TMP/u.tar" --alias one --alias a/b | sed 's/.*: //')
two=$(lxcbox image import "$TMP/meta.tar" "$TMP/root.tar" os=Other --alias two | sed 's/.*: //')
fails "the same again" 1 "already exists" lxcbox image import "$TMP/u.tar"
prints "by alias" "$one" lxcbox image list a/b -f csv -c F
prints "by a part of the fingerprint" hello lxcbox run "$(echo "$two" | cut -c1-10)" -- echo hello
fails "unknown" 1 "not found" sh -c '"$LXCBOX" launch nosuch x >/dev/null'
ok "an alias that looks like a fingerprint" lxcbox image alias create deadbeef "$(echo "$one" | cut -c1-12)"
fails "taken" 1 "already exists" lxcbox image alias create one "$two"
ok "renamed" lxcbox image alias rename deadbeef cafe
prints "listed" "a/b,$(echo "$one" | cut -c1-12),CONTAINER,
cafe,$(echo "$one" | cut -c1-12),CONTAINER,
one,$(echo "$one" | cut -c1-12),CONTAINER,
two,$(echo "$two" | cut -c1-12),CONTAINER," lxcbox image alias list -f csv
ok "deleted" lxcbox image alias delete cafe
fails "twice" 1 "not found" lxcbox image alias delete cafe
prints "a property as filter" "$two" lxcbox image list os=Other -f csv -c F
matches "info" '^Fingerprint: '"$one" lxcbox image info one
ok "show | sed | edit" sh -c '"$LXCBOX" image show two | sed "s/Other/Changed/" | "$LXCBOX" image edit two'
prints "changed" Changed lxcbox image get-property two os
fails "an empty document" 1 "." sh -c '"$LXCBOX" image edit two </dev/null'
prints "changes nothing" Changed lxcbox image get-property two os

# the last user
ok "launch" lxcbox launch two c1
ok "delete the image under it" lxcbox image delete two
ok "it goes on" lxcbox restart -f c1
prints "and works" hello lxcbox exec c1 -- echo hello
ok "its layer is there" test -d "$LXCBOX_DIR/layers/$two"
ok "delete" lxcbox delete -f c1
ok "with the last user it goes" test ! -e "$LXCBOX_DIR/layers/$two"

# architectures
while read -r name stored; do
	sed "s/^architecture:.*/architecture: $name/" "$src/metadata.yaml" >"$TMP/mm/metadata.yaml"
	tar -C "$TMP/mm" -cf "$TMP/mm.tar" metadata.yaml
	fp=$(lxcbox image import "$TMP/mm.tar" "$TMP/root.tar" | sed 's/.*: //')
	prints "architecture $name" "$stored" lxcbox image list "$fp" -f csv -c a
	case $stored in x86_64 | i686) ;; *)
		fails "launch of $name" 1 "$stored.*x86_64" sh -c '"$LXCBOX" launch "$1" x >/dev/null' sh "$fp"
		prints "leaves nothing" "" lxcbox list -f csv ;;
	esac
	lxcbox image delete "$fp"
done <<'EOF'
amd64 x86_64
x86_64 x86_64
arm64 aarch64
aarch64 aarch64
armhf armv7l
armv7l armv7l
i386 i686
i686 i686
ppc64el ppc64le
s390x s390x
riscv64 riscv64
EOF
finish
