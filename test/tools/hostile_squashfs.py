"""hostile_squashfs.py VICTIM TO - writes squashfs images that attack, one each to TO/NAME, and "NAME EXPECTED" a line to stdout.

As hostile_tars.py. Nothing in them is compressed, so each field is where one wants it; what is wrong, no mksquashfs would write."""
import struct
import sys
import zlib

victim, to = sys.argv[1].encode(), sys.argv[2]
DIR, FILE, LINK, BLOCK, CHAR, FIFO, SOCKET = range(1, 8)
NONE32, NONE64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
METADATA = 8192


class Node:
    """An inode. FIELDS that are given win over what follows from the rest."""

    def __init__(self, kind, children=(), target=b"", data=b"", **fields):
        self.kind, self.children, self.target, self.data, self.fields = kind, list(children), target, data, fields
        self.ref = self.at = self.number = self.listing_at = self.listing_n = 0


def file(data=b"", **fields):
    return Node(FILE, data=data, **fields)


def link(target, **fields):
    return Node(LINK, target=target, **fields)


def directory(*children, **fields):
    return Node(DIR, children, **fields)


def metadata(raw, packed=False):
    out = []
    for i in range(0, len(raw), METADATA):
        part = raw[i : i + METADATA]
        small = zlib.compress(part, 9) if packed else part
        out.append(struct.pack("<H", len(small)) + small if len(small) < len(part) else struct.pack("<H", len(part) | 0x8000) + part)
    return out


def place(blocks, pos):
    """(start of the block in its table, offset inside)"""
    index = pos // METADATA
    known = blocks[:index]
    return sum(map(len, known)) + (index - len(known)) * (METADATA + 2), pos % METADATA


def order(root):
    seen, out = set(), []

    def visit(n):
        if id(n) in seen:
            return
        seen.add(id(n))
        for _, child in n.children:
            visit(child)
        out.append(n)

    visit(root)
    return out


class Image:
    def __init__(self, tree, **overrides):
        self.tree, self.o = tree, overrides
        self.packed = overrides.get("packed", False)
        self.inodes, self.listings = [], []  # their blocks, of the pass before

    def inode(self, n, data_at):
        f = n.fields
        kind = f.get("type", n.kind)
        head = struct.pack("<HHHHII", kind, f.get("mode", 0o755), f.get("uid", 0), f.get("gid", 0), f.get("mtime", 1),
                           f.get("number", n.number))
        if n.kind == DIR:
            start, offset = place(self.listings, n.listing_at)
            size = f.get("size", n.listing_n + 3)
            offset, start = f.get("offset", offset), f.get("start", start)
            if kind == 8:
                return head + struct.pack("<IIIIHHI", 2, size, start, 1, 0, offset, f.get("xattr", NONE32))
            return head + struct.pack("<IIHHI", start, 2, size, offset, 1)
        if n.kind == FILE:
            blocks = f.get("blocks", [len(n.data) | 1 << 24] if n.data else [])
            start, size = f.get("start", data_at), f.get("size", len(n.data))
            fragment, offset = f.get("fragment", NONE32), f.get("offset", 0)
            tail = b"".join(struct.pack("<I", b) for b in blocks)
            if kind == 9:
                return head + struct.pack("<QQQIIII", start, size, 0, f.get("nlink", 1), fragment, offset, f.get("xattr", NONE32)) + tail
            return head + struct.pack("<IIII", start, fragment, offset, size) + tail
        if n.kind == LINK:
            return head + struct.pack("<II", f.get("nlink", 1), f.get("size", len(n.target))) + n.target
        if n.kind in (BLOCK, CHAR):
            return head + struct.pack("<II", f.get("nlink", 1), f.get("rdev", 0x800))
        return head + struct.pack("<I", f.get("nlink", 1))

    def listing(self, n):
        out = b""
        for name, child in n.children:
            f = n.fields
            start = f.get("inode_start", child.ref >> 16)
            out += struct.pack("<III", f.get("count", 0), start, child.number)
            out += struct.pack("<HhHH", child.ref & 0xFFFF, 0, child.kind, f.get("name_n", len(name) - 1)) + name
        return out

    def bytes(self):
        o, nodes = self.o, order(self.tree)
        for _ in range(3 if self.packed else 2):  # once more with the places that are known then
            data, inodes, listings = b"", b"", b""
            for i, n in enumerate(nodes):
                n.number = i + 1
                other = n.fields.get("listing_of")
                listing = b"" if other else self.listing(n)
                n.listing_at, n.listing_n = (other.listing_at, other.listing_n) if other else (len(listings), len(listing))
                listings += listing
            for n in nodes:
                start, offset = place(self.inodes, len(inodes))
                n.ref = start << 16 | offset
                inodes += self.inode(n, 96 + len(data))
                data += n.data
            self.inodes, self.listings = metadata(inodes, self.packed), metadata(listings, self.packed)
        out = bytearray(96) + data + o.get("extra", b"")
        at = {}

        def table(name, raw):
            at[name] = len(out)
            out.extend(raw)

        table("inodes", b"".join(self.inodes))
        table("listings", b"".join(self.listings))
        fragments = o.get("fragments", [])
        raw = b"".join(metadata(b"".join(struct.pack("<QII", s, n, 0) for s, n in fragments)))
        table("fragment_blocks", raw)
        table("fragments", struct.pack("<Q", at["fragment_blocks"]))
        table("id_blocks", b"".join(metadata(struct.pack("<I", o.get("id", 0)))))
        table("ids", struct.pack("<Q", o.get("id_block", at["id_blocks"])))
        xattrs = NONE64
        if "xattr_bytes" in o:
            table("xattr_data", b"".join(metadata(o["xattr_bytes"])))
            table("xattr_items", b"".join(metadata(struct.pack("<QII", o.get("xattr_ref", 0), o.get("xattr_count", 1), len(o["xattr_bytes"])))))
            table("xattr_head", struct.pack("<QIIQ", o.get("xattr_table", at["xattr_data"]), o.get("xattr_ids", 1), 0,
                                            o.get("xattr_item_block", at["xattr_items"])))
            xattrs = at["xattr_head"]
        out[:96] = struct.pack("<IIIIIHHHHHHQQQQQQQQ", o.get("magic", 0x73717368), o.get("n_inodes", len(nodes)), 1,
                               o.get("block_size", 131072), o.get("n_fragments", len(fragments)), o.get("compression", 1),
                               o.get("block_log", 17), 0, o.get("n_ids", 1), o.get("major", 4), 0, o.get("root", self.tree.ref),
                               o.get("used", len(out)), o.get("ids", at["ids"]), o.get("xattrs", xattrs), o.get("inode_table", at["inodes"]),
                               o.get("listing_table", at["listings"]), o.get("fragment_table", at["fragments"]), NONE64)
        return bytes(out)


