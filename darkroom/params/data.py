"""Data in params.yaml: datasets, the census and views."""

import codecs
import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from darkroom.params.base import Section
from darkroom.params.fields import FILE_NAME, Count, CountOrZero, Pattern
from darkroom.params.synthetic import Synthetic
from darkroom.params.table import Table

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=FILE_NAME)]
Layout = Literal["class-folders", "class-in-name", "csv", "cifar10-binary", "idx", "parquet", "webdataset"]

SHARDS = ("parquet", "webdataset")
"""Layouts whose files hold many images each."""
MOST_APART = 32
"""Bits of 64 in which two perceptual hashes of unlike images differ on average."""
SOURCES = "synthetic, kaggle:<owner>/<name>, kaggle:competitions/<name>, https://…, or a folder"


class Splits(Section):
    """The parts of a source that each split has of its own, by name: archives, folders, batches or pairs of IDX files.

    Where a table has a column of splits, these are values of that column.
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
    csv: zips of images in any folders, and a table of their classes;
    cifar10-binary: CIFAR-10's tar.gz of binary batches; idx: MNIST's pairs of images and labels;
    parquet: files as Hugging Face's datasets writes them; webdataset: tars of samples, 0001.jpg with 0001.cls."""
    splits: Splits
    class_pattern: Pattern | None
    """Of the layout class-in-name: a regular expression for the whole of an image's name without its ending, whose one
    group is the class, such as (.+)_\\d+ for great_pyrenees_12.jpg; null: the name up to its first dot."""
    group: Pattern | None
    """A regular expression whose one group, where it is first found in an image's path in its archive, says what must
    not stand in two splits: a patient, a camera, a burst; null: each image may stand anywhere."""
    table: Table | None
    """The table of classes of the layout csv; null: another layout."""
    image_key: str | None
    """Of the layouts parquet and webdataset: the column of the images, or the ending of their names; null: the only
    one."""
    label_key: str | None
    """Of the layout parquet the column of the classes, null: the only one, or the one called label; of webdataset the
    key in each sample's json, or the ending of the file that is its class, null: cls."""
    draw: Draw | None
    """The images that are used, so many of each class; null: every one."""
    max_expansion: Count
    """An archive that would unpack to more than this many times its size is refused."""
    near_duplicates: Literal["auto", "off"] | Annotated[int, Field(ge=0, le=MOST_APART)]
    """Images whose perceptual hashes (64 bits) differ in no more than so many bits count as duplicates; auto: 4, or off
    where half of the images are smaller than 64 pixels, as digits and icons all look alike; off: the same pixels do."""
    names: str | None
    """Encoding of the names in zips that do not say theirs, such as cp932 or gbk; null: found out, and said."""
    class_level: Literal[1, 2, "last"] | None
    """The folder that is an image's class: the first or the second of those that not all images share, or the last.
    null: the first, with a warning where another was probably meant."""
    empty_classes: Literal["refuse", "leave-out"]
    """A class folder without an image is refused, or no class."""
    most_left_out: Annotated[float, Field(ge=0, le=1)]
    """More than this part of the files left out, though they may be photographs (raw camera files, drawings), stops the
    run; other files are left out and counted."""
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
        if (self.layout == "csv") != (self.table is not None):
            needed = "so the keys below table: must be given" if self.table is None else "so table must be null"
            raise ValueError(f"layout is {self.layout}, {needed}")
        if self.table is not None:
            self.table.check()
        self._check_patterns()
        if self.layout not in SHARDS and (self.image_key or self.label_key):
            raise ValueError(f"image_key and label_key are of the layouts {' and '.join(SHARDS)}; write null")
        if self.source == "synthetic":
            if self.synthetic is None:
                raise ValueError("source is synthetic, so the keys below synthetic: must be given")
            if self.table is not None and (self.table.split or self.table.group or len(self.table.names) > 1):
                raise ValueError("table: that of drawn images is one, without splits and groups; write null for these")
            self.synthetic.check(self.layout, self.splits.model_dump())
        return self

    def _check_patterns(self) -> None:
        if self.class_pattern is not None and self.layout != "class-in-name":
            raise ValueError(f"class_pattern is of the layout class-in-name; write null for {self.layout}")
        if self.group is not None and self.layout in ("cifar10-binary", "idx"):
            raise ValueError(
                f"group is found in the names of files, which the layout {self.layout} has none of; write null"
            )
        if self.group is not None and self.table is not None and self.table.group is not None:
            raise ValueError("group and table.group are both given; write null for one of them")
