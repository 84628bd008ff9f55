#!/bin/sh
# images: what is taken and what is refused, names, lists, properties, deletion
. "${0%/*}/lib.sh"

# ---- a small image, as a directory: $TMP/i/{metadata.yaml,rootfs,templates}
i=$TMP/i
mkdir "$i"
tar -C "$i" -xJf "$IMAGES/busy.tar.xz"
mkdir "$i/templates"
echo hello >"$i/templates/hello.tpl"
busy_metadata() {
	cat <<END
architecture: ${1:-x86_64}
creation_date: 1700000000
properties:
  os: Busy
  release: "1"
  description: ${2:-Busy for tests}
  architecture: ${1:-amd64}
END
}
busy_metadata >"$i/metadata.yaml"
pack() { tar -C "$i" --numeric-owner --owner=0 --group=0 -cf - "$@"; }
pack metadata.yaml templates rootfs >"$TMP/u.tar"
pack metadata.yaml templates >"$TMP/meta.tar"
tar -C "$i/rootfs" --numeric-owner --owner=0 --group=0 -cf "$TMP/root.tar" .

# everything that an import may have left (how ids are laid out is decided once, by the first instance)
left() {
	{
		(cd "$LXCBOX_DIR" 2>/dev/null && ls -A -I grid images layers trash idmap && cat aliases.yaml 2>/dev/null)
		lxcbox image list -f csv -c F
	} | tr '\n' ' '
}
fingerprint() { sed -n 's/^Image imported with fingerprint: //p' "$TMP/out"; }
sha() { cat "$@" | sha256sum | cut -c1-64; }
# taken WHAT FINGERPRINT FILE...: imported, launched, gone
taken() {
	what=$1 want=$2
	shift 2
	ok "$what: import" lxcbox image import "$@" --alias taken
	same "$what: its fingerprint" "$want" "$(fingerprint)"
	prints "$what: it runs" "1 /bin/sh" lxcbox run taken -- sh -c 'echo "$(cat /etc/passwd | grep -c ^root) $(sed -n "s/^root.*://p" /etc/passwd)"'
	ok "$what: delete" lxcbox image delete taken
	same "$what: nothing stays" "$before" "$(left)"
}
# refused WHAT PATTERN COMMAND...: one line, nothing changed
refused() {
	what=$1 want=$2
	shift 2
	now=$(left)
	fails "$what" 1 "$want" "$@"
	same "$what: one line" 1 "$(wc -l <"$TMP/err" | tr -d ' ')"
	same "$what: nothing stays" "$now" "$(left)"
}
lxcbox check >/dev/null
ok "the first one" lxcbox image import "$IMAGES/busy.tar.xz" --alias busy
before=$(left)

# ---- layouts and compressions; told by content, whatever the name
cp "$TMP/u.tar" "$TMP/u.squashfs"
taken "tar that is called squashfs" "$(sha "$TMP/u.tar")" "$TMP/u.squashfs"
while read -r command name; do
	$command <"$TMP/u.tar" >"$TMP/$name"
	taken "unified, $name" "$(sha "$TMP/$name")" "$TMP/$name"
	$command <"$TMP/root.tar" >"$TMP/root.$name"
	taken "split, $name" "$(sha "$TMP/meta.tar" "$TMP/root.$name")" "$TMP/meta.tar" "$TMP/root.$name"
done <<END
cat plain
gzip u.tar.xz
xz U.TAR.XZ
zstd image
bzip2 image.zip
lzma image.tar.lzma
END
for c in gzip xz zstd; do
	mksquashfs "$i/rootfs" "$TMP/root.$c" -comp $c -noappend -quiet -no-progress >/dev/null
	taken "split, squashfs $c" "$(sha "$TMP/meta.tar" "$TMP/root.$c")" "$TMP/meta.tar" "$TMP/root.$c"
done
tar -C "$i" -cf "$TMP/dot.tar" .
taken "made by tar -c ." "$(sha "$TMP/dot.tar")" "$TMP/dot.tar"
(cd "$i" && tar -cf "$TMP/last.tar" rootfs && tar -rf "$TMP/last.tar" metadata.yaml)
taken "metadata.yaml last" "$(sha "$TMP/last.tar")" "$TMP/last.tar"
for format in ustar gnu posix; do
	tar -C "$i" --format=$format -cf "$TMP/f.tar" metadata.yaml rootfs
	taken "tar format $format" "$(sha "$TMP/f.tar")" "$TMP/f.tar"
