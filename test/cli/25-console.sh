#!/bin/sh
# console: what was printed, typing, detaching, several at once, a flood
. "${0%/*}/lib.sh"
ok "import" lxcbox image import "$IMAGES/busy.tar.xz" --alias busy
ok "launch" lxcbox launch busy c1
prints "never used: empty" "
Console log:" lxcbox console c1 --show-log
lxcbox exec c1 -- sh -c 'printf "::sysinit:/bin/true\nconsole::respawn:/bin/sh\n" >/etc/inittab'
ok "restart" lxcbox restart -f c1
ok "a shell is there" until_ok 5 sh -c '"$LXCBOX" console c1 --show-log | grep -q "#"'

# type TEXT... - on a terminal of 40x120, each text after half a second; prints what is seen
type_on() {
	python3 - "$LXCBOX" "$@" <<'EOF'
import fcntl, os, pty, select, struct, sys, termios, time
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "console", "c1"])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
def show(seconds):
    end = time.time() + seconds
    while time.time() < end:
        if select.select([fd], [], [], 0.05)[0]:
            try: data = os.read(fd, 65536)
            except OSError: return
            sys.stdout.buffer.write(data.replace(b"\r", b""))
show(0.5)
for text in sys.argv[2:]:
    os.write(fd, text.encode().decode("unicode_escape").encode("latin1"))
    show(0.5)
sys.stdout.flush()
deadline = time.time() + 3
while time.time() < deadline:
    p, status = os.waitpid(pid, os.WNOHANG)
    if p:
        print("\nstatus", os.waitstatus_to_exitcode(status))
        break
    time.sleep(0.05)
else:
    os.kill(pid, 9)
    print("it did not end")
EOF
}
type_on 'echo one-$((1+1))\r' '\x01q' >"$TMP/seen"
same "what is typed is executed" 1 "$(grep -c '^one-2' "$TMP/seen")"
same "ctrl-a q detaches" "status 0" "$(tail -1 "$TMP/seen")"
type_on '\x01q' >"$TMP/seen"
same "what was before is shown again" 1 "$(grep -c '^one-2' "$TMP/seen")"
type_on 'stty size\r' '\x01q' >"$TMP/seen"
same "the window's size" 1 "$(grep -c '^40 120' "$TMP/seen")"
type_on '\x01\x01' '\x03' '\x01q' >"$TMP/seen"
same "ctrl-a twice sends one" "status 0" "$(tail -1 "$TMP/seen")"
fails "no terminal" 1 "terminal" lxcbox console c1
fails "vga" 1 "." lxcbox console c1 --type vga

# two at once both see
type_on '\x01q' >"$TMP/a" &
one=$!
type_on 'echo both-$((2+2))\r' '\x01q' >"$TMP/b"
wait $one
same "the second types and sees" 1 "$(grep -c '^both-4' "$TMP/b")"

# a flood leaves the log bounded, and nobody waits
lxcbox exec c1 -- timeout 20 sh -c 'dd if=/dev/zero bs=1M count=20 2>/dev/null | tr "\0" "x" >/dev/console'
ok "the log stays bounded" test "$(stat -c %s "$LXCBOX_DIR/instances/c1/console.log")" -le 1048576
ok "stop -f" lxcbox stop -f c1
fails "of a stopped one" 1 "not running|terminal" lxcbox console c1
matches "the log is kept after the stop" "x" lxcbox console c1 --show-log
finish
