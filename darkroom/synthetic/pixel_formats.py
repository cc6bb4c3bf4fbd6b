"""Drawn images as pixels, in the very formats that ``binary_batches`` and ``idx`` read."""

import gzip
import io
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy
from PIL import Image

from darkroom.archives import binary_batches
from darkroom.core.files import replace_file
from darkroom.core.progress import show_progress
from darkroom.core.splits import SPLITS
from darkroom.params.data import Splits, Synthetic
from darkroom.synthetic import drawing
from darkroom.synthetic.drawing import NUMBERS, draw_picture

ARCHIVE, FOLDER = "cifar-10-binary.tar.gz", "cifar-10-batches-bin"
BATCHES = 5
"""The number of batches that a ``*`` stands for."""


def shuffle(synthetic: Synthetic, split: str) -> list[tuple[str, int]]:
    """Return class and number of every image of a split, in an order drawn by seed."""
    classes = sorted(set(synthetic.classes))
    images = [(name, index) for name in classes for index in range(drawing.count_images(synthetic, split, name))]
    order = numpy.random.default_rng([synthetic.seed, NUMBERS[split]]).permutation(len(images))
    return [images[place] for place in order]


def draw_images(synthetic: Synthetic, split: str, mode: str) -> Iterator[tuple[str, Image.Image]]:
    """Yield the class and the image, in ``mode``, of every image of a split."""
    images = shuffle(synthetic, split)
    for name, index in show_progress(images, len(images), f"draw {split}", "images"):
        yield name, draw_picture(synthetic, split, name, index).convert(mode)


@contextmanager
def _write_gzip(file: Path) -> Iterator[gzip.GzipFile]:
    """Open a gzip file for writing, with neither name nor time in it, so that equal contents make equal files."""
    with (
        replace_file(file) as path,
        path.open("wb") as target,
        gzip.GzipFile("", "wb", fileobj=target, mtime=0) as packed,
    ):
        yield packed


def write_idx(splits: Splits, synthetic: Synthetic, out: Path) -> None:
    """Write a pair of gzipped IDX files for each split that has images."""
    for split in SPLITS:
        for name in getattr(splits, split)[:1]:
            stem = name.replace("*", "") or split
            count, (width, height) = drawing.count_all_images(synthetic, split), (synthetic.width, synthetic.height)
            labels = bytearray()
            with _write_gzip(out / f"{stem}-images-idx3-ubyte.gz") as images:
                images.write(_encode_header(count, height, width))
                for label, image in draw_images(synthetic, split, "L"):
                    images.write(image.tobytes())
                    labels.append(int(label))
            with _write_gzip(out / f"{stem}-labels-idx1-ubyte.gz") as file:
                file.write(_encode_header(count) + labels)


def _encode_header(*lengths: int) -> bytes:
    return bytes([0, 0, 8, len(lengths)]) + numpy.array(lengths, ">u4").tobytes()


def write_batches(splits: Splits, synthetic: Synthetic, out: Path) -> None:
    """Write the tar file of binary batches."""
    classes = sorted(set(synthetic.classes))
    with _write_gzip(out / ARCHIVE) as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
        _add(tar, binary_batches.NAMES, "".join(f"{name}\n" for name in classes).encode())
        for split in SPLITS:
            for name, records in _make_batches(getattr(splits, split), synthetic, split, classes).items():
                _add(tar, f"{name}{binary_batches.BATCH}", records)


def _make_batches(
    names: Sequence[str], synthetic: Synthetic, split: str, classes: Sequence[str]
) -> Mapping[str, bytes]:
    """Return the records of each batch of a split; images are dealt to them in turn."""
    stems = [
        name.removesuffix(binary_batches.BATCH).replace("*", str(number))
        for name in names
        for number in range(1, BATCHES + 1 if "*" in name else 2)
    ]
    dealt: dict[str, bytearray] = {}
    for place, (label, image) in enumerate(draw_images(synthetic, split, "RGB") if names else ()):
        planes = numpy.asarray(image).transpose(2, 0, 1).tobytes()
        dealt.setdefault(stems[place % len(stems)], bytearray()).extend(bytes([classes.index(label)]) + planes)
    return {name: bytes(records) for name, records in dealt.items()}


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(f"{FOLDER}/{name}")
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


WRITERS: dict[str, Callable[[Splits, Synthetic, Path], None]] = {"cifar10-binary": write_batches, "idx": write_idx}
"""The function that writes each layout of pixels."""
