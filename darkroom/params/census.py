"""Counts of images, and what is suspicious about them."""

from typing import Annotated

from pydantic import Field

from darkroom.params.base import Section
from darkroom.params.fields import CountOrZero, Shown


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
