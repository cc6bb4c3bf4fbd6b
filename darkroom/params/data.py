"""Data in params.yaml: datasets, the census and views."""

import codecs
import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from darkroom.params.base import Name, Section
from darkroom.params.fields import FILE_NAME, Count, CountOrZero, Shown
from darkroom.params.synthetic import Synthetic

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=FILE_NAME)]
Layout = Literal["class-folders", "class-in-name", "cifar10-binary", "idx"]

SOURCES = "synthetic, kaggle:<owner>/<name>, kaggle:competitions/<name>, https://…, or a folder"


class Splits(Section):
    """The parts of a source that each split has of its own, by name: archives, folders, batches or pairs of IDX files.

    An archive's name is written with or without ``.zip``; ``*`` stands for anything; ``[]``: nothing of its own. Where
    an archive and a folder have the same name, the ending says that the archive is meant; without it they are refused.
    """

    train: Annotated[list[str], Field(min_length=1)]
    """Those that hold the images to learn from."""
    validation: list[str]
    """Those that hold the images by which each epoch of a training run is judged."""
    test: list[str]
    """Those that hold the images by which a finished model is judged."""


class Draw(Section):
    """A balanced subset, drawn by seed: images of each class; a split with nothing of its own draws from train's."""

    seed: CountOrZero
    """Another seed draws other images."""
    train: Count | None
    """Images of each class that learn; null: all that are left."""
    validation: Count | None
    """Images of each class that validate; null: all of its own; where it has nothing of its own, none."""
    test: Count | None
    """Images of each class that test; null: all of its own."""


class Dataset(Section):
    """A set of images and where it comes from."""

    title: str
    """Shown on figures and tables."""
    source: str
    """synthetic, kaggle:<owner>/<name>, kaggle:competitions/<name>, https://…, or a folder of what the layout asks for.
    An https address that ends in / is that of a folder, whose files sha256 names."""
    sha256: Digest | dict[FileName, Annotated[Digest, Field(description="SHA-256 of the file of this name.")]] | None
    """Of the one file that is fetched, or of each by name; null: not checked, which an https source does not allow."""
    layout: Layout
    """class-folders: zips of one folder per class; class-in-name: zips whose images are called <class>.<anything>;
    cifar10-binary: CIFAR-10's tar.gz of binary batches; idx: MNIST's pairs of images and labels."""
    splits: Splits
    draw: Draw | None
    """The images that are used, so many of each class; null: every one."""
    max_expansion: Count
    """An archive that would unpack to more than this many times its size is refused."""
    names: str | None
    """Encoding of the names in zips that do not say theirs, such as cp932 or gbk; null: found out, and said."""
    class_level: Literal[1, 2, "last"] | None
    """The folder that is an image's class: the first or the second of those that not all images share, or the last.
    null: the first, with a warning where another was probably meant."""
    empty_classes: Literal["refuse", "leave-out"]
    """A class folder without an image is refused, or no class."""
    synthetic: Synthetic | None
    """Images to draw; null where the source is not synthetic."""

    @field_validator("source")
    @classmethod
    def check_source(cls, source: str) -> str:
        """Refuse a scheme that no code fetches."""
        if source.startswith("kaggle:") and not re.fullmatch(r"kaggle:[\w.-]+/[\w.-]+", source):
            raise ValueError("write kaggle:<owner>/<name>, or kaggle:competitions/<name>")
        if "://" in source and not source.startswith("https://"):
            raise ValueError(f"allowed: {SOURCES}")
        if not source.strip():
            raise ValueError(f"empty; allowed: {SOURCES}")
        return source

    @field_validator("names")
    @classmethod
    def check_encoding(cls, names: str | None) -> str | None:
        """Refuse what cannot be the encoding of names in a zip, which are plain letters and / between others."""
        try:
            if names is not None and names.encode("ascii") and b"a/1.jpg".decode(names) == "a/1.jpg":
                return codecs.lookup(names).name
        except (LookupError, ValueError):
            pass
        if names is None:
            return None
        raise ValueError("no encoding of names that Python knows; write one such as cp932, gbk or cp1252, or null")

    @model_validator(mode="after")
    def check_complete(self) -> "Dataset":
        """Require what the chosen source and splits need."""
        if self.source.startswith("https://"):
            if self.sha256 is None:
                raise ValueError(
                    "source is an https address, so sha256 must be given (the SHA-256 of the file, in hex)"
                )
            if self.source.endswith("/") != isinstance(self.sha256, dict):
                raise ValueError(
                    "source is an https address, so sha256 must be one digest; "
                    "or source ends in / and sha256 gives one for each file name"
                )
        if not self.splits.test and (self.draw is None or self.draw.test is None):
            raise ValueError(
                "splits.test is [], so draw.test must say how many images of each class to draw from train's"
            )
        if self.source == "synthetic":
            if self.synthetic is None:
                raise ValueError("source is synthetic, so the keys below synthetic: must be given")
            self.synthetic.check(self.layout, self.splits.model_dump())
        return self


class Census(Section):
    """Counts of the images, and the pages that show them."""

    gallery: Shown
    """Images in the random gallery."""
    seed: CountOrZero
    """Another seed draws other images for the gallery."""
    balance_tolerance: Annotated[float, Field(gt=0, lt=1)]
    """Balanced means that no class is further than this fraction from its split's mean."""


class View(Section):
    """One way of bringing a dataset's images to one size and mode."""

    dataset: Name
    """An entry of datasets, or of augmented."""
    size: Count
    """Width and height, in pixels."""
    resize: Literal["stretch", "pad"]
    """stretch ignores proportions; pad keeps them and centres the image on black."""
    filter: Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]
    """Pillow's resampling filter."""
    mode: Literal["RGB", "L"]
    """Pillow's mode of the images in the view: RGB has three channels, L (grey) one."""
    corrupt: Literal["stop", "leave-out"]
    """A corrupt image stops the run, or is reported and left out."""
    class_order: Literal["alphabetical", "natural"]
    """The order of the classes, and so of their labels from 0 on: natural is 1, 2, 10."""
