"""run.py - the measurements of scripts/bench, which made $BENCH/fs for them

Every runtime starts the same image with the same init (test/bench/init.c), and all take turns, so that what else the machine does
meets them all. Figures are medians. A row is ok when its ratio (or figure) keeps the goal.
"""
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tarfile
import time

QUICK = bool(os.environ.get("BENCH_QUICK"))
ONLY = os.environ.get("BENCH_ONLY", "").split()
FS = os.environ["BENCH"] + "/fs"
BUILD = os.path.abspath("build")
LXCBOX = BUILD + "/lxcbox"
FLOOR = BUILD + "/bench/floor"
CLOCK = BUILD + "/bench/clock"
BASE = 700000000  # first id outside, of everybody but lxcbox
MS = 1e6

os.environ["LXCBOX_DIR"] = FS + "/state"
os.environ["LC_ALL"] = "C"
os.environ["HOME"] = FS


# ---- running

def sh(*command, check=True, **more):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
    if check and done.returncode:
        raise RuntimeError("%s: status %d: %s" % (" ".join(command), done.returncode, done.stderr.decode()[-400:]))
    return done.stdout.decode()


class Timed:
    """A command under the clock; its start and end in ns, its stdout. It has pipes to write to, as in a script."""

    def __init__(self, *command):
        pipes = [os.pipe() for _ in range(3)]
        actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
        actions += [(os.POSIX_SPAWN_DUP2, w, fd) for fd, (_, w) in zip((1, 2, 3), pipes)]
        pid = os.posix_spawn(CLOCK, (CLOCK,) + command, os.environ, file_actions=actions)
        for _, w in pipes:
            os.close(w)
        os.waitpid(pid, 0)
        self.out, err, words = [read_now(r) for r, _ in pipes]
        self.start, self.end, status = map(int, words.split())
        if status:
            raise RuntimeError("%s: status %d: %s" % (" ".join(command), status, err[-400:]))

    def taken(self):
        return self.end - self.start


def read_now(fd):
    """What is there: a container may hold the other end."""
    os.set_blocking(fd, False)
    try:
        return os.read(fd, 65536).decode()
    except BlockingIOError:
        return ""
    finally:
        os.close(fd)


def read_stamp(path):
    for _ in range(5000):
        try:
            with open(path) as file:
                text = file.read()
            if text.endswith("\n"):
                return int(text)
        except FileNotFoundError:
            pass
        time.sleep(0.001)
    raise RuntimeError(path + ": init did not write it")


# ---- the runtimes: command lines, and where init's stamp is found

class Lxcbox:
    name = "lxcbox"

    def launch(self, name):
        done = Timed(LXCBOX, "launch", "bench", name, "-q")
        return done, FS + "/state/instances/%s/rw/upper/stamp" % name

    def exec(self, name, *command):
        return Timed(LXCBOX, "exec", name, "--", *command)

    def stop(self, name):
        return Timed(LXCBOX, "stop", "-f", name)

    def pid(self, name):
        return sh(LXCBOX, "list", "-f", "csv", "-c", "p", name).strip()

    def delete(self, name):
        sh(LXCBOX, "delete", "-f", name, check=False)


class Floor:
    name = "floor"

    def __init__(self, layer, seccomp):
        self.layer, self.seccomp, self.pids = layer, seccomp, {}
        os.mkdir(FS + "/floor")

    def launch(self, name):
        done = Timed(FLOOR, "launch", FS + "/floor", name, self.layer, str(BASE), self.seccomp)
        self.pids[name] = done.out.strip()
        return done, FS + "/floor/%s/rw/upper/stamp" % name

    def exec(self, name, *command):
        return Timed(FLOOR, "exec", self.pids[name], name, self.seccomp, *command)

    def stop(self, name):
        return Timed(FLOOR, "stop", self.pids.pop(name), name)

    def pid(self, name):
        return self.pids[name]

    def delete(self, name):
        if name in self.pids:
            self.stop(name)
        shutil.rmtree(FS + "/floor/" + name, ignore_errors=True)


class Oci:
    """crun and runc: a bundle with a root filesystem of its own, whose owners are shifted on disk"""

    def __init__(self, name):
        self.name = name
        self.bundle = FS + "/" + name
        self.front = [shutil.which(name), "--root", FS + "/" + name + ".state"]
        os.mkdir(self.bundle)
        unpack_rootfs(self.bundle + "/rootfs", BASE)
        with open(self.bundle + "/config.json", "w") as file:
            json.dump(oci_config(), file)

    def launch(self, name):
        stamp = self.bundle + "/rootfs/stamp"
        if os.path.exists(stamp):
            os.unlink(stamp)
        return Timed(*self.front, "run", "-d", "--bundle", self.bundle, name), stamp

    def exec(self, name, *command):
        return Timed(*self.front, "exec", name, *command)

    def delete(self, name):
        sh(*self.front, "delete", "-f", name, check=False)


