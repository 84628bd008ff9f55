"""hostile_tars.py METADATA VICTIM TO - writes archives that attack, one each to TO/NAME, and "NAME EXPECTED" a line to stdout.

EXPECTED: an expression that the refusal matches, or "-": it is taken, and harmless. VICTIM is a directory outside with a file
v in it: what links of the archives lead to. Headers are made by hand: what is wrong in them, no library would write."""
import sys

metadata, victim, to = open(sys.argv[1], "rb").read(), sys.argv[2], sys.argv[3]


def number(value, n):
    """Octal, or base 256 for what does not fit or is negative."""
    if isinstance(value, bytes):
        return value.ljust(n, b"\0")
    if 0 <= value < 8 ** (n - 1):
        return b"%0*o\0" % (n - 1, value)
    return bytes([0xff if value < 0 else 0x80]) + (value % 256 ** (n - 1)).to_bytes(n - 1, "big")


def header(name, kind=b"0", link=b"", size=0, mode=0o644, uid=0, gid=0, mtime=1, major=0, minor=0, wrong_sum=0):
    h = bytearray(512)

    def put(at, n, value):
        h[at : at + n] = value[:n].ljust(n, b"\0")

    put(0, 100, name)
    put(100, 8, number(mode, 8))
    put(108, 8, number(uid, 8))
    put(116, 8, number(gid, 8))
    put(124, 12, number(size, 12))
    put(136, 12, number(mtime, 12))
    put(156, 1, kind)
    put(157, 100, link)
    put(257, 8, b"ustar\x0000")
    put(329, 8, number(major, 8))
    put(337, 8, number(minor, 8))
    put(148, 8, b" " * 8)
    put(148, 8, b"%06o\0 " % (sum(h) + wrong_sum))
    return bytes(h)


def padded(data):
    return data + bytes(-len(data) % 512)


def member(name, kind=b"0", link=b"", data=b"", **fields):
    fields.setdefault("size", len(data))
    return header(name, kind, link, **fields) + padded(data)


def record(key, value):
    rest = b" " + key + b"=" + value + b"\n"
    n = len(rest) + 1
    while len(b"%d" % n) + len(rest) != n:
        n += 1
    return b"%d" % n + rest


def pax(kind=b"x", **records):
    text = b"".join(record(k.replace("__", ".").encode(), v) for k, v in records.items())
    return member(b"pax", kind, data=text)


def symlink(name, target, **fields):
    return member(name, b"2", target, mode=0o777, **fields)


def hardlink(name, target, **fields):
    return member(name, b"1", target, **fields)


def directory(name, **fields):
    fields.setdefault("mode", 0o755)
    return member(name, b"5", **fields)


def xattr(name, value):
    return member(b"pax", b"x", data=record(b"SCHILY.xattr." + name, value))


V = victim.encode()
FILE = V + b"/v"
META = member(b"metadata.yaml", data=metadata)
START = META + directory(b"rootfs/")
OUT = symlink(b"rootfs/out", V)
BIG = 1 << 30
# attributes that would be noticed: the file's own are 0640, root's, of another day
STRANGE = {"mode": 0o6777, "uid": 1000, "gid": 1000, "mtime": 7}

whole = {  # those that begin otherwise
    "rootfs-link": (META + symlink(b"rootfs", V), "rootfs: not a directory"),
    "rootfs-link-then-file": (META + symlink(b"rootfs", V) + member(b"rootfs/evil"), "rootfs: not a directory"),
    "rootfs-file": (META + member(b"rootfs"), "rootfs: not a directory"),
    "rootfs-fifo": (META + member(b"rootfs", b"6"), "rootfs: not a directory"),
    "rootfs-hardlink": (META + hardlink(b"rootfs", b"metadata.yaml"), "rootfs: not a directory"),
    "metadata-link": (symlink(b"metadata.yaml", FILE) + directory(b"rootfs"), "metadata.yaml: not a regular file"),
    "metadata-fifo": (member(b"metadata.yaml", b"6") + directory(b"rootfs"), "metadata.yaml: not a regular file"),
    "metadata-device": (member(b"metadata.yaml", b"3", major=1, minor=5) + directory(b"rootfs"), "metadata.yaml: not a regular"),
    "metadata-below": (member(b"metadata.yaml/x") + directory(b"rootfs"), "metadata.yaml is a directory"),
    "root-entry-link": (symlink(b"./", V) + START, "-"),
    "root-entry-open": (directory(b"./", mode=0o777, uid=1000, gid=1000, mtime=7) + START, "-"),
    "root-entry-file": (member(b"./", data=b"x") + START, "-"),
}

