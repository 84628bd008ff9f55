#!/bin/sh
# V28, V29, V30, V32: images that attack. Each is refused in one line, or taken and harmless; nothing outside changes, nothing stays
. "${0%/*}/lib.sh"
here=${0%/*}/../tools

mkdir "$TMP/tar" "$TMP/squashfs" "$TMP/bomb" "$TMP/work" "$TMP/victim" "$TMP/victim/d"
tar -C "$TMP" -xJf "$IMAGES/busy.tar.xz" metadata.yaml
tar -C "$TMP" -cf "$TMP/meta.tar" metadata.yaml
echo secret >"$TMP/victim/v"
chmod 640 "$TMP/victim/v"
setfattr -n user.mark -v mine "$TMP/victim/v" "$TMP/victim/d"
touch -d 2001-01-01 "$TMP/victim/v" "$TMP/victim/d" "$TMP/victim"

# what an image could reach, and whatever an import may leave
look() {
	find "$TMP/victim" -printf '%p %y %m %U %G %s %T@ %C@\n' | sort
	getfattr -d --absolute-names "$TMP/victim/v" "$TMP/victim/d" "$TMP/victim"
	cat "$TMP/victim/v" "$LXCBOX_DIR/aliases.yaml"
	find "$LXCBOX_DIR" -maxdepth 1 -printf '%p %y %m %U %G\n' | sort
	ls -I out -I err "$TMP" "$LXCBOX_DIR/images" "$LXCBOX_DIR/layers" "$LXCBOX_DIR/trash" /evil 2>&1
}
unchanged() {
	look >"$TMP/work/now"
	same "$1: nothing outside changes, nothing stays" "" "$(diff "$TMP/work/before" "$TMP/work/now")"
}
delete_imported() { "$LXCBOX" image delete "$(sed -n 's/^Image imported with fingerprint: //p' "$TMP/out")"; }
# attacked WHAT EXPECTED COMMAND...: refused in one line that EXPECTED matches, or taken if that is "-"
attacked() {
	what=$1 want=$2
	shift 2
	run timeout 60 "$@"
	case $want:$status in
	-:0) delete_imported ;;
	-:* | *:0) fail "$what" "status $status, want: $want" "$(shown "$TMP/err")" ;;
	*)
		same "$what: refused in one line" 1:1 "$status:$(grep -cE -- "$want" "$TMP/err")"
		same "$what: and nothing else" 1: "$(wc -l <"$TMP/err" | tr -d ' '):$(grep -ah '[[:cntrl:]]' "$TMP/err" "$TMP/out")"
		;;
	esac
	unchanged "$what"
}
ok "import" lxcbox image import "$IMAGES/busy.tar.xz" --alias busy

python3 "$here/hostile_tars.py" "$TMP/metadata.yaml" "$TMP/victim" "$TMP/tar" >"$TMP/work/tars"
look >"$TMP/work/before"
while read -r name want; do
	attacked "V28: tar $name" "$want" "$LXCBOX" image import "$TMP/tar/$name"
done <"$TMP/work/tars"

python3 "$here/hostile_squashfs.py" "$TMP/victim" "$TMP/squashfs" >"$TMP/work/squashfs"
while read -r name want; do
	attacked "V30: squashfs $name" "$want" "$LXCBOX" image import "$TMP/meta.tar" "$TMP/squashfs/$name"
done <"$TMP/work/squashfs"

# real ones, cut anywhere, and with wrong bits anywhere: taken or refused in a line, never a signal
mkdir "$TMP/root" "$TMP/root/d"
head -c 300000 "$LXCBOX" >"$TMP/root/d/big"
ln "$TMP/root/d/big" "$TMP/root/again"
ln -s "$TMP/victim" "$TMP/root/link"
for i in $(seq 60); do echo "$i" >"$TMP/root/d/$i"; done
setfattr -n user.a -v "$(head -c 100 /dev/zero | tr '\0' x)" "$TMP/root/d/big"
for c in gzip xz zstd; do
	mksquashfs "$TMP/root" "$TMP/root.$c" -comp $c -noappend -quiet -no-progress -b 4096 >/dev/null
done
cat >"$TMP/damage" <<'END'
import random, sys
kind, source, to, n = sys.argv[1:4] + [int(sys.argv[4])]
image = open(source, "rb").read()
used = int.from_bytes(image[40:48], "little")
random.seed(1)
for i in range(n):
    b = bytearray(image)
    if kind == "cut":
        del b[used * i // n :]
    for _ in range(0 if kind == "cut" else 1 + i % 3):  # by turns in the superblock, anywhere, in the tables
        first, end = ((0, 96), (0, used), (used - 3000, used))[i // 3 % 3]
        b[random.randrange(first, end)] ^= 1 << random.randrange(8)
    open("%s/%d" % (to, i), "wb").write(b)
END
mkdir "$TMP/bad"
look >"$TMP/work/before"
for c in gzip xz zstd; do
	for kind in cut flip; do
		taken=0 odd=
		python3 "$TMP/damage" $kind "$TMP/root.$c" "$TMP/bad" "${HOSTILE_POINTS:-40}"
		for file in "$TMP/bad"/*; do
			run timeout 20 "$LXCBOX" image import "$TMP/meta.tar" "$file"
			case $status:$(wc -l <"$TMP/err" | tr -d ' ') in
			0:*) delete_imported && taken=$((taken + 1)) ;;
			1:1) ;;
			*) odd="$odd ${file##*/}: $status: $(shown "$TMP/err")" ;;
			esac
		done
		same "V30: squashfs $c, $kind: no signal, one line" "" "$odd"
		[ $kind = flip ] || same "V30: squashfs $c, cut: each is refused" 0 $taken
		unchanged "V30: squashfs $c, $kind"
	done
done

# in bounded memory and time
cat >"$TMP/work/peak" <<'END'
import resource, subprocess, sys
r = subprocess.run(sys.argv[2:])
open(sys.argv[1], "w").write("%d\n" % (resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024))
sys.exit(r.returncode)
END
python3 "$here/bombs.py" "$TMP/metadata.yaml" "$TMP/bomb" >"$TMP/work/bombs"
while read -r name want; do
	attacked "V32: $name" "$want" python3 "$TMP/work/peak" "$TMP/work/mib" "$LXCBOX" image import "$TMP/bomb/$name"
	ok "V32: $name: memory" test "$(cat "$TMP/work/mib")" -lt 32
done <"$TMP/work/bombs"

# hundreds of directories in each name: stopped before the last inode of the file system is gone
python3 - "$TMP/work/deep" "$TMP/metadata.yaml" <<'END'
import sys, tarfile
with tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT) as t:
    t.add(sys.argv[2], "metadata.yaml")
    for i in range(200):
        t.addfile(tarfile.TarInfo("rootfs/%d/" % i + "d/" * 490 + "f"))
END
mkdir "$TMP/small"
mount -t tmpfs -o nr_inodes=90k,mode=700 none "$TMP/small"
lxcbox --dir "$TMP/small/state" check >/dev/null
fails "V32: directories without members" 1 "no inodes left but a reserve" lxcbox --dir "$TMP/small/state" image import "$TMP/work/deep"
same "V32: all are removed" "" "$(cd "$TMP/small/state" && find images layers trash -mindepth 1 ! -name .lock)"
umount "$TMP/small"
finish
