"""The parts of an explanation: each a figure, and what it is."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy
import pandas
from matplotlib.figure import Figure

from darkroom.core.errors import UserError
from darkroom.explanation import figures as explanation_figures
from darkroom.explanation import grad_cam
from darkroom.explanation import text as explanation_text
from darkroom.explanation.feature_maps import FeatureMaps
from darkroom.explanation.text import Section
from darkroom.images.prepared import augmentation
from darkroom.images.prepared.views import TEST, View
from darkroom.params.augmentation import Augmentation
from darkroom.params.base import validate
from darkroom.params.explanation import Explanation, Filter
from darkroom.reporting import selection
from darkroom.reporting.figures import gallery

AUGMENTATION = "training.augmentation"
"""The hyperparameter that says how training changes its images."""


@dataclass(frozen=True)
class Subject:
    """What is explained: a network and its predictions, and which images and layers are shown."""

    title: str
    wish: Explanation
    view: View
    maps: FeatureMaps
    predictions: pandas.DataFrame
    rows: list[int]
    layers: list[str]
    summary: Mapping[str, Any]

    def images(self, rows: list[int]) -> list[numpy.ndarray]:
        """Return test images: uint8 (height, width, channels) each."""
        return list(self.view.read(TEST, numpy.array(rows, dtype=numpy.int64)))

    def captions(self, rows: list[int]) -> list[str]:
        """Return for each image the true class and the predicted one, each with its probability."""
        likely = selection.true_probability(self.predictions)
        chosen = zip(rows, self.predictions.iloc[rows].itertuples(index=False), strict=True)
        return [f"true: {one[1]} {likely[row]:.1%}\npredicted: {one[2]} {one[3]:.1%}" for row, one in chosen]

    def captioned(self, rows: list[int]) -> list[tuple[numpy.ndarray, str]]:
        """Return test images with their captions."""
        return list(zip(self.images(rows), self.captions(rows), strict=True))


@dataclass(frozen=True)
class Part:
    """A section of the page, and its figure with the name of its file."""

    heading: str
    text: str
    file: str = ""
    figure: Figure | None = None

    def section(self, folder: str) -> Section:
        """Return the section, with the figure that lies in ``folder`` above its text."""
        picture = f"![{self.heading}]({folder}/{self.file})\n\n" if self.figure else ""
        return Section(self.heading, picture + self.text)


def parts(subject: Subject, responses: pandas.DataFrame) -> Iterator[Part]:
    """Yield the parts that were asked for, one by one, so that one figure at a time is held.

    Raises:
        UserError: there is no such filter or layer, or no gradient; it begins with the key below the explanation's.
    """
    wish = subject.wish
    yield Part("Images", explanation_text.images(subject.predictions.iloc[subject.rows]))
    yield from activations(subject, responses)
    if wish.filter:
        yield one_filter(subject, wish.filter)
    if wish.kernels:
        yield kernels(subject)
    if wish.grad_cam:
        yield regions(subject)
    for place, name in enumerate(wish.classes, start=1):
        yield of_class(subject, name, place)
    if wish.augmented:
        yield augmented(subject)


def activations(subject: Subject, responses: pandas.DataFrame) -> Iterator[Part]:
    """Yield a part for each of the layers: what its filters make of the images."""
    images, captions = subject.images(subject.rows), subject.captions(subject.rows)
    for place, layer in enumerate(subject.layers, start=1):
        own = responses[responses["layer"] == layer]
        liveliest = own["deviation"].to_numpy().argsort(kind="stable")[::-1][: subject.wish.filters]
        filters = sorted(liveliest.tolist())
        found = [numpy.moveaxis(maps[..., filters], -1, 0) for maps in subject.maps.of(layer, images)]
        title = f"{subject.title}: {layer}"
        figure = explanation_figures.feature_maps(images, captions, found, filters, title)
        text = explanation_text.activations(subject.maps.shape(layer), len(filters), own)
        yield Part(f"Feature maps of {layer}", text, f"activations-{place}-{safe(layer)}.png", figure)


def one_filter(subject: Subject, wish: Filter) -> Part:
    """Return the part on one filter: what it makes of the images."""
    layer, number = subject.maps.filter(wish, "filter")
    images = subject.images(subject.rows)
    found = numpy.stack([maps[..., number] for maps in subject.maps.of(layer, images)])
    title = f"{subject.title}: filter {number} of {layer}"
    figure = explanation_figures.one_filter(images, subject.captions(subject.rows), found, title)
    return Part(f"Filter {number} of {layer}", explanation_text.ONE_FILTER, "filter.png", figure)


def kernels(subject: Subject) -> Part:
    """Return the part on the kernels of the first convolution."""
    layer, weights = subject.maps.kernels("kernels")
    figure = explanation_figures.kernels(weights, f"{subject.title}: kernels of {layer}")
    return Part(f"Kernels of {layer}", explanation_text.kernels(weights.shape), "kernels.png", figure)


def regions(subject: Subject) -> Part:
    """Return the part on the worst errors: the regions that spoke for the predicted class."""
    layer = subject.maps.named(subject.wish.grad_cam_layer, "grad_cam_layer")
    rows = selection.worst_errors(subject.predictions, subject.wish.grad_cam)
    heading = "Regions that spoke for the predicted class"
    if not rows:
        return Part(heading, explanation_text.NO_ERROR)
    images, classes = subject.images(rows), subject.view.classes
    labels = [classes.index(name) for name in subject.predictions.iloc[rows]["predicted"]]
    try:
        heats = [grad_cam.heat(subject.maps, layer, image, label) for image, label in zip(images, labels, strict=True)]
    except UserError as error:
        raise UserError(f"grad_cam: {error}") from None
    title = f"{subject.title}: worst errors, Grad-CAM at {layer}"
    figure = explanation_figures.regions(images, heats, subject.captions(rows), title)
    return Part(heading, explanation_text.regions(layer, subject.maps.shape(layer)), "grad-cam.png", figure)


def of_class(subject: Subject, name: str, place: int) -> Part:
    """Return the part on a class: images that were recognised, missed and mistaken for it."""
    found = selection.of_class(subject.predictions, name)
    shown = {f"{kind}: {len(rows):,}": subject.captioned(rows[: subject.wish.gallery]) for kind, rows in found.items()}
    figure = explanation_figures.outcomes(shown, f"{subject.title}: {name}")
    counts = {kind: len(rows) for kind, rows in found.items()}
    return Part(f"Class {name}", explanation_text.of_class(counts), f"class-{place}-{safe(name)}.png", figure)


def augmented(subject: Subject) -> Part:
    """Return the part on the first image's variants, as training draws them."""
    heading, wanted = "Augmentation", used_augmentation(subject.summary)
    if wanted is None:
        return Part(heading, explanation_text.UNCHANGED)
    count = subject.wish.augmented
    image = subject.images(subject.rows[:1])[0]
    seeds = numpy.stack([numpy.full(count, subject.wish.seed), numpy.arange(count)], axis=1).astype(numpy.int64)
    changed = augmentation.compile_changes(wanted)(numpy.repeat(image[None], count, axis=0), seeds)
    images = [image, *numpy.rint(changed).astype(numpy.uint8)]
    captions = ["the image", *(f"variant {number}" for number in range(1, count + 1))]
    figure = gallery(images, captions, f"{subject.title}: variants in training")
    return Part(heading, explanation_text.augmented(wanted.model_dump()), "augmented.png", figure)


def used_augmentation(summary: Mapping[str, Any]) -> Augmentation | None:
    """Return how the training behind ``summary`` changed its images, if it did."""
    used = summary["hyperparameters"]
    given = {name.removeprefix(f"{AUGMENTATION}."): used[name] for name in used if name.startswith(f"{AUGMENTATION}.")}
    return validate(Augmentation, given, AUGMENTATION) if given else None


def safe(name: str) -> str:
    """Return a name as it can stand in that of a file."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", name)