refused = {
    # names
    "dotdot": (member(b"rootfs/../../../evil"), "Member name contains '..'"),
    "dotdot-first": (member(b"../evil"), "Member name contains '..'"),
    "dotdot-after-dot": (member(b"./../evil"), "Member name contains '..'"),
    "dotdot-alone": (directory(b"rootfs/.."), "Member name contains '..'"),
    "dotdot-other-tree": (member(b"other/../rootfs/x"), "Member name contains '..'"),
    "absolute": (member(V + b"/evil"), "absolute member name"),
    "absolute-slashes": (member(b"//" + V + b"/evil"), "absolute member name"),
    "name-empty": (member(b""), "a member has no name"),
    "component-256": (member(b"rootfs/" + b"a" * 92, b"L", data=b"") + member(b"long", b"L", data=b"rootfs/" + b"b" * 256 + b"\0")
                      + member(b"x"), "a name longer than 255 bytes"),
    "name-5000": (pax(path=b"rootfs/" + b"a/" * 2500) + member(b"x"), "damaged pax header: path"),
    "name-nul": (pax(path=b"rootfs/a\0b") + member(b"x"), "damaged pax header: path"),
    "name-terminal": (member(b"rootfs/\x1b[2J\n\x1b]0;x\a/../evil"), "Member name contains '..'"),
    "depth-600": (pax(path=b"rootfs/" + b"d/" * 600 + b"f") + member(b"x"), "directories deeper than 512"),
    # links in the way
    "link-then-file": (OUT + member(b"rootfs/out/evil"), "rootfs/out: not a directory"),
    "link-then-overwrite": (OUT + member(b"rootfs/out/v", data=b"evil"), "rootfs/out: not a directory"),
    "link-then-dir": (OUT + directory(b"rootfs/out", **STRANGE), "rootfs/out: not a directory"),
    "link-then-dir-below": (OUT + directory(b"rootfs/out/evil"), "rootfs/out: not a directory"),
    "link-then-device": (OUT + member(b"rootfs/out/evil", b"3", major=1, minor=3), "rootfs/out: not a directory"),
    "link-relative": (symlink(b"rootfs/out", b"../" * 20 + V[1:]) + member(b"rootfs/out/evil"), "rootfs/out: not a directory"),
    "link-inside": (directory(b"rootfs/d") + symlink(b"rootfs/out", b"d") + member(b"rootfs/out/x"), "rootfs/out: not a directory"),
    "link-chain": (symlink(b"rootfs/a", b"b") + symlink(b"rootfs/b", V) + member(b"rootfs/a/evil"), "rootfs/a: not a directory"),
    "link-loop": (symlink(b"rootfs/a", b"a") + member(b"rootfs/a/x"), "rootfs/a: not a directory"),
    "link-over-dir": (directory(b"rootfs/d") + symlink(b"rootfs/d", V) + member(b"rootfs/d/evil"), "a directory is already"),
    "link-empty": (symlink(b"rootfs/l", b""), "rootfs/l"),
    "link-5000": (pax(linkpath=b"/" * 5000) + symlink(b"rootfs/l", b"x"), "damaged pax header: linkpath"),
    "link-nul": (pax(linkpath=b"a\0b") + symlink(b"rootfs/l", b"x"), "damaged pax header: linkpath"),
    "templates-link": (symlink(b"templates", V) + member(b"templates/evil"), "templates: not a directory"),
    "template-link": (symlink(b"templates/t.tpl", FILE), "neither a file nor a directory"),
    "template-device": (member(b"templates/t.tpl", b"4", major=8), "neither a file nor a directory"),
    # hard links
    "hardlink-absolute": (hardlink(b"rootfs/x", FILE), "absolute member name"),
    "hardlink-dotdot": (hardlink(b"rootfs/x", b"rootfs/" + b"../" * 20 + FILE[1:]), "Member name contains '..'"),
    "hardlink-through-link": (OUT + hardlink(b"rootfs/x", b"rootfs/out/v"), "rootfs/x: hard link"),
    "hardlink-below-link": (OUT + member(b"rootfs/f") + hardlink(b"rootfs/out/evil", b"rootfs/f"), "rootfs/out: not a directory"),
    "hardlink-to-dir": (directory(b"rootfs/d") + hardlink(b"rootfs/x", b"rootfs/d"), "which is no file"),
    "hardlink-to-metadata": (hardlink(b"rootfs/x", b"metadata.yaml"), "out of its tree"),
    "hardlink-into-templates": (member(b"rootfs/x") + hardlink(b"templates/x", b"rootfs/x"), "out of its tree"),
    "hardlink-to-later": (hardlink(b"rootfs/x", b"rootfs/y") + member(b"rootfs/y"), "hard link to rootfs/y"),
    "hardlink-to-nothing": (hardlink(b"rootfs/x", b""), "a member has no name"),
    # the order and kind of members
    "metadata-twice": (META, "metadata.yaml is there twice"),
    "metadata-twice-dotted": (member(b"./metadata.yaml", data=metadata), "metadata.yaml is there twice"),
    "file-over-dir": (directory(b"rootfs/d") + member(b"rootfs/d"), "a directory is already"),
    "dir-over-file": (member(b"rootfs/d") + directory(b"rootfs/d"), "rootfs/d: not a directory"),
    "below-file": (member(b"rootfs/f") + member(b"rootfs/f/x"), "rootfs/f: not a directory"),
    "below-fifo": (member(b"rootfs/f", b"6") + member(b"rootfs/f/x"), "rootfs/f: not a directory"),
    "volume": (member(b"rootfs/x", b"M"), "one volume of several"),
    # extended headers
    "pax-path-absolute": (pax(path=FILE) + member(b"rootfs/x", data=b"evil"), "absolute member name"),
    "pax-path-dotdot": (pax(path=b"rootfs/../../evil") + member(b"rootfs/x"), "Member name contains '..'"),
    "pax-path-below-link": (OUT + pax(path=b"rootfs/out/evil") + member(b"rootfs/x"), "rootfs/out: not a directory"),
    "pax-linkpath-outside": (member(b"rootfs/f") + pax(linkpath=FILE) + hardlink(b"rootfs/x", b"rootfs/f"), "absolute member name"),
    "pax-sparse-name": (pax(GNU__sparse__name=b"../evil", GNU__sparse__map=b"0,0") + member(b"rootfs/x"), "Member name contains '..'"),
    "pax-too-long": (member(b"pax", b"x", data=b"999999 path=rootfs/x\n") + member(b"x"), "damaged pax header"),
    "pax-too-short": (member(b"pax", b"x", data=b"3 path=rootfs/x\n") + member(b"x"), "damaged pax header"),
    "pax-no-length": (member(b"pax", b"x", data=b"path=rootfs/x\n") + member(b"x"), "damaged pax header"),
    "pax-size-negative": (pax(size=b"-512") + member(b"rootfs/x"), "damaged pax header: size"),
    "pax-size-too-large": (pax(size=b"9" * 30) + member(b"rootfs/x"), "damaged pax header: size"),
    "pax-uid-none": (pax(uid=b"4294967295") + member(b"rootfs/x"), "a number in its header"),
    "pax-mtime": (pax(mtime=b"9" * 40) + member(b"rootfs/x"), "damaged pax header: mtime"),
    "pax-1-gib": (member(b"pax", b"x", size=BIG), "an extended header is larger"),
    "pax-last": (pax(path=b"rootfs/x"), "cut short"),
    "long-name-1-gib": (member(b"L", b"L", size=BIG), "an extended header is larger"),
    "long-link-1-gib": (member(b"K", b"K", size=BIG), "an extended header is larger"),
    "long-name-dotdot": (member(b"L", b"L", data=b"rootfs/../../evil\0") + member(b"rootfs/x"), "Member name contains '..'"),
    "long-name-negative": (member(b"L", b"L", size=-1), "damaged header"),
    # numbers
    "size-negative": (member(b"rootfs/x", size=-512), "a number in its header"),
    "size-8-eib": (member(b"rootfs/x", size=(1 << 63) - 1), "larger than 16 TiB"),
    "size-of-dir": (directory(b"rootfs/d", size=BIG), "cut short"),
    "size-no-number": (member(b"rootfs/x", size=b"zzz"), "a number in its header"),
    "uid-negative": (member(b"rootfs/x", uid=-1), "a number in its header"),
    "uid-2-40": (member(b"rootfs/x", uid=1 << 40), "a number in its header"),
    "device-number": (member(b"rootfs/x", b"3", major=1 << 40), "a number in its header"),
    "checksum": (member(b"rootfs/x", wrong_sum=1), "a header is damaged"),
    "garbage": (b"\xff" * 512, "a header is damaged"),
    "sparse-beyond": (pax(GNU__sparse__map=b"0,512", GNU__sparse__size=b"10") + member(b"rootfs/x", data=bytes(512)), "damaged sparse map"),
    "sparse-overlap": (pax(GNU__sparse__map=b"0,8,4,8", GNU__sparse__size=b"20") + member(b"rootfs/x", data=bytes(512)), "damaged pax header"),
    "sparse-backwards": (pax(GNU__sparse__map=b"8,1,0,1", GNU__sparse__size=b"20") + member(b"rootfs/x", data=bytes(512)), "damaged pax header"),
    "sparse-8-eib": (pax(GNU__sparse__map=b"0,1", GNU__sparse__size=b"9223372036854775807") + member(b"rootfs/x", data=b"x"),
                     "larger than 16 TiB"),
    "sparse-count": (pax(GNU__sparse__major=b"1", GNU__sparse__minor=b"0", GNU__sparse__size=b"10")
                     + member(b"rootfs/x", data=b"4611686018427387904\n0\n1\n".ljust(512, b"\0")), "damaged sparse map|cut short"),
    # attributes
    "xattr-no-name": (xattr(b"", b"x") + member(b"rootfs/x"), "damaged pax header"),
    "xattr-200000": (b"".join(member(b"pax", b"x", data=b"".join(record(b"SCHILY.xattr.user.%d" % i, b"x") for i in range(j, j + 20000)))
                              for j in range(0, 200000, 20000)) + member(b"rootfs/x"), "extended attributes"),
    "xattr-70000": (xattr(b"user.x", b"x" * 70000) + member(b"rootfs/x"), "extended attributes"),
    "V29-link-then-dir": (OUT + xattr(b"user.evil", b"x") + directory(b"rootfs/out/", **STRANGE), "rootfs/out: not a directory"),
    "V29-link-then-parent": (OUT + xattr(b"user.evil", b"x") + member(b"rootfs/out/v", **STRANGE), "rootfs/out: not a directory"),
    "V29-dir-then-link": (directory(b"rootfs/d", **STRANGE) + symlink(b"rootfs/d", V), "a directory is already"),
}