class Lxc:
    name = "lxc"

    def __init__(self):
        self.path = FS + "/lxc"
        os.makedirs(self.path + "/lxcbox-bench")
        unpack_rootfs(self.path + "/lxcbox-bench/rootfs", BASE)
        with open(self.path + "/lxcbox-bench/config", "w") as file:
            file.write("lxc.uts.name = bench\nlxc.rootfs.path = dir:%s/lxcbox-bench/rootfs\nlxc.net.0.type = empty\n"
                       "lxc.idmap = u 0 %d 65536\nlxc.idmap = g 0 %d 65536\nlxc.mount.auto = proc:rw sys:rw\n"
                       "lxc.apparmor.profile = unconfined\nlxc.init.cmd = /sbin/init\n" % (self.path, BASE, BASE))

    def launch(self, _name):
        stamp = self.path + "/lxcbox-bench/rootfs/stamp"
        if os.path.exists(stamp):
            os.unlink(stamp)
        return Timed("lxc-start", "-P", self.path, "-n", "lxcbox-bench", "-d"), stamp

    def exec(self, _name, *command):
        return Timed("lxc-attach", "-P", self.path, "-n", "lxcbox-bench", "--", *command)

    def delete(self, _name):
        sh("lxc-stop", "-P", self.path, "-n", "lxcbox-bench", "-k", check=False)


def unpack_rootfs(to, base):
    with tarfile.open(FS + "/bench.tar") as tar:
        members = [m for m in tar.getmembers() if m.name.startswith("rootfs/")]
        for m in members:
            m.name = m.name[len("rootfs/"):]
            m.uid, m.gid, m.uname, m.gname = base, base, "", ""
            if m.islnk():
                m.linkname = m.linkname[len("rootfs/"):]
        tar.extractall(to, members, numeric_owner=True)
    os.chown(to, base, base)


# What lxcbox sets up, in the words of OCI.
def oci_config():
    caps = ["CAP_" + c for c in (
        "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE "
        "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_CHROOT SYS_PTRACE SYS_ADMIN SYS_BOOT SYS_NICE SYS_TTY_CONFIG "
        "MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP").split()]
    quiet = ["nosuid", "noexec", "nodev"]
    denied = ("kexec_load open_by_handle_at init_module finit_module delete_module kexec_file_load io_uring_setup io_uring_enter "
              "io_uring_register perf_event_open userfaultfd bpf swapon swapoff").split()
    ids = [{"containerID": 0, "hostID": BASE, "size": 65536}]
    return {
        "ociVersion": "1.0.2",
        "hostname": "bench",
        "root": {"path": "rootfs"},
        "process": {
            "terminal": False, "cwd": "/", "user": {"uid": 0, "gid": 0}, "args": ["/sbin/init"], "env": ["PATH=/bin", "container=lxc"],
            "capabilities": {k: caps for k in ("bounding", "effective", "permitted")},
        },
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc", "options": quiet},
            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": quiet},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=492k"]},
            {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
             "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["nosuid", "nodev", "mode=1777"]},
            {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": quiet},
            {"destination": "/run", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "mode=755"]},
        ],
        "linux": {
            "namespaces": [{"type": t} for t in ("user", "mount", "pid", "network", "uts", "ipc", "cgroup")],
            "uidMappings": ids, "gidMappings": ids,
            "maskedPaths": ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                            "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sysrq-trigger"],
            "seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
                        "syscalls": [{"names": denied, "action": "SCMP_ACT_ERRNO"}]},
        },
    }


# ---- the image: busy's, with our init under the name of one that is known to stay

def make_image():
    work = FS + "/image"
    os.mkdir(work)
    sh("tar", "-C", work, "-xJf", BUILD + "/images/busy.tar.xz")
    os.mkdir(work + "/rootfs/bench")
    shutil.copy(BUILD + "/bench/init", work + "/rootfs/bench/busybox")
    os.unlink(work + "/rootfs/sbin/init")
    os.symlink("../bench/busybox", work + "/rootfs/sbin/init")
    sh("tar", "-C", work, "-cf", FS + "/bench.tar", "metadata.yaml", "rootfs")
    shutil.rmtree(work)
    sh(LXCBOX, "image", "import", FS + "/bench.tar", "--alias", "bench")
    layers = FS + "/state/layers/"
    return [layers + n + "/rootfs" for n in os.listdir(layers) if not n.startswith(".")][0]


