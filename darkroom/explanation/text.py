"""The page that says what a network sees, in Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas

from darkroom.reporting.tables import escaped, markdown

ONE_FILTER = (
    "Above, the images; below, what this filter makes of each. All maps share one range of colours, so the brightest "
    "image is the one that it responds to most.\n"
)
NO_ERROR = "None: every test image was recognised.\n"
UNCHANGED = "No random changes were drawn in training.\n"


class Section(NamedTuple):
    """A section of the page."""

    heading: str
    text: str


def page(title: str, note: str, sections: Sequence[Section]) -> str:
    """Return the page; ``note``, what every result must say, stands in every heading."""
    qualified = f" ({note})" if note else ""
    parts = [f"# What {escaped(title)} sees{qualified}\n"]
    return "\n".join(parts + [f"## {escaped(heading)}{qualified}\n\n{text}" for heading, text in sections])


def images(shown: pandas.DataFrame) -> str:
    """Return the images shown, as a table of a part of the predictions."""
    columns = shown[["file", "class", "predicted", "probability"]]
    return markdown(columns.rename(columns={"probability": "its probability"}), {"its probability": ".1%"})


def silent(responses: pandas.DataFrame) -> pandas.Series:
    """Return of which filters every response to every test image was 0."""
    return (responses["maximum"] == 0) & (responses["zeros"] == 1)


def activations(shape: Sequence[int], shown: int, responses: pandas.DataFrame) -> str:
    """Return what a figure of feature maps shows, and how the layer's filters respond to all test images."""
    height, width, filters = shape
    which = "All are shown" if shown == filters else f"The {shown} that vary most over all test images are shown"
    dead = f"{int(silent(responses).sum()):,} of the {filters:,} filters gave 0 everywhere in every test image"
    zeros = f"on average {responses['zeros'].mean():.1%} of a filter's responses were 0"
    return (
        f"{filters:,} filters, each a map of {height} x {width}. {which}, with their numbers; the maps of one image "
        "share one range of colours.\n\n"
        f"{dead}; {zeros}. activations.csv has each.\n"
    )


def kernels(shape: Sequence[int]) -> str:
    """Return what a figure of kernels shows."""
    height, width, channels, filters = shape
    colours = "as colours, where grey stands for 0" if channels == 3 else "red for positive, blue for negative weights"
    return f"What each of the {filters:,} filters looks for, {height} x {width} pixels: {colours}.\n"


def regions(layer: str, shape: Sequence[int]) -> str:
    """Return what a figure of Grad-CAM shows."""
    height, width, filters = shape
    return (
        "The errors that gave the true class the lowest probability, each beside itself under the region that spoke "
        "for the class predicted: bright, where it did most. By Grad-CAM, from the "
        f"{filters:,} feature maps of {escaped(layer)}, {height} x {width}; so coarse is the region. "
        "Where the maps, so weighed, add up to nothing positive, the method names no region.\n"
    )


def of_class(counts: Mapping[str, int]) -> str:
    """Return how many images of each outcome a class has, and which are shown."""
    told = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
    return (
        f"{told}. Shown are first the most certain true and false positives, and the false negatives that gave this "
        "class the lowest probability.\n"
    )


def augmented(parameters: Mapping[str, Any]) -> str:
    """Return what a figure of variants shows."""
    table = pandas.DataFrame([(name, str(value)) for name, value in parameters.items()], columns=["change", "at most"])
    words = "The first image, and variants of it as training draws them, anew for each image in each epoch."
    return f"{words}\n\n{markdown(table)}"
