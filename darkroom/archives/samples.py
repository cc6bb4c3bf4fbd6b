"""Samples of a shard: an image and its class each, whatever the shard's format."""

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from darkroom.archives.expansion import Expansion
from darkroom.archives.names import LONGEST, can_be_class
from darkroom.core.errors import UserError
from darkroom.params.yaml_files import FILE

HEAD = 32
"""Bytes of an image by which its format is known."""
BEGINNINGS = {
    b"\xff\xd8\xff": ".jpg",
    b"\x89PNG\r\n\x1a\n": ".png",
    b"GIF8": ".gif",
    b"BM": ".bmp",
    b"II*\0": ".tif",
    b"MM\0*": ".tif",
    b"\0\0\0\x0cjP  ": ".jp2",
}
BRANDS = {b"avif": ".avif", b"heic": ".heic", b"heix": ".heic", b"mif1": ".heif", b"msf1": ".heif"}
"""Of files whose fifth to eighth bytes are ftyp."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a shard holds of an image."""

    number: int
    """Its place in the shard, from 0."""
    path: str
    """What the shard calls it; empty: nothing."""
    label: str | None
    """Its class, if it has one."""
    size: int | None
    """Bytes of the image, if there is one."""
    ending: str
    """Of a file name, by the image's first bytes; empty where these are of no known format."""


@dataclass(frozen=True)
class Keys:
    """What params.yaml says of where image and class stand in a sample; ``None``: where they usually do."""

    image: str | None
    label: str | None
    where: str
    """The key of the data set."""
    allowed: Expansion

    def name(self, part: str) -> str:
        """Return the key for the image or the label, in a message."""
        return f"{FILE}: {self.where}.{part}_key"


@dataclass(frozen=True)
class Reader:
    """The functions that read shards of a format."""

    list_samples: Callable[[Path, Keys], Iterator[Sample]]
    """Yields every sample of a shard."""
    read_images: Callable[[Path, Keys, Set[int]], Iterator[tuple[int, bytes]]]
    """Yields number and bytes of the samples of these numbers, in the shard's order."""


def find_ending(head: bytes) -> str:
    """Return the ending of the files of an image's format, by its first bytes; nothing, if it is none of the known."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ".webp"
    if head[4:8] == b"ftyp":
        return BRANDS.get(head[8:12], "")
    return next((ending for start, ending in BEGINNINGS.items() if head.startswith(start)), "")


def check_class(where: str, label: str) -> str:
    """Return the class of a sample.

    Raises:
        UserError: it can be no folder's name; ``where`` is the sample.
    """
    if not can_be_class(label):
        raise UserError(
            f"{where}: class {label!r}: a class is the name of a folder, without /, \\ or a dot before it, of at most "
            f"{LONGEST} bytes; rename it in the source"
        )
    return label