# ---- the table

class Table:
    head = ("what", "lxcbox", "floor", "crun", "runc", "others", "ratio", "goal", "ok?")

    def __init__(self):
        self.rows = []
        self.missed = 0

    def add(self, what, values, ratio, goal, good, others=""):
        """GOOD: None where there is no goal."""
        self.missed += good is False
        shown = [values.get(n, "-") for n in ("lxcbox", "floor", "crun", "runc")]
        self.rows.append([what] + shown + [others, ratio, goal, "" if good is None else "ok" if good else "OVER"])
        print(".", end="", file=sys.stderr, flush=True)

    def at_most(self, what, values, mine, other, most, others="", against=""):
        """Ratio of two figures; OTHER may be missing."""
        if other is None:
            self.add(what, values, "-", "<= %.2g x %s" % (most, against), None, others or "missing")
            return
        self.add(what, values, "%.2f" % (mine / other), "<= %.2g x %s" % (most, against), mine / other <= most, others)

    def print(self):
        rows = [list(self.head)] + self.rows
        width = [max(len(str(r[i])) for r in rows) for i in range(len(self.head))]
        print(file=sys.stderr)
        for i, r in enumerate(rows):
            print(" | ".join(str(c).ljust(w) for c, w in zip(r, width)).rstrip())
            if i == 0:
                print("-|-".join("-" * w for w in width))


def ms(ns):
    return "%.2f ms" % (ns / MS) if ns < 100 * MS else "%.0f ms" % (ns / MS)


def shown(figures):
    return {n: ms(v) for n, v in figures.items()}


def median(values):
    return statistics.median(values)


# ---- the groups of rows

