"""What params.yaml says of data: datasets, the census and views."""

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from stages.parameters.base import Name, Section

Count = Annotated[int, Field(ge=1)]
OrNone = Annotated[int, Field(ge=0)]
"""A number that may be 0."""
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
FILE_NAME = r"^[^/\\]*[^./\\][^/\\]*$"
FileName = Annotated[str, Field(pattern=FILE_NAME)]
Layout = Literal["class-folders", "class-in-name", "cifar10-binary", "idx"]

BYTES = 256
"""Values that a byte can have."""
SOURCES = "synthetic, kaggle:<owner>/<name>, kaggle:competitions/<name>, https://…, or a folder"


class Synthetic(Section):
    """Drawn images that stand in for photographs, in the very format of the layout."""

    classes: Annotated[list[Annotated[str, Field(pattern=r"^[^./\\\s][^./\\]*$")]], Field(min_length=2)]
    """What to draw; each is a class: natural scenes, the digits 0 to 9, and a pattern for any other name."""
    train_per_class: Count
    """Images of each class in the archives of train."""
    validation_per_class: OrNone
    """In those of validation; 0 where it has none of its own."""
    test_per_class: OrNone
    """In those of test; 0 where it has none of its own."""
    fewer: dict[str, Annotated[float, Field(gt=0, lt=1)]]
    """Classes that have only this fraction of the others' images; {}: all have the same number."""
    width: Annotated[int, Field(ge=8)]
    height: Annotated[int, Field(ge=8)]
    sizes: Literal["same", "some-lower", "many"]
    """same: all images are width by height pixels; some-lower: one of 71 is lower, as of the natural scenes;
    many: every side is from half of that up."""
    archive: str | None
    """The name of the one zip that holds the class folders of all splits; null: each split has its own."""
    seed: OrNone
    """Another seed draws other images."""

    @field_validator("archive")
    @classmethod
    def archive_in_its_folder(cls, archive: str | None) -> str | None:
        """Refuse a name that leaves the folder of the archives."""
        if archive is not None and not re.fullmatch(FILE_NAME, archive):
            raise ValueError("not a file name; write one without folders, such as photographs")
        return archive

    def per_class(self, split: str, name: str) -> int:
        """Return how many images the class ``name`` has in the archives of ``split``."""
        images = getattr(self, f"{split}_per_class")
        return max(1, round(self.fewer.get(name, 1) * images)) if images else 0

    def images(self, split: str) -> int:
        """Return how many images the archives of ``split`` hold."""
        return sum(self.per_class(split, name) for name in set(self.classes))


class Splits(Section):
    """What each split has of its own, by name: archives, folders, batches or pairs of IDX files.

    An archive's name is written with or without ``.zip``; ``*`` stands for anything; ``[]``: nothing of its own.
    """

    train: Annotated[list[str], Field(min_length=1)]
    validation: list[str]
    test: list[str]


SPLITS = tuple(Splits.model_fields)
"""Names of the splits, training first."""
TRAIN, VALIDATION, TEST = SPLITS


class Draw(Section):
    """A balanced subset, drawn by seed: images of each class; a split with nothing of its own draws from train's."""

    seed: OrNone
    train: Count | None
    """null: all that are left."""
    validation: Count | None
    """null: all of its own; where it has nothing of its own, none."""
    test: Count | None
    """null: all of its own."""


class Dataset(Section):
    """A set of images and where it comes from."""

    title: str
    """Shown on figures and tables."""
    source: str
    """synthetic, kaggle:<owner>/<name>, kaggle:competitions/<name>, https://…, or a folder of what the layout asks for.
    An https address that ends in / is that of a folder, whose files sha256 names."""
    sha256: Digest | dict[FileName, Digest] | None
    """Of the one file that is fetched, or of each by name; null: not checked, which an https source does not allow."""
    layout: Layout
    """class-folders: zips of one folder per class; class-in-name: zips whose images are called <class>.<anything>;
    cifar10-binary: CIFAR-10's tar.gz of binary batches; idx: MNIST's pairs of images and labels."""
    splits: Splits
    draw: Draw | None
    """null: every image."""
    max_expansion: Count
    """An archive that would unpack to more than this many times its size is refused."""
    synthetic: Synthetic | None
    """What to draw; null where the source is not synthetic."""

    @field_validator("source")
    @classmethod
    def known_source(cls, source: str) -> str:
        """Refuse a scheme that no code fetches."""
        if source.startswith("kaggle:") and not re.fullmatch(r"kaggle:[\w.-]+/[\w.-]+", source):
            raise ValueError("write kaggle:<owner>/<name>, or kaggle:competitions/<name>")
        if "://" in source and not source.startswith("https://"):
            raise ValueError(f"allowed: {SOURCES}")
        if not source.strip():
            raise ValueError(f"empty; allowed: {SOURCES}")
        return source

    @model_validator(mode="after")
    def complete_source(self) -> "Dataset":
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
            self._check_drawing(self.synthetic)
        return self

    def _check_drawing(self, synthetic: Synthetic) -> None:
        for split in SPLITS:
            images, names = getattr(synthetic, f"{split}_per_class"), getattr(self.splits, split)
            if bool(images) != bool(names):
                raise ValueError(
                    f"splits.{split} is {names} and synthetic.{split}_per_class {images}: "
                    "a split of its own needs images, another must have 0"
                )
        if unknown := sorted(set(synthetic.fewer) - set(synthetic.classes)):
            raise ValueError(f"synthetic.fewer: {unknown[0]!r} is none of synthetic.classes")
        if synthetic.archive is not None and self.layout != "class-folders":
            raise ValueError(f"synthetic.archive: only the layout class-folders has one; write null for {self.layout}")
        if self.layout in ("cifar10-binary", "idx") and synthetic.sizes != "same":
            raise ValueError(f"synthetic.sizes: the layout {self.layout} holds images of one size; write same")
        if self.layout == "cifar10-binary" and (synthetic.width, synthetic.height) != (32, 32):
            raise ValueError("synthetic: images of the layout cifar10-binary are 32 by 32; write width: 32, height: 32")
        if self.layout == "cifar10-binary" and len(set(synthetic.classes)) > BYTES:
            raise ValueError(
                f"synthetic.classes: {len(set(synthetic.classes))} classes, but a label of the layout cifar10-binary "
                f"is one byte; write at most {BYTES}"
            )
        if self.layout == "idx" and not all(re.fullmatch(r"\d|[1-9]\d", name) for name in synthetic.classes):
            raise ValueError("synthetic.classes: the layout idx has numbers for classes; write ['0', '1', …]")

    @property
    def note(self) -> str:
        """Words that every result made from this dataset must show; empty for real images."""
        return "synthetic images, drawn by a program" if self.source == "synthetic" else ""


class Census(Section):
    """How the images are counted and shown."""

    gallery: Count
    """Images in the random gallery."""
    seed: Annotated[int, Field(ge=0)]
    """Another seed draws other images for the gallery."""
    balance_tolerance: Annotated[float, Field(gt=0, lt=1)]
    """Balanced means that no class is further than this fraction from its split's mean."""


class View(Section):
    """One way of bringing a dataset's images to one size and mode."""

    dataset: Name
    size: Count
    """Width and height, in pixels."""
    resize: Literal["stretch", "pad"]
    """stretch ignores proportions; pad keeps them and centres the image on black."""
    filter: Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]
    """Pillow's resampling filter."""
    mode: Literal["RGB", "L"]
    """Pillow's mode of the images in the view: RGB has three channels, L (grey) one."""
    damaged: Literal["stop", "leave-out"]
    """A damaged image stops the run, or is reported and left out."""
