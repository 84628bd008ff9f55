#!/bin/sh
# what users of such tools hit: damaged records, limits that are too small, odd hosts, containers in containers
. "${0%/*}/lib.sh"
ok "import" lxcbox image import "$IMAGES/busy.tar.xz" --alias busy
one_line() { same "$1: one line" 1 "$(grep -cv '^Try ' "$TMP/err")"; }

# ---- damaged records: named, with the line; they keep nothing else from working, and can be got rid of
image=$(echo "$LXCBOX_DIR"/images/*/image.yaml)
cp "$image" "$TMP/image.yaml"
while read -r text why; do
	printf '%b' "$text" >"$image"
	fails "an image's record of '$text'" 1 "image.yaml: $why" lxcbox -q init busy c1
	one_line "an image's record of '$text'"
	matches "it is listed" "^busy,[0-9a-f]{12},no,ERROR: image .*image.yaml: $why" lxcbox image list -f csv
done <<'END'
# not a mapping
x:\040[ line 2
a:\040b architecture is missing
architecture:\040x86_64 type is missing
architecture:\040x86_64\ntype:\040container layers is missing
public:\040[a] line 1: public
END
ok "its image can be deleted" lxcbox image delete busy
prints "all of it" "" sh -c 'ls "$LXCBOX_DIR/images"; ls "$LXCBOX_DIR/layers"'
ok "and imported again" lxcbox image import "$IMAGES/busy.tar.xz" --alias busy

for p in p1 p2; do ok "a profile" lxcbox profile create $p; done
ok "init" lxcbox init busy c1 -p default -p p1 -p p2
ok "launch" lxcbox launch busy c2 -p default -p p2
damage() { echo 'config: [' >"$LXCBOX_DIR/profiles/$1.yaml"; }
damage p1
damage p2
matches "a damaged profile is listed" '^p1,ERROR: profiles: p1.yaml: line 2: .*,1$' lxcbox profile list -f csv
matches "beside the others" '^default,Default LXD profile,2$' lxcbox profile list -f csv
fails "show says why" 1 'p1.yaml: line 2' lxcbox profile show p1
fails "so does start" 1 'p1.yaml: line 2' lxcbox start c1
prints "instances are listed" "c1,STOPPED
c2,RUNNING" lxcbox list -f csv -c ns
ok "they stop" lxcbox stop -f c2
ok "but written anew" sh -c 'echo "description: new" | "$LXCBOX" profile edit p1'
matches "that is it" '^p1,new,1$' lxcbox profile list -f csv
fails "what is not one is refused as ever" 1 'line 1: config' sh -c 'echo "config: 3" | "$LXCBOX" profile edit p2'
ok "an instance can leave it" lxcbox profile remove c1 p2
ok "and starts" lxcbox start c1
ok "another, too" lxcbox profile assign c2 default
ok "then it can be deleted" lxcbox profile delete p2
rm "$LXCBOX_DIR/profiles/p1.yaml"
fails "one that is gone is named" 1 'Profile not found: p1' lxcbox restart -f c1
ok "delete -f" lxcbox delete -f c1
damage default
fails "the default one is nobody's exception" 1 'default.yaml: line 2' lxcbox -q init busy c3
fails "delete asks for force" 1 'default.yaml: line 2.*--force' lxcbox delete c2
ok "delete -f" lxcbox delete -f c2
ok "it can be mended" sh -c 'echo "devices: {root: {type: disk, path: /, pool: default}}" | "$LXCBOX" profile edit default'
echo 'a: {b' >"$LXCBOX_DIR/aliases.yaml"
fails "aliases" 1 'aliases.yaml: line 2' lxcbox image list
ok "who needs none works" lxcbox run host: -- true
rm "$LXCBOX_DIR/aliases.yaml"
ok "without any" lxcbox image list
fingerprint=$(lxcbox image list -f csv -c F)
ok "a new one" lxcbox image alias create busy "$fingerprint"

while read -r text why; do
	printf '%b\n' "$text" >"$LXCBOX_DIR/config.yaml"
	fails "the server's configuration '$text'" 1 "^Error: config.yaml: $why" lxcbox config show
	fails "it is not written over" 1 "config.yaml: $why" lxcbox config set user.x 1
	ok "who needs none works" lxcbox list
done <<'END'
a:\040[ line 2
-\040a not a mapping
user.a:\040[b] line 1: user.a: not a string
END
: >"$LXCBOX_DIR/config.yaml"
ok "an empty one is none" lxcbox config set user.x 1

# ---- limits with which nothing can start: refused when set, or named when it does not start
ok "init" lxcbox init busy c1
while read -r key value why; do
	ok "$key=$value" lxcbox config set c1 "$key=$value"
	fails "$key=$value: start" 1 "$why" lxcbox start c1
	one_line "$key=$value"
	prints "$key=$value: it is shown" c1,STOPPED lxcbox list -f csv -c ns
	ok "$key=$value: unset" lxcbox config unset c1 "$key"
done <<'END'
limits.memory 1 limits.memory: 1 bytes are too few
limits.memory 4096 limits.memory: 4096 bytes are too few
limits.kernel.nofile 0 with limits.kernel.nofile=0: .*too many open files
limits.kernel.nofile 7 with limits.kernel.nofile=7: .*too many open files
limits.kernel.fsize 0 with limits.kernel.fsize=0: .*file too large
limits.kernel.as 4096 with limits.kernel.as=4096: init was killed
limits.kernel.data 1 with limits.kernel.data=1: init was killed
END
ok "starts without" lxcbox start c1
while read -r key value; do
	run lxcbox config set c1 "$key=$value"
	refused=$status
	ok "$key=$value: list" lxcbox list -f json
	ok "$key=$value: info" lxcbox info c1
	ok "$key=$value: show" lxcbox config show -e c1
	[ $refused != 0 ] || ok "$key=$value: restart" lxcbox restart -f c1
	[ $refused != 0 ] || ok "$key=$value: unset" lxcbox config unset c1 "$key"
	[ $refused = 0 ] || prints "$key=$value: nothing changed" "" lxcbox config get c1 "$key"
done <<'END'
limits.memory 512MB
limits.memory 100%
limits.memory 101%
limits.memory 0%
limits.memory 20EiB
limits.memory 99999999999999999999
limits.memory.swap 100MiB
limits.memory.swap maybe
limits.cpu 99
limits.cpu 99-99
limits.cpu 0,
limits.cpu 99999999999
limits.cpu.allowance 1ms/1ms
limits.cpu.allowance 150%
limits.cpu.allowance 1ms/999999999ms
limits.processes -1
limits.processes 9223372036854775807
limits.processes 9223372036854775808
limits.kernel.nofile unlimited
limits.kernel.core unlimited
limits.kernel.nproc 0
limits.disk.priority 10
END
ok "delete" lxcbox delete -f c1

# ---- stop, and others at the same time
for pause in 0 0.02 0.3 1; do
	ok "launch" lxcbox launch busy c1
	timeout 20 "$LXCBOX" stop c1 &
	sleep $pause
	run lxcbox pause c1
	wait $!
	same "a stop that is paused after $pause s ends" 0 $?
	prints "it is stopped" STOPPED lxcbox list -f csv -c s c1
	ok "delete" lxcbox delete c1
done
for _ in 1 2 3; do
	ok "launch" lxcbox launch busy c1
	for command in "stop c1" "stop -f c1" "restart c1" "restart -f c1" "pause c1" "start c1"; do
		{
			timeout 40 "$LXCBOX" $command 2>"$TMP/said"
			[ $? != 124 ] || echo "$command" >>"$TMP/hung"
		} &
	done
	wait
	ok "all at once: each ends" test ! -e "$TMP/hung"
	ok "nothing is locked or half there" timeout 20 "$LXCBOX" delete -f c1
done

# ---- a host process has files of an instance open
ok "launch" lxcbox launch busy c1
(cd "/proc/$(lxcbox list -f csv -c p c1)/root/etc" && exec sleep 100 5<passwd) &
holder=$!
ok "it holds one" until_ok 5 test -e /proc/$holder/fd/5
ok "delete does not wait for it" timeout 5 "$LXCBOX" delete -f c1
prints "all is gone" "" sh -c 'ls -A "$LXCBOX_DIR/instances" "$LXCBOX_DIR/trash" | grep -v -e : -e .balance'
prints "it still has it" "root:x:0:0:root:/root:/bin/sh" head -1 /proc/$holder/fd/5
kill $holder

# ---- cgroups of the same name that a crash has left
ok "init" lxcbox init busy c1
id=$(lxcbox init busy x0 --explain | sed -n 's:.*lxcbox/\([0-9a-f]*\)\.x0,.*:\1:p')
groups() { find /sys/fs/cgroup -maxdepth 3 -type d -path "*/lxcbox/$id.$1"; }
v2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
if [ "$v2" ] && mkdir -p "$v2/lxcbox/$id.c1/sub/sub" 2>/dev/null; then
	echo 1 >"$v2/lxcbox/$id.c1/cgroup.freeze"
	ok "one that is frozen" timeout 10 "$LXCBOX" start c1
	prints "is nothing to it" 0 lxcbox exec c1 -- id -u
	prints "what was below it is gone" "" sh -c 'find "$1"/* -name sub' sh "$v2/lxcbox/$id.c1"
	ok "stop" lxcbox stop -f c1
	mkdir "$v2/lxcbox/$id.c1"
	sleep 100 &
	stranger=$!
	echo $stranger >"$v2/lxcbox/$id.c1/cgroup.procs"
	fails "one with somebody's process is refused" 1 'holds processes that are not this instance' lxcbox start c1
	echo $stranger >"$v2/cgroup.procs"
	ok "without it goes" lxcbox start c1
	ok "stop" lxcbox stop -f c1
	kill $stranger
fi
pids=$(awk '$3 == "cgroup" && $4 ~ /(^|,)pids(,|$)/ { print $2; exit }' /proc/mounts)
[ "$pids" ] || pids=$v2
if mkdir -p "$pids/lxcbox/$id.c1" 2>/dev/null && echo 1 2>/dev/null >"$pids/lxcbox/$id.c1/pids.max"; then
	ok "a limit from before" lxcbox config set c1 limits.processes=100
	ok "start" lxcbox start c1
	prints "is not there" 100 cat "$pids/lxcbox/$id.c1/pids.max"
	ok "stop" lxcbox stop -f c1
fi
ok "delete" lxcbox delete c1
prints "nothing of it is left" "" groups c1

# ---- values of keys: byte for byte, through every document
ok "init" lxcbox init busy c1
cat >"$TMP/values.py" <<'END'
import json, os, subprocess, sys
def run(*a, text=b""):
    p = subprocess.run([sys.argv[1], *a], input=text, capture_output=True)
    return p.stdout if p.returncode == 0 else p.stderr
values = ["\ta\tb\t", "a\r\nb\rc", "# x\n #y", "a  \n b  \n\n\n", "\n\n  a", "\n", " ", ": x: y", "'\"", "\u2028\u20ac\U0001f600", "a\x85b", "~", "null",
    "012", "0x1f", "1e3", "yes", "2001-01-01", "*a", "&a", "%a", "? a", "\ufeffx", "\x01\x1b[0m\x7f", "   a\n  b\n c", "a\n...\n---\nb", "<<", "=", "\\n\\",
    "y" * 60000, "a " * 30000, "#cloud-config\n" + "\t x\t#\r\n  " * 6000]
raw = ["# a comment\t \nlxc.environment = A=1\t  ", "\n\n#\r\n", "#" + "\tx  \n#" * 10000, "lxc.environment = A= b # c\n\n"]
for key, value in [("user.user-data", v) for v in values] + [("raw.lxc", v) for v in raw]:
    said = run("config", "set", "c1", key, "-" if len(value) > 100000 else value, text=value.encode())
    run("config", "edit", "c1", text=run("config", "show", "c1"))
    got = run("config", "get", "c1", key)
    if got != value.encode() + b"\n":
        print("get", key, repr(value)[:60], repr(got)[:60], said)
    if json.loads(run("list", "c1", "-f", "json"))[0]["config"].get(key) != value:
        print("json", key, repr(value)[:60])
    run("config", "unset", "c1", key)
END
prints "user.user-data and raw.lxc" "" python3 "$TMP/values.py" "$LXCBOX"
ok "delete" lxcbox delete c1

# ---- completion asks for nothing that is not needed, and never says anything
ok "init" lxcbox init busy c1
ok "launch" lxcbox launch busy c2
prints "start offers stopped ones" "c1
:4" lxcbox __complete start ''
prints "stop the others" "c2
:4" lxcbox __complete stop ''
chmod 755 "$LXCBOX_DIR"
prints "a state directory that is not root's alone" ":4" sh -c '"$LXCBOX" __complete start "" 2>&1'
chmod 700 "$LXCBOX_DIR"
prints "somebody else" ":4" su -s /bin/sh nobody -c "LXCBOX_DIR=$LXCBOX_DIR $LXCBOX __complete start '' 2>&1"
ok "delete" lxcbox delete -f c1 c2

# ---- terminals and none: plain, complete, unbroken
ok "an image with a long name" lxcbox image alias create "$(printf 'a%.0s' $(seq 200))" "$fingerprint"
for with in COLUMNS=20 COLUMNS=0 COLUMNS=x TERM=dumb TERM= NO_COLOR=1; do
	prints "$with" "$(lxcbox image list)" env $with "$LXCBOX" image list
	prints "$with, launch" "Creating c1
Starting c1" env $with "$LXCBOX" launch busy c1
	same "$with, on a terminal" "" "$(script -qec "stty cols 20; $with $LXCBOX restart -f c1; $with $LXCBOX image list | tail -1 | tr -d +-" /dev/null </dev/null | tr -d '\r\n')"
	ok "delete" lxcbox delete -f c1
done
ok "delete" lxcbox image alias delete "$(printf 'a%.0s' $(seq 200))"
ok "stdin closed" sh -c '"$LXCBOX" list <&-'

# ---- hosts: what is missing or odd in the mount namespace of the command
life='"$LXCBOX" launch busy h1 >/dev/null && "$LXCBOX" exec h1 -- sh -c "echo lives >/etc/x; cat /etc/x" && "$LXCBOX" restart -f h1 && "$LXCBOX" delete -f h1'
cp "$LXCBOX" "$TMP/lxcbox" # the checkout may lie below what is hidden
on() { LXCBOX=$TMP/lxcbox unshare -m --propagation private sh -c "$1; $2" 2>&1; } # HOST COMMAND
lives() { prints "$1" lives on "$2" "$life"; }
lives "hidepid=2" 'mount -t proc -o hidepid=2 proc /proc'
lives "no /dev/pts" 'umount -l /dev/pts'
lives "no /tmp" 'mount -t tmpfs -o ro none /tmp'
lives "/tmp noexec" 'mount -t tmpfs -o noexec,nosuid,nodev none /tmp'
lives "/run read-only" 'mount -t tmpfs -o ro none /run'
lives "/etc read-only and empty" 'mount -t tmpfs -o ro none /etc'
lives "no cgroup mounted" 'umount -R /sys/fs/cgroup'
lives "umask 777" 'umask 777'
lives "nothing in the environment" 'for v in $(env | sed -n "s/^\([A-Z_a-z]*\)=.*/\1/p"); do case $v in LXCBOX*) ;; *) unset $v ;; esac; done'
lives "in a directory that is gone" 'cd "$(mktemp -d)" && rmdir "$PWD"'
lives "a small stack" 'ulimit -s 64'
same "a pid-only /proc: says so" 1 "$(on 'mount -t proc -o subset=pid proc /proc' '"$LXCBOX" launch -q busy h1' | grep -c '^Error: .*boot_id.*mount -t proc proc /proc')"
lxcbox delete -f h1 >/dev/null 2>&1
same "no sysfs: says so" 1 "$(on 'umount -l /sys; mount -t tmpfs none /sys' '"$LXCBOX" launch -q busy h1' | grep -c '^Error: .*sysfs.*mount -t sysfs sysfs /sys')"
ok "delete" lxcbox delete h1
same "a limit of the size of files is an error like others" 1 "$( (ulimit -f 0; lxcbox -q launch busy h1 2>&1) | grep -c 'file too large$')"
prints "and nothing is made" "" lxcbox list -f csv

# ---- without /dev and /proc: in a chroot with nothing but the program
root=$TMP/root
mkdir "$root" "$root/proc"
cp "$LXCBOX" "$root/lxcbox"
cp "$IMAGES/busy.tar.xz" "$root"
inside() { env -i "$(command -v chroot)" "$root" /lxcbox "$@"; }
ok "import" inside image import busy.tar.xz --alias busy
matches "image list" '^busy,' inside image list -f csv
ok "init" inside init busy c1
fails "list needs /proc, and says so" 1 'mount -t proc proc /proc' inside list
fails "closed streams" 1 'mount -t proc proc /proc' sh -c 'env -i "$(command -v chroot)" "$1" /lxcbox list <&- >&-' sh "$root"
same "even all of them" 1 "$(inside list <&- >&- 2>&-; echo $?)"
mount -t proc proc "$root/proc"
prints "with it" c1,STOPPED inside list -f csv -c ns
matches "check" '^user namespaces,operation not permitted' sh -c 'env -i "$(command -v chroot)" "$1" /lxcbox check -f csv 2>/dev/null; :' sh "$root"
mkdir "$root/dev"
mount --bind /dev "$root/dev"
fails "no container starts in a chroot: says so" 1 'no user namespaces here: not allowed in a chroot' inside start c1
ok "privileged ones do" inside config set c1 security.privileged=true
mkdir "$root/sys"
mount -t sysfs sysfs "$root/sys"
ok "delete" inside delete c1
umount "$root/sys" "$root/dev" "$root/proc"

# ---- where the state lies
at() { LXCBOX_DIR=$1 sh -c '"$LXCBOX" image import "$IMAGES/busy.tar.xz" --alias busy >/dev/null && '"$life"' && "$LXCBOX" image delete busy' 2>&1; }
for name in 'a:b' 'a,b' 'a\b' 'a b' ' ' '%s%n' '-x' "a'\"" '$(x)' "$(printf 'a\nb')" "$(printf 'a\033[0m\377')" "$(printf '%0200d' 7)"; do
	prints "a state directory '$name'" lives at "$TMP/$name"
done
mkdir -m 700 "$TMP/closed"
chown 12345 "$TMP/closed"
prints "below one that only another may enter" lives at "$TMP/closed/state"
deep=$TMP
for _ in $(seq 15); do deep=$deep/$(printf '%0240d' 0); done
mkdir -p "$deep"
prints "at a path of 3700 bytes" lives at "$deep/s"
ln -s closed "$TMP/link"
prints "behind a link" lives at "$TMP/link/state2"
prints "at a relative path" lives sh -c 'cd "$TMP" && exec sh -c "$1"' sh "$(printf 'LXCBOX_DIR=./x//../rel; export LXCBOX_DIR; "$LXCBOX" image import "$IMAGES/busy.tar.xz" --alias busy >/dev/null && %s' "$life")"
mkdir "$TMP/mnt" "$TMP/lower"
while read -r what options; do
	mount -t tmpfs -o "$options" none "$TMP/mnt"
	prints "on a tmpfs, $what" lives at "$TMP/mnt/state"
	ok "nobody holds it" until_ok 5 umount "$TMP/mnt"
done <<'END'
plain mode=755
nosuid,nodev,noexec nosuid,nodev,noexec
END
mount -t tmpfs none "$TMP/lower"
mkdir "$TMP/lower/l" "$TMP/lower/u" "$TMP/lower/w"
mount -t overlay -o "lowerdir=$TMP/lower/l,upperdir=$TMP/lower/u,workdir=$TMP/lower/w" none "$TMP/mnt"
on_overlay() { lxcbox --dir "$TMP/mnt/state" "$@"; }
ok "on an overlay: import" on_overlay image import "$IMAGES/busy.tar.xz" --alias busy
for privileged in false true; do
	ok "on an overlay: init" on_overlay init busy c1 -c security.privileged=$privileged
	fails "on an overlay: start says so" 1 'the state directory lies on overlay.*LXCBOX_DIR' on_overlay start c1
	ok "on an overlay: delete" on_overlay delete c1
done
fails "on an overlay: run host:" 1 'the state directory lies on overlay' on_overlay run host: -- true
matches "on an overlay: check" '^state directory,on overlay,' sh -c '"$LXCBOX" --dir "$1" check -f csv 2>/dev/null; :' sh "$TMP/mnt/state"
umount "$TMP/mnt" "$TMP/lower"
for path in /dev/null /dev/null/x "$TMP/lower/../err/x" /proc/x "$TMP/$(printf '%0300d' 0)"; do
	for command in list "image list" "init -q host: x" check; do
		run lxcbox --dir "$path" $command
		[ $status = 0 ] || same "$command with the state at $(echo "$path" | cut -c1-40)" 1 "$(grep -c '^Error: cannot open the state directory: /' "$TMP/err")"
	done
done

# ---- containers in containers: the ids that the outer one has are shared out
nested() { lxcbox exec n1 -- env LXCBOX_DIR=/mnt/state /lxcbox "$@"; }
for size in 65536 200000; do
	ok "launch" lxcbox launch busy n1 -c security.nesting=true -c security.idmap.size=$size
	ok "put the program there" sh -c '"$LXCBOX" exec n1 -- sh -c "cat >/lxcbox; chmod 755 /lxcbox" <"$LXCBOX" && "$LXCBOX" exec n1 -- sh -c "cat >/busy" <"$IMAGES/busy.tar.xz"'
	ok "a place that is no overlay" lxcbox exec n1 -- sh -c 'mkdir -p /mnt && mount -t tmpfs none /mnt'
	ok "import" nested image import /busy --alias busy
	[ $size != 65536 ] || fails "65536 ids are not enough, which is said" 1 'no free range of 65536 ids: this user namespace has 65536' nested -q init busy b1
	[ $size = 65536 ] || for i in 1 2; do
		ok "launch inside" nested launch busy b$i
		matches "with ids of the outer one" '^ +0 +(65536|131072) +65536$' nested exec b$i -- cat /proc/self/uid_map
	done
	[ $size = 65536 ] || ok "it works" nested exec b1 -- sh -c 'rm -r /etc && mkdir /etc && echo x >/etc/x && chown 1000 /etc/x'
	[ $size = 65536 ] || fails "a third" 1 'no free range of 65536 ids' nested -q init busy b3
	[ $size = 65536 ] || ok "restart" nested restart -f b1
	[ $size = 65536 ] || prints "what was there" x nested exec b1 -- sh -c 'cd /etc && echo *'
	[ $size != 65536 ] || fails "privileged is no way" 1 '.' nested -q launch busy b3 -c security.privileged=true
	ok "delete" lxcbox delete -f n1
done
ok "delete" lxcbox image delete busy
finish