class Bench:
    def __init__(self):
        self.table = Table()
        layer = make_image()
        sh(LXCBOX, "launch", "bench", "base", "-q")
        self.box = Lxcbox()
        self.floor = Floor(layer, FS + "/state/instances/base/seccomp")
        self.runtimes = [self.box, self.floor]
        for name in ("crun", "runc"):
            if shutil.which(name):
                self.runtimes.append(Oci(name))
        if shutil.which("lxc-start"):
            self.runtimes.append(Lxc())
        self.runtimes = [r for r in self.runtimes if self.works(r)]

    def works(self, runtime):
        """A peer that cannot start here (a layout of control groups that it does not know, ...) is missing; we are not."""
        try:
            self.once(runtime, "try")
            return True
        except RuntimeError as e:
            if runtime in (self.box, self.floor):
                raise
            print("bench: %s does not start here: %s" % (runtime.name, str(e).strip().splitlines()[-1]), file=sys.stderr)
            return False
        finally:
            runtime.delete("try")

    def once(self, runtime, name):
        """From the start of the command to init's first instruction, and to the command's end."""
        done, stamp = runtime.launch(name)
        return read_stamp(stamp) - done.start, done.taken()

    # -- launch, exec: all in turn

    def rounds(self, n, rest_ms):
        launched, ended, executed = {}, {}, {}
        for i in range(n):
            for r in self.runtimes:
                time.sleep(rest_ms / 1000)
                first, end = self.once(r, "c%d" % i)
                launched.setdefault(r.name, []).append(first)
                ended.setdefault(r.name, []).append(end)
                time.sleep(rest_ms / 1000)
                r.exec("c%d" % i, "/bin/true")  # the first one makes a control group
                for _ in range(1 if rest_ms else 4):
                    time.sleep(rest_ms / 1000)
                    executed.setdefault(r.name, []).append(r.exec("c%d" % i, "/bin/true").taken())
                if r is self.box:
                    pid = r.pid("c%d" % i)
                    time.sleep(rest_ms / 1000)
                    executed.setdefault("nsenter", []).append(Timed("nsenter", "-a", "-t", pid, "/bin/true").taken())
                r.delete("c%d" % i)
        return [{k: median(v) for k, v in d.items()} for d in (launched, ended, executed)]

    def launch(self):
        t = self.table
        launched, ended, executed = self.rounds(15 if QUICK else 60, 0)
        start = {"lxcbox": median([Timed(LXCBOX, "version").taken() for _ in range(20)]),
                 "floor": median([Timed(FLOOR, "start").taken() for _ in range(20)])}
        t.add("process start", shown(start), "%.2f" % (start["lxcbox"] / start["floor"]), "", None)
        others = "lxc " + ms(launched["lxc"]) if "lxc" in launched else "lxc missing"
        for other, most in (("floor", 1.5), ("crun", 0.8), ("runc", 0.3)):
            t.at_most("launch to init's first instruction", shown(launched), launched["lxcbox"], launched.get(other), most, others, other)
        t.add("launch to the command's end", shown(ended), "%.2f" % (ended["lxcbox"] / ended["floor"]), "", None,
              "lxc " + ms(ended["lxc"]) if "lxc" in ended else "")
        others = "nsenter " + ms(executed["nsenter"])
        t.at_most("exec /bin/true", shown(executed), executed["lxcbox"], executed["floor"], 1.5, others, "floor")
        t.at_most("exec /bin/true", shown(executed), executed["lxcbox"], executed["nsenter"], 1.0, others, "nsenter -a")

    def rest(self):
        t = self.table
        launched, _, executed = self.rounds(5 if QUICK else 20, 100)
        others = "lxc " + ms(launched["lxc"]) if "lxc" in launched else "lxc missing"
        t.at_most("launch after 100 ms of rest", shown(launched), launched["lxcbox"], launched.get("crun"), 0.4, others, "crun")
        t.at_most("exec after 100 ms of rest", shown(executed), executed["lxcbox"], executed.get("crun"), 0.1,
                  "nsenter " + ms(executed["nsenter"]), "crun")

    # -- throughput

    def cat(self):
        busybox = self.floor.layer + "/bin/busybox"
        self.box.exec("base", "/bin/truncate", "-s", "1G", "/big")
        big = FS + "/state/instances/base/rw/upper/big"
        through = "%s exec base -- cat /big | %s cat >/dev/null" % (LXCBOX, busybox)
        plain = "%s cat %s | %s cat >/dev/null" % (busybox, big, busybox)
        took = {through: [], plain: []}
        for _ in range(4 if QUICK else 10):
            for command in took:
                took[command].append(Timed("/bin/sh", "-c", command).taken())
        self.box.exec("base", "/bin/rm", "/big")
        mine, other = [(1 << 30) / median(took[c][1:]) for c in (through, plain)]
        self.table.add("cat of 1 GiB through exec", {"lxcbox": "%.2f GB/s" % mine}, "%.2f" % (mine / other), ">= 0.9 x pipe", mine >= 0.9 * other,
                       "pipe %.2f GB/s" % other)

    # -- stop

    def stop(self):
        took, start = {}, []
        for i in range(5 if QUICK else 20):
            for r in (self.box, self.floor):
                _, stamp = r.launch("s%d" % i)
                read_stamp(stamp)
                r.exec("s%d" % i, "/bin/dd", "if=/dev/zero", "of=/file", "bs=1M", "count=8")
                took.setdefault(r.name, []).append(r.stop("s%d" % i).taken())
                start.append(Timed(FLOOR, "start").taken())
                r.delete("s%d" % i)
        took = {k: median(v) for k, v in took.items()}
        above = took["lxcbox"] - median(start)
        self.table.add("stop -f after writing 8 MiB", shown(took), "+%.2f ms" % (above / MS), "<= process + 2 ms", above <= 2 * MS,
                       "process " + ms(median(start)))

    # -- import

    def imports(self):
        meta, root = BUILD + "/images/deb-meta.tar.gz", BUILD + "/images/deb-root.tar.gz"
        with open(FS + "/root.tar.xz", "wb") as out:
            gz = subprocess.Popen(["gzip", "-dc", root], stdout=subprocess.PIPE)
            subprocess.run(["xz", "-T2", "-2"], stdin=gz.stdout, stdout=out, check=True)
            gz.stdout.close()
            gz.wait()
        for kind, file in (("gz", root), ("xz", FS + "/root.tar.xz")):
            mine, tar, synced = [], [], []
            for _ in range(2 if QUICK else 5):
                sh("sync", "-f", FS)
                mine.append(Timed(LXCBOX, "image", "import", meta, file, "--alias", "deb").taken())
                sh(LXCBOX, "image", "delete", "deb")
                os.mkdir(FS + "/tar")
                sh("sync", "-f", FS)
                tar.append(Timed("tar", "-C", FS + "/tar", "--numeric-owner", "-xpf", file).taken())
                synced.append(tar[-1] + Timed("sync", "-f", FS).taken())
                shutil.rmtree(FS + "/tar")
            mine, tar, synced = median(mine), median(tar), median(synced)
            self.table.at_most("image import of Debian, " + kind, shown({"lxcbox": mine}), mine, synced, 1.1, "tar + sync " + ms(synced), "tar + sync")
            self.table.at_most("image import of Debian, " + kind, shown({"lxcbox": mine}), mine, tar, 1.1, "tar " + ms(tar), "tar")
        os.unlink(FS + "/root.tar.xz")

    # -- many

    def many(self):
        t = self.table
        names = ["m%d" % i for i in range(1000)]
        for name in names:
            sh(LXCBOX, "init", "bench", name, "-q")
        took = median([Timed(LXCBOX, "list", "-f", "csv").taken() for _ in range(10)])
        t.add("list with 1000 stopped", shown({"lxcbox": took}), "", "<= 30 ms", took <= 30 * MS)
        sh(LXCBOX, "delete", *names)

    def later(self):
        n, few = (150, 10) if QUICK else (500, 40)
        first, last = [], []
        for i in range(n):
            took, _ = self.once(self.box, "n%d" % i)
            if i < few:
                first.append(took)
            elif i >= n - few:
                last.append(took)
        base = median([self.once(self.floor, "f%d" % i)[0] for i in range(few)])
        for i in range(few):
            self.floor.delete("f%d" % i)
        sh(LXCBOX, "delete", "-f", *["n%d" % i for i in range(n)])
        self.table.at_most("launch number %d" % n, shown({"lxcbox": median(last), "floor": base}), median(last), median(first), 1.2,
                           "first ones " + ms(median(first)), "the first")

    def parallel(self):
        row, both = [], []
        for i in range(4 if QUICK else 12):
            names = ["p%d" % k for k in range(8)]
            began = time.monotonic_ns()
            for name in names:
                sh(LXCBOX, "launch", "bench", name, "-q")
            row.append(time.monotonic_ns() - began)
            sh(LXCBOX, "delete", "-f", *names)
            began = time.monotonic_ns()
            all_of_them = [subprocess.Popen([LXCBOX, "launch", "bench", n, "-q"], stdin=subprocess.DEVNULL) for n in names]
            if any([p.wait() for p in all_of_them]):
                raise RuntimeError("a launch beside others failed")
            both.append(time.monotonic_ns() - began)
            sh(LXCBOX, "delete", "-f", *names)
        self.table.at_most("8 launches at once", shown({"lxcbox": median(both)}), median(both), median(row), 0.7,
                           "in a row " + ms(median(row)), "8 in a row")

    # -- memory, wake-ups, size

    def memory(self):
        t = self.table
        names = ["w%d" % i for i in range(50)]
        for name in names:
            sh(LXCBOX, "launch", "bench", name, "-q")
        monitors = []
        for name in names:
            with open(FS + "/state/instances/%s/state" % name) as file:
                monitors.append(file.read().split()[4])
        time.sleep(0.5)
        before = sum(switches(p) for p in monitors)
        time.sleep(2)
        woken = sum(switches(p) for p in monitors) - before
        pss = [proc_field("/proc/%s/smaps_rollup" % p, "Pss:") for p in monitors]
        sh(LXCBOX, "delete", "-f", *names)
        t.add("memory of a monitor (PSS), 50 running", {"lxcbox": "%.0f KiB" % median(pss)}, "", "<= 100 KiB", median(pss) <= 100)
        t.add("wake-ups of 50 idle monitors in 2 s", {"lxcbox": str(woken)}, "", "0", woken == 0)

    def size(self):
        size = os.stat(LXCBOX).st_size
        self.table.add("size of the program", {"lxcbox": "%.2f MB" % (size / 1e6)}, "", "<= 1.0 MB", size <= 1000000)

    groups = (launch, rest, cat, stop, imports, parallel, memory, size, later, many)

    def run(self):
        for group in self.groups:
            if not ONLY or group.__name__ in ONLY:
                group(self)


def proc_field(path, key):
    with open(path) as file:
        for line in file:
            if line.startswith(key):
                return int(line.split()[1])
    return 0


def switches(pid):
    return proc_field("/proc/%s/status" % pid, "voluntary_ctxt_switches:")


# ---- the end: nothing stays, whatever happened

def clean_up(bench):
    for runtime in bench.runtimes if bench else []:
        if isinstance(runtime, Floor):
            for name in list(runtime.pids):
                runtime.delete(name)
        elif isinstance(runtime, Oci):
            for line in sh(*runtime.front, "list", "-q", check=False).split():
                runtime.delete(line)
        elif isinstance(runtime, Lxc):
            runtime.delete("lxcbox-bench")
    names = sh(LXCBOX, "list", "-f", "csv", "-c", "n", check=False).split()
    if names:
        sh(LXCBOX, "delete", "-f", *names, check=False)


def main():
    bench = None
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        bench = Bench()
        bench.run()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if bench:
            bench.table.print()
        clean_up(bench)
    return 0


sys.exit(main())
