"""Deliveries of two classes, cat and dog, in train and test, in every way that people deliver them, and what happens.

``python -m tests.support.kinds_of_deliveries`` writes their table into docs/data-sets.md.
"""

import io
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from tests.support import shards

PAGE = Path(__file__).parents[2] / "docs" / "data-sets.md"
BEGIN, END = "<!-- deliveries: written by tests/support/kinds_of_deliveries.py -->\n", "<!-- end of deliveries -->\n"
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Delivery:
    """What a user has, and what happens to it."""

    make: Callable[[Path], object]
    """Writes it into the user's folder."""
    says: str
    """What happens, in the words of the page."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What params.yaml says of it, beside the splits train and test."""
    refused: Sequence[str] = ()
    """Words of the one line in which it is refused."""
    noted: Sequence[str] = ()
    """Words that the terminal shows."""
    suspicions: Sequence[tuple[str, str]] = ()
    """Kind and subject of each row of suspicions.csv."""
    files: Files | None = None
    """The images by their paths in the index, if they are not those of all."""


def picture(number: int) -> bytes:
    """A small JPEG, another for each number."""
    file = io.BytesIO()
    Image.new("RGB", (8, 6), (number * 7 % 256, number * 31 % 256, number * 63 % 256)).save(file, "JPEG")
    return file.getvalue()


def images(*folders: str, count: int = 2) -> dict[str, bytes]:
    """So many images in each folder."""
    places = [f"{folder}/{number}.jpg" for folder in folders for number in range(count)]
    return {place: picture(number) for number, place in enumerate(places)}


TRAIN, TEST = images("train/cat", "train/dog"), images("test/cat", "test/dog", count=1)
BOTH = TRAIN | TEST
ZEROS = {"train/cat/zeros.bmp": bytes(8 << 20)}


def zipped(path: Path, files: Files, method: int = zipfile.ZIP_STORED) -> bytes:
    """Write a zip, and return its bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as opened:
        for name, data in files.items():
            opened.writestr(name, data)
    return path.read_bytes()


def pack_zip(files: Files) -> bytes:
    """The bytes of a zip."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        for name, data in files.items():
            opened.writestr(name, data)
    return file.getvalue()


def linked(name: str) -> bytes:
    """A zip with a symbolic link among its members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        for place, data in BOTH.items():
            opened.writestr(place, data)
        member = zipfile.ZipInfo(name)
        member.create_system, member.external_attr = 3, 0o120777 << 16
        opened.writestr(member, "/etc/passwd")
    return file.getvalue()


def renamed(files: Files, encoding: str, separator: str = "/") -> bytes:
    """A zip whose names are in an encoding, without saying so."""
    raw = [name.replace("/", separator).encode(encoding) for name in files]
    stands = [f"{number:03}".ljust(len(name), "x") for number, name in enumerate(raw)]
    data = pack_zip(dict(zip(stands, files.values(), strict=True)))
    for stand, name in zip(stands, raw, strict=True):
        data = data.replace(stand.encode(), name)
    return data


def pack_tar(files: Files, mode: str = "w", link: str | None = None) -> bytes:
    """The bytes of a tar, with its folders."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as opened:
        for folder in sorted({name.rpartition("/")[0] for name in files} - {".."}):
            member = tarfile.TarInfo(f"./{folder}")
            member.type = tarfile.DIRTYPE
            opened.addfile(member)
        for name, data in files.items():
            member = tarfile.TarInfo(f"./{name}" if not name.startswith(("/", "..")) else name)
            member.size = len(data)
            opened.addfile(member, io.BytesIO(data))
        if link:
            member = tarfile.TarInfo(link)
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            opened.addfile(member)
    return file.getvalue()


def pack_zstd(files: Files) -> bytes:
    """The bytes of a tar.zst."""
    from backports import zstd

    return zstd.compress(pack_tar(files))