done
{ cat "$TMP/u.tar"; head -c 100000 /dev/zero; echo garbage; } >"$TMP/trail.tar"
taken "zeros and garbage after its end" "$(sha "$TMP/trail.tar")" "$TMP/trail.tar"
{ gzip <"$TMP/u.tar"; echo garbage; } >"$TMP/trail.gz"
taken "garbage after the end of gzip" "$(sha "$TMP/trail.gz")" "$TMP/trail.gz"
for c in gzip xz zstd bzip2; do
	{ head -c 102400 "$TMP/u.tar" | $c; tail -c +102401 "$TMP/u.tar" | $c; head -c 1000 /dev/zero; } >"$TMP/two.$c"
	taken "two streams of $c, and zeros" "$(sha "$TMP/two.$c")" "$TMP/two.$c"
done
{ printf '\120\052\115\030\004\000\000\000abcd'; zstd -c "$TMP/u.tar"; } >"$TMP/skip.zst"
taken "zstd with a frame to skip at the beginning" "$(sha "$TMP/skip.zst")" "$TMP/skip.zst"
printf '{\n\t"architecture": "x86_64",\n\t"creation_date": 1700000000,\n\t"properties": {"os": "J"}\n}\n' >"$i/metadata.yaml"
pack metadata.yaml rootfs >"$TMP/json.tar"
taken "metadata as JSON" "$(sha "$TMP/json.tar")" "$TMP/json.tar"
busy_metadata >"$i/metadata.yaml"

