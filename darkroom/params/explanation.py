"""Explanations in params.yaml: what a trained network sees in test images."""

from typing import Annotated

from pydantic import Field

from darkroom.params.base import Section
from darkroom.params.fields import MOST_SHOWN, Count, CountOrZero, Shown

Layer = int | str
"""A layer by its name, also one inside a backbone, or by its place, from 1, among those that give feature maps."""


class Filter(Section):
    """One filter of a layer."""

    layer: Layer
    """By its name, or by its place, from 1, among those that give feature maps."""
    number: CountOrZero
    """The place of the filter in the layer, from 0."""


class Explanation(Section):
    """Figures to make of a training run, whose name is the key."""

    images: Shown
    """Test images shown, drawn by ``seed``; where ``files`` names some, these come first."""
    seed: CountOrZero
    """Another seed draws other images."""
    files: list[str]
    """Test images by file, as predictions.csv names them."""
    layers: list[Layer]
    """Layers whose output is shown for each of the images."""
    filters: Count
    """At most so many maps of a layer are shown."""
    filter: Filter | None
    """One filter, whose output is shown for all images."""
    kernels: bool
    """Show the kernels of the first convolution."""
    grad_cam: Annotated[CountOrZero, Field(le=MOST_SHOWN)]
    """Worst errors whose regions that spoke for the predicted class are shown; 0: none."""
    grad_cam_layer: Layer | None
    """Layer whose feature maps tell the region; null: the last whose maps have at least 4 positions a side."""
    classes: list[str]
    """Classes whose true positives, false negatives and false positives are shown."""
    gallery: Shown
    """At most so many images of each of these kinds."""
    augmented: CountOrZero
    """Variants of the first image as training draws them, where the model is trained on such; 0: none."""
