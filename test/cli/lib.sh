# lib.sh - what every test here is written with: black box, plain sh, reads like the manual
#
#   ok     "pause freezes"            lxcbox pause c1              status 0
#   prints "list shows it"  FROZEN    lxcbox list -c s -f csv c1   status 0 and exactly this on stdout
#   matches "info has a pid" 'PID: [0-9]' lxcbox info c1           status 0 and a line of stdout matches
#   fails  "a stopped one" 1 'not running'  lxcbox pause c2        this status, nothing on stdout, stderr matches
#
# Sourced by each NN-name.sh, which scripts/test runs with LXCBOX, IMAGES and a fresh TMP. What a test leaves behind on the
# host (mounts, cgroups, links, loop devices, processes) is a failure of its own.

set -u
LC_ALL=C
export LC_ALL
: "${LXCBOX:?run by scripts/test}" "${TMP:?run by scripts/test}" "${IMAGES:?run by scripts/test}"
LXCBOX_DIR=$TMP/state
HOME=$TMP
export LXCBOX_DIR HOME
unset NO_COLOR LXD_DIR LXD_CONF LXD_GLOBAL_CONF LXC_REMOTE LXC_ALIASES 2>/dev/null
passed=0 failed=0 skipped=0

lxcbox() { "$LXCBOX" "$@"; }
lxc() { "$LXCBOX" "$@"; }

pass() { passed=$((passed + 1)); }
fail() {
	failed=$((failed + 1))
	printf 'FAIL %s: %s\n' "${0##*/}" "$1"
	shift
	[ $# = 0 ] || printf '     %s\n' "$@"
}
skip() {
	skipped=$((skipped + 1))
	printf 'skip %s: %s (%s)\n' "${0##*/}" "$1" "$2"
}

run() {
	"$@" >"$TMP/out" 2>"$TMP/err" </dev/null
	status=$?
}
shown() { head -c 600 "$1" | tr '\n' '|'; }

ok() {
	what=$1
	shift
	run "$@"
	if [ $status = 0 ]; then pass; else fail "$what" "status $status: $*" "stderr: $(shown "$TMP/err")"; fi
}
prints() {
	what=$1 want=$2
	shift 2
	run "$@"
	got=$(cat "$TMP/out")
	if [ $status = 0 ] && [ "$got" = "$want" ]; then
		pass
	else
		fail "$what" "status $status: $*" "want: $want" "got:  $got" "stderr: $(shown "$TMP/err")"
	fi
}
matches() {
	what=$1 want=$2
	shift 2
	run "$@"
	if [ $status = 0 ] && grep -qE -- "$want" "$TMP/out"; then
		pass
	else
		fail "$what" "status $status: $*" "want: $want" "got:  $(shown "$TMP/out")" "stderr: $(shown "$TMP/err")"
	fi
}
fails() {
	what=$1 want_status=$2 want=$3
	shift 3
	run "$@"
	if [ $status != "$want_status" ] || ! grep -qE -- "$want" "$TMP/err"; then
		fail "$what" "status $status (want $want_status): $*" "want: $want" "stderr: $(shown "$TMP/err")"
	elif [ -s "$TMP/out" ]; then
		fail "$what" "a refusal printed on stdout: $(shown "$TMP/out")"
	else
		pass
	fi
}
# same "what" A B: two texts are equal
same() {
	if [ "$2" = "$3" ]; then pass; else fail "$1" "want: $2" "got:  $3"; fi
}

# Waits up to $1 seconds until the command succeeds.
until_ok() {
	tries=$(($1 * 20))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.05
	done
}

# The monitor of an instance, when it lives; not the process that clears up behind its last life, nor those of other tests.
monitor() {
	# shellcheck disable=SC2016
	pid_of_monitor=$(awk '{ print $5 }' "$LXCBOX_DIR/instances/$1/state")
	[ "$(tr '\0' ' ' 2>/dev/null <"/proc/$pid_of_monitor/cmdline")" = "[lxcbox] $1 " ] && echo "$pid_of_monitor"
}

# ---- what may not stay behind

host_state() {
	{
		cut -d' ' -f5- /proc/self/mountinfo
		find /sys/fs/cgroup -path '*/lxcbox/*' -type d 2>/dev/null
		grep -s '^lxcbox' /sys/kernel/security/apparmor/profiles
		for f in /sys/class/net/*; do echo "${f##*/}"; done
		for f in /sys/block/loop*/loop/backing_file; do [ ! -e "$f" ] || cat "$f"; done
		for f in /proc/[0-9]*; do
			tr '\0' ' ' 2>/dev/null <"$f/cmdline" | grep -aq '^\[lxcbox\]' &&
				sed -n 's:.*/lxcbox/:monitor lxcbox/:p' "$f/cgroup" | head -1
		done
	} 2>/dev/null | sort
}
host_state >"$TMP/host.before"

# Other tests may run beside this one: only what was added counts, and of groups and monitors those of our state directory.
added() {
	id=$("$LXCBOX" init host: x0 --explain 2>/dev/null | sed -n 's:.*lxcbox/\([0-9a-f]*\)\.x0,.*:\1:p')
	host_state >"$TMP/host.after"
	grep -vxFf "$TMP/host.before" "$TMP/host.after" | awk -v id="$id" '!/lxcbox\/[0-9a-f]+\./ || index($0, "lxcbox/" id)'
}

finish() {
	[ -d "$LXCBOX_DIR" ] && for n in $("$LXCBOX" list -f csv -c n 2>/dev/null); do "$LXCBOX" delete -f "$n" >/dev/null 2>&1; done
	# the last monitors close their overlays behind the scenes
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ -n "$(added)" ] || break
		sleep 0.1
	done
	same "nothing stays on the host" "" "$(added)"
	echo "$passed passed, $failed failed, $skipped skipped" >"$TMP/result"
	[ $failed = 0 ]
}
