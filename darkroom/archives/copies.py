"""Images of the same bytes among those of a data set, so that a draw puts no two of them into two splits.

Of files only those are read whose size and CRC-32 another one shares: equal bytes have both in common, and unlike ones
seldom do.
"""

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from darkroom.archives import layout, pixel_images
from darkroom.archives.members import read_whole
from darkroom.archives.pixel_batches import read_blocks
from darkroom.core.progress import note

Image = TypeVar("Image", bound=Any)
"""A file or pixels, of layout.py or pixel_images.py."""
Copies = Mapping[int, str]
"""What the bytes of an image are, by the ``id`` of those images of which there are several."""


def find_copies(kind: str, images: Sequence[Image]) -> Copies:
    """Return the SHA-256 of the images that have the same bytes as another one, by their ``id``.

    Args:
        kind: the data set's layout.
        images: of the data set.

    Raises:
        UserError: an image's bytes are corrupt in its archive.
    """
    files = [image for image in images if isinstance(image, layout.Image)]
    pixels = [image for image in images if isinstance(image, pixel_images.Image)]
    alike = _group(((image.bytes, image.member.CRC), image) for image in files)
    digests = {id(image): _hash_file(image) for group in alike for image in group} | _hash_pixels(kind, pixels)
    equal = _group((digests[id(image)], image) for image in (*files, *pixels) if id(image) in digests)
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
    return hashlib.sha256(read_whole(image.archive, image.member)).hexdigest()


def _hash_pixels(kind: str, images: Sequence[pixel_images.Image]) -> dict[int, str]:
    """Return the SHA-256 of the pixels of each image, by its ``id``."""
    places = {(image.batch.archive, image.batch.member, image.number): id(image) for image in images}
    found: dict[int, str] = {}
    for archive in dict.fromkeys(image.batch.archive for image in images):
        done: dict[str, int] = defaultdict(int)
        for member, block in read_blocks(kind, archive):
            for number, pixels in enumerate(block, done[member]):
                if (place := places.get((archive, member, number))) is not None:
                    found[place] = hashlib.sha256(pixels.data).hexdigest()
            done[member] += len(block)
    return found
