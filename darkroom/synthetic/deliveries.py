"""Draw what is delivered of a data set: images that stand in for photographs, in the very format of the real data.

Reads nothing; writes zips of JPEG files (class-folders: one for each split, ``<name>/<name>/<class>/<number>.jpg``, or
one for all, ``<name>/<class>/<number>.jpg``; class-in-name: ``<name>/<class>.<number>.jpg``; csv:
``<name>/<number>.jpg``, and a table of their classes), a tar file of binary batches, or pairs of IDX files (see
``pixel_formats``).
"""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy
import pandas
from PIL import Image

from darkroom.core.errors import UserError
from darkroom.core.files import ZIP_TIME, replace_file, write_table
from darkroom.core.progress import show_progress
from darkroom.core.splits import SPLITS
from darkroom.params.data import Dataset, Splits, Synthetic
from darkroom.params.yaml_files import FILE
from darkroom.synthetic import drawing, pixel_formats
from darkroom.synthetic.drawing import NUMBERS, draw_picture, number_classes
from darkroom.synthetic.scenes import KINDS

LOWER = 71
"""One image of so many is lower where some are; photographs of natural scenes have 1.4 % of them."""
BLOCK = 20_000
"""Numbers of a split's first images: those of train are below, those of test from it on, then those of validation."""
QUALITY = 85


def encode_jpeg(image: Image.Image) -> bytes:
    """Return an image as a JPEG file."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def number_images(seed: int, split: int, per_class: int, classes: int) -> numpy.ndarray:
    """Return the number of every image, int64 (``per_class``, ``classes``): shuffled over the classes, each only once.

    They come in blocks: what follows the first 20,000 images of a split is numbered beyond all splits' first blocks.
    """
    order = numpy.random.default_rng([seed, split]).permutation(BLOCK)
    place = numpy.arange(per_class * classes).reshape(per_class, classes)
    return order[place % BLOCK] + BLOCK * split + len(NUMBERS) * BLOCK * (place // BLOCK)


def draw_images(synthetic: Synthetic, split: str) -> Iterator[tuple[str, Image.Image]]:
    """Yield class and number (``sea/123``) with every image of a split."""
    places = number_classes(synthetic)
    per_class = max(drawing.count_images(synthetic, split, name) for name in places)
    named = number_images(synthetic.seed, NUMBERS[split], per_class, len(KINDS) + len(places.keys() - KINDS.keys()))
    # One of the first 30 images, whatever the classes; LOWER has no divisor up to six, so each class gets its share.
    odd = int(numpy.random.default_rng([synthetic.seed, NUMBERS[split]]).integers(30))
    for index in range(per_class):
        for rank, name in enumerate(places, start=index * len(places)):
            if index < drawing.count_images(synthetic, split, name):
                lower = synthetic.sizes == "some-lower" and rank % LOWER == odd
                yield f"{name}/{named[index, places[name]]}", draw_picture(synthetic, split, name, index, lower)


def choose_folder_names(splits: Splits) -> dict[str, str]:
    """Return, for each split that has something of its own, the name that its first name stands for, without ``.zip``.

    Raises:
        UserError: a name is no file's name, or two are the same.
    """
    names: dict[str, str] = {}
    for split in SPLITS:
        for given in getattr(splits, split)[:1]:
            name = re.sub(r"\.zip$", "", given, flags=re.IGNORECASE).replace("*", "") or split
            if Path(name).name != name or name == "..":
                raise UserError(
                    f"{FILE}: splits.{split}: {given!r}: not a file name; write one without folders, such as {split}"
                )
            for other, taken in names.items():
                if taken == name:
                    raise UserError(
                        f"{FILE}: splits.{split}: {given!r}: {other} has this name already; write another name"
                    )
            names[split] = name
    return names


def draw_members(
    dataset: Dataset, synthetic: Synthetic, split: str, folder: str, labels: dict[str, str]
) -> Iterator[tuple[str, Image.Image]]:
    """Yield the name in its zip, and the image, of every image of a split; put the class of a table into ``labels``."""
    if dataset.layout == "class-in-name":
        counts: dict[str, int] = {}
        for named, image in draw_images(synthetic, split):
            name = named.partition("/")[0]
            counts[name] = counts.get(name, -1) + 1
            yield f"{folder}/{name}.{counts[name]}.jpg", image
    elif dataset.layout == "csv":
        for named, image in draw_images(synthetic, split):
            name, _, number = named.partition("/")
            labels[f"{number}.jpg"] = name
            yield f"{folder}/{number}.jpg", image
    else:
        top = f"{folder}/" if synthetic.archive else f"{folder}/{folder}/"
        for named, image in draw_images(synthetic, split):
            yield f"{top}{named}.jpg", image


def draw_delivery(dataset: Dataset, out: Path) -> None:
    """Draw the images of all splits into the folder ``out``, as the dataset's layout delivers them.

    Raises:
        UserError: the splits' names are no names of files.
    """
    synthetic = dataset.synthetic
    if synthetic is None:
        return
    folders = choose_folder_names(dataset.splits)
    if dataset.layout in pixel_formats.WRITERS:
        pixel_formats.WRITERS[dataset.layout](dataset.splits, synthetic, out)
        return
    archives: dict[str, list[str]] = {}
    for split, folder in folders.items():
        archives.setdefault(synthetic.archive or folder, []).append(split)
    labels: dict[str, str] = {}
    for name, splits in archives.items():
        total = sum(drawing.count_all_images(synthetic, split) for split in splits)
        drawn = (
            member for split in splits for member in draw_members(dataset, synthetic, split, folders[split], labels)
        )
        with replace_file(out / f"{name}.zip") as path, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for member, image in show_progress(drawn, total, f"draw {name}", "images"):
                archive.writestr(zipfile.ZipInfo(member, ZIP_TIME), encode_jpeg(image))
    if dataset.table is not None:
        columns = [dataset.table.file, dataset.table.label]
        write_table(out / dataset.table.names[0], pandas.DataFrame(labels.items(), columns=columns))
