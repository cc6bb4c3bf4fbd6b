"""Tables in params.yaml that say which image is of which class."""

from typing import Annotated, Literal

from pydantic import Field

from darkroom.params.base import Section
from darkroom.params.fields import FILE_NAME

Column = Annotated[str, Field(min_length=1)]


class Table(Section):
    """CSV tables, UTF-8, of a row for each image: a header, then cells between commas, semicolons or tabs."""

    names: Annotated[list[Annotated[str, Field(pattern=FILE_NAME)]], Field(min_length=1)]
    """The tables, as files beside the archives; or, if there is none, in them: there one names images below its own
    folder."""
    file: Column
    """Column of the image's name: with or without the folders it lies in, with or without its ending."""
    label: Column
    """Column of the class, text even if it is a number (007); an image without a row or a class is left out."""
    split: Column | None
    """Column that says in which split an image is; splits name its values then. null: splits name archives."""
    group: Column | None
    """Column of what must not stand in two splits, as group; null: none."""
    archives: Annotated[list[str], Field(min_length=1)] | None
    """Archives or folders of the images where the table has a column of splits; null: those that splits name."""
    box: Annotated[list[Column], Field(min_length=1)] | None
    """Four columns, or one of four numbers, of the part of the image that is used, in pixels of the upright image; an
    image may have several rows then, each with another box. null: whole images."""
    box_form: Literal["corners", "size"] | None
    """The numbers of a box. corners: left, top, right, bottom; size: left, top, width, height; null: no box."""
    missing: Literal["stop", "leave-out"]
    """A row whose image is missing stops the run, or is counted and left out."""

    def check(self) -> None:
        """Require archives where, and only where, splits do not name them.

        Raises:
            ValueError: one line that names the key and what to write.
        """
        if self.split is not None and self.archives is None:
            raise ValueError(
                f"table.split is {self.split!r}, so splits name values of that column; "
                "name the archives or folders of the images in table.archives"
            )
        if self.split is None and self.archives is not None:
            raise ValueError("table.archives: splits name the archives where table.split is null; write null")
        if (self.box is None) != (self.box_form is None):
            raise ValueError(
                "table.box and table.box_form are given together: write box_form: corners (left, top, right, bottom), "
                "or size (left, top, width, height); or null for both"
            )
        if self.box is not None and len(self.box) not in (1, 4):
            raise ValueError(f"table.box: {len(self.box)} columns; write four, or one that holds all four numbers")
