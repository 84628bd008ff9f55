#!/bin/sh
# F10: files of the state directory that are damaged: the object is named in one line, the others work, nothing hangs or crashes
. "${0%/*}/lib.sh"
ok "import" lxcbox image import "$IMAGES/busy.tar.xz" --alias busy
f=$(lxcbox image list -f csv -c F)
ok "profile" lxcbox profile create p
ok "init" lxcbox init busy good
launch() { lxcbox launch busy c1 -p default -p p >/dev/null; }
c1=$LXCBOX_DIR/instances/c1
head -c 1000000 /dev/urandom >"$TMP/noise"

# ways FEW MORE: how a file is damaged; STATE_ALL=1: in all these ways
ways() { echo "$1 ${STATE_ALL:+$2}"; }
# damage HOW FILE
damage() {
	rm -rf "$TMP/was"
	cp -a "$2" "$TMP/was"
	[ ! -h "$2" ] || rm "$2"
	case $1 in
	fifo | directory | link | device | socket) rm -rf "$2" ;;
	esac
	case $1 in
	empty) true >"$2" ;;
	zeros) head -c 160 /dev/zero >"$2" ;;
	text) echo "hello, this is text" >"$2" ;;
	noise) cat "$TMP/noise" >"$2" ;;
	long) head -c 5000000 /dev/zero | tr '\0' x >>"$2" ;;
	half) truncate -s $(($(wc -c <"$2") / 2)) "$2" ;;
	missing) rm -f "$2" ;;
	fifo) mkfifo "$2" ;;
	directory) mkdir "$2" ;;
	link) ln -s /etc/passwd "$2" ;;
	device) mknod "$2" c 1 5 ;;
	socket) python3 -c 'import os, sys; os.mknod(sys.argv[1], 0o140600)' "$2" ;;
	esac
}
# quick WHAT COMMAND...: ends soon, by no signal, and is silent or says one line
quick() {
	what=$1
	shift
	run timeout -s KILL 10 "$@"
	case $status in
	0) pass ;;
	1) same "$what: one line" 1 "$(grep -cv '^Try ' "$TMP/err")" ;;
	*) fail "$what" "status $status: $*" "$(shown "$TMP/err")" ;;
	esac
}
processes() { for d in /sys/fs/cgroup/*/lxcbox/"$id".* /sys/fs/cgroup/lxcbox/"$id".*; do cat "$d/cgroup.procs" 2>/dev/null || true; done; }
id=$(lxcbox init host: x0 --explain | sed -n 's:.*lxcbox/\([0-9a-f]*\)\.x0,.*:\1:p')
# others WHAT: what the damage may not touch
others() {
	ok "$1: others start" timeout 10 "$LXCBOX" start good
	ok "$1: and stop" timeout 10 "$LXCBOX" stop -f good
}
# removed WHAT: c1 can be deleted, and then nothing of it runs
removed() {
	ok "$1: delete -f" timeout 10 "$LXCBOX" delete -f c1
	prints "$1: it is gone" good lxcbox list -f csv -c n
	same "$1: nothing of it runs" "" "$(processes)"
	ok "$1: check" timeout 10 "$LXCBOX" check
}

# ---- of an instance
for how in $(ways 'empty text missing fifo directory' 'noise long link device socket'); do
	launch
	lxcbox stop -f c1
	damage $how "$c1/instance.yaml"
	on="instance.yaml, $how"
	prints "$on: list" "c1,ERROR
good,STOPPED" timeout 10 "$LXCBOX" list -f csv -c ns
	fails "$on: start names it" 1 "instances/c1: instance.yaml" timeout 10 "$LXCBOX" start c1
	same "$on: in one line" 1 "$(grep -cv '^Try ' "$TMP/err")"
	for command in "info c1" "config get c1 user.x" "config set c1 user.x=1" "exec c1 -- true" "stop c1" "delete c1" "console c1"; do
		# shellcheck disable=SC2086
		quick "$on: $command" "$LXCBOX" $command
	done
	others "$on"
	removed "$on"
done

# of a stopped one `state` and `lock` hold nothing that is needed: mended by whoever takes the lock; list and exec only look
for file in state lock log console.log seccomp; do
	case $file in
	state | lock) all=$(ways 'empty text missing fifo directory' 'zeros noise half link device socket') ;;
	*) all=$(ways 'fifo directory' 'empty zeros text noise half missing link device socket') ;;
	esac
	for how in $all; do
		launch
		lxcbox stop -f c1
		damage $how "$c1/$file"
		on="$file of a stopped one, $how"
		for command in list "info c1" "exec c1 -- true" check; do
			# shellcheck disable=SC2086
			quick "$on: $command" "$LXCBOX" $command
		done
		case $file:$how in
		console.log:fifo | console.log:directory | console.log:link | console.log:socket)
			fails "$on: start names it" 1 "console.log" timeout 10 "$LXCBOX" start c1
			same "$on: and leaves nothing running" "" "$(processes)"
			;;
		*)
			ok "$on: start" timeout 10 "$LXCBOX" start c1
			prints "$on: it runs" "c1,RUNNING
good,STOPPED" lxcbox list -f csv -c ns
			;;
		esac
		others "$on"
		removed "$on"
	done
done

# of a running one: what runs is not lost sight of
for how in $(ways 'text fifo directory' 'noise link device socket'); do
	launch
	damage $how "$c1/state"
	on="state of a running one, $how"
	prints "$on: list" "c1,ERROR
good,STOPPED" timeout 10 "$LXCBOX" list -f csv -c ns
	fails "$on: start" 1 "instances/c1: state: damaged, and something runs" timeout 10 "$LXCBOX" start c1
	fails "$on: config" 1 "instances/c1: state: damaged, and something runs" timeout 10 "$LXCBOX" config set c1 user.x=1
	fails "$on: exec" 1 "state: damaged" timeout 10 "$LXCBOX" exec c1 -- true
	fails "$on: stop" 1 "state is damaged: --force" timeout 10 "$LXCBOX" stop c1
	fails "$on: delete" 1 "pass --force" timeout 10 "$LXCBOX" delete c1
	matches "$on: it goes on" . processes
	others "$on"
	case $how in
	text | fifo)
		ok "$on: stop -f" timeout 10 "$LXCBOX" stop -f c1
		same "$on: it has ended" "" "$(processes)"
		ok "$on: start" timeout 10 "$LXCBOX" start c1
		prints "$on: it runs" ok lxcbox exec c1 -- echo ok
		;;
	esac
	removed "$on"
done
for how in $(ways 'empty missing' zeros); do
	launch
	damage $how "$c1/state"
	on="state of a running one, $how"
	fails "$on: delete" 1 "pass --force" timeout 10 "$LXCBOX" delete c1
	removed "$on"
	launch
	damage $how "$c1/state"
	ok "$on: stop -f" timeout 10 "$LXCBOX" stop -f c1
	same "$on: it has ended" "" "$(processes)"
	removed "$on"
done
# one digit of a number that is another process's now
for word in $(ways '3 5' '4 6'); do
	launch
	awk -v w=$word '{ $w = $w + 1; printf "%-159s\n", $0 }' "$c1/state" >"$TMP/other"
	cat "$TMP/other" >"$c1/state"
	quick "state, word $word is another: list" "$LXCBOX" list
	quick "state, word $word is another: config" "$LXCBOX" config set c1 user.x=1
	removed "state, word $word is another"
done
for how in $(ways 'fifo directory' 'empty missing link socket'); do
	launch
	damage $how "$c1/lock"
	ok "lock of a running one, $how: config" timeout 10 "$LXCBOX" config set c1 user.x=1
	ok "lock of a running one, $how: exec" timeout 10 "$LXCBOX" exec c1 -- true
	removed "lock of a running one, $how"
done

# ---- of everybody: WHAT FILE, what says so
restore() {
	rm -rf "$1"
	cp -a "$TMP/was" "$1"
}
launch
lxcbox stop -f c1
for how in $(ways 'empty text fifo directory' 'noise long link device socket'); do
	damage $how "$LXCBOX_DIR/profiles/p.yaml"
	prints "profile, $how: list" "c1
good" timeout 10 "$LXCBOX" list -f csv -c n
	fails "profile, $how: start names it" 1 "profiles: p.yaml|Profile not found: p" timeout 10 "$LXCBOX" start c1
	quick "profile, $how: profile list" "$LXCBOX" profile list
	quick "profile, $how: profile show" "$LXCBOX" profile show p
	others "profile, $how"
	restore "$LXCBOX_DIR/profiles/p.yaml"

	damage $how "$LXCBOX_DIR/images/$f/image.yaml"
	matches "image.yaml, $how: image list" "ERROR: image .*: image.yaml" timeout 10 "$LXCBOX" image list -f csv
	fails "image.yaml, $how: init names it" 1 "image.yaml" timeout 10 "$LXCBOX" -q init busy c2
	ok "image.yaml, $how: its instances start" timeout 10 "$LXCBOX" start c1
	ok "image.yaml, $how: and stop" timeout 10 "$LXCBOX" stop -f c1
	ok "image.yaml, $how: it can be deleted" timeout 10 "$LXCBOX" image delete "$f"
	lxcbox image import "$IMAGES/busy.tar.xz" --alias busy >/dev/null

	[ $how = empty ] || {
		damage $how "$LXCBOX_DIR/aliases.yaml"
		fails "aliases.yaml, $how: named" 1 "aliases.yaml" timeout 10 "$LXCBOX" -q init busy c2
		quick "aliases.yaml, $how: image list" "$LXCBOX" image list
		others "aliases.yaml, $how"
		restore "$LXCBOX_DIR/aliases.yaml"
	}
	[ $how = long ] || {
		damage $how "$LXCBOX_DIR/version"
		fails "version, $how: named" 1 "version" timeout 10 "$LXCBOX" list
		restore "$LXCBOX_DIR/version"
	}
	for file in seccomp images/.lock layers/.lock; do
		damage $how "$LXCBOX_DIR/$file"
		others "$file, $how"
		quick "$file, $how: init" "$LXCBOX" -q init busy c2
		restore "$LXCBOX_DIR/$file"
		lxcbox delete c2 2>/dev/null
	done
done
echo 2 >"$LXCBOX_DIR/version"
fails "version of the future" 1 "made by a newer lxcbox \(version 2, this one knows 1\)" lxcbox list
echo 1 >"$LXCBOX_DIR/version"
claim=$(find "$LXCBOX_DIR/idmap" -name '[0-9]*' | head -1)
for how in $(ways 'text directory' 'empty noise fifo link missing'); do
	for file in "$claim" "$LXCBOX_DIR/idmap/grid"; do
		damage $how "$file"
		others "claim, $how"
		quick "claim, $how: init" "$LXCBOX" -q init busy c2
		quick "claim, $how: start" "$LXCBOX" start c2
		lxcbox delete -f c2 2>/dev/null
		restore "$file"
	done
done

# ---- one bit, or an end somewhere
cat >"$TMP/bits" <<'END'
import random, subprocess, sys
lxcbox, path, points = sys.argv[1], sys.argv[2], int(sys.argv[3])
commands = [c.split() for c in sys.argv[4:]]
whole = open(path, "rb").read()
random.seed(path.split("/")[-1])
odd = []
for i in range(points):
    b = bytearray(whole)
    if i % 2:
        b[random.randrange(len(b))] ^= 1 << random.randrange(8)
    else:
        del b[len(b) * i // points :]
    open(path, "wb").write(b)
    for c in commands:
        try:
            r = subprocess.run([lxcbox] + c, stdin=subprocess.DEVNULL, capture_output=True, timeout=10)
        except subprocess.TimeoutExpired:
            odd.append("%d %s: hangs" % (i, c))
            continue
        lines = [l for l in r.stderr.split(b"\n") if l and not l.startswith(b"Try ")]
        if r.returncode not in (0, 1) or len(lines) > 1 or bool(lines) != bool(r.returncode):
            odd.append("%d %s: %d %r" % (i, c, r.returncode, r.stderr))
open(path, "wb").write(whole)
print("\n".join(odd))
END
points=${STATE_POINTS:-40}
bits() {
	on=$1 file=$2
	shift 2
	same "$on, a bit or an end" "" "$(python3 "$TMP/bits" "$LXCBOX" "$file" "$points" "$@" 2>&1)"
}
bits instance.yaml "$c1/instance.yaml" "list" "config show c1" "info c1" "start c1" "stop -f c1 -q"
bits state "$c1/state" "list" "info c1" "check"
bits image.yaml "$LXCBOX_DIR/images/$f/image.yaml" "image list" "image show $f"
bits aliases.yaml "$LXCBOX_DIR/aliases.yaml" "image list" "image alias list"
bits profile "$LXCBOX_DIR/profiles/p.yaml" "list" "profile show p" "profile list"
finish
