"""What a user's folder or zip of images holds: which part of it is which split, and how many images of each class."""

import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from darkroom.archives.archives import strip_ending
from darkroom.archives.endings import is_archive, is_zip
from darkroom.core.errors import UserError
from darkroom.core.splits import SPLITS
from darkroom.images.decoding.formats import is_hidden, is_image_name
from darkroom.reporting.quantities import counted

CALLED = {
    "train": ("train", "training", "learn", "learning"),
    "validation": ("validation", "val", "valid", "dev"),
    "test": ("test", "testing", "exam"),
}
"""What people call the parts of their images, in any capitals."""
LEAST = 5
"""Images of a class without which it cannot train, validate and test."""
TESTED = 0.2
"""Part of the images of the smallest class that tests, of each class, where no part of the images is for that."""
EXPECTED = "give a folder or a .zip with a folder for each class, or with such folders below train and test"

Place = tuple[str, ...]
"""Folders of an image, the outermost first; of one in a zip, that begins with the zip's name without its ending."""


@dataclass(frozen=True)
class Found:
    """What a source holds."""

    splits: Mapping[str, list[str]]
    """What each split is called there; nothing where it has nothing of its own."""
    test_per_class: int | None
    """Images of each class to draw for the test; ``None`` where test has its own."""
    classes: Mapping[str, int]
    """Images of each class that may train; nothing where its archives cannot be looked into."""


def inspect_source(source: Path) -> Found:
    """Return what the images in ``source`` are.

    Raises:
        UserError: there is nothing such, no image, an image in no class folder, or too few of them.
    """
    if not source.exists():
        raise UserError(f"{source}: no such file or folder; {EXPECTED}")
    if not (source.is_dir() or is_archive(source)):
        raise UserError(f"{source}: neither a folder nor an archive; {EXPECTED}")
    places = list(list_places(source))
    if not places:
        raise UserError(f"{source}: holds no image; {EXPECTED}")
    name, around = strip_ending(source), len(places[0])
    while places[0] and all(place[:1] == places[0][:1] for place in places):  # a folder around everything
        name, places = places[0][0], [place[1:] for place in places]
    splits = {split: sorted({place[0] for place in places if place and is_called(place[0], split)}) for split in SPLITS}
    if splits["train"]:
        places = [place[1:] for place in places if place and place[0] in splits["train"]]
        where = f"{source}: {splits['train'][0]}"
        if splits["test"] and not any(places):  # an archive that cannot be looked into here
            return Found(splits, None, {})
    else:
        _refuse_archives(source)
        if around and not any(places) and (source.is_dir() or is_zip(source)):
            raise UserError(f"{source}: only one class, {name}; at least two are needed")
        splits, where = {"train": [name], "validation": [], "test": []}, str(source)
    classes = count_classes(places, where)
    if splits["test"]:
        return Found(splits, None, classes)
    return Found(splits, max(1, int(TESTED * min(classes.values()))), classes)


def _refuse_archives(source: Path) -> None:
    """Refuse a folder of archives that are no splits: nothing says which to learn from."""
    archives = [path.name for path in sorted(source.iterdir()) if is_archive(path)] if source.is_dir() else []
    if archives:
        raise UserError(
            f"{source}: holds archives, such as {archives[0]}, and none is called train; rename the one to learn from"
        )


def list_places(source: Path) -> Iterator[Place]:
    """Yield the folders of each image in a folder or archive; of an archive that is no zip, its name alone."""
    if is_zip(source):
        with zipfile.ZipFile(source) as archive:
            names = [PurePosixPath(name) for name in archive.namelist() if not name.endswith("/")]
        yield from (path.parent.parts for path in names if is_image_name(path) and not is_hidden(path.parent.parts))
    elif is_archive(source):
        yield (strip_ending(source),)
    else:
        for path in sorted(source.iterdir()):
            if path.name.startswith("."):
                continue
            if path.is_dir() or is_zip(path):
                yield from ((strip_ending(path), *place) for place in list_places(path))
            elif is_archive(path):
                yield (strip_ending(path),)
            elif is_image_name(path.name):
                yield ()


def is_called(name: str, split: str) -> bool:
    """Return whether a name is one that people give to a split."""
    return name.casefold().removeprefix("seg_") in CALLED[split]


def count_classes(places: list[Place], where: str) -> dict[str, int]:
    """Return the number of images of each class: in the first folder that not all share.

    Raises:
        UserError: one is in no folder, all are in one, or a class has too few.
    """
    while places[0] and all(place[:1] == places[0][:1] for place in places) and any(len(place) > 1 for place in places):
        places = [place[1:] for place in places]
    if () in places:
        raise UserError(f"{where}: an image stands in no class folder; {EXPECTED}")
    counts = Counter(place[0] for place in places)
    if len(counts) < 2:
        raise UserError(f"{where}: only one class, {next(iter(counts))}; at least two are needed")
    fewest, number = min(counts.items(), key=lambda item: item[1])
    if number < LEAST:
        raise UserError(f"{where}: {counted(number, 'image')} of class {fewest}; at least {LEAST} are needed of each")
    return dict(sorted(counts.items()))
