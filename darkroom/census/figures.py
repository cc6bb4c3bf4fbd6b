"""Figures of a data set's census: classes, sizes, and a random sample of its images."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter

from darkroom.census import counts
from darkroom.census.inspection import read_thumbnail, sample
from darkroom.images.decoding.depth import Ranges
from darkroom.images.decoding.pixels import Tones
from darkroom.params.census import Census
from darkroom.params.view import Decoding
from darkroom.reporting import galleries
from darkroom.reporting.figures import pyplot

BARS = 15
"""Sizes named in the figure of sizes."""
COLOURS = {"train": "tab:blue", "validation": "tab:green", "test": "tab:orange"}
TALLEST = 100.0
"""Inches; a higher figure no viewer shows."""


def draw_figures(
    key: str,
    settings: Census,
    decoding: Decoding,
    ranges: Ranges,
    images: pandas.DataFrame,
    tables: Mapping[str, pandas.DataFrame],
    folder: Path,
) -> Iterator[tuple[str, Figure]]:
    """Yield the figures of the census, by the names of their files; ``folder`` holds the images."""
    read = partial(read_thumbnail, decoding=decoding, tones=Tones.of(decoding, ranges))

    def show(files: pandas.DataFrame, captions: Sequence[str], title: str, columns: int = 5) -> Figure:
        return galleries.draw_gallery([read(folder / file) for file in files["file"]], captions, title, columns)

    yield "classes.png", draw_classes(tables["classes"], key)
    yield "sizes.png", draw_sizes(tables["sizes"], key)
    sampled = sample(choose_to_learn_from(counts.select_intact(images)), settings.gallery, settings.seed)
    yield (
        "gallery.webp",
        show(sampled, list(sampled["class"]), f"{key}: {len(sampled)} training images at random"),
    )
    suspicious = choose_suspicious(tables["suspicions"], settings.gallery)
    title = f"{key}: {'suspicious' if len(suspicious) else 'no suspicious'} images"
    yield "suspicions.webp", show(suspicious, caption(suspicious, "kind"), title)
    repeated = choose_repeated(tables["duplicates"], settings.gallery)
    title = f"{key}: {'duplicates, the worst first' if len(repeated) else 'no duplicates'}"
    yield "duplicates.webp", show(repeated, caption(repeated, "group"), title, 6)


def choose_to_learn_from(images: pandas.DataFrame) -> pandas.DataFrame:
    """Return the training images, which are the ones to look at before a test; all, where there are none."""
    chosen = images[images["split"] == "train"]
    return chosen if len(chosen) else images


def choose_suspicious(suspicions: pandas.DataFrame, most: int) -> pandas.DataFrame:
    """Return at most so many suspicions to show, of each kind as evenly as can be."""
    turns = suspicions.assign(turn=suspicions.groupby("kind").cumcount()).sort_values("turn", kind="stable")
    return turns.head(most).sort_index()


def choose_repeated(duplicates: pandas.DataFrame, most: int) -> pandas.DataFrame:
    """Return at most so many duplicates to show, two of each of the first groups."""
    return duplicates.groupby("group", sort=False).head(2).head(most - most % 2 or 1)


def caption(images: pandas.DataFrame, first: str) -> list[str]:
    """Return what stands above each image: a column's value, then split and class."""
    return [f"{row[first]}\n{row['split']}: {row['class']}" for row in images.to_dict("records")]


def draw_classes(classes: pandas.DataFrame, title: str) -> Figure:
    """Return bars of the images of each class in each split, with each split's mean as a line.

    ``classes`` is what ``counts.count_by_class`` gives.
    """
    figure, axis = pyplot.subplots(figsize=(8, min(TALLEST, 1.6 + 0.55 * len(classes))))
    places = numpy.arange(len(classes))
    splits = counts.splits_of(classes)
    height = 0.8 / len(splits)
    for number, split in enumerate(splits):
        colour, offset = COLOURS[split], height * (number - (len(splits) - 1) / 2)
        bars = axis.barh(places + offset, classes[split], height=0.95 * height, color=colour, label=split)
        axis.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=8)
        axis.axvline(classes[split].mean(), color=colour, linestyle="--", linewidth=1, alpha=0.6, zorder=0)
    axis.set_yticks(places, list(classes["class"]))
    axis.set_ylim(len(classes) - 0.4, -0.6)
    axis.margins(x=0.1)
    axis.set_xlabel("images (dashed: mean of the split)")
    axis.set_title(f"{title}: images per class")
    axis.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    return figure


def draw_sizes(sizes: pandas.DataFrame, title: str) -> Figure:
    """Return the distinct sizes as bubbles of width and height, and the most frequent as bars.

    ``sizes`` is what ``counts.count_by_size`` gives.
    """
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.8), width_ratios=(3, 2))
    _draw_bubbles(left, sizes)
    _draw_bars(right, sizes)
    figure.suptitle(f"{title}: sizes of images ({len(sizes):,} distinct)")
    figure.tight_layout()
    return figure


def _draw_bubbles(axis: Axes, sizes: pandas.DataFrame) -> None:
    axis.scatter(sizes["width"], sizes["height"], s=_area(sizes["images"]), alpha=0.35, color="tab:blue", linewidth=0)
    axis.scatter(sizes["width"], sizes["height"], s=4, color="tab:blue")
    axis.margins(0.12)
    for side in (axis.xaxis, axis.yaxis):
        side.set_major_locator(MaxNLocator(nbins=7, integer=True))
    axis.set(xlabel="width (pixels)", ylabel="height (pixels)")
    most = int(sizes["images"].max()) if len(sizes) else 0
    for count in (1, 10, 100, 1000, 10000, 100000):
        if count <= most:
            axis.scatter([], [], s=float(_area(count)), alpha=0.35, color="tab:blue", linewidth=0, label=f"{count:,}")
    if most:
        axis.legend(title="images", frameon=False, labelspacing=1.2, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _draw_bars(axis: Axes, sizes: pandas.DataFrame) -> None:
    shown = sizes.head(BARS)
    names = [f"{width}×{height}" for width, height in zip(shown["width"], shown["height"], strict=True)]
    counts = list(shown["images"])
    if len(sizes) > BARS:
        names.append(f"{len(sizes) - BARS:,} others")
        counts.append(int(sizes["images"].iloc[BARS:].sum()))
    colours: Sequence[str] = ["tab:blue"] * len(shown) + ["lightgrey"] * (len(counts) - len(shown))
    bars = axis.barh(range(len(counts)), counts, color=colours, height=0.7)
    axis.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=8)
    axis.set_yticks(range(len(counts)), names, fontsize=8)
    axis.set_ylim(max(len(counts), 5) - 0.4, -0.6)
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter("{x:,.0f}")
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_xlim(0.5, 4 * max(counts, default=1))
    axis.set_xlabel("images (logarithmic)")


def _area(images: pandas.Series | int) -> pandas.Series | float:
    """Return a bubble's area in square points: it grows with the logarithm, so that 1 beside 10,000 is still seen."""
    return 25 + 150 * numpy.log10(images)
