"""Whatever an archive or a file of pixels holds, it is read or refused in a line, and nothing is written elsewhere."""

import bz2
import gzip
import io
import lzma
import tarfile
import warnings
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from darkroom.apps.zipped_images import unpack_images
from darkroom.archives import contents, pixel_batches
from darkroom.archives.binary_batches import NAMES as META
from darkroom.archives.binary_batches import RECORD
from darkroom.archives.encodings import Encoding
from darkroom.archives.expansion import Expansion
from darkroom.archives.reading import Reading
from tests.support.any_input import CHANGES, CUTS, NAMES, cases, change_bytes, list_files, only_user_errors

ALLOWED = Expansion(100, "max_expansion")
READING = Reading(Encoding(None, "names"), ALLOWED)
BYTES = some.binary(max_size=40)
METHODS = some.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
MODES = some.sampled_from([0, 0o100644, 0o120777, 0o040755, 0o010644])
KINDS = [tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE]
KINDS += [tarfile.CHRTYPE, tarfile.GNUTYPE_SPARSE]
MEMBER_NAMES = some.one_of(NAMES, NAMES.map(lambda name: f"{name}.png"), NAMES.map(lambda name: f"a/{name}"))
COMPRESSIONS: dict[str, Any] = {
    ".tar": bytes,
    ".tar.gz": gzip.compress,
    ".tar.bz2": bz2.compress,
    ".tar.xz": lzma.compress,
}
SIZES = some.one_of(some.integers(0, 4), some.integers(0, (1 << 32) - 1))


def encodable(name: str) -> str:
    """A name that Python can write into an archive."""
    return name.encode(errors="replace").decode()


def write_zip(members: list[tuple[str, bytes, int, int]]) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(file, "w") as archive:
        for name, content, method, mode in members:
            member = zipfile.ZipInfo("x")
            member.filename = encodable(name) or "x"
            member.external_attr = mode << 16
            archive.writestr(member, content, method)
    return file.getvalue()


def write_tar(members: list[tuple[str, bytes, bytes, str]]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content, kind, target in members:
            member = tarfile.TarInfo(encodable(name))
            member.type, member.linkname = kind, encodable(target)
            member.size = len(content) if kind in (tarfile.REGTYPE, tarfile.AREGTYPE) else 0
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def read_all(archive: Path, scratch: Path) -> None:
    contents.list_members(archive, READING)
    with contents.open_archive(archive, READING, scratch) as opened:
        for _, pieces in opened:
            for _ in pieces:
                pass


def read_pixels(layout: str, folder: Path) -> None:
    find = pixel_batches.make_finder(layout, sorted(folder.iterdir()), ALLOWED)
    for batch in find("train"):
        for _, block in pixel_batches.read_blocks(layout, batch.archive):
            assert block.dtype == "uint8" and len(block.shape) > 2


@cases("zip")
@given(some.lists(some.tuples(MEMBER_NAMES, BYTES, METHODS, MODES), max_size=3), CHANGES, CUTS)
def test_zip(members: list[tuple[str, bytes, int, int]], changes: list[tuple[int, int]], cut: int | None) -> None:
    with TemporaryDirectory() as place:
        folder = Path(place)
        archive = folder / "x.zip"
        archive.write_bytes(change_bytes(write_zip(members), changes, cut))
        only_user_errors(lambda: read_all(archive, folder / "scratch"))
        assert list_files(folder) == {"x.zip"}
        only_user_errors(lambda: unpack_images(archive, folder / "out", ALLOWED))
        assert all(name.startswith("out/") or name == "x.zip" for name in list_files(folder))
        assert not any((folder / name).is_symlink() for name in list_files(folder))


@cases("tar")
@given(
    some.lists(some.tuples(MEMBER_NAMES, BYTES, some.sampled_from(KINDS), NAMES), max_size=3),
    some.sampled_from(sorted(COMPRESSIONS)),
    CHANGES,
    CUTS,
    some.booleans(),
)
def test_tar(
    members: list[tuple[str, bytes, bytes, str]],
    ending: str,
    changes: list[tuple[int, int]],
    cut: int | None,
    inside: bool,
) -> None:
    whole, compress = write_tar(members), COMPRESSIONS[ending]
    written = compress(change_bytes(whole, changes, cut)) if inside else change_bytes(compress(whole), changes, cut)
    with TemporaryDirectory() as place:
        archive = Path(place, f"x{ending}")
        archive.write_bytes(written)
        only_user_errors(lambda: read_all(archive, Path(place, "scratch")))
        assert list_files(Path(place)) == {archive.name}


@cases("idx")
@given(some.tuples(SIZES, SIZES, SIZES), SIZES, some.binary(max_size=70), some.booleans(), CHANGES, CUTS)
def test_idx(
    shape: tuple[int, int, int],
    count: int,
    pixels: bytes,
    packed: bool,
    changes: list[tuple[int, int]],
    cut: int | None,
) -> None:
    images = bytes([0, 0, 8, 3]) + b"".join(size.to_bytes(4) for size in shape) + pixels
    labels = bytes([0, 0, 8, 1]) + count.to_bytes(4) + pixels[:4]
    with TemporaryDirectory() as place:
        for kind, content in (("images-idx3", images), ("labels-idx1", labels)):
            whole = gzip.compress(content) if packed else content
            Path(place, f"train-{kind}-ubyte{'.gz' if packed else ''}").write_bytes(change_bytes(whole, changes, cut))
        before = list_files(Path(place))
        only_user_errors(lambda: read_pixels("idx", Path(place)))
        assert list_files(Path(place)) == before


@cases("cifar")
@given(
    some.lists(some.tuples(NAMES | some.just("train"), some.integers(0, 2), some.integers(-1, 1)), max_size=2),
    some.lists(NAMES, max_size=3),
    CHANGES,
    CUTS,
)
def test_cifar(
    batches: list[tuple[str, int, int]], classes: list[str], changes: list[tuple[int, int]], cut: int | None
) -> None:
    sizes = [(name, max(0, count * RECORD + more)) for name, count, more in batches]
    members = [(f"{name}.bin", bytes(size), tarfile.REGTYPE, "") for name, size in sizes]
    members.append((META, "\n".join(classes).encode(errors="replace"), tarfile.REGTYPE, ""))
    with TemporaryDirectory() as place:
        Path(place, "x.tar").write_bytes(change_bytes(write_tar(members), changes, cut))
        only_user_errors(lambda: read_pixels("cifar10-binary", Path(place)))
        assert list_files(Path(place)) == {"x.tar"}
