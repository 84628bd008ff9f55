#!/bin/sh
# older kernels: each feature hidden by a filter that answers ENOSYS; it works all the same, or says in one line what is missing
. "${0%/*}/lib.sh"
hide() { "$TOOLS/hide" "$@"; }

for calls in openat2 clone3 close_range fsopen fsconfig bpf keyctl statx copy_file_range openat2,clone3,close_range,fsopen,bpf; do
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
prints "privileged without idmapped mounts" ok hide mount_setattr "$LXCBOX" run host: -c security.privileged=true -- echo ok
finish
