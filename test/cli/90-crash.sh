#!/bin/sh
# F01: killed before every single system call of a command; the next command finds the state before or after, and repairs
# F04: each call that can fails, once or from then on: one line that says so, or done all the same; then as F01
. "${0%/*}/lib.sh"
# how far apart the points are: 1 is each of them; CRASH_ONLY="start stop" leaves the other sweeps out; to
# CRASH_LOG goes what was not at once as it should be
STEP=${CRASH_STEP:-13}
ok "import" lxcbox image import "$IMAGES/busy.tar.xz" --alias busy

claims= # those that stay
# What is true after every crash, and the next command.
consistent() {
	lxcbox list -f csv -c ns >"$TMP/list" 2>"$TMP/list.err" || { echo "list: $(cat "$TMP/list.err")"; return 1; }
	! grep -q ERROR "$TMP/list" || { echo "broken record"; return 1; }
	lxcbox check >/dev/null 2>"$TMP/check.err" || { echo "check: $(cat "$TMP/check.err")"; return 1; }
	left=$(ls -A "$LXCBOX_DIR/trash")
	[ -z "$left" ] || { echo "left in trash: $left"; return 1; }
}
# c1 can be deleted when it is there, and then nothing of it is anywhere
removed() {
	if [ -n "$(lxcbox list -f csv -c n c1 2>/dev/null)" ]; then
		lxcbox delete -f c1 2>"$TMP/delete.err" || { echo "delete: $(cat "$TMP/delete.err")"; return 1; }
	fi
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ -z "$(find /sys/fs/cgroup -path '*/lxcbox/*.c1*' -type d 2>/dev/null | grep -F "$id" )" ] && break
		sleep 0.05
	done
	left=$(find /sys/fs/cgroup -path '*/lxcbox/*.c1*' -type d 2>/dev/null | grep -F "$id")
	[ -z "$left" ] || { echo "cgroups: $left"; return 1; }
	[ -z "$(ls -A "$LXCBOX_DIR/instances")" ] || { echo "instances: $(ls -A "$LXCBOX_DIR/instances")"; return 1; }
	[ -h "$LXCBOX_DIR/idmap/shared" ] || [ "$(ls -A -I grid -I mixed "$LXCBOX_DIR/idmap")" = "$claims" ] || { echo "claims: $(ls -A -I grid -I mixed "$LXCBOX_DIR/idmap")"; return 1; }
}
# what is there works: it keeps its configuration, starts when it does not run, and takes commands
usable() {
	case $(lxcbox list -f csv -c s c1 2>/dev/null) in
	'') return 0 ;;
	STOPPED) lxcbox start c1 2>"$TMP/start.err" || { echo "start: $(cat "$TMP/start.err")"; return 1; } ;;
	esac
	[ "$(lxcbox config get c1 user.kept)" = "$kept" ] || { echo "its configuration has changed"; return 1; }
	lxcbox exec c1 -- true 2>"$TMP/exec.err" || { echo "exec: $(cat "$TMP/exec.err")"; return 1; }
}
# a command that removes none has lost none
there() { [ -n "$(lxcbox list -f csv -c n c1 2>/dev/null)" ] || { echo "c1 is lost"; return 1; }; }
gone() { usable && removed; }
kept=
# the prefix of this store's cgroups
find /sys/fs/cgroup -path '*/lxcbox/*.c1' -type d 2>/dev/null | sort >"$TMP/groups"
lxcbox launch busy c1 >/dev/null
id=$(find /sys/fs/cgroup -path '*/lxcbox/*.c1' -type d 2>/dev/null | sort | comm -13 "$TMP/groups" - | sed 's:.*/lxcbox/::; s/c1$//' | head -1)
lxcbox delete -f c1

