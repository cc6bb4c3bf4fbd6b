"""Tars as WebDataset has them: files of one name are a sample, ``0001.jpg`` with ``0001.cls`` or ``0001.json``.

A name ends at its first dot, and what follows is the kind of the file. Tars are read as streams.
"""

import json
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from unicodedata import normalize

from darkroom.archives.contents import Bytes, open_archive
from darkroom.archives.encodings import Encoding
from darkroom.archives.names import show
from darkroom.archives.reading import Reading
from darkroom.archives.samples import Keys, Sample, check_class
from darkroom.core.errors import UserError
from darkroom.images.decoding.formats import is_hidden, is_image_name, is_litter

CLASSES = ("cls", "cls.txt")
"""Kinds of files that hold a class."""
LARGEST = 1 << 20
"""Bytes of a file that holds a class."""


@dataclass
class Files:
    """What a tar holds of a sample."""

    images: dict[str, tuple[int, str, int]] = field(default_factory=dict)
    """Of each kind place, name and size."""
    label: str | None = None
    known: list[str] = field(default_factory=list)
    """Keys of its JSON."""


def list_samples(shard: Path, keys: Keys) -> Iterator[Sample]:
    """Yield every sample of a tar, numbered as the images are; those without one follow, under their names.

    Raises:
        UserError: the tar is corrupt, unsafe or too large; there is no class in it, or two files have one name.
    """
    samples: dict[str, Files] = {}
    seen: set[str] = set()
    for place, name, size, data in _read_members(shard, keys):
        if name in seen:
            raise UserError(f"{show(shard)}: two files {name!r}; give each sample a name of its own")
        seen.add(name)
        stem, kind = split_kind(name)
        if not kind:
            continue
        sample = samples.setdefault(stem, Files())
        if is_image_name(f"x.{kind}"):
            sample.images[kind] = place, name, size
        elif kind == "json" or kind in (*CLASSES, keys.label):
            read_label(f"{show(shard)}: {name}", keys, kind, _read_whole(shard, name, size, data), sample)
    check_labels(shard, keys, samples)
    for stem, sample in samples.items():
        if (image := choose_image(shard, keys, stem, sample)) is None:
            yield Sample(-1, stem, sample.label, None, "")
        else:
            yield Sample(image[0], image[1], sample.label, image[2] or None, "")


def read_images(shard: Path, keys: Keys, wanted: Set[int]) -> Iterator[tuple[int, bytes]]:
    """Yield number and bytes of the images ``wanted``.

    Raises:
        UserError: the tar is corrupt.
    """
    for place, _, _, data in _read_members(shard, keys):
        if place in wanted:
            yield place, b"".join(data)


def split_kind(name: str) -> tuple[str, str]:
    """Return the name of a sample, with its folders, and the kind of its file, in lower case."""
    folder, _, last = name.rpartition("/")
    stem, _, kind = last.partition(".")
    return (f"{folder}/{stem}" if folder else stem), kind.lower() if stem else ""


def read_label(where: str, keys: Keys, kind: str, data: bytes, sample: Files) -> None:
    """Note what a file says of the class of its sample.

    Raises:
        UserError: it is no text or no JSON, or has no such class.
    """
    try:
        text = data.decode("utf-8-sig")
        value: Any = text.strip()
        if kind == "json" and keys.label != "json":
            content = json.loads(text)
            if not isinstance(content, dict):
                raise ValueError("no object")
            sample.known, value = list(content), content.get(keys.label)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        what = "JSON" if kind == "json" else "text in UTF-8"
        raise UserError(f"{where}: no {what} ({error}); mend or remove it") from None
    if value is None or value == "" or (kind in CLASSES and keys.label not in (None, kind)):
        return
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise UserError(f"{where}: {keys.label} is {value!r}, no class; {keys.name('label')} names another key")
    sample.label = check_class(where, normalize("NFC", str(value)).strip()) or None


def check_labels(shard: Path, keys: Keys, samples: dict[str, Files]) -> None:
    """Require a class in a tar.

    Raises:
        UserError: there is none.
    """
    if samples and not any(sample.label for sample in samples.values()):
        known = sorted({key for sample in samples.values() for key in sample.known})
        wanted = "no .cls" if keys.label is None else f"nothing called {keys.label!r}"
        held = f", one of {', '.join(map(show, known))}" if known else ", the key of a JSON or the ending of a text"
        raise UserError(f"{show(shard)}: {wanted} gives a class; write {keys.name('label')}{held}")


def choose_image(shard: Path, keys: Keys, stem: str, sample: Files) -> tuple[int, str, int] | None:
    """Return the image of a sample: of several the one whose kind has no dot, as ``seg.png`` has.

    Raises:
        UserError: that leaves several.
    """
    kinds = [kind for kind in sample.images if keys.image in (None, kind)]
    plain = [kind for kind in kinds if "." not in kind] or kinds
    if len(plain) > 1:
        raise UserError(
            f"{show(shard)}: sample {stem!r} has {' and '.join(plain)}; write the right one as {keys.name('image')}"
        )
    return sample.images[plain[0]] if plain else None


def _read_whole(shard: Path, name: str, size: int, data: Bytes) -> bytes:
    if size > LARGEST:
        raise UserError(f"{show(shard)}: {name} has {size:,} bytes, more than a class needs; correct or remove it")
    return b"".join(data)


def _read_members(shard: Path, keys: Keys) -> Iterator[tuple[int, str, int, Bytes]]:
    """Yield place, name, size and bytes of each file that is neither hidden nor litter."""
    reading = Reading(Encoding(None, f"{keys.where}.names"), keys.allowed)
    with open_archive(shard, reading, shard.parent) as opened:
        for place, (member, data) in enumerate(opened):
            parts = PurePosixPath(member.filename).parts
            if not member.is_dir() and not is_litter(member.filename) and not is_hidden(parts[:-1]):
                yield place, member.filename, member.file_size, data