def chain(n):
    d = directory()
    for _ in range(n):
        d = directory((b"d", d), type=8)
    return d


def loop_to_itself():
    d = directory()
    d.children.append((b"again", d))
    return directory((b"d", d))


def loop_to_root():
    d = directory()
    root = directory((b"d", d))
    d.children.append((b"root", root))
    return root


def one(node, **overrides):
    return Image(directory((b"f", node)), **overrides)


def many_sockets():
    """A listing of 300, in 4000 directories."""
    first = directory(*((b"%03d" % i, Node(SOCKET)) for i in range(300)))
    return directory((b"0", first), *((b"1%04d" % i, directory(listing_of=first)) for i in range(4000)), type=8)


def many_holes():
    """128 GiB of nothing, under 2000 names."""
    hole = file(type=9, size=1 << 37, blocks=[0] * (1 << 20))
    return directory(*((b"%04d" % i, hole) for i in range(2000)), type=8)


shared, twice = directory(), file(b"x", type=9, nlink=2)
user_a = struct.pack("<HH", 0, 1) + b"a" + struct.pack("<I", 1) + b"1"
with_xattr = {"type": 9, "xattr": 0}
BAD = "damaged squashfs image"
STRANGE = {"mode": 0o6777, "mtime": 7}

images = {
    "good": (one(file(b"text")), "-"),
    # V29, V30: names
    "duplicate-files": (Image(directory((b"a", file(b"1")), (b"a", file(b"2")))), "a name"),
    "link-and-file": (Image(directory((b"a", link(victim)), (b"a", file(b"evil")))), "a name"),
    "link-and-directory": (Image(directory((b"a", link(victim)), (b"a", directory((b"v", file(b"evil")))))), "a name"),
    "file-and-link": (Image(directory((b"a", file(b"x", **STRANGE)), (b"a", link(victim + b"/v")))), "a name"),
    "unsorted": (Image(directory((b"b", file()), (b"a", file()))), "a name"),
    "dotdot": (Image(directory((b"..", directory((b"evil", file(b"x")))))), "a name"),
    "dot": (Image(directory((b".", directory()))), "a name"),
    "slash": (Image(directory((b"../../evil", file(b"x")))), "a name"),
    "absolute": (Image(directory((victim + b"/evil", file(b"x")))), "a name"),
    "nul": (Image(directory((b"a\0b", file(b"x")))), "a name"),
    "name-256": (Image(directory((b"n" * 256, file(b"x")))), "longer than 255 bytes"),
    "name-65536": (Image(directory((b"n", file(b"x")), name_n=65535)), "a name"),
    "metadata-link": (Image(directory((b"metadata.yaml", link(victim + b"/v")))), "-"),
    "rootfs-inside": (Image(directory((b"rootfs", link(victim)))), "a unified image"),
    # links
    "V29-link": (one(link(victim + b"/v", **STRANGE)), "-"),
    "V29-hardlink-to-link": ((lambda l: Image(directory((b"a", l), (b"b", l))))(link(victim + b"/v", nlink=2, **STRANGE)), "-"),
    "link-empty": (one(link(b"")), "a symbolic link"),
    "link-1-gib": (one(link(b"x", size=1 << 30)), "a symbolic link"),
    "link-nul": (one(link(b"a\0b")), "a symbolic link"),
    "link-as-directory": (Image(directory((b"d", link(victim)), (b"d2", file()))), "-"),
    "hardlink": (Image(directory((b"a", twice), (b"b", twice))), "-"),
    "hardlink-number-shared": (Image(directory((b"a", file(b"1", type=9, nlink=2, number=1)), (b"b", file(b"2", type=9, nlink=2, number=1)))),
                               "-"),
    # directories
    "loop-to-itself": (Image(loop_to_itself()), "a directory in two places"),
    "loop-to-root": (Image(loop_to_root()), "a directory in two places"),
    "directory-twice": (Image(directory((b"a", shared), (b"b", shared))), "a directory in two places"),
    "directory-number-shared": (Image(directory((b"a", directory(number=1)), (b"b", directory(number=1)))), "a directory in two places"),
    "depth-600": (Image(chain(600)), "directories deeper than 512"),
    "depth-400": (Image(chain(400)), "-"),
    "root-is-file": (Image(file(b"x")), "its root is no directory"),
    "root-is-link": (Image(link(victim)), "its root is no directory"),
    "root-out-of-range": (Image(directory(), root=1 << 40), BAD),
    "root-offset": (Image(directory(), root=9000), "a reference"),
    "root-overflow": (Image(directory(), root=NONE64), BAD),
    "listing-beyond": (Image(directory((b"a", file()), size=60000)), BAD),
    "listing-4-gib": (Image(directory((b"a", file()), type=8, size=NONE32)), BAD),
    "listing-0": (Image(directory(size=0)), "a directory"),
    "listing-cut": (Image(directory((b"a", file()), size=10)), "a directory"),
    "listing-start": (Image(directory((b"a", file()), start=1 << 31)), BAD),
    "listing-offset": (Image(directory((b"a", file()), offset=8000)), BAD),
    "listing-count": (Image(directory((b"a", file()), count=NONE32)), "a directory"),
    "listing-count-255": (Image(directory((b"a", file()), count=255)), BAD),
    "listing-inode": (Image(directory((b"a", file()), inode_start=1 << 31)), BAD),
    # inodes
    "type-0": (one(file(type=0)), "a type"),
    "type-99": (one(file(type=99)), "a type"),
    "type-of-link-is-file": (one(link(b"x" * 40, type=2)), "-|" + BAD),
    "number": (one(file(number=1 << 31)), "an inode number"),
    "owner": (one(file(uid=7)), "an owner"),
    "owner-none": (one(file(), id=NONE32), "an owner"),
    "no-ids": (one(file(), n_ids=0), "an owner"),
    "char-0-0": (one(Node(CHAR, rdev=0)), "-"),
    "device": (one(Node(BLOCK)), "-"),
    # data
    "block-beyond": (one(file(b"x", start=1 << 31)), "behind its end"),
    "block-huge": (one(file(b"x", blocks=[(1 << 24) - 1])), "a block's size"),
    "block-larger": (one(file(b"x", blocks=[131073 | 1 << 24])), "a block's size"),
    "block-short": (one(file(b"x", size=2)), "a data block"),
    "block-garbage": (one(file(b"garbage", blocks=[7])), "a compressed block"),
    "size-8-eib": (one(file(type=9, size=(1 << 63) - 1)), "larger than 16 TiB"),
    "size-2-64": (one(file(type=9, size=NONE64)), "larger than 16 TiB"),
    "holes-16-tib": (one(file(type=9, size=1 << 44, blocks=[0] * 100)), BAD),
    "fragment-index": (one(file(fragment=5, size=10)), "a fragment's index"),
    "fragment-beyond": (one(file(fragment=0, size=10), fragments=[(1 << 40, 10 | 1 << 24)]), "behind its end"),
    "fragment-overflow": (one(file(fragment=0, size=10), fragments=[(NONE64, 10 | 1 << 24)]), "behind its end"),
    "fragment-huge": (one(file(fragment=0, size=10), fragments=[(96, 131073 | 1 << 24)]), "a block's size"),
    "fragment-empty": (one(file(fragment=0, size=10), fragments=[(96, 0)]), "a block's size"),
    "fragment-offset": (one(file(fragment=0, size=10, offset=NONE32), fragments=[(96, 10 | 1 << 24)], extra=bytes(10)), "a fragment"),
    "fragment-count": (one(file(fragment=1 << 30, size=10), n_fragments=NONE32), BAD),
    "fragment-table": (one(file(fragment=0, size=10), n_fragments=1, fragment_table=NONE64), BAD),
    "V32-holes": (Image(many_holes(), packed=True), "too many blocks, most of them holes"),
    "V32-sockets": (Image(many_sockets(), packed=True), "more than 1000000 sockets"),
    # tables
    "ids-beyond": (one(file(), ids=1 << 40), "behind its end"),
    "ids-none": (one(file(), ids=NONE64), "behind its end"),
    "id-block": (one(file(), id_block=1 << 40), "behind its end"),
    "ids-65535": (one(file(), n_ids=65535), BAD),
    "inodes-beyond": (one(file(), inode_table=1 << 40), "behind its end"),
    "inodes-none": (one(file(), inode_table=NONE64), BAD),
    "inodes-in-superblock": (one(file(), inode_table=0), BAD),
    "listings-beyond": (one(file(), listing_table=1 << 40), "behind its end"),
    "listings-none": (one(file(), listing_table=NONE64), BAD),
    "xattr-good": (one(file(b"x", **with_xattr), xattr_bytes=user_a), "-"),
    "xattr-index": (one(file(b"x", type=9, xattr=7), xattr_bytes=user_a), "an attribute's index"),
    "xattr-no-table": (one(file(b"x", **with_xattr)), "an attribute's index"),
    "xattr-beyond": (one(file(b"x", **with_xattr), xattrs=1 << 40), "behind its end"),
    "xattr-data-beyond": (one(file(b"x", **with_xattr), xattr_bytes=user_a, xattr_table=1 << 40), "behind its end"),
    "xattr-item-beyond": (one(file(b"x", **with_xattr), xattr_bytes=user_a, xattr_item_block=1 << 40), "behind its end"),
    "xattr-ref": (one(file(b"x", **with_xattr), xattr_bytes=user_a, xattr_ref=NONE64), BAD),
    "xattr-count": (one(file(b"x", **with_xattr), xattr_bytes=user_a, xattr_count=NONE32), "more than 1024 extended attributes"),
    "xattr-namespace": (one(file(b"x", **with_xattr), xattr_bytes=struct.pack("<HH", 9, 1) + user_a[4:]), "an attribute's namespace"),
    "xattr-value-4-gib": (one(file(b"x", **with_xattr), xattr_bytes=user_a[:5] + struct.pack("<I", NONE32)), "64 KiB of extended attributes"),
    "xattr-elsewhere": (one(file(b"x", **with_xattr), xattr_bytes=struct.pack("<HH", 0x100, 1) + b"a" + struct.pack("<IQ", 8, NONE64)), BAD),
    # the superblock
    "inodes-4-gib": (one(file(), n_inodes=NONE32), "more than 1000000 files"),
    "inodes-0": (one(file(), n_inodes=0), "an inode number"),
    "block-size-1-gib": (one(file(), block_size=1 << 30, block_log=30), "its block size"),
    "block-size-0": (one(file(), block_size=0, block_log=0), "its block size"),
    "block-size-differs": (one(file(), block_size=131072, block_log=16), "its block size"),
    "block-log-huge": (one(file(), block_log=65535), "its block size"),
    "compression-0": (one(file(), compression=0), "its compression"),
    "compression-lz4": (one(file(), compression=5), "lz4: only gzip, xz and zstd"),
    "compression-99": (one(file(), compression=99), "its compression"),
    "version-3": (one(file(), major=3), "only 4.0 can be read"),
    "used-more": (one(file(), used=1 << 40), "cut short"),
    "used-0": (one(file(), used=0), BAD),
    "used-less": (one(file(b"x"), used=120), BAD),
}

for name, (image, why) in images.items():
    with open(to + "/" + name, "wb") as f:
        f.write(image.bytes())
    print(name, why)
