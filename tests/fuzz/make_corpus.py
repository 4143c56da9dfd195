#!/usr/bin/env python3
"""make_corpus.py: writes the seeds of the targets npz, gzip, spec, idx, png, jpeg, cifar10, model, training and plan,
and of the forms of npy and csv that came later.

Sound files, and files that lie: about sizes, shapes, names, counts, checksums. What a fuzzer found lies beside them
under other names and stays. Every seed has at most a few kilobytes, whatever it unpacks to."""
import gzip
import hashlib
import io
import json
import pathlib
import struct
import zipfile
import zlib

CORPUS = pathlib.Path(__file__).parent / "corpus"


def write(target, name, content):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def npy(values=b"", shape=(0,), kind="<f4"):
    header = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode()
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + values


def floats(*shape, value=0.0):
    count = 1
    for length in shape:
        count *= length
    return npy(struct.pack("<f", value) * count, shape)


def archive(members, method=zipfile.ZIP_STORED):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method, compresslevel=9) as made:
        for name, content in members:
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = method
            made.writestr(entry, content)
    return target.getvalue()


def deflated(members):
    return archive(members, zipfile.ZIP_DEFLATED)


def patched(content, signature, offset, new):
    """The bytes `offset` after the last `signature` replaced."""
    at = content.rindex(signature) + offset
    return content[:at] + new + content[at + len(new):]


def with_flag(content, flag):
    """A flag set in both headers of a single member."""
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content = patched(content, signature, offset, struct.pack("<H", flag))
    return content