def pack_seven(files: Files, password: str | None = None) -> bytes:
    """The bytes of a 7-Zip archive."""
    import py7zr

    file = io.BytesIO()
    with py7zr.SevenZipFile(file, "w", password=password) as opened:
        for name, data in files.items():
            opened.writestr(data, name)
    return file.getvalue()


def leaving_seven() -> bytes:
    """A 7-Zip archive one of whose members would leave the folder, which no packer writes."""
    import py7zr

    file = io.BytesIO()
    with py7zr.SevenZipFile(file, "w") as opened:
        opened.set_encoded_header_mode(False)
        for name, data in {"xx/evil.jpg": b"x", **TRAIN}.items():
            opened.writestr(data, name)
    data = file.getvalue().replace("xx/evil.jpg".encode("utf-16-le"), "../evil.jpg".encode("utf-16-le"))
    offset, size = struct.unpack_from("<2Q", data, 12)
    start = data[12:28] + struct.pack("<L", zlib.crc32(data[32 + offset : 32 + offset + size]))
    return data[:8] + struct.pack("<L", zlib.crc32(start)) + start + data[32:]


def linked_seven(folder: Path) -> None:
    """Write a 7-Zip archive of a folder with a symbolic link in it."""
    import py7zr

    lay(folder / "train", {name.removeprefix("train/"): data for name, data in TRAIN.items()})
    (folder / "train/cat/9.jpg").symlink_to("0.jpg")
    with py7zr.SevenZipFile(folder / "train.7z", "w") as opened:
        opened.writeall(folder / "train", "train")
    for path in sorted((folder / "train").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (folder / "train").rmdir()
    lay(folder, TEST)


def pack_deflate64(files: Files, spoil: bool = False) -> bytes:
    """The bytes of a zip whose members are compressed by Deflate64.

    To Deflate's streams without copies of earlier bytes Deflate64 gives the same meaning; zeros that are refused for
    their number, before anything is read, are copies all the same. inflate64's own packing is not to be relied on.
    """
    out, central = io.BytesIO(), io.BytesIO()
    for name, data in files.items():
        strategy = zlib.Z_HUFFMAN_ONLY if data.strip(b"\0") else zlib.Z_DEFAULT_STRATEGY
        packing = zlib.compressobj(9, zlib.DEFLATED, -15, 9, strategy)
        packed = packing.compress(data) + packing.flush()
        if spoil:
            packed = packed[: len(packed) // 2] + bytes(len(packed) - len(packed) // 2)
        place, raw = out.tell(), name.encode()
        sizes = struct.pack("<4H3L", 0, 9, 0, 33, zlib.crc32(data), len(packed), len(data))
        out.write(b"PK\3\4" + struct.pack("<H", 21) + sizes + struct.pack("<2H", len(raw), 0) + raw + packed)
        central.write(b"PK\1\2" + struct.pack("<2H", 21, 21) + sizes)
        central.write(struct.pack("<5H2L", len(raw), 0, 0, 0, 0, 0, place) + raw)
    start = out.tell()
    out.write(central.getvalue())
    count = len(files)
    return out.getvalue() + b"PK\5\6" + struct.pack("<4H2LH", 0, 0, count, count, out.tell() - start, start, 0)


def lay(folder: Path, files: Files) -> Path:
    """Write files into a folder."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def give(**archives: bytes) -> Callable[[Path], object]:
    """Write files, whose names have ``_`` for each dot."""
    return lambda folder: lay(folder, {name.replace("_", "."): data for name, data in archives.items()})


def beside(**archives: bytes) -> Callable[[Path], object]:
    """Write archives for train, and a folder for test."""
    return lambda folder: (give(**archives)(folder), lay(folder, TEST))


def with_link(link: str, target: str, without: str = "") -> Callable[[Path], object]:
    """Write folders, with a link in place of the files that begin with ``without``, if anything."""

    def make(folder: Path) -> None:
        kept = {name: data for name, data in BOTH.items() if not (without and name.startswith(without))}
        moved = {name: data for name, data in BOTH.items() if name not in kept}
        lay(folder, kept)
        lay(folder.parent / "elsewhere", moved)
        (folder / link).parent.mkdir(parents=True, exist_ok=True)
        (folder / link).symlink_to(target)

    return make


def encrypted(whole: bytes) -> bytes:
    """The zip, with every member marked as encrypted."""
    changed = bytearray(whole)
    for mark, place in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        start = changed.find(mark)
        while start >= 0:
            changed[start + place] |= 1
            start = changed.find(mark, start + 4)
    return bytes(changed)


def last_part(whole: bytes) -> bytes:
    """The last part of a zip in three."""
    place = whole.rindex(b"PK\5\6")
    return whole[40:place] + b"PK\5\6" + struct.pack("<2H", 2, 2) + whole[place + 8 :]


FOREIGN = {f"train/{label}/{number}.jpg": picture(number) for label in ("表", "猫") for number in range(2)}
FOREIGN |= {f"test/{label}/0.jpg": picture(9) for label in ("表", "猫")}
TAXA = {name.replace("cat", "animals/cat").replace("dog", "plants/dog"): data for name, data in BOTH.items()}
BOXED = {name: (label, "0,0,4,6") for name in BOTH for label in [name.split("/")[1]]}
ROWS = "file,label,x,y,width,height\n" + "".join(f"{name},{label},{box}\n" for name, (label, box) in BOXED.items())
BOXES: dict[str, Any] = {
    "layout": "csv",
    "table": {
        "names": ["boxes.csv"],
        "file": "file",
        "label": "label",
        "box": ["x", "y", "width", "height"],
        "box_form": "size",
    },
}
PARQUET, WEBDATASET = {"layout": "parquet"}, {"layout": "webdataset"}
SAMPLES = {
    f"{name.rpartition('/')[0]}/{name.split('/')[1]}{name.rpartition('/')[2]}": data for name, data in BOTH.items()
}


def parquets(named: bool = True) -> dict[str, bytes]:
    """Two shards for train and one for test, as ``datasets`` writes them; of classes with names, or classes as text."""
    features = shards.FEATURES if named else None
    train, test = (shards.rows_of(BOTH, split, named) for split in ("train", "test"))
    parts = {"train-00000-of-00002": train[::2], "train-00001-of-00002": train[1::2], "test-00000-of-00001": test}
    return {f"data/{name}.parquet": shards.parquet(rows, features) for name, rows in parts.items()}


def tars(mode: str = "w", ending: str = ".tar") -> dict[str, bytes]:
    """A tar of samples for train, and one for test."""
    return {f"{split}-000000{ending}": shards.tar(shards.samples_of(BOTH, split), mode) for split in ("train", "test")}


UNPACKED = "repacked as a zip when it is fetched, with the same limits"
BOMB = "refused: `max_expansion`"
LEAVES = "refused: a member would leave the folder"
LINK = "refused: a link within an archive"
AGAIN = "refused: download or copy it again"
INNER = "taken out when it is fetched; one level deep"
SPELLED = "taken, and said"

READ: dict[str, Delivery] = {
    "zips of class folders": Delivery(give(train_zip=pack_zip(TRAIN), test_zip=pack_zip(TEST)), "read"),
    "one zip with both splits": Delivery(give(pets_zip=pack_zip(BOTH)), "read"),
    "folders of class folders": Delivery(lambda folder: lay(folder, BOTH), "packed as they are"),
    "a folder around everything": Delivery(lambda folder: lay(folder / "pets", BOTH), "looked into"),
    "litter of macOS and Windows": Delivery(
        give(
            pets_zip=pack_zip(
                BOTH | {"__MACOSX/train/cat/._0.jpg": b"x", "train/.DS_Store": b"x", "train/cat/Thumbs.db": b"x"}
            )
        ),
        "left out",
    ),
    "a linked image": Delivery(
        with_link("train/cat/0.jpg", "../../../elsewhere/train/cat/0.jpg", "train/cat/0.jpg"),
        "followed; the target's content counts",
    ),
    "a linked class": Delivery(with_link("train/cat", "../../elsewhere/train/cat", "train/cat"), "followed"),
    "a linked split": Delivery(with_link("train", "../elsewhere/train", "train"), "followed"),
    **{
        f"`train{ending}`": Delivery(beside(**{f"train{ending}".replace(".", "_"): pack()}), UNPACKED, noted=noted)
        for ending, pack in {
            ".tar": lambda: pack_tar(TRAIN),
            ".tar.gz": lambda: pack_tar(TRAIN, "w:gz"),
            ".tgz": lambda: pack_tar(TRAIN, "w:gz"),
            ".tar.bz2": lambda: pack_tar(TRAIN, "w:bz2"),
            ".tar.xz": lambda: pack_tar(TRAIN, "w:xz"),
            ".tar.zst": lambda: pack_zstd(TRAIN),
            ".7z": lambda: pack_seven(TRAIN),
        }.items()
        for noted in [(f"train{ending}: 4 files repacked in train.zip",)]
    },
    "`pets.tar.gz` with both splits": Delivery(give(pets_tar_gz=pack_tar(BOTH, "w:gz")), UNPACKED),
    "`pets.7z` with both splits": Delivery(give(pets_7z=pack_seven(BOTH)), UNPACKED),
    "a zip whose members are compressed by Deflate64": Delivery(beside(train_zip=pack_deflate64(TRAIN)), UNPACKED),
    "zips in a zip": Delivery(
        give(pets_zip=pack_zip({"pets/train.zip": pack_zip(TRAIN), "pets/test.zip": pack_zip(TEST)})),
        INNER,
        noted=("pets.zip: took out pets/test.zip, pets/train.zip",),
    ),
    "tars in a zip": Delivery(
        give(pets_zip=pack_zip({"train.tar.gz": pack_tar(TRAIN, "w:gz"), "test.tar": pack_tar(TEST)})), INNER
    ),
    "zips in a tar": Delivery(
        give(pets_tar_gz=pack_tar({"a/train.zip": pack_zip(TRAIN), "a/test.zip": pack_zip(TEST)}, "w:gz")), INNER
    ),
    "`Train.zip` for `train`": Delivery(
        beside(Train_zip=pack_zip(images("cat", "dog"))),
        SPELLED,
        noted=("'train' is taken to mean Train.zip: only capitals differ",),
    ),
    "a folder `TRAIN` for `train`": Delivery(
        lambda folder: lay(folder, {name.replace("train", "TRAIN"): data for name, data in BOTH.items()}),
        SPELLED,
        noted=("'train' is taken to mean the folder TRAIN: only capitals differ",),
    ),
    "`Train/` in a zip for `train`": Delivery(
        give(pets_zip=pack_zip({name.replace("train", "Train"): data for name, data in BOTH.items()})), SPELLED
    ),
    "`Train.tar.gz` for `train`": Delivery(beside(Train_tar_gz=pack_tar(images("cat", "dog"), "w:gz")), SPELLED),
    "a zip with names in Shift-JIS": Delivery(
        give(pets_zip=renamed(FOREIGN, "cp932")),
        "read as they were meant, and said; `names` decides",
        noted=("pets.zip: its names do not say in which encoding they are and are read as cp932",),
        suspicions=[("names", "pets.zip")],
        files=FOREIGN,
    ),
    "a zip with backslashes between folders": Delivery(
        give(pets_zip=renamed(BOTH, "ascii", "\\")), "backslashes separate folders"
    ),
    "one picture beside the class folders": Delivery(
        give(pets_zip=pack_zip(BOTH | {"train/cover.jpg": picture(99)})),
        "left out, with a suspicion; refused where more than one in a hundred",
        suspicions=[("loose image", "pets.zip: train/cover.jpg")],
    ),
    "an empty class, `empty_classes: leave-out`": Delivery(
        give(pets_zip=pack_zip(BOTH | {"train/newt/": b""})),
        "left out, with a suspicion",
        {"empty_classes": "leave-out"},
        suspicions=[("empty class", "train/newt")],
    ),
    "a table of classes and boxes, `table: {box: [x, y, width, height], box_form: size, …}`": Delivery(
        give(boxes_csv=ROWS.encode(), pets_zip=pack_zip(BOTH)),
        "each part of an image is an image, cut out when it is decoded",
        BOXES,
        files={
            f"{name.rpartition('/')[0]}/{label}-{name.rpartition('/')[2]}/{box}": BOTH[name]
            for name, (label, box) in BOXED.items()
        },
    ),
    "`data/train-00000-of-00002.parquet` and more, `layout: parquet`": Delivery(
        lambda folder: lay(folder, {"README.md": b"x", **parquets()}),
        "read; numbers become the names of the classes",
        PARQUET,
    ),
    "parquet files with classes as text": Delivery(lambda folder: lay(folder, parquets(named=False)), "read", PARQUET),
    "`train/0000.parquet`, `test/0000.parquet`": Delivery(
        lambda folder: lay(
            folder,
            {
                f"default/{split}/0000.parquet": shards.parquet(shards.rows_of(BOTH, split))
                for split in ("train", "test")
            },
        ),
        "read: a folder's name is that of a split, too",
        PARQUET,
    ),
    "parquet files in a zip": Delivery(
        lambda folder: lay(folder, {"pets.zip": pack_zip(parquets())}),
        "taken out when it is fetched",
        PARQUET,
        noted=("pets.zip: took out 3 shards",),
    ),
    "parquet files in a tar.gz": Delivery(
        lambda folder: lay(folder, {"pets.tar.gz": pack_tar(parquets(), "w:gz")}),
        "taken out when it is fetched",
        PARQUET,
    ),
    "`train-000000.tar` and `test-000000.tar` of samples, `layout: webdataset`": Delivery(
        lambda folder: lay(folder, tars()), "read as they are", WEBDATASET, files=SAMPLES
    ),
    "`train-000000.tar.gz` of samples": Delivery(
        lambda folder: lay(folder, tars("w:gz", ".tar.gz")), "read as they are", WEBDATASET, files=SAMPLES
    ),
    "tars of samples in a zip": Delivery(
        lambda folder: lay(folder, {"pets.zip": pack_zip(tars())}),
        "taken out when it is fetched",
        WEBDATASET,
        files=SAMPLES,
    ),
    "tars of samples in a tar": Delivery(
        lambda folder: lay(folder, {"pets.tar": pack_tar(tars())}),
        "taken out when it is fetched",
        WEBDATASET,
        files=SAMPLES,
    ),
    "`animals/cat` and `plants/dog`, `class_level: 2`": Delivery(
        give(pets_zip=pack_zip(TAXA)), "the classes are cat and dog", {"class_level": 2}
    ),
}
"""Those that are read."""

REFUSED: dict[str, Delivery] = {
    "a box outside its image": Delivery(
        give(boxes_csv=ROWS.replace("0,0,4,6", "5,0,4,6", 1).encode(), pets_zip=pack_zip(BOTH)),
        "refused: table, line and box",
        BOXES,
        ("boxes.csv: line 2: box '5 0 4 6': outside the image, which has 8×6 pixels",),
    ),
    "parquet files without `layout: parquet`": Delivery(
        lambda folder: lay(folder, parquets()),
        "refused: write the layout",
        refused=("'train': no zip archive", "; to read ", " write layout: parquet"),
    ),
    "a truncated parquet file": Delivery(
        lambda folder: lay(folder, parquets() | {"data/test-00000-of-00001.parquet": b"PAR1" + bytes(99)}),
        AGAIN,
        PARQUET,
        ("test-00000-of-00001.parquet: not a whole parquet file (", "; download or copy it again"),
    ),
    "a parquet bomb": Delivery(
        lambda folder: lay(
            folder,
            parquets()
            | {
                "data/test-00000-of-00001.parquet": shards.parquet(
                    [{"image": {"bytes": bytes(1 << 16)}, "label": 0}] * 999
                )
            },
        ),
        BOMB,
        PARQUET,
        ("test-00000-of-00001.parquet: unpacks to ", "datasets.intel.max_expansion allows 100 times"),
    ),
    "a truncated tar of samples": Delivery(
        lambda folder: lay(folder, {name: data[:2000] for name, data in tars().items()}),
        AGAIN,
        WEBDATASET,
        ("-000000.tar: not a whole tar archive",),
    ),
    "a tar of samples that leaves its folder": Delivery(
        lambda folder: lay(
            folder, tars() | {"train-000000.tar": shards.tar({"../evil.jpg": b"x", "../evil.cls": "cat"})}
        ),
        LEAVES,
        WEBDATASET,
        ("train-000000.tar: member '../evil.jpg' would leave the folder",),
    ),
    "a bomb in a tar of samples": Delivery(
        lambda folder: lay(
            folder,
            {"test-000000.tar.gz": shards.tar({"0.jpg": bytes(8 << 20), "0.cls": "cat"}, "w:gz")}
            | {"train-000000.tar": tars()["train-000000.tar"]},
        ),
        BOMB,
        WEBDATASET,
        ("test-000000.tar.gz: unpacks to ", "max_expansion allows 100 times"),
    ),
    "an empty class": Delivery(
        give(pets_zip=pack_zip(BOTH | {"train/newt/": b""})),
        "refused, unless `empty_classes: leave-out`",
        refused=("no image in the class folders newt", "datasets.intel.empty_classes: leave-out"),
    ),
    "`train.rar`": Delivery(
        beside(train_rar=b"Rar!" + bytes(99)),
        "refused: unpack it first",
        refused=("'train': no zip archive", "; .rar is not read: unpack train.rar first, give the folder"),
    ),
    "`pets.rar`, which may have it": Delivery(
        give(pets_rar=b"Rar!" + bytes(99)),
        "refused: unpack it first",
        refused=("which holds pets.rar; .rar is not read: unpack pets.rar first, give the folder",),
    ),
    "`tarin.zip` for `train`": Delivery(
        beside(tarin_zip=pack_zip(images("cat", "dog"))),
        "refused: did you mean that?",
        refused=("did you mean tarin.zip?",),
    ),
    "a zip that was split, without its other parts": Delivery(
        beside(train_zip=last_part(pack_zip(TRAIN))),
        "refused: how to join them",
        refused=("train.zip: the last part of a split archive", "zip -s 0 train.zip --out whole.zip"),
    ),
    "`train.tar.gz.001` and more": Delivery(
        beside(train_tar_gz_001=b"x", train_tar_gz_002=b"x"),
        "refused: how to join them",
        refused=("join the pieces: cat train.tar.gz.* > train.tar.gz",),
    ),
    "a zip with a password": Delivery(
        beside(train_zip=encrypted(pack_zip(TRAIN))),
        "refused: password-protected",
        refused=("train.zip: member 'train/cat/0.jpg' is password-protected",),
    ),
    "a 7-Zip archive with a password": Delivery(
        beside(train_7z=pack_seven(TRAIN, "secret")),
        "refused: password-protected",
        refused=("train.7z: is password-protected; unpack it and give the folder",),
    ),
    "a broken link": Delivery(
        with_link("train/cat/9.jpg", "nowhere.jpg"),
        "refused: mend or remove it",
        refused=("train/cat/9.jpg: a link to nowhere.jpg, which leads nowhere",),
    ),
    "links in a circle": Delivery(
        with_link("train/cat/more", "../../train"),
        "refused: remove it",
        refused=("train/cat/more: a link to ../../train, in which it lies itself; remove it",),
    ),
    "a link within a zip": Delivery(give(pets_zip=linked("train/cat/9.jpg")), LINK, refused=("is a symbolic link",)),
    "a link within a tar": Delivery(
        beside(train_tar=pack_tar(TRAIN, link="train/cat/9.jpg")),
        LINK,
        refused=("train.tar: member 'train/cat/9.jpg' is a link or no regular file",),
    ),
    "a link within a 7-Zip archive": Delivery(
        linked_seven, LINK, refused=("train.7z: member 'train/cat/9.jpg' is a symbolic link",)
    ),
    "a tar that leaves its folder": Delivery(
        beside(train_tar_gz=pack_tar(TRAIN | {"../evil.jpg": b"x"}, "w:gz")),
        LEAVES,
        refused=("train.tar.gz: member '../evil.jpg' would leave the folder",),
    ),
    "a 7-Zip archive that leaves its folder": Delivery(
        beside(train_7z=leaving_seven()),
        LEAVES,
        refused=("train.7z: member ", "evil.jpg' would leave the folder"),
    ),
    "a tar bomb": Delivery(
        beside(train_tar_gz=pack_tar(TRAIN | ZEROS, "w:gz")),
        BOMB,
        refused=("train.tar.gz: unpacks to", "datasets.intel.max_expansion allows 100 times"),
    ),
    "a 7-Zip bomb": Delivery(
        beside(train_7z=pack_seven(TRAIN | ZEROS)),
        BOMB,
        refused=("train.7z: unpacks to", "datasets.intel.max_expansion allows 100 times"),
    ),
    "a zip bomb in Deflate64": Delivery(
        beside(train_zip=pack_deflate64(TRAIN | ZEROS)),
        BOMB,
        refused=("train.zip: unpacks to", "datasets.intel.max_expansion allows 100 times"),
    ),
    "a bomb in a zip": Delivery(
        give(pets_zip=pack_zip({"train.tar.gz": pack_tar(TRAIN | ZEROS, "w:gz"), "test.zip": pack_zip(TEST)})),
        BOMB,
        refused=("train.tar.gz: unpacks to", "datasets.intel.max_expansion allows 100 times"),
    ),
    "a truncated `.tar.gz`": Delivery(
        beside(train_tar_gz=pack_tar(TRAIN, "w:gz")[:-300]), AGAIN, refused=("train.tar.gz: not a whole tar archive",)
    ),
    "a truncated `.tar.zst`": Delivery(
        beside(train_tar_zst=pack_zstd(TRAIN)[:-300]), AGAIN, refused=("train.tar.zst: not a whole tar archive",)
    ),
    "a truncated `.7z`": Delivery(
        beside(train_7z=pack_seven(TRAIN)[:-300]), AGAIN, refused=("train.7z: not a whole 7-Zip archive",)
    ),
    "corrupt bytes in Deflate64": Delivery(
        beside(train_zip=pack_deflate64(TRAIN, spoil=True)),
        AGAIN,
        refused=("train.zip: member 'train/cat/0.jpg' is corrupt",),
    ),
    "a page of a server called `train.7z`": Delivery(
        beside(train_7z=b"<html>please log in</html>"), AGAIN, refused=("it is a page or a message of a server's",)
    ),
    "zips in a zip in a zip": Delivery(
        give(all_zip=pack_zip({"pets.zip": pack_zip({"train.zip": pack_zip(TRAIN), "test.zip": pack_zip(TEST)})})),
        "refused: two levels deep",
        refused=("'train': no zip archive or folder of that name", "which holds all.zip"),
    ),
    "`train.zip` and `train.tar.gz`": Delivery(
        beside(train_zip=pack_zip(TRAIN), train_tar_gz=pack_tar(TRAIN, "w:gz")),
        "refused: which one?",
        refused=("'train' means both train.tar.gz and train.zip",),
    ),
}
"""Those that are refused, in one line."""


def compose() -> str:
    """Return the table of the page."""
    rows = [f"| {name} | {one.says} |" for name, one in (READ | REFUSED).items()]
    return "\n".join(["| delivered | what happens |", "| --- | --- |", *rows]) + "\n"


def main() -> None:
    """Write the table into the page."""
    page = PAGE.read_text(encoding="utf-8")
    written = re.sub(f"(?<={re.escape(BEGIN)}).*?(?={END})", lambda _: compose(), page, flags=re.DOTALL)
    PAGE.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
