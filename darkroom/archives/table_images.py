"""Images that are delivered as files in zip archives, in any folders, with their classes in a table."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from darkroom.archives.archives import matches
from darkroom.archives.file_images import complete_splits
from darkroom.archives.label_tables import read_tables
from darkroom.archives.layout import Content, Found, Image
from darkroom.archives.members import split_path
from darkroom.archives.named_contents import Contents, read_contents
from darkroom.archives.reading import find_reading
from darkroom.archives.row_matching import Candidate, Named, match_rows
from darkroom.archives.suspicions import LEFT_OUT, Suspicion
from darkroom.core import progress
from darkroom.core.errors import UserError
from darkroom.core.splits import SPLITS
from darkroom.params.data import Dataset, Splits
from darkroom.params.yaml_files import FILE

UNLABELLED = "without a class in the table"


def plan_images(key: str, dataset: Dataset, raw: Path) -> Found:
    """Return every image that a table gives a class, with its place, before anything is unpacked, and what is odd.

    Raises:
        UserError: an archive or a table is missing or corrupt; a row has no image, or more than one; an image has
            two rows; a split has no image.
    """
    if dataset.table is None:
        return [], []
    where, reading = f"datasets.{key}.table", find_reading(key, dataset)
    contents, guesses = read_contents(key, dataset, raw, reading)
    archives = {each.archive: None for parts in contents.values() for each in parts}
    rows = read_tables(where, dataset.table, raw, archives, reading)
    candidates = list_candidates(contents)
    named = match_rows(key, dataset.table, rows, candidates)
    if dataset.table.split is not None:
        contents = dict.fromkeys(SPLITS, contents["archives"])
        named_in = split_rows(key, dataset.splits, named)
    else:
        named_in = dict.fromkeys(SPLITS, named)
    labelled = {
        split: [label_images(each, named_in[split]) for each in parts]
        for split, parts in contents.items()
        if getattr(dataset.splits, split)
    }
    images, odd = complete_splits(key, dataset, labelled)
    return divide(dataset, images, named_in), odd + guesses + list_unlabelled(candidates, named)


def divide(dataset: Dataset, images: Sequence[Image], named_in: Mapping[str, Named]) -> list[Image]:
    """Return the images with their groups, and of each that has boxes the parts.

    Parts of one image are a group if the data set has no others: the same light and the same things around.
    """
    grouped = dataset.table is not None and dataset.table.group is not None
    parted = not grouped and dataset.group is None
    parts = []
    for image in images:
        rows = named_in[image.split][image.archive, image.member.filename]
        whole = f"{image.archive.name}/{image.member.filename}"
        for row in rows:
            if row.label == image.label:
                group = row.group if grouped else whole if parted and row.part else None
                parts.append(replace(image, group=group, part=row.part))
    return parts


def list_candidates(contents: Contents) -> list[Candidate]:
    """Return every image in what was delivered."""
    return [
        Candidate(each.archive, member.filename, split_path(member.filename))
        for parts in contents.values()
        for each in parts
        for _, member in each.images
    ]


def list_unlabelled(images: Sequence[Candidate], named: Named) -> list[Suspicion]:
    """Return the images to which no row gives a class, and which are left out."""
    lacking = [image for image in images if not any(row.label for row in named.get(image.key, ()))]
    return [Suspicion(LEFT_OUT, f"{image.archive.name}: {image.name}", UNLABELLED) for image in lacking]


def split_rows(key: str, splits: Splits, named: Named) -> dict[str, Named]:
    """Return the rows of each split, by the values of their column that ``splits`` name; say how many no split names.

    Raises:
        UserError: a value is named by two splits, or a name is that of no value.
    """
    found: dict[str, Named] = {split: {} for split in SPLITS}
    rows = [(image, row) for image, rows in named.items() for row in rows]
    values = sorted({row.split for _, row in rows})
    homes: dict[str, str] = {}
    for split in SPLITS:
        where = f"{FILE}: datasets.{key}.splits.{split}"
        for name in getattr(splits, split):
            if not (meant := [value for value in values if matches(value, name)]):
                raise UserError(
                    f"{where}: {name!r}: no row has this split; the table has {', '.join(values) or 'none'}"
                )
            for value in meant:
                if homes.setdefault(value, split) != split:
                    raise UserError(f"{where}: {value!r} is in {homes[value]} already; name it in one split")
    for image, row in rows:
        if row.split in homes:
            found[homes[row.split]].setdefault(image, []).append(row)
    if unused := sum(row.split not in homes for _, row in rows):
        others = ", ".join(value or "''" for value in values if value not in homes)
        progress.note(f"unzip {key}", f"{unused:,} left out, of splits that are not named: {others}")
    return found


def label_images(content: Content, named: Named) -> Content:
    """Return the content of an archive with the classes that rows give its images, and without those that have none.

    An image whose parts are of several classes stands in each.
    """
    images = [
        ((label, *rest), member)
        for (_, *rest), member in content.images
        for label in {row.label: None for row in named.get((content.archive, member.filename), ())}
        if label
    ]
    images.sort(key=lambda image: (image[0], image[1].header_offset))
    return replace(content, images=images)