# what a tar of GNU's says about files: all of it is kept
cp -a "$i" "$TMP/rich"
(
	cd "$TMP/rich/rootfs" && mkdir t && chmod 1750 . && chown 1000:7 . && cd t && echo a >acl && mkdir dir && ln acl hard && mkfifo fifo && ln -s acl link
	truncate -s 1G sparse && printf x | dd of=sparse bs=1 seek=500000000 conv=notrunc 2>/dev/null
	truncate -s 1M hole
	python3 - <<-'END'
		import os, struct
		acl = lambda *e: struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *x) for x in e)
		no = 0xffffffff
		os.setxattr("acl", "user.foo", b"b\0c")
		os.setxattr("acl", "system.posix_acl_access", acl((1, 6, no), (2, 4, 5), (4, 4, no), (8, 6, 7), (16, 6, no), (32, 4, no)))
		os.setxattr("dir", "system.posix_acl_default", acl((1, 7, no), (2, 7, 9), (4, 5, no), (16, 7, no), (32, 5, no)))
	END
	touch -d '2001-02-03 04:05:06.123456789' acl && touch -d '1969-12-31 23:59:58.5' sparse
)
cat >"$TMP/rich.py" <<'END'
import os, sys
os.chdir(sys.argv[1])
print("%o %d %d" % ((s := os.stat("..")).st_mode & 0o7777, s.st_uid, s.st_gid))
for n in sorted(os.listdir()):
    s = os.lstat(n)
    fine = int(sys.argv[2])
    print(n, oct(s.st_mode), s.st_size if n not in ("dir",) else "", s.st_nlink, s.st_mtime_ns // fine, s.st_blocks * 512 < 100000)
    print(sorted((k, os.getxattr(n, k)) for k in os.listxattr(n, follow_symlinks=False)) if fine == 1 and not os.path.islink(n) else "")
END
while read -r fine options; do
	tar -C "$TMP/rich" --numeric-owner $options -cf "$TMP/rich.tar" metadata.yaml rootfs
	ok "tar $options" lxcbox image import "$TMP/rich.tar" --alias rich
	same "tar $options: kept" "$(python3 "$TMP/rich.py" "$TMP/rich/rootfs/t" "$fine")" \
		"$(python3 "$TMP/rich.py" "$LXCBOX_DIR/layers/$(fingerprint)/rootfs/t" "$fine")"
	prints "tar $options: it runs" "1750 1000:7" lxcbox run rich -- stat -c '%a %u:%g' /
	ok "delete" lxcbox image delete rich
done <<'END'
1 --format=posix --acls --xattrs --xattrs-include=* --sparse --sparse-version=0.0
1 --format=posix --acls --xattrs --xattrs-include=* --sparse --sparse-version=0.1
1 --format=posix --acls --xattrs --xattrs-include=* --sparse --sparse-version=1.0
1000000000 --format=gnu --sparse
1000000000 --format=oldgnu --sparse
END
rm -r "$TMP/rich" "$TMP/rich.tar"

# a directory: the same content is the same image
ok "directory" lxcbox image import "$i" --alias dir
first=$(fingerprint)
prints "directory: it runs" ok lxcbox run dir -- echo ok
refused "directory: the same once more" "same fingerprint already exists" lxcbox image import "$i"
ok "delete" lxcbox image delete dir
cp -a "$i" "$TMP/i2"
ok "directory: a copy of it" lxcbox image import "$TMP/i2" --alias dir
same "directory: the same fingerprint" "$first" "$(fingerprint)"
ok "delete" lxcbox image delete dir
rm -r "$TMP/i2/templates"
ok "directory: templates/ may be missing" lxcbox image import "$TMP/i2" --alias dir
ok "delete" lxcbox image delete dir
rm -r "$TMP/i2"

# ---- refused
for kind in cat gzip xz zstd bzip2; do
	size=$($kind <"$TMP/u.tar" | wc -c)
	for part in 3 30 99; do
		$kind <"$TMP/u.tar" | head -c $((size * part / 100)) >"$TMP/cut"
		refused "cut at $part%, $kind" "cut:" lxcbox image import "$TMP/cut"
	done
done
size=$(wc -c <"$TMP/root.xz")
head -c $((size / 2)) "$TMP/root.xz" >"$TMP/cut"
refused "a squashfs that is cut" "cut:" lxcbox image import "$TMP/meta.tar" "$TMP/cut"
: >"$TMP/empty"
refused "an empty file" "empty:" lxcbox image import "$TMP/empty"
echo "hello, this is text" >"$TMP/text"
refused "text" "text:" lxcbox image import "$TMP/text"
head -c 4096 /dev/urandom >"$TMP/noise"
refused "noise (V34)" "noise:" lxcbox image import "$TMP/noise"
refused "no such file" "nosuch: no such file" lxcbox image import "$TMP/nosuch"
refused "a device" "." lxcbox image import /dev/null
refused "halves swapped" "missing metadata.yaml" lxcbox image import "$TMP/root.tar" "$TMP/meta.tar"
refused "metadata alone" "rootfs/ is missing" lxcbox image import "$TMP/meta.tar"
refused "a root filesystem alone" "missing metadata.yaml" lxcbox image import "$TMP/root.tar"
refused "a unified one as second file" "unified image" lxcbox image import "$TMP/meta.tar" "$TMP/u.tar"
tar -C "$TMP" -cf "$TMP/deep.tar" i/metadata.yaml i/rootfs
refused "one directory too deep" "top level" lxcbox image import "$TMP/deep.tar"
refused "three files" "Too many files" lxcbox image import "$TMP/meta.tar" "$TMP/root.tar" "$TMP/u.tar"
refused "http" "Only https" lxcbox image import http://localhost/x
refused "the same once more" "same fingerprint already exists" lxcbox image import "$IMAGES/busy.tar.xz" --alias other
for bad in '' 'a:b'; do
	refused "the alias '$bad'" "lias" lxcbox image import "$TMP/u.tar" --alias "$bad"
done

# metadata that is wrong: the field is named
metadata_fault() {
	printf "$2" >"$i/metadata.yaml"
	pack metadata.yaml rootfs >"$TMP/fault.tar"
	refused "metadata: $1" "fault.tar: .*$3" lxcbox image import "$TMP/fault.tar"
}
metadata_fault empty '' 'metadata.yaml'
metadata_fault "no architecture" 'creation_date: 1\n' 'architecture'
metadata_fault "unknown architecture" 'architecture: vax\ncreation_date: 1\n' "Architecture isn't supported: vax"
metadata_fault "no date" 'architecture: x86_64\n' 'creation date'
metadata_fault "date 0" 'architecture: x86_64\ncreation_date: 0\n' 'creation date'
metadata_fault "a date in quotes" 'architecture: x86_64\ncreation_date: "1"\n' 'line 2: creation_date'
metadata_fault "a list of properties" 'architecture: x86_64\ncreation_date: 1\nproperties: [a]\n' 'line 3: properties'
metadata_fault "a property that is a list" 'architecture: x86_64\ncreation_date: 1\nproperties:\n  a: [b]\n' 'line 4: a'
metadata_fault "a key twice" 'architecture: x86_64\ncreation_date: 1\ncreation_date: 2\n' 'creation_date'
metadata_fault "not YAML" 'architecture: [x\n' 'metadata.yaml'
metadata_fault "text" 'hello\n' 'mapping'
metadata_fault "a template outside (V21)" 'architecture: x86_64\ncreation_date: 1\ntemplates:\n  /etc/x:\n    template: ../../x\n' '/etc/x'
busy_metadata >"$i/metadata.yaml"
mkdir "$TMP/i3" && echo x >"$TMP/i3/metadata.yaml" && mkfifo "$TMP/i3/rootfs"
refused "a directory whose rootfs is a fifo" "rootfs" timeout 10 "$LXCBOX" image import "$TMP/i3"

# members that would leave the image
cat >"$TMP/evil.py" <<'END'
import io, sys, tarfile
def add(tar, name, type=tarfile.REGTYPE, link="", data=b"", mode=0o755):
    t = tarfile.TarInfo(name)
    t.type, t.linkname, t.size, t.mode = type, link, len(data), mode
    tar.addfile(t, io.BytesIO(data))
meta = open(sys.argv[1], "rb").read()
kinds = {
    "dotdot": lambda t: add(t, "rootfs/../../../../tmp/evil", data=b"x"),
    "absolute": lambda t: add(t, "/tmp/evil", data=b"x"),
    "link-parent": lambda t: (add(t, "rootfs/out", tarfile.SYMTYPE, "/tmp"), add(t, "rootfs/out/evil", data=b"x")),
    "hardlink-outside": lambda t: add(t, "rootfs/shadow", tarfile.LNKTYPE, "/etc/shadow"),
    "hardlink-dotdot": lambda t: add(t, "rootfs/shadow", tarfile.LNKTYPE, "rootfs/../../../../etc/shadow"),
    "rootfs-link": lambda t: add(t, "rootfs", tarfile.SYMTYPE, "/tmp"),
    "metadata-link": lambda t: add(t, "metadata.yaml", tarfile.SYMTYPE, "/etc/shadow"),
    "templates-link": lambda t: (add(t, "templates", tarfile.SYMTYPE, "/etc"), add(t, "templates/x", data=b"x")),
    "metadata-twice": lambda t: add(t, "metadata.yaml", data=meta),
    "name-256": lambda t: add(t, "rootfs/" + "a" * 256, data=b"x"),
}
for kind, fill in kinds.items():
    with tarfile.open(sys.argv[2] + "/evil-" + kind, "w", format=tarfile.PAX_FORMAT) as t:
        if kind != "metadata-link":
            add(t, "metadata.yaml", data=meta)
        if kind != "rootfs-link":
            add(t, "rootfs", tarfile.DIRTYPE)
        fill(t)
    print(kind)
END
rm -f /tmp/evil
for kind in $(python3 "$TMP/evil.py" "$i/metadata.yaml" "$TMP"); do
	refused "V28: $kind" "evil-$kind: " lxcbox image import "$TMP/evil-$kind"
done
ok "V28: nothing was written outside" test ! -e /tmp/evil
# ---- names: aliases and fingerprints
ok "two aliases" lxcbox image import "$TMP/u.tar" --alias images/12 --alias "with blank" release=2 "own=a=b"
f=$(fingerprint)
g=$(lxcbox image list -f csv -c F busy)
prints "a name with slashes" ok lxcbox run images/12 -- echo ok
prints "a name with a blank" ok lxcbox run "with blank" -- echo ok
for n in 64 12 8; do
	prints "the first $n digits" ok lxcbox run "$(echo "$f" | cut -c1-$n)" -- echo ok
done
refused "an unknown one" "Image not found" lxcbox image info nosuch
refused "digits of none" "Image not found" lxcbox image info "$(echo "$f" | tr 0-9a-f a-f0-9)"
refused "alias: taken" 'Alias "busy" already exists' lxcbox image alias create busy "$f"
ok "alias: create by digits" lxcbox image alias create third "$(echo "$f" | cut -c1-12)"
refused "alias: create for none" "Image not found" lxcbox image alias create fourth nosuch
ok "alias: rename" lxcbox image alias rename third zz
refused "alias: rename onto another" "already exists" lxcbox image alias rename zz busy
refused "alias: rename of none" "Image alias not found" lxcbox image alias rename third x
refused "alias: delete of none" "Image alias not found" lxcbox image alias delete third
prints "alias list" "busy,$(echo "$g" | cut -c1-12),CONTAINER,
images/12,$(echo "$f" | cut -c1-12),CONTAINER,
with blank,$(echo "$f" | cut -c1-12),CONTAINER,
zz,$(echo "$f" | cut -c1-12),CONTAINER," lxcbox image alias list -f csv
prints "alias list WORD" "zz,$(echo "$f" | cut -c1-12),CONTAINER," lxcbox image alias list z -f csv
ok "alias list as json" sh -c '"$LXCBOX" image alias list -f json | python3 -c "import json,sys; assert [a[\"name\"] for a in json.load(sys.stdin)] == [\"busy\", \"images/12\", \"with blank\", \"zz\"]"'
# the alias wins
ok "an alias that looks like the other's digits" lxcbox image alias create "$(echo "$g" | cut -c1-8)" "$f"
matches "it wins" "^Fingerprint: $f" lxcbox image info "$(echo "$g" | cut -c1-8)"
matches "one digit more is the fingerprint" "^Fingerprint: $g" lxcbox image info "$(echo "$g" | cut -c1-9)"
ok "delete the alias" lxcbox image alias delete "$(echo "$g" | cut -c1-8)"
matches "and now it is the other" "^Fingerprint: $g" lxcbox image info "$(echo "$g" | cut -c1-8)"

# several images with one first digit
n=0
while [ "$(lxcbox image list -f csv -c F | cut -c1 | sort | uniq -d | wc -l)" = 0 ]; do
	n=$((n + 1))
	lxcbox image import "$TMP/json.tar" >/dev/null 2>&1
	busy_metadata x86_64 "number $n" >"$i/metadata.yaml"
	pack metadata.yaml rootfs/etc rootfs/sbin >"$TMP/n.tar"
	lxcbox image import "$TMP/n.tar" --alias "n$n" >/dev/null
done
digit=$(lxcbox image list -f csv -c F | cut -c1 | sort | uniq -d | head -1)
refused "several begin with '$digit'" "More than one image matches $digit: $digit.*, $digit" lxcbox image info "$digit"
lxcbox image list -f csv -c F | grep -v -e "$f" -e "$g" | xargs -r "$LXCBOX" image delete
busy_metadata >"$i/metadata.yaml"

# an import moves an alias, and says so; one that fails moves none
cp "$TMP/u.tar" "$TMP/moved.tar"
head -c 512 /dev/zero >>"$TMP/moved.tar"
now=$(left)
refused "an import that fails" "cut" lxcbox image import "$TMP/cut" --alias images/12
matches "moves no alias" "^Fingerprint: $f" lxcbox image info images/12
ok "an import with an alias that is taken" lxcbox image import "$TMP/moved.tar" --alias images/12 --alias new
h=$(fingerprint)
same "says it in one line" 'Warning: alias "images/12" now names this image' "$(cat "$TMP/err")"
matches "moves it" "^Fingerprint: $h" lxcbox image info images/12
matches "the other stays without" "^Fingerprint: $f" lxcbox image info "with blank"
ok "delete" lxcbox image delete new
prints "its aliases went along" "busy
with blank
zz" sh -c '"$LXCBOX" image alias list -f csv | cut -d, -f1'

# ---- list
matches "list" "ALIAS .* FINGERPRINT .* PUBLIC .* DESCRIPTION .* ARCHITECTURE .* TYPE .* SIZE .* UPLOAD DATE" lxcbox image list
prints "columns" "with blank (1 more)|$(echo "$f" | cut -c1-12)|no|Busy for tests|x86_64|CONTAINER" \
	sh -c '"$LXCBOX" image list -c lfpdat -f csv zz | tr , "|" | sed "s/^zz (1 more)/with blank (1 more)/"'
for format in table csv json yaml compact; do
	ok "format $format" lxcbox image list -f $format
done
fails "no such format" 1 'Invalid format "CSV"' lxcbox image list -f CSV
prints "what a document leaves out but needs stays" "profiles:
- default" sh -c '"$LXCBOX" image show busy >"$TMP/image.yaml"; grep -A1 ^properties: "$TMP/image.yaml" | "$LXCBOX" image edit busy; "$LXCBOX" image show busy | tail -2; "$LXCBOX" image edit busy <"$TMP/image.yaml"'
fails "no such column" 1 "Unknown column shorthand char 'z'" lxcbox image list -c z
ok "json" sh -c '"$LXCBOX" image list -f json | python3 -c "
import json, sys
for i in json.load(sys.stdin):
    assert list(i) == \"auto_update properties public expires_at profiles aliases architecture cached filename fingerprint size type created_at last_used_at uploaded_at\".split(), list(i)
    assert i[\"created_at\"] == \"2023-11-14T22:13:20Z\" and i[\"expires_at\"] == \"1970-01-01T00:00:00Z\"
"'
listed() {
	what=$1 want=$2
	shift 2
	prints "filter $what" "$want" lxcbox image list -c F -f csv "$@"
}
listed "a word of an alias" "$f" blank
listed "digits" "$g" "$(echo "$g" | cut -c1-10)"
listed "a property" "$f" release=2
listed "an abbreviated one" "$f" rel=2
listed "an expression" "$f" 'own=a.*'
listed "a part is no match" "" 'own=a'
listed "two, both must match" "$f" release=2 os=Busy
listed "two, one does not" "" release=2 os=Other
listed "a field" "" public=true
for arch in x86_64 amd64 generic_64; do
	same "filter architecture=$arch" 2 "$(lxcbox image list -c F -f csv architecture=$arch | wc -l)"
done
listed "another architecture" "" architecture=aarch64

# ---- info, show, edit, properties
matches "info" "^    Created: 2023/11/14 22:13 UTC" lxcbox image info zz
matches "info: properties of the command line" "^    own: a=b" lxcbox image info zz
matches "info: aliases" "^    - with blank" lxcbox image info zz
prints "show" "auto_update: false
properties:
  architecture: amd64
  description: Busy for tests
  os: Busy
  own: a=b
  release: \"2\"
public: false
expires_at: 1970-01-01T00:00:00Z
profiles:
- default" lxcbox image show zz
ok "show | edit" sh -c '"$LXCBOX" image show zz | sed "s/^public: false/public: true/; /own:/d; s/^  os: .*/  os: \"0x1\"/" | "$LXCBOX" image edit zz'
prints "it is public" "yes" lxcbox image list -c p -f csv zz
prints "get-property" "0x1" lxcbox image get-property zz os
fails "one that was left out" 1 "Property not found" lxcbox image get-property zz own
ok "set-property" lxcbox image set-property zz os "a: b"
prints "get-property" "a: b" lxcbox image get-property zz os
ok "unset-property" lxcbox image unset-property zz os
ok "set to nothing" lxcbox image set-property zz nothing ""
fails "is unset, too" 1 "Property not found" lxcbox image get-property zz nothing
fails "it is gone" 1 "Property not found" lxcbox image get-property zz os
ok "unset once more" lxcbox image unset-property zz os
refused "edit with garbage" "." sh -c 'echo "properties: [" | "$LXCBOX" image edit zz'
refused "edit with nothing" "." sh -c '"$LXCBOX" image edit zz </dev/null'
prints "neither changed it" "yes" lxcbox image list -c p -f csv zz
ok "its properties go to instances" lxcbox init zz p1
prints "as image.*" "Busy for tests" lxcbox config get p1 image.description
prints "and its fingerprint" "$f" lxcbox config get p1 volatile.base_image
ok "delete" lxcbox delete p1

# ---- architectures
while read -r spelling name; do
	busy_metadata "$spelling" >"$i/metadata.yaml"
	pack metadata.yaml rootfs/etc >"$TMP/arch.tar"
	ok "architecture $spelling" lxcbox image import "$TMP/arch.tar" --alias arch
	prints "is $name" "$name" lxcbox image list -c a -f csv arch
	same "filter by $spelling" "$name" "$(lxcbox image list -c a -f csv "architecture=$spelling" arch)"
	if [ "$(uname -m)" = x86_64 ] && [ $name != x86_64 ] && [ $name != i686 ]; then
		refused "a launch of $spelling" "the image is for $name, this host runs x86_64" lxcbox -q init arch a1
	fi
	lxcbox image delete arch
done <<END
amd64 x86_64
x86_64 x86_64
i386 i686
i686 i686
arm64 aarch64
aarch64 aarch64
armhf armv7l
armv7l armv7l
armel armv6l
ppc64el ppc64le
s390x s390x
riscv64 riscv64
END
busy_metadata >"$i/metadata.yaml"

# ---- templates: looked for when an instance is made, not before
printf 'templates:\n  /etc/hello:\n    when: [create]\n    template: hello.tpl\n' >>"$i/metadata.yaml"
pack metadata.yaml templates rootfs >"$TMP/t.tar"
ok "an image with a template" lxcbox image import "$TMP/t.tar" --alias t
ok "makes instances" lxcbox init t t1
ok "delete" lxcbox delete t1
ok "delete" lxcbox image delete t
pack metadata.yaml rootfs >"$TMP/t.tar"
ok "one whose template is missing" lxcbox image import "$TMP/t.tar" --alias t
refused "makes none, and names it" "hello.tpl" lxcbox -q init t t1
matches "it can be listed" "^t," lxcbox image list -f csv t
ok "and deleted" lxcbox image delete t

# ---- deleted while it is used
layers() { ls "$LXCBOX_DIR/layers"; }
ok "launch" lxcbox launch zz c1
ok "and a second" lxcbox init zz c2
ok "delete its image" lxcbox image delete zz
fails "it is gone" 1 "Image not found" lxcbox image info "$f"
prints "the instance goes on" ok lxcbox exec c1 -- echo ok
ok "and restarts" lxcbox restart -f c1
prints "and works" ok lxcbox exec c1 -- echo ok
ok "its layer is there" test -d "$LXCBOX_DIR/layers/$f"
ok "delete one user" lxcbox delete -f c1
ok "its layer is there" test -d "$LXCBOX_DIR/layers/$f"
ok "import it again" lxcbox image import "$TMP/u.tar" --alias again
ok "delete it again" lxcbox image delete again
ok "its layer is there" test -d "$LXCBOX_DIR/layers/$f"
ok "delete the last user" lxcbox delete c2
ok "the space is back" test ! -e "$LXCBOX_DIR/layers/$f"
# the last user goes while somebody has the lock of all layers
ok "once more" lxcbox image import "$TMP/u.tar" --alias again
ok "a user" lxcbox init again c3
ok "without image" lxcbox image delete again
flock -s "$LXCBOX_DIR/layers/.lock" sleep 1 &
until_ok 2 sh -c '! flock -xn "$LXCBOX_DIR/layers/.lock" true'
ok "delete the user" lxcbox delete c3
ok "its layer cannot go now" test -d "$LXCBOX_DIR/layers/$f"
wait
ok "another command" lxcbox init busy c4
ok "takes it away" test ! -e "$LXCBOX_DIR/layers/$f"
ok "delete" lxcbox delete c4
ok "delete two, one of them twice" sh -c '! "$LXCBOX" image delete busy busy'
prints "it is gone" "" lxcbox image list -f csv
prints "no layer is left" "" layers
prints "nor anything in trash/" "" ls -A "$LXCBOX_DIR/trash"
finish
