"""A view divided into shards, and one shard of it prepared.

Which shard an image goes to depends on its neighbours alone, not on the number of images: those of an archive, in the
order of the index, are cut into blocks before images whose SHA-256 says so, ``LEAST`` images apart at least, and a
block goes to a shard by the hash of the image that it begins with. So images that are added change the blocks that they
fall into, seldom the next one, and no others; fewer than ``LEAST`` in an archive of their own are one block, and change
one shard. (This is content-defined chunking, as in Muthitacharoen, Chen and Mazières, A Low-bandwidth Network File
System, 2001, with images in the place of bytes.)
"""

import hashlib
from contextlib import closing
from pathlib import Path

import numpy
import pandas

from darkroom.core.errors import UserError
from darkroom.core.filenames import name_shards
from darkroom.core.files import read_json, replace_folder, sha256, write_json, write_table
from darkroom.images.decoding.depth import Ranges
from darkroom.images.decoding.formats import find_file, is_row
from darkroom.images.decoding.images import read_images
from darkroom.images.decoding.labels import list_classes, write_groups, write_labels
from darkroom.images.decoding.preparation import check_space, choose_images, count_bytes, describe, write_images
from darkroom.images.prepared import shards, views
from darkroom.params.view import Decoding, View

LEAST = 32
"""Images of a block, at least; of the last one of an archive there may be fewer."""
BEGINS = 32
"""Of so many images one may begin a block."""
HASHED_AT_ONCE = 64
WHOLE = "whole.json"
"""What a shard must know of all images: the splits, and black and white of images of more than 8 bits."""
LISTED = ["split", "file", "sha256"]


def divide(key: str, view: View, decoding: Decoding, near: str | int, images: Path, lists: Path, out: Path) -> None:
    """Write the list of each shard's images to ``lists``, and the index of the view to ``out``.

    ``near`` is what ``near_duplicates`` of the data set says.

    Raises:
        UserError: images are duplicates and the view says stop, or a class has no training image.
    """
    index, splits, ranges = choose_images(f"divide {key}", view, decoding, near, images)
    names = name_shards(key, view.shards)
    classes = list_classes(index, splits, images, view.class_order)
    numbers = assign_shards(index, view.shards)
    with replace_folder(lists) as folder:
        for number, name in enumerate(names):
            write_table(folder / f"{name}.csv", index.loc[numbers == number, LISTED])
        write_json(folder / WHOLE, {"splits": list(splits), **vars(ranges)})
    with replace_folder(out) as folder:
        write_labels(folder, index, splits, classes)
        write_groups(folder, index)
        places = index.groupby(["split", numbers]).cumcount().to_numpy()
        for split in splits:
            rows = (index["split"] == split).to_numpy()
            numpy.save(folder / shards.places_file(split), numpy.stack([numbers[rows], places[rows]], axis=1))
        described = describe(view, decoding, ranges, index, splits, classes, {})
        write_json(folder / views.DESCRIPTION, {**described, "shards": names})


def assign_shards(index: pandas.DataFrame, count: int) -> numpy.ndarray:
    """Return the number of each image's shard, from 0 to less than ``count``: int64, (images,)."""
    archives = index["archive"] if "archive" in index else pandas.Series("", index=index.index)
    order = numpy.argsort(pandas.factorize(archives)[0], kind="stable")
    archive, digests = archives.to_numpy()[order], index["sha256"].to_numpy()[order]
    opens = numpy.r_[True, archive[1:] != archive[:-1]]
    may_begin = numpy.array([int(digest[-8:], 16) % BEGINS == 0 for digest in digests])
    starts: list[int] = []
    for at in numpy.flatnonzero(opens | may_begin):
        if opens[at] or at - starts[-1] >= LEAST:
            starts.append(int(at))
    heads = [f"{archive[at]}\n{'' if opens[at] else digests[at]}" for at in starts]
    shard = [int.from_bytes(hashlib.sha256(head.encode()).digest()[:8]) % count for head in heads]
    numbers = numpy.empty(len(index), dtype=numpy.int64)
    numbers[order] = numpy.repeat(shard, numpy.diff(numpy.r_[starts, len(index)]))
    return numbers


def prepare_shard(key: str, name: str, view: View, decoding: Decoding, images: Path, lists: Path, out: Path) -> None:
    """Write the images of the shard ``name`` of the view ``key`` to the folder ``out``.

    Raises:
        UserError: an image is not that of the list, or is corrupt and the view says stop, or the disk has too little
            room.
    """
    index = pandas.read_csv(lists / f"{name}.csv", dtype=str, keep_default_na=False)
    whole = read_json(lists / WHOLE)
    splits, ranges = whole["splits"], Ranges(whole["whole"], whole["fraction"])
    check_space(key, out, len(index) * count_bytes(view))
    check_images(f"check {name}", images, index)
    with replace_folder(out) as folder:
        problems = write_images(key, view, decoding, images, index, splits, ranges, folder, f"prepare {name}")
        kept = ~index["file"].isin(problems)
        places = index.groupby("split").cumcount()
        for split in splits:
            numpy.save(folder / shards.kept_file(split), places[kept & (index["split"] == split)].to_numpy())
        left_out = [{"file": file, "problem": problem} for file, problem in problems.items()]
        write_json(folder / shards.SHARD, {"left_out": left_out})


def check_images(task: str, images: Path, index: pandas.DataFrame) -> None:
    """Check that the files in ``images`` are those that ``index`` names, by their SHA-256.

    Raises:
        UserError: one is not.
    """
    files = index["file"]
    with closing(read_images(task, images, files, hash_image, HASHED_AT_ONCE)) as found:
        for file, digest, named in zip(files, found, index["sha256"], strict=True):
            if digest != named:
                raise UserError(f"{images / file}: not the image that was unpacked; run snakemake again")


def hash_image(path: Path) -> str:
    """Return the SHA-256, in hex, of the file of an image, or of the pixels of a row of an array."""
    if not is_row(path):
        return sha256(find_file(path))
    row = numpy.load(path.parent, mmap_mode="r", allow_pickle=False)[int(path.name)]
    return hashlib.sha256(numpy.ascontiguousarray(row).data).hexdigest()