# sweep NAME SETUP COMMAND...: SETUP is run before each; UNDO after
sweep() {
	name=$1 setup=$2
	shift 2
	case " ${CRASH_ONLY-$name} " in *" $name "*) ;; *) return ;; esac
	points=0 bad=0 why=
	for mode in "" -1; do
		n=1
		while :; do
			eval "$setup"
			timeout 60 "$TOOLS/crash" $mode $n "$@" >"$TMP/count" 2>/dev/null </dev/null
			[ $? = 3 ] && { eval "$after"; break; }
			points=$((points + 1))
			# what was not killed may be about to end by itself
			until_ok 3 eval 'why=$(consistent && gone) || { echo "$name $mode $n: $why" >>"${CRASH_LOG:-/dev/null}"; false; }' || {
				bad=$((bad + 1))
				[ $bad -gt 3 ] || fail "F01: $name, killed ${mode:+alone }before call $n" "$why"
				lxcbox list -f csv -c n | xargs "$LXCBOX" delete -f >/dev/null 2>&1
			}
			eval "$after"
			n=$((n + STEP))
		done
	done
	printf 'F01: %s: %s points, %s lost\n' "$name" $points $bad
	same "F01: $name" 0 $bad
}
# failing NAME SETUP COMMAND...: as sweep, with errors; FAIL_STEP, FAIL_ONLY and FAIL_ERRORS choose (all: EIO ENOSPC EDQUOT EROFS
# EINTR EMFILE ENFILE ENOMEM EAGAIN EPERM EACCES)
FAIL_STEP=${FAIL_STEP:-149}
failing() {
	name=$1 setup=$2
	shift 2
	case " ${FAIL_ONLY-$name} " in *" $name "*) ;; *) return ;; esac
	points=0 bad=0 why=
	for error in ${FAIL_ERRORS:-EIO ENOSPC EMFILE EPERM}; do
		for later in "" +; do
			# then it tries again for ever, and may; without any memory there are no words
			case $error$later in EINTR+ | ENOMEM+) continue ;; esac
			n=1
			while :; do
				eval "$setup"
				timeout -k 1 30 "$TOOLS/crash" --fail "$error" "$n$later" "$@" >"$TMP/call" 2>"$TMP/said" </dev/null
				case $? in
				0) how=$(tail -1 "$TMP/call") ;;
				3) eval "$after"; break ;;
				*) how="hangs" ;;
				esac
				points=$((points + 1)) said=$(grep -v -e '^Try ' -e '^Warning: ' "$TMP/said")
				case "$how:$(printf '%s' "$said" | grep -c .)" in
				*"exit 0:0" | *"exit 1:1") why= ;;
				*) why="$how: $(shown "$TMP/said")" ;;
				esac
				[ "$why" ] || until_ok 3 eval 'why=$(consistent && gone) || { echo "$name $error $n$later $how: $why" >>"${CRASH_LOG:-/dev/null}"; false; }'
				[ -z "$why" ] || {
					bad=$((bad + 1))
					echo "$name $error $n$later: $why; $how, $said" >>"${CRASH_LOG:-/dev/null}"
					[ $bad -gt 3 ] || fail "F04: $name, $error at call $n$later" "$why" "$how" "$said"
					lxcbox list -f csv -c n | xargs "$LXCBOX" delete -f >/dev/null 2>&1
				}
				eval "$after"
				n=$((n + FAIL_STEP))
			done
		done
	done
	printf 'F04: %s: %s points, %s lost\n' "$name" $points $bad
	same "F04: $name" 0 $bad
}
after='lxcbox delete -f c1 >/dev/null 2>&1'
kept=
gone() { usable && removed; }
failing launch '' "$LXCBOX" -q launch busy c1
kept=1
failing delete 'lxcbox init busy c1 -c user.kept=1 >/dev/null' "$LXCBOX" delete c1
failing delete-force 'lxcbox launch busy c1 -c user.kept=1 >/dev/null' "$LXCBOX" delete -f c1
gone() { there && usable && removed; }
failing start 'lxcbox init busy c1 -c user.kept=1 >/dev/null' "$LXCBOX" start c1
failing stop 'lxcbox launch busy c1 -c user.kept=1 >/dev/null' "$LXCBOX" stop c1
failing stop-force 'lxcbox launch busy c1 -c user.kept=1 >/dev/null' "$LXCBOX" stop -f c1
failing config 'lxcbox init busy c1 -c user.kept=1 >/dev/null' "$LXCBOX" config set c1 user.x=1
kept=
gone() { usable && removed; }
sweep init '' "$LXCBOX" init busy c1
sweep launch '' "$LXCBOX" launch busy c1
kept=1
sweep delete 'lxcbox init busy c1 -c user.kept=1 >/dev/null' "$LXCBOX" delete c1
sweep delete-force 'lxcbox launch busy c1 -c user.kept=1 >/dev/null' "$LXCBOX" delete -f c1
gone() { there && usable && removed; }
sweep start 'lxcbox init busy c1 -c user.kept=1 >/dev/null' "$LXCBOX" start c1
sweep stop 'lxcbox launch busy c1 -c user.kept=1 >/dev/null' "$LXCBOX" stop c1
sweep stop-force 'lxcbox launch busy c1 -c user.kept=1 >/dev/null' "$LXCBOX" stop -f c1
sweep config 'lxcbox init busy c1 -c user.kept=1 >/dev/null' "$LXCBOX" config set c1 user.x=1
gone() { removed; }
sweep run '' "$LXCBOX" run busy -- true
# the command alone is killed; what it has started makes an instance for nobody
for i in $(seq 0 24); do
	"$LXCBOX" run busy -- sleep 1000 >/dev/null 2>&1 &
	sleep "0.00$i"
	kill -9 $!
	wait $! 2>/dev/null
