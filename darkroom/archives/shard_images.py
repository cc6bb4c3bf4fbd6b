"""Images that are delivered in shards: read as a stream, and written as the files that they are."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count, groupby
from pathlib import Path, PurePosixPath

from darkroom.archives import parquet_shards, tar_shards
from darkroom.archives.expansion import find_allowed
from darkroom.archives.file_images import Row
from darkroom.archives.lacking import make_error
from darkroom.archives.names import CONTROL, LONGEST, is_unicode
from darkroom.archives.samples import Keys, Reader, Sample
from darkroom.archives.shards import find_shards, is_meant
from darkroom.archives.suspicions import LEFT_OUT, Suspicion
from darkroom.core.errors import UserError
from darkroom.core.splits import SPLITS
from darkroom.images.decoding.formats import is_image_name
from darkroom.params.data import Dataset
from darkroom.params.yaml_files import FILE

READERS = {
    "parquet": Reader(parquet_shards.list_samples, parquet_shards.read_images),
    "webdataset": Reader(tar_shards.list_samples, tar_shards.read_images),
}
NO_IMAGE, NO_CLASS, NO_FORMAT = "without an image", "without a class", "of no known format"
"""Why a sample is left out."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image in a shard, and the place where it is written."""

    split: str
    label: str
    name: str
    archive: Path
    title: str
    """The shard's path in what was delivered."""
    number: int
    path: str
    """What it is called in the shard, or its number there."""
    bytes: int
    group: str | None = None
    """What must not stand in two splits, if it is known."""

    @property
    def file(self) -> str:
        """The path below the folder of images."""
        return f"{self.split}/{self.label}/{self.name}"


def find_keys(key: str, dataset: Dataset) -> Keys:
    """Return what the dataset ``key`` says of where image and class stand."""
    return Keys(dataset.image_key, dataset.label_key, f"datasets.{key}", find_allowed(key, dataset))


def plan_images(key: str, dataset: Dataset, raw: Path) -> tuple[list[Image], list[Suspicion]]:
    """Return every image in the shards of a dataset, before anything is written, and the samples that are left out.

    Raises:
        UserError: a shard is missing, corrupt, of another format, or named by two splits; a split has no image.
    """
    entries = sorted(raw.iterdir()) if raw.is_dir() else []
    known = list(find_shards(entries, dataset.layout))
    keys = find_keys(key, dataset)
    homes: dict[Path, str] = {}
    images: list[Image] = []
    odd: list[Suspicion] = []
    for split in SPLITS:
        where = f"datasets.{key}.splits.{split}"
        chosen: dict[Path, str] = {}
        for name in getattr(dataset.splits, split):
            if not (meant := [place for place in known if is_meant(place[1], name, dataset.layout)]):
                raise make_error(where, name, raw, entries, dataset.layout)
            chosen |= {path: "/".join(parts) for path, parts in meant}
        found, strange = plan_split(where, split, dataset.layout, keys, chosen, homes)
        images, odd = images + found, odd + strange
        if chosen and not found:
            reason = f" ({strange[0].subject}: {strange[0].what})" if strange else ""
            raise UserError(f"{FILE}: {where}: no image with a class in {', '.join(chosen.values())}{reason}")
    return images, odd


def plan_split(
    where: str, split: str, layout: str, keys: Keys, shards: dict[Path, str], homes: dict[Path, str]
) -> tuple[list[Image], list[Suspicion]]:
    """Return the images of a split, by its shards' paths in what was delivered, and the samples that are left out.

    Raises:
        UserError: a shard is that of another split already, as ``homes`` says, or is corrupt.
    """
    images: list[Image] = []
    odd: list[Suspicion] = []
    taken: set[tuple[str, str]] = set()
    for shard, title in shards.items():
        if homes.setdefault(shard, split) != split:
            raise UserError(
                f"{FILE}: {where}: {title} is in {homes[shard]} already; an image must not stand in two splits"
            )
        for sample in READERS[layout].list_samples(shard, keys):
            path = f"{sample.path}#{sample.number}" if layout == "parquet" else sample.path
            if sample.size is None or sample.label is None:
                odd.append(Suspicion(LEFT_OUT, f"{title}: {path}", NO_IMAGE if sample.size is None else NO_CLASS))
                continue
            if not (name := name_file(shard, sample, taken)):
                odd.append(Suspicion(LEFT_OUT, f"{title}: {path}", NO_FORMAT))
                continue
            taken.add((sample.label, name))
            images.append(Image(split, sample.label, name, shard, title, sample.number, path, sample.size))
    return images, odd


def name_file(shard: Path, sample: Sample, taken: set[tuple[str, str]]) -> str:
    """Return the name of a sample's file, which no other of its class has; nothing, if its format is not known.

    It is the name that the sample has, if that can be one, with the ending of its format if it has none of an image.
    """
    name = PurePosixPath(sample.path.replace("\\", "/")).name
    numbered = f"{shard.stem}-{sample.number:06}"
    usable = is_unicode(name) and not name.startswith(".") and not CONTROL.search(name) and len(name.encode()) < LONGEST
    name = (name if usable else "") or numbered
    if not is_image_name(name):
        if not sample.ending:
            return ""
        name += sample.ending
    if (sample.label, name) in taken or len(name.encode()) > LONGEST:
        ending = PurePosixPath(name).suffix
        tries = chain([numbered], (f"{numbered}-{number}" for number in count(2)))
        name = next(f"{one}{ending}" for one in tries if (sample.label, f"{one}{ending}") not in taken)
    return name


def write_images(key: str, dataset: Dataset, images: Sequence[Image], out: Path) -> Iterator[Row]:
    """Write ``images`` to the folder ``out``, and yield each one's row of the index.

    Raises:
        UserError: a shard is corrupt.
        OSError: the disk is full.
    """
    for folder in {(image.split, image.label) for image in images}:
        out.joinpath(*folder).mkdir(parents=True)
    for image, data in read_images(key, dataset, images):
        with (out / image.file).open("xb") as file:
            file.write(data)
        digest = hashlib.sha256(data).hexdigest()
        yield image.split, image.label, image.file, len(data), digest, image.title, image.path, image.group


def read_images(key: str, dataset: Dataset, images: Sequence[Image]) -> Iterator[tuple[Image, bytes]]:
    """Yield ``images`` with their bytes, shard by shard.

    Raises:
        UserError: a shard is corrupt.
    """
    keys = find_keys(key, dataset)
    for shard, group in groupby(sorted(images, key=lambda image: image.title), key=lambda image: image.archive):
        wanted = {image.number: image for image in group}
        for number, data in READERS[dataset.layout].read_images(shard, keys, wanted.keys()):
            yield wanted[number], data
