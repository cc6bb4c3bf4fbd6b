"""Synthetic images in params.yaml, which a program draws in place of a dataset's photographs."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, field_validator

from darkroom.params.base import Section
from darkroom.params.fields import FILE_NAME, Count, CountOrZero

BYTES = 256
"""Values that a byte can have."""


class Synthetic(Section):
    """Drawn images that stand in for photographs, in the very format of the layout."""

    classes: Annotated[list[Annotated[str, Field(pattern=r"^[^./\\\s][^./\\]*$")]], Field(min_length=2)]
    """Names of what to draw; each is a class: natural scenes, the digits 0 to 9, and a pattern for any other name."""
    train_per_class: Count
    """Images of each class in the archives of train."""
    validation_per_class: CountOrZero
    """In those of validation; 0 where it has none of its own."""
    test_per_class: CountOrZero
    """In those of test; 0 where it has none of its own."""
    fewer: dict[str, Annotated[float, Field(gt=0, lt=1, description="Share that the class of this name has.")]]
    """Classes that have only this fraction of the others' images; {}: all have the same number."""
    width: Annotated[int, Field(ge=8)]
    """In pixels; sizes may make some of the images smaller."""
    height: Annotated[int, Field(ge=8)]
    """In pixels, as width."""
    sizes: Literal["same", "some-lower", "many"]
    """same: all images are width by height pixels; some-lower: one of 71 is lower, as of the natural scenes;
    many: every side is from half of that up."""
    archive: str | None
    """The name of the one zip that holds the class folders of all splits; null: each split has its own."""
    seed: CountOrZero
    """Another seed draws other images."""

    @field_validator("archive")
    @classmethod
    def check_archive(cls, archive: str | None) -> str | None:
        """Refuse a name that leaves the folder of the archives."""
        if archive is not None and not re.fullmatch(FILE_NAME, archive):
            raise ValueError("not a file name; write one without folders, such as photographs")
        return archive

    def check(self, layout: str, splits: Mapping[str, list[str]]) -> None:
        """Require what the format of ``layout`` can hold, and images for each of ``splits`` that has archives.

        Raises:
            ValueError: one line that names the key and what to write.
        """
        if layout in ("parquet", "webdataset"):
            raise ValueError(f"no images are drawn in the layout {layout}; write another, or give a source")
        for split, names in splits.items():
            images = getattr(self, f"{split}_per_class")
            if bool(images) != bool(names):
                raise ValueError(
                    f"splits.{split} is {names} and synthetic.{split}_per_class {images}: "
                    "a split of its own needs images, another must have 0"
                )
        if unknown := sorted(set(self.fewer) - set(self.classes)):
            raise ValueError(f"synthetic.fewer: {unknown[0]!r} is none of synthetic.classes")
        if self.archive is not None and layout != "class-folders":
            raise ValueError(f"synthetic.archive: only the layout class-folders has one; write null for {layout}")
        if layout in ("cifar10-binary", "idx") and self.sizes != "same":
            raise ValueError(f"synthetic.sizes: the layout {layout} holds images of one size; write same")
        if layout == "cifar10-binary" and (self.width, self.height) != (32, 32):
            raise ValueError("synthetic: images of the layout cifar10-binary are 32 by 32; write width: 32, height: 32")
        if layout == "cifar10-binary" and len(set(self.classes)) > BYTES:
            raise ValueError(
                f"synthetic.classes: {len(set(self.classes))} classes, but a label of the layout cifar10-binary "
                f"is one byte; write at most {BYTES}"
            )
        if layout == "idx" and not all(re.fullmatch(r"\d|[1-9]\d", name) for name in self.classes):
            raise ValueError("synthetic.classes: the layout idx has numbers for classes; write ['0', '1', …]")
