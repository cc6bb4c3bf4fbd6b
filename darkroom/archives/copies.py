"""Images of the same bytes among those of a data set, so that a draw puts no two of them into two splits.

Of files only those are read whose size and CRC-32, in shards whose size, another one shares: equal bytes have both in
common, and unlike ones seldom do.
"""

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar

from darkroom.archives import layout, pixel_images, shard_images
from darkroom.archives.members import read_member
from darkroom.core.progress import note
from darkroom.params.data import Dataset

Image = TypeVar("Image", bound=Any)
"""A file, pixels or an image in a shard, of layout.py, pixel_images.py or shard_images.py."""
Copies = Mapping[int, str]
"""What the bytes of an image are, by the ``id`` of those images of which there are several."""


def find_copies(key: str, dataset: Dataset, images: Sequence[Image]) -> Copies:
    """Return the SHA-256 of the images of the data set ``key`` that have the same bytes as another, by their ``id``.

    Raises:
        UserError: an image's bytes are corrupt in its archive.
    """
    files = [image for image in images if isinstance(image, layout.Image)]
    pixels = [image for image in images if isinstance(image, pixel_images.Image)]
    sharded = [image for image in images if isinstance(image, shard_images.Image)]
    alike = _group(((image.bytes, image.member.checksum), image) for image in files)
    of_a_size = _group((image.bytes, image) for image in sharded)
    digests = {id(image): _hash_file(image) for group in alike for image in group}
    digests |= _hash_pixels(dataset.layout, pixels) | _hash_sharded(key, dataset, list(chain(*of_a_size)))
    equal = _group((digests[id(image)], image) for image in images if id(image) in digests)
    return {id(image): digests[id(image)] for group in equal for image in group}


def drop_copies(key: str, split: str, pool: Sequence[Image], drawn: Iterable[Image], copies: Copies) -> list[Image]:
    """Return the images of ``pool`` that are no copies of those ``drawn`` for ``split``, and say how many are.

    ``key`` is that of the data set.
    """
    taken = {copies[id(image)] for image in drawn if id(image) in copies}
    rest = [image for image in pool if copies.get(id(image)) not in taken] if taken else list(pool)
    if dropped := len(pool) - len(rest):
        note(
            f"unzip {key}",
            f"{split}: {dropped:,} left out of the other splits, copies of images that were drawn for it",
        )
    return rest


def _group(pairs: Iterable[tuple[Hashable, Image]]) -> list[list[Image]]:
    """Return the images that share a key with another one, group by group."""
    found: dict[Hashable, list[Image]] = defaultdict(list)
    for key, image in pairs:
        found[key].append(image)
    return [group for group in found.values() if len(group) > 1]


def _hash_file(image: layout.Image) -> str:
    return hashlib.sha256(read_member(image.member)).hexdigest()


def _hash_pixels(kind: str, images: Sequence[pixel_images.Image]) -> dict[int, str]:
    """Return the SHA-256 of the pixels of each image, by its ``id``."""
    read = pixel_images.read_images(kind, images)
    return {id(image): hashlib.sha256(pixels.data).hexdigest() for image, pixels in read}


def _hash_sharded(key: str, dataset: Dataset, images: Sequence[shard_images.Image]) -> dict[int, str]:
    """Return the SHA-256 of images in shards, by their ``id``."""
    read = shard_images.read_images(key, dataset, images)
    return {id(image): hashlib.sha256(data).hexdigest() for image, data in read}
