"""bombs.py METADATA TO - writes archives that ask for far more than they are, one each to TO/NAME, and "NAME EXPECTED" a line to
stdout: an expression that the refusal matches."""
import bz2
import gzip
import lzma
import subprocess
import sys
import tarfile
import zlib

metadata, to = open(sys.argv[1], "rb").read(), sys.argv[2]
MIB = 1 << 20


def header(name, size=0, kind=tarfile.REGTYPE, pax=None):
    t = tarfile.TarInfo(name)
    t.size, t.type = size, kind
    t.pax_headers = pax or {}
    return t.tobuf(tarfile.PAX_FORMAT)


def member(name, data):
    return header(name, len(data)) + data + bytes(-len(data) % 512)


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


def emit(name, data, why):
    with open(to + "/" + name, "wb") as f:
        f.write(data)
    print(name, why)


START = member("metadata.yaml", metadata) + header("rootfs", kind=tarfile.DIRTYPE)
packers = {"gz": lambda d: gzip.compress(d, 9), "xz": lzma.compress, "zst": zstd, "bz2": bz2.compress}

# 100 GB of zeros in a file that is not written, by each decoder; and in one that is. A stream follows the other.
for name, pack in packers.items():
    emit("zeros-" + name, pack(START + header("other", 100_000 * MIB)) + pack(bytes(16 * MIB)) * 100, "inflates to more than 1 GiB")
emit("zeros-written", zstd(START + header("rootfs/f", 100_000 * MIB)) + zstd(bytes(16 * MIB)) * 100, "more than 1 GiB")
emit("zeros-metadata", gzip.compress(header("metadata.yaml", 1 << 30)) + gzip.compress(bytes(64 * MIB)) * 16, "metadata.yaml: larger than 1 MiB")
emit("zeros-behind", gzip.compress(START + bytes(1024) + b"x" * 512) + gzip.compress(bytes(16 * MIB)) * 6000, "-")

# decoders that want memory
frame = b"\x28\xb5\x2f\xfd" + bytes([0, 21 << 3]) + b"\x01\0\0"  # a window of 2 GiB; then an empty last block
emit("zstd-long-31", frame, "zstd: needs more than 128 MiB of memory")
xz = bytearray(lzma.compress(START + bytes(1024), filters=[{"id": lzma.FILTER_LZMA2, "dict_size": MIB}]))
end = 12 + (xz[12] + 1) * 4
at = xz.index(b"\x21\x01", 12) + 2
xz[at] = 40  # a dictionary of 4 GiB
xz[end - 4 : end] = zlib.crc32(xz[12 : end - 4]).to_bytes(4, "little")
emit("xz-4-gib", bytes(xz), "xz: needs more than 192 MiB of memory")
alone = bytearray(lzma.compress(START + bytes(1024), format=lzma.FORMAT_ALONE))
alone[1:5] = b"\0\0\xff\xff"
emit("lzma-4-gib", bytes(alone), "lzma: needs more than 192 MiB of memory")

# many small things
empty = gzip.compress(header("other/f") * 10000)
emit("members", gzip.compress(START) + empty * 101, "more than 1000000 members")
emit("pax-headers", gzip.compress(START) + gzip.compress((header("f", pax={"SCHILY.xattr.user.x": "x" * 500_000})[:-512]) * 20) * 200,
     "extended attributes")
emit("xattrs", gzip.compress(START + b"".join(header("rootfs/f%d" % i, pax={"SCHILY.xattr.user.%d" % j: "x" for j in range(4000)})
                                              for i in range(2))), "extended attributes")
emit("sparse", START + header("rootfs/f", 1, pax={"GNU.sparse.map": "0,1", "GNU.sparse.size": str((1 << 63) - 1)}) + b"x".ljust(512, b"\0"),
     "larger than 16 TiB")
pieces = ",".join("%d,1" % (i * 2) for i in range(60000))
emit("sparse-pieces", gzip.compress(START + header("rootfs/f", 60000, pax={"GNU.sparse.map": pieces, "GNU.sparse.size": "9"})),
     "cut short")

# documents
laughs = "a0: &a0 [x, x]\n" + "".join("a%d: &a%d [*a%d, *a%d]\n" % (i, i, i - 1, i - 1) for i in range(1, 40))
emit("yaml-aliases", member("metadata.yaml", laughs.encode()) + START[-512:] + bytes(1024), "metadata.yaml")
emit("yaml-deep", member("metadata.yaml", b"architecture: " + b"[" * 500_000) + START[-512:] + bytes(1024), "metadata.yaml")
emit("yaml-nodes", member("metadata.yaml", b"x: [" + b"a," * 500_000 + b"a]\n") + START[-512:] + bytes(1024), "metadata.yaml")
emit("json-deep", member("metadata.yaml", b'{"x":' * 200_000) + START[-512:] + bytes(1024), "metadata.yaml")
