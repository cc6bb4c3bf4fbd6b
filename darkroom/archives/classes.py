"""Checks of the classes of a data set, before anything is unpacked."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from darkroom.archives.suspicions import fold_class
from darkroom.core.errors import UserError
from darkroom.core.splits import SPLITS, TRAIN
from darkroom.params.yaml_files import FILE

FORMS = {
    "class-folders": "the layout is <archive>/<class>/<image>",
    "class-in-name": "the layout is <archive>/<class>.<anything>.<ending>",
    "csv": "the layout is a table with a row for each image, and archives of these",
}
"""The names of a layout's images, where their classes are written in them."""


class Labelled(Protocol):
    """An image of a class, in a split."""

    @property
    def split(self) -> str:
        """The split's name."""
        ...

    @property
    def label(self) -> str:
        """The class's name."""
        ...


def check_classes(key: str, layout: str, images: Iterable[Labelled]) -> dict[str, list[str]]:
    """Return the classes of train that another split, if it has images, lacks.

    Raises:
        UserError: a class is in another split alone, or train has a single class.
    """
    found: dict[str, set[str]] = {split: set() for split in SPLITS}
    for image in images:
        found[image.split].add(image.label)
    train = found.pop(TRAIN)
    if len(train) < 2:
        form = f"{FORMS[layout]}, with two classes or more" if layout in FORMS else "give two classes or more"
        raise UserError(
            f"{FILE}: datasets.{key}.splits.{TRAIN}: all images are of one class, {min(train, default='')!r}; {form}"
        )
    for split, labels in found.items():
        if unknown := sorted(labels - train):
            known = {fold_class(label): label for label in sorted(train)}
            meant = known.get(fold_class(unknown[0]))
            hint = f"did you mean {meant!r} by {unknown[0]!r}? Else add" if meant else "add"
            raise UserError(
                f"{FILE}: datasets.{key}.splits.{split}: {_classes(unknown)} not in train, which has "
                f"{', '.join(sorted(train))}; {hint} training images of {_them(unknown)} or remove {_them(unknown)} "
                f"from {split}"
            )
    return {split: sorted(train - labels) for split, labels in found.items() if labels and train - labels}


def _classes(labels: Sequence[str]) -> str:
    return f"class {labels[0]} is" if len(labels) == 1 else f"classes {', '.join(labels)} are"


def _them(labels: Sequence[str]) -> str:
    return "it" if len(labels) == 1 else "them"
