"""Data in params.yaml: datasets, the census and views."""

import codecs
import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from darkroom.params.base import Name, Section
from darkroom.params.fields import FILE_NAME, Count, CountOrZero, Pattern, Shown
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


class Decoding(Section):
    """How image files are read."""

    max_megapixels: Count
    """A larger image counts as corrupt; a JPEG is read at a half, a quarter or an eighth of its size instead."""
    tolerate: Literal["nothing", "missing-end", "damage"]
    """Doubts that an image may have without counting as corrupt. missing-end: it lacks its end marker, and no pixel;
    damage: the JPEG decoder warns of data that it had to guess, too; nothing: neither."""
    profiles: Literal["convert", "ignore"]
    """convert: colours of a profile wider than sRGB are brought to sRGB; ignore: their numbers are taken as they are.
    """


class Suspicious(Section):
    """From when on an image is suspicious; brightness is 0 to 255."""

    uniform: Annotated[float, Field(ge=0, le=255)]
    """Nearly uniform: the standard deviation of its brightness is lower."""
    dark: Annotated[float, Field(ge=0, le=255)]
    """Very dark: its mean brightness is lower."""
    bright: Annotated[float, Field(ge=0, le=255)]
    """Very bright: its mean brightness is higher."""
    blurred: Annotated[float, Field(ge=0, le=1)]
    """Blurred: its sharpness is less than this part of what is usual in its class."""
    aspect: Annotated[float, Field(ge=1)]
    """Extreme shape: its longer side is more than so many times its shorter one."""
    tiny: CountOrZero
    """Tiny: its shorter side has fewer pixels."""


class Census(Section):
    """Counts of the images, and the pages that show them."""

    gallery: Shown
    """Images in the random gallery, and at most of suspicious images and of duplicates."""
    seed: CountOrZero
    """Another seed draws other images for the gallery."""
    balance_tolerance: Annotated[float, Field(gt=0, lt=1)]
    """Balanced means that no class is further than this fraction from its split's mean."""
    suspicious: Suspicious


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
    value_range: Annotated[list[float], Field(min_length=2, max_length=2)] | None
    """Black and white of images of more than 8 bits; null: as many bits as the data set's files declare, or as its
    largest value needs."""
    duplicates: Literal["report", "drop-from-train", "stop"]
    """Images of the same pixels, or that look alike (datasets.<key>.near_duplicates). report: in the census alone;
    drop-from-train: of those also in another split or under another label none trains, of others one; stop: the run.
    """
    class_order: Literal["alphabetical", "natural"]
    """The order of the classes, and so of their labels from 0 on: natural is 1, 2, 10."""

    shards: Count
    """Parts that jobs of their own prepare, on a cluster on many nodes; rows and results do not depend on it. 1: the
    view is one array for each split. More for hundreds of thousands of images, some 20,000 to a shard."""

    @field_validator("value_range")
    @classmethod
    def check_value_range(cls, value: list[float] | None) -> list[float] | None:
        """Refuse a range without values."""
        if value is not None and not value[0] < value[1]:
            raise ValueError("write [black, white], black being the lower one")
        return value