def overlapping(names, kernel):
    """Many names of the directory that lead to one deflated member, which costs its bytes once."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packed.compress(kernel) + packed.flush()
    about = struct.pack("<HHHHHIII", 20, 0, 8, 0, 33, zlib.crc32(kernel), len(data), len(kernel))
    local = b"PK\x03\x04" + about + struct.pack("<HH", len(names[0]), 0) + names[0] + data
    directory = b"".join(b"PK\x01\x02" + struct.pack("<H", 20) + about + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0)
                         + name for name in names)
    return local + directory + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, len(names), len(names), len(directory),
                                                           len(local), 0)


def npz_seeds():
    small = npy(struct.pack("<2f", 1, 2), (2,))
    sound = archive([("x.npy", small), ("about.json", b"{}")])
    write("npz", "sound.npz", sound)
    write("npz", "deflated.npz", deflated([("x.npy", small), ("y.npy", npy(bytes(8), (1,), "<i8"))]))
    write("npz", "none.npz", archive([]))
    write("npz", "truncated.npz", sound[:len(sound) // 2])
    write("npz", "no-directory.npz", sound[:sound.index(b"PK\x01\x02")])
    write("npz", "twice.npz", archive([("x.npy", small), ("x.npy", small)]))
    for name, member in (("parent", "../x.npy"), ("inner-parent", "a/../../x.npy"), ("absolute", "/etc/x.npy"),
                         ("backslash", "..\\x.npy"), ("control", "a\x1b[2Jx.npy"), ("line-end", "a\nx.npy"),
                         ("folder", "a/"), ("nameless", ".npy")):
        write("npz", f"name-{name}.npz", archive([(member, small)]))
    write("npz", "encrypted.npz", with_flag(archive([("x.npy", small)]), 1))
    write("npz", "bomb.npz", deflated([("x.npy", bytes(4 << 20))]))
    write("npz", "bomb-many.npz", deflated([(f"{i}.npy", npy(bytes(1 << 17), (1 << 15,))) for i in range(12)]))
    write("npz", "bomb-overlapping.npz", overlapping([b"%04d.npy" % i for i in range(60)], npy(bytes(1 << 17), (1 << 15,))))
    write("npz", "text-bomb.npz", deflated([("about.json", b"[" * (2 << 20))]))
    write("npz", "nested.npz", archive([("x.npy", sound), ("inner.npz", sound)]))
    write("npz", "many.npz", archive([(f"{i}.json", b"") for i in range(65)]))
    write("npz", "checksum.npz", patched(sound, b"NUMPY", 0, b"numpy"))
    for name, offset in (("size", 24), ("packed-size", 20), ("offset", 42), ("checksum", 16)):
        write("npz", f"lies-{name}.npz", patched(sound, b"PK\x01\x02", offset, b"\xff\xff\xff\x7f"))
    write("npz", "lies-count.npz", patched(sound, b"PK\x05\x06", 8, b"\xff\xff\xff\xff"))
    write("npz", "lies-method.npz", patched(patched(sound, b"PK\x01\x02", 10, b"\x63\x00"), b"PK\x03\x04", 8, b"\x63\x00"))
    end64 = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 1 << 60, 1 << 60, 1 << 60, 0)
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, 0, 1)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    write("npz", "lies-zip64.npz", end64 + locator + end)
    for name, shape in (("overflow", (1 << 32, 1 << 32)), ("huge", (1 << 60,)), ("zero-of-huge", (0, 1 << 62, 4))):
        write("npz", f"shape-{name}.npz", archive([("x.npy", npy(bytes(8), shape))]))
    write("npz", "members", b"x.npy\0" + bytes([len(small), 0]) + small + b"about.json\0\2\0{}")
    write("npz", "members-parent", b"../x.npy\0" + bytes([len(small), 0]) + small)


def npy_seeds():
    for kind, size in (("<f2", 2), (">f4", 4), (">f8", 8), ("|b1", 1), ("|i1", 1), ("<i2", 2), (">u2", 2), ("<i4", 4), (">u4", 4), (">i8", 8),
                       ("<u8", 8), ("=f4", 4), ("|O", 8), ("<c8", 8), ("<f16", 16), ("<M8[ns]", 8), ("<U1", 4)):
        name = kind.translate(str.maketrans("<>|=[", "lbnm-", "]"))
        write("npy", f"type-{name}.npy", npy(bytes(range(1, 6 * size + 1)), (2, 3), kind))
    write("npy", "type-too-large.npy", npy(b"\xff" * 16, (2,), "<u8"))
    swapped = npy(struct.pack("<24h", *range(24)), (2, 3, 4), "<i2")
    write("npy", "fortran-cube.npy", swapped.replace(b"False", b"True "))
    write("npy", "fortran-empty.npy", npy(b"", (3, 0, 2), "<i2").replace(b"False", b"True "))
    write("npy", "structured.npy", npy(bytes(8), (1,), "@").replace(b"'@'", b"[('a', '<f4'), ('b', '<f4')]"))


def csv_seeds():
    for name, text in (("header", "0,1,2\n0.5,0.2,0.1\n"), ("index", "0,0.5\n1,0.2\n2,0.1\n"), ("pandas", ",0,1\n0,0.5,0.2\n1,0.1,0.3\n"),
                       ("r", '"","V1","V2"\n"1",0.5,0.2\n'), ("quotes", '"a ""b"", c",1\n"open,2\n'), ("semicolons", "0,5;1,5\n"), ("tabs", "1\t2\n"),
                       ("blanks", "1 2\n"), ("missing", "1,NA\n,\n"), ("large-whole", "9007199254740993,9007199254740992\n"),
                       ("large-zeros", "-000.9007199254740993,-0009007199254740992.000\n"), ("whole", "0,1,2\n3.0,4e0,5\n")):
        write("csv", f"{name}.csv", text.encode())


def gzip_seeds():
    packed = gzip.compress(b"some content, some content", mtime=0)
    write("gzip", "plain", b"some content, some content")
    write("gzip", "sound.gz", packed)
    write("gzip", "two.gz", packed + packed)
    write("gzip", "empty.gz", gzip.compress(b"", mtime=0))
    write("gzip", "many-empty.gz", gzip.compress(b"", mtime=0) * 150)
    write("gzip", "truncated.gz", packed[:-9])
    write("gzip", "checksum.gz", packed[:-8] + b"\0\0\0\0" + packed[-4:])
    write("gzip", "lies-length.gz", packed[:-4] + b"\xff\xff\xff\xff")
    write("gzip", "junk-after.gz", packed + b"junk")
    write("gzip", "bomb.gz", gzip.compress(bytes(4 << 20), mtime=0))
    write("gzip", "nested.gz", gzip.compress(gzip.compress(bytes(1 << 17), mtime=0), mtime=0))
    write("gzip", "extra-lies.gz", packed[:3] + b"\x04" + packed[4:10] + b"\xff\xff")


def spec_seeds():
    for name, text in (("name", "bim"), ("options", "bim:rate=0.02,steps=10,clip=false,norm=l2,file=a b.npy"),
                       ("preset", "cw:preset=slow"), ("twice", "a:rate=1,rate=1"), ("no-value", "a:rate"),
                       ("no-key", "a:=1"), ("empty", ":rate=1"), ("range", "a:rate=2"), ("huge", "a:rate=1e999"),
                       ("nan", "a:rate=nan"), ("overflow", "a:steps=9223372036854775808"), ("tiny", "a:rate=5e-324"),
                       ("equals", "a:file=b=c"), ("json", '{"rate": 0.02, "steps": 10, "clip": false, "norm": "l2"}'),
                       ("json-nested", '{"rate": {"rate": [1]}}'), ("json-null", '{"rate": null}'),
                       ("json-twice", '{"steps": 1, "steps": 2}'), ("json-list", "[1, 2]"),
                       ("json-deep", '{"file": ' + "[" * 3000), ("json-huge", '{"steps": 1e400}'),
                       ("json-truncated", '{"steps": "\\u12'), ("json-not-utf8", '{"file": "\udcff"}')):
        write("spec", name, text.encode("utf8", "surrogateescape"))


def idx_seeds():
    def idx(magic, lengths, content):
        return struct.pack(">I", magic) + b"".join(struct.pack(">I", length) for length in lengths) + content
    labels, images = idx(0x801, [5], b"\1\2\3\4\5"), idx(0x803, [2, 2, 3], bytes(range(12)))
    write("idx", "labels", labels)
    write("idx", "images", images)
    write("idx", "images.gz", gzip.compress(images, mtime=0))
    write("idx", "truncated", images[:-1])
    write("idx", "header-only", images[:10])
    write("idx", "longer", labels + b"x")
    write("idx", "overflow", idx(0x803, [0xFFFFFFFF, 0xFFFFFFFF, 28], b"x"))
    write("idx", "wraps", idx(0x803, [1 << 31, 1 << 31, 4], b""))
    write("idx", "largest", idx(0x801, [1 << 26], b"x"))
    write("idx", "zero", idx(0x803, [0, 28, 28], b""))
    write("idx", "floats", idx(0xD03, [1, 1, 1], bytes(4)))
    write("idx", "bomb.gz", gzip.compress(idx(0x801, [4 << 20], bytes(4 << 20)), mtime=0))


def png_seeds():
    def chunk(kind, content=b"", crc=None):
        found = zlib.crc32(kind + content) if crc is None else crc
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", found)

    def header(width, height, depth=8, colours=0, interlace=0):
        return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, interlace))

    def png(*chunks):
        return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)

    def image(width, height, rows, depth=8, colours=0, interlace=0, before=b""):
        return png(header(width, height, depth, colours, interlace), before, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND"))
    row = bytes(range(25))
    sound = image(8, 3, row + b"\1" + row[1:] + b"\4" + row[1:], colours=2)
    palette, transparent = chunk(b"PLTE", bytes(range(6))), chunk(b"tRNS", b"\0\x80")
    write("png", "rgb.png", sound)
    write("png", "grey-1.png", image(9, 2, b"\0\xa0\x80" * 2, depth=1))
    write("png", "grey-4.png", image(3, 1, b"\0\x1f\x20", depth=4))
    write("png", "grey-16.png", image(1, 2, b"\0\1\x80" * 2, depth=16))
    write("png", "grey-alpha.png", image(2, 1, b"\0abcd", colours=4))
    write("png", "grey-transparent.png", image(2, 1, b"\0ab", before=chunk(b"tRNS", b"\0a")))
    write("png", "rgba-16.png", image(1, 1, b"\0abcdefgh", depth=16, colours=6))
    write("png", "palette.png", image(2, 1, b"\0\0\1", colours=3, before=palette))
    write("png", "palette-transparent.png", image(2, 1, b"\0\0\1", colours=3, before=palette + transparent))
    write("png", "palette-none.png", image(2, 1, b"\0\0\1", colours=3))
    write("png", "palette-beyond.png", image(2, 1, b"\0\0\x09", colours=3, before=palette))
    write("png", "palette-long.png", image(2, 1, b"\0\0\1", colours=3, before=chunk(b"PLTE", bytes(3 * 257))))
    write("png", "interlaced.png", image(3, 3, b"\0a" + b"\0ab" * 2 + b"\0abc" * 4, interlace=1))
    write("png", "interlaced-short.png", image(9, 9, b"\0a", interlace=1))
    write("png", "filter.png", image(2, 1, b"\x09ab"))
    write("png", "truncated.png", sound[:-20])
    write("png", "header-only.png", sound[:33])
    write("png", "checksum.png", png(header(2, 1), chunk(b"IDAT", zlib.compress(b"\0ab"), 7), chunk(b"IEND")))
    write("png", "fewer-rows.png", image(2, 9, b"\0ab"))
    write("png", "more-rows.png", image(2, 1, b"\0ab" * 9))
    write("png", "not-deflated.png", png(header(2, 1), chunk(b"IDAT", b"\0ab"), chunk(b"IEND")))
    write("png", "twice.png", png(header(2, 1), header(3, 3), chunk(b"IDAT", zlib.compress(b"\0ab")), chunk(b"IEND")))
    write("png", "unknown-critical.png", png(header(2, 1), chunk(b"ABCD", b"x"), chunk(b"IEND")))
    write("png", "none.png", image(0, 0, b""))
    for name, width, height in (("huge", 0x7FFFFFFF, 0x7FFFFFFF), ("wide", 1 << 24, 1), ("high", 1, 1 << 24), ("large", 4096, 4096)):
        write("png", f"lies-{name}.png", image(width, height, b"\0ab"))
    write("png", "bomb.png", image(2000, 2000, bytes(2001 * 2000)))
    bomb = zlib.compress(bytes(8 << 20), 9)
    for kind, start in ((b"zTXt", b"a\0\0"), (b"iCCP", b"a\0\0"), (b"iTXt", b"a\0\1\0\0\0")):
        write("png", f"bomb-{kind.decode()}.png", image(2, 1, b"\0ab", before=chunk(kind, start + bomb)))
    write("png", "made", b"\2\1\x08\2\0\0" + b"\0abcdef")
    write("png", "made-chunks", b"\2\1\x08\3\0\2" + b"PLTE\6abcdef" + b"tRNS\1x" + b"\0\0\1")
    write("png", "made-interlaced", b"\x09\5\4\0\1\0" + bytes(60))


def jpeg_seeds():
    def segment(marker, content):
        return b"\xff" + bytes([marker]) + struct.pack(">H", 2 + len(content)) + content

    def frame(height, width, samplings=((1, 1),), marker=0xC0, precision=8):
        planes = b"".join(bytes([i + 1, across << 4 | down, 0]) for i, (across, down) in enumerate(samplings))
        return segment(marker, struct.pack(">BHHB", precision, height, width, len(samplings)) + planes)

    def scan(planes, first=0, last=63, bits=0):
        return segment(0xDA, bytes([len(planes)]) + b"".join(bytes([i, 0]) for i in planes) + bytes([first, last, bits]))
    start, end, scale = b"\xff\xd8", b"\xff\xd9", segment(0xDB, b"\0" + b"\1" * 64)
    # One code of one bit in each table: no difference to the block before; no more coefficients.
    codes = b"".join(segment(0xC4, bytes([kind]) + b"\1" + bytes(15) + b"\0") for kind in (0x00, 0x10))

    def jpeg(size, samplings=((1, 1),), blocks=1, marker=0xC0, between=b""):
        planes = range(1, len(samplings) + 1)
        return (start + scale + frame(*size, samplings, marker) + codes + between + scan(planes)
                + bytes((2 * blocks + 7) // 8) + end)
    grey = jpeg((8, 8))
    colour = ((2, 2), (1, 1), (1, 1))
    write("jpeg", "grey.jpg", grey)
    write("jpeg", "grey-odd.jpg", jpeg((9, 17), blocks=6))
    write("jpeg", "colour.jpg", jpeg((16, 16), colour, 6))
    write("jpeg", "colour-plain.jpg", jpeg((8, 8), ((1, 1),) * 3, 3))
    write("jpeg", "sampling.jpg", jpeg((32, 32), ((1, 1), (4, 2), (1, 1)), 10))
    write("jpeg", "sampling-zero.jpg", jpeg((8, 8), ((0, 1), (1, 1), (1, 1)), 3))
    write("jpeg", "two-planes.jpg", jpeg((8, 8), ((1, 1),) * 2, 2))
    write("jpeg", "four-planes.jpg", jpeg((8, 8), ((1, 1),) * 4, 4))
    write("jpeg", "ten-planes.jpg", jpeg((8, 8), ((1, 1),) * 10, 10))
    for transform in (0, 2, 9):
        adobe = segment(0xEE, b"Adobe" + bytes([0, 100, 0, 0, 0, 0, transform]))
        write("jpeg", f"adobe-{transform}.jpg", jpeg((8, 8), ((1, 1),) * 4, 4, between=adobe))
        write("jpeg", f"adobe-rgb-{transform}.jpg", jpeg((8, 8), ((1, 1),) * 3, 3, between=adobe))
    write("jpeg", "truncated.jpg", grey[:-3])
    write("jpeg", "no-end.jpg", grey[:-2])
    write("jpeg", "header-only.jpg", start + scale + frame(8, 8))
    write("jpeg", "start-only.jpg", start)
    write("jpeg", "no-scan.jpg", start + end)
    write("jpeg", "no-codes.jpg", start + scale + frame(8, 8) + scan([1]) + b"\0" + end)
    write("jpeg", "fewer-blocks.jpg", jpeg((64, 64)))
    write("jpeg", "bad-code.jpg", grey[:-3] + b"\xfe" + end)
    write("jpeg", "longer.jpg", grey[:-2] + bytes(50) + end)
    write("jpeg", "restarts.jpg", jpeg((8, 16), blocks=2, between=segment(0xDD, b"\0\1")))
    write("jpeg", "twelve-bits.jpg", start + scale + frame(8, 8, precision=12) + codes + scan([1]) + b"\0" + end)
    write("jpeg", "arithmetic.jpg", jpeg((8, 8), marker=0xC9))
    write("jpeg", "lossless.jpg", jpeg((8, 8), marker=0xC3))
    write("jpeg", "none.jpg", jpeg((0, 0)))
    for name, size in (("huge", (65535, 65535)), ("wide", (1, 65535)), ("large", (4000, 4000))):
        write("jpeg", f"lies-{name}.jpg", jpeg(size))
        write("jpeg", f"lies-{name}-progressive.jpg", start + scale + frame(*size, marker=0xC2) + codes + scan([1], last=0) + b"\0" + end)
    coarse = start + scale + frame(64, 64, marker=0xC2) + codes + scan([1], last=0) + bytes(8)
    write("jpeg", "progressive.jpg", coarse + end)
    write("jpeg", "progressive-refined.jpg", coarse + scan([1], last=0, bits=0x10) + bytes(8) + end)
    write("jpeg", "progressive-many.jpg", coarse + (codes + scan([1], 1, 63) + bytes(8)) * 120 + end)
    write("jpeg", "tables-beyond.jpg", start + segment(0xC4, b"\0" + b"\xff" * 16) + end)
    write("jpeg", "length-lies.jpg", start + b"\xff\xdb\xff\xff" + end)
    write("jpeg", "length-none.jpg", start + b"\xff\xdb\0\0" + end)


def cifar10_seeds():
    def records(labels, cut=0, more=b"", sums=b"", count=None):
        content = bytes([len(labels)]) + b"".join(bytes([label, 7]) for label in labels)
        count = len(labels) if count is None else count
        return content + bytes([cut, len(more)]) + more + sums + b"\0" + bytes([count + 1])
    write("cifar10", "sound", records([0, 9, 3]))
    write("cifar10", "none", records([]))
    write("cifar10", "label", records([3, 10]))
    write("cifar10", "label-255", records([255]))
    write("cifar10", "truncated", records([3, 4], cut=1))
    write("cifar10", "longer", records([3], more=b"x"))
    write("cifar10", "fewer", records([3], count=2))
    write("cifar10", "negative", records([], count=-1))
    write("cifar10", "listed", records([3], sums=b"00  other.bin\n@  test_batch.bin\n"))
    write("cifar10", "listed-binary", records([3], sums=b"@ *test_batch.bin\r\n"))
    write("cifar10", "listed-wrong", records([3], sums=b"1234  test_batch.bin"))
    write("cifar10", "listed-empty", records([3], sums=b"  \n test_batch.bin\n"))


AUTOENCODER = {f"conv2d_{i}": shape for i, shape in enumerate(
    [(16, 1, 3, 3), (8, 16, 3, 3), (8, 8, 3, 3), (8, 8, 3, 3), (8, 8, 3, 3), (16, 8, 3, 3), (1, 16, 3, 3)], 1)}
SPEC = "autoencoder:channels=1,size=8"


def weights(prefix=""):
    for name, shape in AUTOENCODER.items():
        yield f"{prefix}{name}.weight.npy", floats(*shape, value=0.1)
        yield f"{prefix}{name}.bias.npy", floats(shape[0])


def about(spec):
    return json.dumps({"network": spec}).encode()


def model_seeds():
    sound = [("about.json", about(SPEC)), *weights()]
    write("model", "sound.npz", deflated(sound))
    write("model", "bare.npz", deflated(weights()))
    write("model", "nan.npz", deflated([*sound[:-1], (sound[-1][0], floats(1, value=float("nan")))]))
    write("model", "truncated.npz", deflated(sound)[:900])
    for name, spec in (("channels", "resnet20:channels=999999999"), ("classes", "cnn:classes=9223372036854775807"),
                       ("size", "autoencoder:channels=1,size=30"), ("negative", "resnet20:classes=-1"),
                       ("unknown", "vgg"), ("other", "cnn:size=10"), ("key", "autoencoder:depth=3"),
                       ("loop", "autoencoder:weights=/proc/self/fd/3")):
        write("model", f"spec-{name}.npz", archive([("about.json", about(spec))]))
    write("model", "deep.npz", deflated([("about.json", b'{"network": "cnn", "x": ' + b"[" * 400000 + b"]" * 400000 + b"}")]))
    write("model", "number.npz", archive([("about.json", b'{"network": 5}')]))
    write("model", "larger.npz", deflated([*sound[:-1], (sound[-1][0], floats(1 << 19))]))
    write("model", "more.npz", deflated([*sound, ("more.npy", floats(1 << 19))]))
    write("model", "more-text.npz", deflated([*sound, ("more.json", b"{}")]))
    write("model", "as-saved", b"")
    for change in range(9):
        write("model", f"change-{change}", b"\0" + bytes([3, change]) + b"\0\0\xc0\x7f")
    write("model", "other-text", about("autoencoder:channels=3,size=8") + b"\0")
    write("model", "more-facts", json.dumps({"network": SPEC, "seed": 3, "note": "x"}).encode() + b"\0")


def training_seeds():
    tensors = [*weights("network.")]
    for i, (_, content) in enumerate(weights()):
        tensors.append((f"optimizer.momentum.{i}.npy", content))
    facts = b'{"identity": "", "epochs": 1, "steps": 0}'
    write("training", "sound.npz", b"\0" + deflated([("training.json", facts), *tensors]))
    write("training", "larger.npz", b"\0" + deflated([("training.json", facts), *tensors[:-1], (tensors[-1][0], floats(1 << 19))]))
    write("training", "more.npz", b"\0" + deflated([("training.json", facts), *tensors, ("more.npy", floats(1 << 19))]))
    write("training", "more-text.npz", b"\0" + deflated([("training.json", facts), *tensors, ("more.json", b"{}")]))
    write("training", "model.npz", b"\0" + deflated([("about.json", about(SPEC)), *weights()]))
    write("training", "torch.npz", b"\0" + archive([("archive/data.pkl", b"\x80\x02."), ("archive/version", b"3\n")]))
    for optimizer in range(3):
        kind = bytes([optimizer])
        write("training", f"as-saved-{optimizer}", kind)
        for name, text in (("epochs", '{"identity": "", "epochs": 2, "steps": 0}'),
                           ("negative", '{"identity": "", "epochs": -1, "steps": 0}'),
                           ("steps", '{"identity": "", "epochs": 1, "steps": 9223372036854775807}'),
                           ("fraction", '{"identity": "", "epochs": 0.5, "steps": 1}'),
                           ("identity", '{"identity": "another", "epochs": 1, "steps": 1}'),
                           ("none", "{}"), ("list", "[]")):
            write("training", f"{name}-{optimizer}", kind + text.encode() + b"\0")
        begun = {"identity": "", "epochs": 0, "steps": 1, "epoch_steps": 1, "epoch_random": "1 2 3 4", "epoch_loss": "0.5",
                 "epoch_hits": "1", "epoch_rate": "0.1", "epoch_seconds": "2"}
        for name, change in (("one", {}), ("all", {"epoch_steps": 2}), ("huge", {"epoch_steps": 2000000000}), ("none", {"epoch_steps": 0}),
                             ("negative", {"epoch_steps": -1}), ("after-last", {"epochs": 1}), ("stuck", {"epoch_random": "0 0 0 0"}),
                             ("fewer", {"epoch_random": "1 2 3"}), ("nan", {"epoch_loss": "nan"})):
            write("training", f"begun-{name}-{optimizer}", kind + json.dumps({**begun, **change}).encode() + b"\0")
        for change in range(9):
            write("training", f"change-{change}-{optimizer}", kind + b"\0" + bytes([3, change]) + b"\0\0\xc0\x7f")


def plan_seeds():
    header = {"plan": 1, "code_version": "c" * 64, "threads": 2, "memory": 1400000000, "store": "/s.sqlite", "artifacts": "/a",
              "shards": "/p.shards", "swept": ["seed"], "runs": 2, "units": 4}
    runs = [{"run": f"run{i}", "experiment": "deep-mining", "profile": "quick", "seed": str(i), "settings": {"model": "m.npz"},
             "inputs": {"model": "b" * 64}, "command": "deepmine run", "swept": [str(i)]} for i in range(2)]
    units = [{"unit": i, "id": hashlib.sha256(f"run{i // 2}\nunit {i % 2}".encode()).hexdigest()[:12], "run": i // 2,
              "name": f"unit {i % 2}"} for i in range(4)]

    def lines(header=header, runs=runs, units=units):
        return b"".join(json.dumps(line).encode() + b"\n" for line in [header, *runs, *units])
    write("plan", "sound", lines())
    write("plan", "truncated", lines()[:-40])
    write("plan", "no-runs", lines({**header, "runs": 0, "units": 0}, [], []))
    for key, values in (("threads", (0, 4097, 4294967297, -1, 1.5, "2", True)), ("runs", (-1, 1 << 64)), ("units", (-1, (1 << 64) - 1)),
                        ("memory", (-1, 1e300)), ("plan", (2, None)), ("swept", ([], "seed", [1])), ("store", (None, ["/s"]))):
        for number, value in enumerate(values):
            write("plan", f"{key}-{number}", lines({**header, key: value}))
    for key, values in (("run", ("", "run1", 3)), ("seed", ("-1", " 1", 1, "1" * 30)), ("settings", ([], {"a": {}})), ("swept", ([],))):
        for number, value in enumerate(values):
            write("plan", f"run-{key}-{number}", lines(runs=[{**runs[0], key: value}, runs[1]]))
    for name, order in (("twice", (0, 0, 2, 3)), ("order", (2, 3, 0, 1)), ("fewer", (0, 1, 2))):
        write("plan", f"units-{name}", lines(units=[{**units[k], "unit": i} for i, k in enumerate(order)]))
    write("plan", "units-id", lines(units=[{**unit, "id": "0" * 12} for unit in units]))
    write("plan", "units-run", lines(units=[{**unit, "run": 1 << 40} for unit in units]))
    write("plan", "unit-first", lines(runs=[]))
    write("plan", "deep", json.dumps(header).encode() + b"\n{\"run\": " + b"[" * 3000)
    write("plan", "not-utf8", lines().replace(b"quick", b"\xff\xfe"))
    write("plan", "blank-line", lines() + b"\n")
    write("plan", "made", b"\1\2run a\0model\0\1\2unit 0\0unit 1\0run b\0\0\1\1unit 0\0")
    write("plan", "made-twice", b"\0\2run\0\0\0\1a\0run\0\0\0\1b\0")
    write("plan", "made-unit-twice", b"\0\1run\0\0\0\2a\0a\0")
    write("plan", "made-control", b"\0\1run\n\x1b[2J\0\0\0\1a\nb\0")


for seeds in (npy_seeds, csv_seeds, npz_seeds, gzip_seeds, spec_seeds, idx_seeds, png_seeds, jpeg_seeds, cifar10_seeds, model_seeds, training_seeds, plan_seeds):
    seeds()
