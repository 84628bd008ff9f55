#!/bin/sh
# what users of such tools hit: terminals, odd images, odd hosts, odd places, damaged files
. "${0%/*}/lib.sh"
ok "import" lxcbox image import "$IMAGES/busy.tar.xz" --alias busy
ok "launch" lxcbox launch busy c1

# ---- a terminal that is typed into faster than the command reads: nothing is lost, nobody waits for the other for ever
cat >"$TMP/paste.py" <<'EOF'
import os, pty, select, sys, time
text = b"".join(b"%07d\n" % i for i in range(int(sys.argv[1]) // 8))
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
os.set_blocking(fd, False)  # a terminal never waits for what it shows
def get():
    try: return os.read(fd, 65536)
    except OSError: return b""
def put(text):
    try: return os.write(fd, text)
    except BlockingIOError: return 0
seen = b""
while b"go\n" not in seen.replace(b"\r", b""):
    seen += get()
seen, left, end = b"", text, time.time() + 20
while len(seen) < len(text) and time.time() < end:
    r, w, _ = select.select([fd], [fd] if left else [], [], 0.2)
    if r: seen += get()
    if w: left = left[put(left[:4000]):]
os.kill(pid, 15)
os.waitpid(pid, 0)
print("all" if seen == text else "%d of %d" % (len(seen), len(text)))
EOF
for n in 20000 100000 400000; do
	prints "a paste of $n bytes" all timeout 30 python3 "$TMP/paste.py" $n "$LXCBOX" exec c1 -- sh -c 'stty raw -echo; echo go; exec cat'
done
cat >"$TMP/nonblock.py" <<'EOF'
import os, subprocess, sys, time
r, w = os.pipe()
os.set_blocking(w, False)
p = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=w)
os.close(w)
time.sleep(0.3)
n = 0
while data := os.read(r, 65536):
    n += len(data)
print(n, p.wait())
EOF
prints "a terminal's output into a pipe that is full and does not wait" "300000 0" \
	timeout 20 python3 "$TMP/nonblock.py" "$LXCBOX" exec c1 -t -- sh -c 'head -c 300000 /dev/zero | tr "\0" x'
# a FIFO is relayed: everything comes, and nobody asks a thousand times a second whether there is room
mkfifo "$TMP/fifo"
asked() { grep -c . "$TMP/trace"; }
{ sleep 1; wc -c; } <"$TMP/fifo" >"$TMP/n" &
timeout 20 strace -o "$TMP/trace" "$LXCBOX" exec c1 -- sh -c 'head -c 3000000 /dev/zero; exec sleep 0.5' >"$TMP/fifo"
wait $!
same "all bytes through a FIFO whose reader is late" 3000000 "$(tr -d ' ' <"$TMP/n")"
ok "without asking over and over (out)" test "$(asked)" -lt 5000
head -c 3000000 /dev/zero >"$TMP/fifo" &
timeout 20 strace -o "$TMP/trace" "$LXCBOX" exec c1 -- sleep 1 <"$TMP/fifo"
wait $!
ok "without asking over and over (in)" test "$(asked)" -lt 5000

# ---- what cannot be executed, and why
lxcbox exec c1 -- sh -c 'cd /tmp
	printf "#!/no/such -x\n" >argument; printf "#! \t/no/such\t-x\n" >blanks; printf "#!/bin/sh\r\n" >dos; printf "#!/etc/hosts\n" >file
	printf "#!/tmp/empty\n" >empty-one; : >empty; chmod 755 *; ln -s /no/such dangling'
while read -r file status text; do
	fails "executing $file" "$status" "^Error: Command not .*/tmp/$file$text\$" lxcbox exec c1 -- "/tmp/$file"
done <<'EOF'
argument 126 : its interpreter "/no/such" is missing
blanks 126 : its interpreter "/no/such" is missing
dos 126 : its interpreter "/bin/sh\\x0d" is missing
file 126 : its interpreter "/etc/hosts": permission denied
empty-one 126 : its interpreter "/tmp/empty": exec format error
empty 126 : not executable here .*
dangling 127
EOF

# ---- shell: what is in /etc/passwd may be nonsense
shell_with() { # TEXT WHAT-IS-SAID: /etc/passwd made by the command TEXT
	lxcbox exec c1 -- sh -c "rm -rf /etc/passwd; $1"
	run sh -c 'echo echo it works | "$LXCBOX" shell c1'
	same "shell: $1" "0 it works" "$status $(cat "$TMP/out")"
	same "shell: says so: $1" 1 "$(grep -c "^Warning: .*$2.*: /bin/sh it is\$" "$TMP/err")"
}
shell_with ':' '/etc/passwd: no such file'
shell_with ': >/etc/passwd' 'no user 0 in /etc/passwd'
shell_with 'head -c 5000 /dev/zero >/etc/passwd' 'no user 0 in /etc/passwd'
shell_with 'mkdir /etc/passwd' '/etc/passwd inside is not a regular file'
shell_with 'mkfifo /etc/passwd' '/etc/passwd inside is not a regular file'
shell_with 'ln -s passwd /etc/passwd' '/etc/passwd: too many levels'
for shell in /bin/nosuch /etc /etc/hosts relative; do
	shell_with "echo root:x:0:0::/root:$shell >/etc/passwd" "the shell of root, $shell, cannot be executed"
done
lxcbox exec c1 -- sh -c 'rm -f /etc/passwd; echo root:x:0:0::/root: >/etc/passwd'
prints "no shell is /bin/sh" "it works" sh -c 'echo echo it works | "$LXCBOX" shell c1 2>&1'
ok "delete" lxcbox delete -f c1
finish
