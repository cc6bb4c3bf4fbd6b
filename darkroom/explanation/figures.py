"""Figures of what a network sees: feature maps, kernels, regions that spoke for a class, and images by outcome."""

from collections.abc import Mapping, Sequence

import numpy
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from darkroom.reporting.figures import pyplot

TILE = 0.66
"""Side of a feature map, in inches."""
PICTURE = 1.7
"""Side of an image beside maps or others, in inches."""
FEW, MANY = 8, 16
"""Maps side by side: of few filters, of more than two rows of these."""
CAPTION = 0.45
"""Height of two lines, in inches."""
RESPONSE = "viridis"


def count_columns(filters: int) -> int:
    """Return the number of maps to put side by side."""
    return min(filters, FEW if filters <= 2 * FEW else MANY)


def tile(maps: numpy.ndarray, across: int) -> tuple[numpy.ndarray, list[tuple[int, int]]]:
    """Return ``maps``, float (maps, height, width, …), side by side in one array, and the left upper corner of each.

    The gaps between them are not numbers.
    """
    count, height, width = maps.shape[:3]
    gap = max(1, width // 14)
    rows = -(-count // across)
    shape = (rows * (height + gap) - gap, across * (width + gap) - gap, *maps.shape[3:])
    whole = numpy.full(shape, numpy.nan, dtype=numpy.float32)
    corners = [((place // across) * (height + gap), (place % across) * (width + gap)) for place in range(count)]
    for (top, left), one in zip(corners, maps, strict=True):
        whole[top : top + height, left : left + width] = one
    return whole, corners


def draw_feature_maps(
    images: Sequence[numpy.ndarray],
    captions: Sequence[str],
    maps: Sequence[numpy.ndarray],
    filters: Sequence[int],
    title: str,
) -> Figure:
    """Return a figure of ``images``, each beside the maps that the ``filters`` of a layer make of it.

    Args:
        images: uint8 (height, width, channels).
        captions: of the images.
        maps: for each image float32 (filters, height, width); each map has its colours' range for itself, as one that
            responds strongly would leave the others dark.
        filters: the filters' numbers.
        title: stands above the figure.
    """
    across = count_columns(len(filters))
    height = max(PICTURE, TILE * -(-len(filters) // across)) + CAPTION
    size = (PICTURE + 0.3 + TILE * across, height * len(images) + 0.4)
    figure, axes = pyplot.subplots(
        len(images), 2, figsize=size, width_ratios=(PICTURE, TILE * across), squeeze=False, layout="constrained"
    )
    for (left, right), image, caption, own in zip(axes, images, captions, maps, strict=True):
        draw_picture(left, image, caption)
        highest = own.max(axis=(1, 2))
        whole, corners = tile(stretch(own), across)
        right.imshow(whole, cmap=RESPONSE, vmin=0, vmax=1)
        right.axis("off")
        right.set_title(f"strongest responses of the maps: {highest.min():.3g} to {highest.max():.3g}", fontsize=8)
        write_numbers(right, corners, filters)
    figure.suptitle(title)
    return figure


def stretch(maps: numpy.ndarray) -> numpy.ndarray:
    """Return maps, float (maps, height, width), each from 0, or its least if that is less, to its most: 0 to 1."""
    low = numpy.minimum(0, maps.min(axis=(1, 2), keepdims=True))
    high = numpy.maximum(maps.max(axis=(1, 2), keepdims=True), 1e-6)
    stretched: numpy.ndarray = (maps - low) / (high - low)
    return stretched


def write_numbers(axis: Axes, corners: Sequence[tuple[int, int]], numbers: Sequence[int]) -> None:
    """Write a number into the corner of each tile."""
    outline = [patheffects.withStroke(linewidth=1.5, foreground="black")]
    for (top, left), text in zip(corners, numbers, strict=True):
        axis.text(
            left - 0.5, top - 0.5, f" {text}", fontsize=6, color="white", ha="left", va="top", path_effects=outline
        )


def draw_picture(axis: Axes, image: numpy.ndarray, caption: str) -> None:
    """Draw an image, uint8 (height, width, channels), below its caption."""
    axis.imshow(image.squeeze(), cmap="gray" if image.shape[-1] == 1 else None, vmin=0, vmax=255)
    axis.set_title(caption, fontsize=8)
    axis.axis("off")


def draw_filter(images: Sequence[numpy.ndarray], captions: Sequence[str], maps: numpy.ndarray, title: str) -> Figure:
    """Return a figure of ``images``, each above the map that one filter makes of it: float32 (images, height, width).

    All maps share the colours' range.
    """
    size = (max(4.5, PICTURE * 1.1 * len(images) + 0.6), 2 * PICTURE + CAPTION + 0.6)
    figure, (upper, lower) = pyplot.subplots(2, len(images), figsize=size, squeeze=False, layout="constrained")
    for axis, image, caption in zip(upper, images, captions, strict=True):
        draw_picture(axis, image, caption)
    for axis, one in zip(lower, maps, strict=True):
        picture = axis.imshow(one, cmap=RESPONSE, vmin=min(0, maps.min()), vmax=max(maps.max(), 1e-6))
        axis.axis("off")
    figure.colorbar(picture, ax=lower.tolist(), shrink=0.8)
    figure.suptitle(title)
    return figure


def draw_kernels(weights: numpy.ndarray, title: str) -> Figure:
    """Return a figure of kernels, float32 (height, width, channels, filters), 0 in the middle of the range.

    Those on three channels are shown as colours; grey is 0. Others are shown as the mean of their channels.
    """
    own = numpy.moveaxis(weights, -1, 0)
    largest = max(float(numpy.abs(own).max()), 1e-6)
    in_colour = own.shape[-1] == 3
    maps = own / (2 * largest) + 0.5 if in_colour else own.mean(axis=-1)
    across = count_columns(len(maps))
    whole, corners = tile(maps, across)
    figure, axis = pyplot.subplots(
        figsize=(max(4.5, TILE * across + 0.8), TILE * -(-len(maps) // across) + 0.8), layout="constrained"
    )
    if in_colour:
        axis.imshow(numpy.nan_to_num(whole, nan=1.0))
    else:
        picture = axis.imshow(whole, cmap="RdBu_r", vmin=-largest, vmax=largest)
        figure.colorbar(picture, ax=axis, shrink=0.8)
    axis.axis("off")
    write_numbers(axis, corners, range(len(maps)))
    figure.suptitle(title)
    return figure


def draw_regions(
    images: Sequence[numpy.ndarray],
    heats: Sequence[numpy.ndarray],
    captions: Sequence[str],
    methods: Sequence[str],
    title: str,
) -> Figure:
    """Return a figure of ``images``, each beside itself under its heat, float32 (height, width), 0 to 1.

    ``methods`` stand above the heats.
    """
    pairs = min(3, len(images))
    rows = -(-len(images) // pairs)
    size = (2 * PICTURE * 1.05 * pairs + 0.4 * pairs, (PICTURE + CAPTION) * rows + 0.5)
    figure, axes = pyplot.subplots(rows, 2 * pairs, figsize=size, squeeze=False, layout="constrained")
    for axis in axes.flat:
        axis.axis("off")
    shown = zip(axes.reshape(-1, 2), images, heats, captions, methods, strict=False)
    for (left, right), image, heat, caption, method in shown:
        draw_picture(left, image, caption)
        draw_picture(right, image, method)
        right.imshow(heat, cmap="inferno", vmin=0, vmax=1, alpha=0.25 + 0.45 * heat)
    figure.suptitle(title)
    return figure


def draw_outcomes(groups: Mapping[str, Sequence[tuple[numpy.ndarray, str]]], title: str) -> Figure:
    """Return a figure with a row of captioned images below the name of each of the ``groups``."""
    most = max(1, *(len(images) for images in groups.values()))
    size = (max(4.5, PICTURE * 1.1 * most), (PICTURE + CAPTION + 0.4) * len(groups) + 0.4)
    figure = pyplot.figure(figsize=size, layout="constrained")
    bands = figure.subfigures(len(groups), 1, squeeze=False)[:, 0]
    for part, (name, images) in zip(bands, groups.items(), strict=True):
        part.suptitle(name, fontsize=9, fontweight="bold")
        for axis, shown in zip(part.subplots(1, most, squeeze=False)[0], [*images, *[None] * most], strict=False):
            axis.axis("off")
            if shown:
                draw_picture(axis, *shown)
    figure.suptitle(title)
    return figure
