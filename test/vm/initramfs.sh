# initramfs.sh - containers where / is the kernel's first mount: nothing can be pivoted away. Run by test/vm/run.
LXCBOX=/job/lxcbox IMAGES=/job TMP=/tmp/t
export LXCBOX IMAGES TMP
mkdir -p $TMP
. /job/lib.sh
pid_of() { lxcbox list -f csv -c p "$1"; }
first() { awk '$5 == "/" && $1 == $2' /proc/self/mountinfo | grep -q .; }
ok "this is one" first

# ---- the state on the disk, and on the first root itself
for LXCBOX_DIR in /var/lib/lxcbox /state; do
	export LXCBOX_DIR
	if [ $LXCBOX_DIR = /state ]; then
		(mkdir -p /image/rootfs && cd /image/rootfs && mkdir bin sbin etc proc sys dev && cp /bin/busybox bin &&
			for a in sh ls cat umount mount nsenter stat id touch grep init; do ln -s busybox bin/$a; done && ln -s ../bin/init sbin/init)
		printf 'architecture: x86_64\ncreation_date: 1\n' >/image/metadata.yaml
		ok "import" lxcbox image import /image --alias busy
	fi
	ok "$LXCBOX_DIR: launch" lxcbox launch busy c1
	ok "$LXCBOX_DIR: exec" lxcbox exec c1 -- sh -c 'echo x >/etc/x && cat /etc/x'
	prints "$LXCBOX_DIR: owners are right" "0 0" lxcbox exec c1 -- stat -c '%u %g' /bin/busybox
	ok "$LXCBOX_DIR: devices" lxcbox exec c1 -- sh -c 'echo x >/dev/null && [ -c /dev/tty ] && [ -c /dev/console ]'
	prints "$LXCBOX_DIR: the host's root does not show" "" lxcbox exec c1 -- sh -c 'ls -d /job /new 2>/dev/null; grep -e " /job " -e rootfs /proc/mounts; :'
	# what a way without pivot_root is known for
	escape() { lxcbox exec "$1" -- sh -c 'exec 9</proc/self/ns/mnt; cd /proc/$$/fd; umount -l / 2>&1; nsenter --mount=9 /bin/busybox ls /; nsenter --mount=/proc/1/ns/mnt ls /job' >"$TMP/escape" 2>&1; }
	escape c1
	ok "$LXCBOX_DIR: nobody gets below" sh -c '! grep -x -e job -e new -e core.sh -e initramfs.sh '$TMP'/escape'
	ok "$LXCBOX_DIR: it lives on" lxcbox exec c1 -- ls /bin
	ok "$LXCBOX_DIR: a root of its own" sh -c '[ "$(stat -L -c %d:%i /proc/'"$(pid_of c1)"'/root/.)" != "$(stat -c %d:%i /)" ]'
	ok "$LXCBOX_DIR: restart" lxcbox restart -f c1
	prints "$LXCBOX_DIR: what it wrote" x lxcbox exec c1 -- cat /etc/x
	prints "$LXCBOX_DIR: run" ok lxcbox run busy -- sh -c 'echo ok'
	ok "$LXCBOX_DIR: privileged" lxcbox launch busy p1 -c security.privileged=true
	prints "$LXCBOX_DIR: it runs" 0 lxcbox exec p1 -- id -u
	escape p1
	ok "$LXCBOX_DIR: the way is one, for a privileged one" grep -qx job "$TMP/escape"
	matches "$LXCBOX_DIR: what that gives up is said" '^off +own root ' lxcbox start p1 --explain
	ok "$LXCBOX_DIR: stop and delete" lxcbox delete -f c1 p1
done
ok "the host's own mounts are as before" sh -c '! grep -e overlay -e devpts.*lxcbox /proc/mounts'
# the first root takes no idmapped mounts
fails "a clone of the host" 1 'security.privileged=true' lxcbox run host: -- true
prints "a privileged one" ok lxcbox run host: -c security.privileged=true -- sh -c 'echo ok'
finish
status=$?
cat $TMP/result
exit $status
