"""What params.yaml says of data: datasets, the census and views."""

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from stages.parameters.base import Name, Section

Count = Annotated[int, Field(ge=1)]


class Synthetic(Section):
    """Drawn scenes that stand in for photographs."""

    classes: Annotated[
        list[Literal["buildings", "forest", "glacier", "mountain", "sea", "street"]], Field(min_length=2)
    ]
    """Scenes to draw; each is a class."""
    train_per_class: Count
    """Training images of each class."""
    test_per_class: Count
    """Test images of each class."""
    seed: Annotated[int, Field(ge=0)]
    """Another seed draws other images."""


class Splits(Section):
    """The archives or folders of each split, by name, with or without ``.zip``; ``*`` stands for anything."""

    train: Annotated[list[str], Field(min_length=1)]
    test: Annotated[list[str], Field(min_length=1)]


class Dataset(Section):
    """A set of images and where it comes from."""

    title: str
    """Shown on figures and tables."""
    source: str
    """synthetic, kaggle:<owner>/<name>, https://…, or a folder that holds the archives or the class folders."""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None
    """Of the file behind an https source; null for any other."""
    splits: Splits
    max_expansion: Annotated[int, Field(ge=1)]
    """An archive that would unpack to more than this many times its size is refused."""
    synthetic: Synthetic | None
    """What to draw; null where the source is not synthetic."""

    @field_validator("source")
    @classmethod
    def known_source(cls, source: str) -> str:
        """Refuse a scheme that no code fetches."""
        if source.startswith("kaggle:") and not re.fullmatch(r"kaggle:[\w.-]+/[\w.-]+", source):
            raise ValueError("write kaggle:<owner>/<name>")
        if "://" in source and not source.startswith("https://"):
            raise ValueError("allowed: synthetic, kaggle:<owner>/<name>, https://…, or a folder")
        if not source.strip():
            raise ValueError("empty; allowed: synthetic, kaggle:<owner>/<name>, https://…, or a folder")
        return source

    @model_validator(mode="after")
    def complete_source(self) -> "Dataset":
        """Require what the chosen source needs."""
        if self.source.startswith("https://") and self.sha256 is None:
            raise ValueError("source is an https address, so sha256 must be given (the SHA-256 of the file, in hex)")
        if self.source == "synthetic" and self.synthetic is None:
            raise ValueError("source is synthetic, so the keys below synthetic: must be given")
        return self

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
