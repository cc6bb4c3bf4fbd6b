"""Augmentation in params.yaml: random changes of the training images, on the fly or written out as files."""

from typing import Annotated, Literal

from pydantic import Field

from darkroom.params.base import Name, Section
from darkroom.params.fields import REGULARISATION, Count, CountOrZero

Share = Annotated[float, Field(ge=0, lt=1)]


class RandAugment(Section, json_schema_extra=REGULARISATION):
    """Operations drawn for each image from fourteen, as RandAugment has them; they take the place of a policy."""

    operations: Annotated[int, Field(ge=1, le=14)]
    """On each image, one after the other; the same may come twice."""
    magnitude: Annotated[float, Field(gt=0, le=1)]
    """Strength of each operation, as a share of the strongest that it has: 0.3 is 9 of 30."""


class Augmentation(Section, json_schema_extra=REGULARISATION):
    """Random changes, drawn anew for each image and epoch, made in this order; 0 or null leaves one out.

    What moves pixels between others, from rotation to shear, is done in one go.
    """

    flip: Literal["horizontal", "vertical", "horizontal_and_vertical"] | None
    """Mirror an image with a chance of one half: left to right, top to bottom, or each on its own."""
    crop: CountOrZero | Share
    """Pixels, or share of each side, by which the image is widened all around before a part of its old size is taken
    out of it; whole pixels."""
    rotation: Annotated[float, Field(ge=0, le=180)]
    """Degrees, at most, either way."""
    translation: Share
    """Share of the height and of the width, at most, either way."""
    zoom: Share
    """Share, at most, in or out."""
    shear: Annotated[float, Field(ge=0, le=45)]
    """Degrees, at most, either way, by which upright lines lean; the top row stays where it is."""
    brightness: Share
    """Share of the full range, at most, darker or brighter."""
    contrast: Share
    """Share, at most, less or more."""
    saturation: Share
    """Share, at most, less or more colour; an image in grey stays."""
    hue: Annotated[float, Field(ge=0, le=180)]
    """Degrees of the circle of colours, at most, either way."""
    rand_augment: RandAugment | None
    """Operations as RandAugment draws them."""
    erasing: Annotated[float, Field(ge=0, le=1)]
    """Chance that a rectangle of 2 to 33 % of the image is filled with noise."""
    fill: Literal["nearest", "constant", "reflect", "wrap"]
    """Fills the room that a moved image leaves."""


class Augmented(Section):
    """A dataset whose training images get variants, written out as files beside them."""

    dataset: Name
    """An entry of datasets."""
    augmentation: Augmentation
    variants: Count
    """Of each training image; the image itself stays."""
    seed: CountOrZero
    """Another seed draws other variants."""
