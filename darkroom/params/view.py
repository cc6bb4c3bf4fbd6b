"""How image files are read, and views of the images of a data set."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from darkroom.params.base import Name, Section
from darkroom.params.fields import Count


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


class View(Section):
    """One way of bringing a dataset's images to one size and mode."""

    dataset: Name
    """An entry of datasets, or of augmented."""
    size: Count
    """Width and height, in pixels."""
    resize: Literal["stretch", "pad"]
    """stretch ignores proportions; pad keeps them and centres the image on black."""
    filter: Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos", "bilinear-sampled"]
    """Pillow's resampling filter; or bilinear-sampled: as TensorFlow's loaders resize, the four pixels around a point,
    however much an image shrinks, so that fine structure may break up."""
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