taken = {
    "whiteouts": member(b"rootfs/.wh...") + member(b"rootfs/.wh..wh..opq") + member(b"rootfs/.wh.v") + member(b"rootfs/.wh."),
    "char-0-0": member(b"rootfs/v", b"3") + member(b"rootfs/d/v", b"3"),
    "overlay-xattrs": xattr(b"trusted.overlay.opaque", b"y") + directory(b"rootfs/d") + xattr(b"trusted.overlay.redirect", V)
    + directory(b"rootfs/e"),
    "devices": member(b"rootfs/dev/sda", b"4", major=8) + member(b"rootfs/dev/mem", b"3", major=1, minor=1, mode=0o666)
    + member(b"rootfs/dev/kmsg", b"3", major=1, minor=11),
    "setuid": member(b"rootfs/su", mode=0o6755, data=b"#!/bin/sh\n"),
    "odd-types": b"".join(member(b"rootfs/t%d" % t, bytes([t]), data=b"x") for t in (0, 55, 65, 90, 200, 255)),
    "other-trees": member(b"etc/passwd") + member(b"x", data=b"x") + symlink(b"y", V) + member(b"y/evil") + hardlink(b"z", FILE)
    + member(b"n", b"3", major=1, minor=3),
    "global-path": pax(b"g", path=b"../evil", linkpath=FILE, uid=b"1000") + member(b"rootfs/x"),
    "labels": member(b"volume", b"V") + member(b"names", b"N", data=b"x"),
    "duplicates": b"".join(member(b"rootfs/f", data=b"%d" % i) for i in range(100)),
    "file-link-file": member(b"rootfs/f", data=b"1") + symlink(b"rootfs/f", FILE) + member(b"rootfs/f", data=b"evil", **STRANGE),
    "fifo-link-fifo": member(b"rootfs/f", b"6") + symlink(b"rootfs/f", FILE) + member(b"rootfs/f", b"6", **STRANGE),
    "hardlink-to-itself": member(b"rootfs/f", data=b"x") + hardlink(b"rootfs/f", b"rootfs/f"),
    "hardlink-to-link": symlink(b"rootfs/l", FILE) + hardlink(b"rootfs/m", b"rootfs/l"),
    "link-loops": symlink(b"rootfs/a", b"b") + symlink(b"rootfs/b", b"a") + symlink(b"rootfs/c", b"c"),
    "odd-names": b"".join(member(b"rootfs/" + n) for n in (b"-rf", b"a b", b"\n", b"\xff\xfe", b"*", b"...", b"$(x)")),
    "slashes": member(b"rootfs//a///b/./c"),
    "size-of-link": symlink(b"rootfs/l", b"x", size=0) + hardlink(b"rootfs/x", b"rootfs/l", size=1 << 40),
    "pax-size-hides": pax(size=b"1024") + member(b"rootfs/x", size=0) + member(b"rootfs/../evil") + member(b"rootfs/y"),
    "pax-empty-path": pax(path=b"", linkpath=b"") + member(b"rootfs/x"),
    "V29-link": xattr(b"user.evil", b"x") + symlink(b"rootfs/l", FILE, uid=1000, gid=1000, mtime=7),
    "V29-link-capability": xattr(b"security.capability", bytes(20)) + symlink(b"rootfs/l", FILE),
    "V29-link-trusted": xattr(b"trusted.evil", b"x") + symlink(b"rootfs/l", FILE),
    "V29-link-acl": xattr(b"system.posix_acl_access", bytes.fromhex("0200000001000700ffffffff04000700ffffffff20000700ffffffff"))
    + symlink(b"rootfs/l", FILE),
    "V29-hardlink": symlink(b"rootfs/l", FILE) + xattr(b"user.evil", b"x") + hardlink(b"rootfs/m", b"rootfs/l", **STRANGE),
    "V29-file-over-link": symlink(b"rootfs/l", FILE) + xattr(b"user.evil", b"x") + member(b"rootfs/l", data=b"evil", **STRANGE),
    "V29-fifo-over-link": symlink(b"rootfs/l", FILE) + xattr(b"user.evil", b"x") + member(b"rootfs/l", b"6", **STRANGE),
    "V29-device-over-link": symlink(b"rootfs/l", FILE) + member(b"rootfs/l", b"3", major=1, minor=3, **STRANGE),
    "V29-link-over-file": member(b"rootfs/l", data=b"x", **STRANGE) + symlink(b"rootfs/l", FILE, uid=1000, mtime=7),
    "V29-template": member(b"templates/t", data=b"x", mode=0o6777, uid=1000),
}

END = bytes(1024)
out = [(name, bytes_, why) for name, (bytes_, why) in whole.items()]
out += [(name, START + bytes_, why) for name, (bytes_, why) in refused.items()]
out += [(name, START + bytes_, "-") for name, bytes_ in taken.items()]
for name, bytes_, why in out:
    with open(to + "/" + name, "wb") as f:
        f.write(bytes_ + END)
    print(name, why)