done
sleep 1
ok "run: nothing stays of killed ones" until_ok 5 sh -c '"$LXCBOX" list >/dev/null; [ -z "$(ls "$LXCBOX_DIR/instances")" ]'

# without idmapped mounts: layer and upper are copied, and the record says so; whatever of that was done, the next start finishes it
"$TOOLS/hide" mount_setattr "$LXCBOX" launch busy c1 >/dev/null 2>&1
lxcbox delete -f c1
claims=$(ls -A -I grid -I mixed "$LXCBOX_DIR/idmap")
gone() {
	if [ -n "$(lxcbox list -f csv -c n c1 2>/dev/null)" ]; then
		lxcbox stop -f c1 2>/dev/null
		"$TOOLS/hide" mount_setattr "$LXCBOX" start c1 2>"$TMP/start.err" || { echo "start: $(cat "$TMP/start.err")"; return 1; }
		owners=$(lxcbox exec c1 -- stat -c %u:%g / /etc /etc/hosts /bin/sh | sort -u)
		[ "$owners" = 0:0 ] || { echo "owners: $owners"; return 1; }
	fi
	removed
}
sweep shifted 'rm -rf "$LXCBOX_DIR"/layers/*-shift-*' "$TOOLS/hide" mount_setattr "$LXCBOX" launch busy c1
rm -rf "$LXCBOX_DIR"/layers/*-shift-*

# an import: the image is there whole, or not at all; no layer without an image
mkdir -p "$TMP/tiny/rootfs/bin"
tar -C "$TMP/tiny" -xJf "$IMAGES/busy.tar.xz" metadata.yaml
cp "$LXCBOX" "$TMP/tiny/rootfs/bin/x"
tar -C "$TMP/tiny" -czf "$TMP/tiny.tar.gz" metadata.yaml rootfs
busy=$(ls "$LXCBOX_DIR/layers")
gone() {
	if lxcbox image info tiny >"$TMP/info" 2>&1; then
		lxcbox launch tiny c1 >/dev/null 2>"$TMP/launch.err"
		grep -q 'no init' "$TMP/launch.err" || { echo "launch: $(cat "$TMP/launch.err")"; return 1; }
		lxcbox delete -f c1
		lxcbox image delete tiny || return 1
	fi
	[ "$(ls "$LXCBOX_DIR/layers")" = "$busy" ] || { echo "layers: $(ls "$LXCBOX_DIR/layers")"; return 1; }
	[ "$(ls "$LXCBOX_DIR/images")" = "$busy" ] || { echo "images: $(ls "$LXCBOX_DIR/images")"; return 1; }
}
after='lxcbox image delete tiny >/dev/null 2>&1'
sweep import '' "$LXCBOX" image import "$TMP/tiny.tar.gz" --alias tiny
failing import '' "$LXCBOX" image import "$TMP/tiny.tar.gz" --alias tiny
finish
