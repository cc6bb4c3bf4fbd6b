"""Variants of a dataset's training images, written out as files beside them.

What an image's variants are depends on the seed, the image's place in the folder, and their number alone.
"""

import hashlib
import shutil
from collections import Counter
from io import BytesIO
from pathlib import Path, PurePosixPath

import numpy
import pandas
from PIL import Image

from darkroom.core.errors import UserError
from darkroom.core.files import replace_folder, write_table
from darkroom.core.progress import note, show_progress
from darkroom.core.splits import TRAIN
from darkroom.images.decoding.formats import CorruptImageError, find_file, split_box
from darkroom.images.decoding.images import INDEX, VARIANT, read_index
from darkroom.images.decoding.pixels import Tones, turn_upright
from darkroom.images.decoding.reading import decode
from darkroom.images.decoding.survey import survey_ranges
from darkroom.images.prepared.augmentation import Changes, make_changes
from darkroom.images.prepared.batches import SEEDS
from darkroom.params.augmentation import Augmented
from darkroom.params.view import Decoding

GREY = ("1", "L", "LA", "La", "I", "F")
"""Pillow's modes of one channel; their variants are grey, all others in RGB."""
COMPRESSION = 1
"""Of a PNG, 0 to 9: photographs become an eighth larger than by Pillow's own choice, in less than half the time."""


def augment(key: str, augmented: Augmented, decoding: Decoding, images: Path, out: Path) -> None:
    """Write the images of the folder ``images`` and the variants of those that train to the folder ``out``.

    Raises:
        UserError: a file that the index names is missing, or has the name of a variant.
    """
    index, change = read_index(images), make_changes(augmented.augmentation)
    places, rows = name_variants(index), []
    tones = Tones.of(decoding, survey_ranges(f"augment {key}", images, index, None, decoding))
    with replace_folder(out) as folder:
        copy_images(images, folder, index)
        for row in show_progress(index.to_dict("records"), len(index), f"augment {key}", "images"):
            rows.append(row)
            if row["split"] != TRAIN:
                continue
            try:
                pixels = read_upright(images / row["file"], decoding, tones)
            except CorruptImageError as error:
                note(f"augment {key}", f"no variants of {images / row['file']}: {error}")
                continue
            for number in range(1, augmented.variants + 1):
                file = f"{places[row['file']]}-variant-{number}.png"
                content = encode(make_variant(pixels, change, (augmented.seed, row["file"], number)))
                write_new(folder / file, content)
                facts = {"file": file, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
                rows.append({**row, **facts, "archive": f"{VARIANT} {number} of", "member": row["file"]})
        write_table(folder / INDEX, pandas.DataFrame(rows, columns=list(index.columns)))


def name_variants(index: pandas.DataFrame) -> dict[str, str]:
    """Return for each training image the path that the names of its variants begin with, which no other image has.

    That is ``<split>/<class>/<stem>``; of images whose names differ by their endings alone ``…/<stem>-<ending>``; of a
    part of an image its box follows.
    """
    train = index[index["split"] == TRAIN]
    parts = {file: split_box(PurePosixPath(file)) for file in train["file"]}
    short = {file: f"{TRAIN}/{label}/{parts[file][0].stem}" for label, file in zip(train["class"], parts, strict=True)}
    owners = {(short[file], name.name) for file, (name, _) in parts.items()}
    taken = Counter(place for place, _ in owners)
    boxes = {file: "" if box is None else f"-{','.join(map(str, box))}" for file, (_, box) in parts.items()}
    return {
        file: (f"{place}-{parts[file][0].suffix[1:]}" if taken[place] > 1 else place) + boxes[file]
        for file, place in short.items()
    }


def copy_images(images: Path, folder: Path, index: pandas.DataFrame) -> None:
    """Copy what the index names; by a link, a change of the copy would change what it was copied from.

    Raises:
        UserError: a file is missing.
    """
    paths = (PurePosixPath(file) for file in index["file"])
    for file in dict.fromkeys(find_file(path) for path in paths):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(images / file, folder / file)
        except FileNotFoundError:
            again = f"run python -m stages.unzip {images.name} again"
            raise UserError(f"{images / file}: named in {INDEX}, but missing; {again}") from None


def read_upright(path: Path, decoding: Decoding, tones: Tones) -> numpy.ndarray:
    """Return an image's pixels, upright: uint8, (height, width, 1) of a grey one, else (height, width, 3).

    Raises:
        CorruptImageError: it does not decode.
    """
    image = decode(path, decoding)
    grey = image.mode in GREY or image.mode.startswith("I;16")
    pixels = numpy.asarray(turn_upright(image, "L" if grey else "RGB", tones))
    return pixels.reshape(*pixels.shape[:2], -1)


def make_variant(pixels: numpy.ndarray, change: Changes, drawn_by: tuple[int, str, int]) -> numpy.ndarray:
    """Return a variant of an image, of the same shape; ``drawn_by`` decides which: seed, file and number."""
    digest = hashlib.sha256("\n".join(map(str, drawn_by)).encode()).digest()
    seeds = numpy.frombuffer(digest, dtype=">u4", count=2).astype(numpy.int64) % SEEDS
    return numpy.rint(change(pixels[None], seeds[None])[0]).astype(numpy.uint8)


def encode(pixels: numpy.ndarray) -> bytes:
    """Return pixels as a PNG."""
    buffer = BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(buffer, "PNG", compress_level=COMPRESSION)
    return buffer.getvalue()


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet.

    Raises:
        UserError: it is there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise UserError(
            f"{path.parent.name}/{path.name}: an image of the dataset has a variant's name; rename it"
        ) from None
