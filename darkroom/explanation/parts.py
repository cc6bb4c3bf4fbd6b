"""The parts of an explanation: each a figure, and the values that its words on the page need."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy
import pandas
from matplotlib.figure import Figure

from darkroom.core.errors import UserError
from darkroom.explanation import figures, grad_cam
from darkroom.explanation.filenames import name_feature_maps, name_outcomes
from darkroom.explanation.responses import are_silent
from darkroom.explanation.subject import Subject
from darkroom.images.prepared import augmentation
from darkroom.params.augmentation import Augmentation
from darkroom.params.base import validate
from darkroom.params.explanation import Filter
from darkroom.reporting import selection
from darkroom.reporting.galleries import draw_gallery
from darkroom.reporting.gallery_files import Gallery

BY_POSITION, NO_REGION = "by position", "no region"
"""Words for a heat that is HiResCAM's, and for one that is all 0."""
AUGMENTATION = "training.augmentation"
"""The hyperparameter that says how training changes its images."""


@dataclass(frozen=True)
class Part:
    """A section of the page, and its figure with the name of its file."""

    kind: str
    """The words that explanation.md.j2 has for it."""
    values: Mapping[str, Any]
    file: str = ""
    figure: Figure | None = None
    exact: bool = False
    """Whether its colours are values, which its file must keep."""
    galleries: tuple[Gallery, ...] = ()
    """Images that it shows by what was made of them."""


def draw_parts(subject: Subject, responses: pandas.DataFrame) -> Iterator[Part]:
    """Yield the parts that were asked for, one by one, so that one figure at a time is held.

    Raises:
        UserError: there is no such filter or layer, or no gradient; it begins with the key below the explanation's.
    """
    wish = subject.wish
    columns = ["file", "class", "predicted", "probability"]
    yield Part("images", {"predictions": subject.predictions.iloc[subject.rows][columns]})
    yield from draw_activations(subject, responses)
    if wish.filter:
        yield draw_filter(subject, wish.filter)
    if wish.kernels:
        yield draw_kernels(subject)
    if wish.grad_cam:
        yield draw_regions(subject)
    for place, name in enumerate(wish.classes, start=1):
        yield draw_class(subject, name, place)
    if wish.augmented:
        yield draw_variants(subject)


def draw_activations(subject: Subject, responses: pandas.DataFrame) -> Iterator[Part]:
    """Yield a part for each of the layers: what its filters make of the images."""
    images, captions = subject.read_images(subject.rows), subject.write_captions(subject.rows)
    for place, layer in enumerate(subject.layers, start=1):
        own = responses[responses["layer"] == layer]
        liveliest = own["deviation"].to_numpy().argsort(kind="stable")[::-1][: subject.wish.filters]
        chosen = sorted(liveliest.tolist())
        maps = [numpy.moveaxis(one[..., chosen], -1, 0) for one in subject.maps.compute(layer, images)]
        figure = figures.draw_feature_maps(images, captions, maps, chosen, f"{subject.title}: {layer}")
        values = {"drawn": len(chosen), "silent": int(are_silent(own).sum()), "zeros": own["zeros"].mean()}
        values |= describe_layer(subject, layer)
        yield Part("activations", values, name_feature_maps(place, layer), figure, exact=True)


def draw_filter(subject: Subject, wish: Filter) -> Part:
    """Return the part on one filter: what it makes of the images."""
    layer, number = subject.maps.find_filter(wish, "filter")
    images = subject.read_images(subject.rows)
    maps = numpy.stack([one[..., number] for one in subject.maps.compute(layer, images)])
    title = f"{subject.title}: filter {number} of {layer}"
    figure = figures.draw_filter(images, subject.write_captions(subject.rows), maps, title)
    return Part("filter", {"layer": layer, "number": number}, "filter.webp", figure, exact=True)


def draw_kernels(subject: Subject) -> Part:
    """Return the part on the kernels of the first convolution."""
    layer, weights = subject.maps.find_kernels("kernels")
    figure = figures.draw_kernels(weights, f"{subject.title}: kernels of {layer}")
    values = dict(zip(("height", "width", "channels", "filters"), weights.shape, strict=True))
    return Part("kernels", {"layer": layer, **values}, "kernels.webp", figure, exact=True)


def draw_regions(subject: Subject) -> Part:
    """Return the part on the worst errors: the regions that spoke for the predicted class."""
    layer = subject.maps.find_telling_layer(subject.wish.grad_cam_layer, "grad_cam_layer")
    rows = selection.find_worst_errors(subject.predictions, subject.wish.grad_cam)
    if not rows:
        return Part("regions", {"errors": 0})
    images, classes = subject.read_images(rows), subject.view.classes
    labels = [classes.index(name) for name in subject.predictions.iloc[rows]["predicted"]]
    try:
        found = [find_region(subject, layer, image, label) for image, label in zip(images, labels, strict=True)]
    except UserError as error:
        raise UserError(f"grad_cam: {error}") from None
    heats, methods = zip(*found, strict=True)
    title = f"{subject.title}: worst errors, Grad-CAM at {layer}"
    figure = figures.draw_regions(images, heats, subject.write_captions(rows), methods, title)
    counts = {"errors": len(rows), "by_position": methods.count(BY_POSITION), "none": methods.count(NO_REGION)}
    return Part("regions", {**counts, **describe_layer(subject, layer)}, "grad-cam.webp", figure)


def find_region(subject: Subject, layer: str, image: numpy.ndarray, label: int) -> tuple[numpy.ndarray, str]:
    """Return the heat of an image, and a word for how it was found if not by Grad-CAM."""
    for by_position, method in ((False, ""), (True, BY_POSITION)):
        heat = grad_cam.compute_heat(subject.maps, layer, image, label, by_position)
        if heat.max() > 0:
            return heat, method
    return heat, NO_REGION


def draw_class(subject: Subject, name: str, place: int) -> Part:
    """Return the part on a class: images that were found, missed and mistaken for it."""
    groups, most = selection.group_by_outcome(subject.predictions, name), subject.wish.gallery
    pictures = {f"{kind}: {len(rows):,}": subject.read_captioned_images(rows[:most]) for kind, rows in groups.items()}
    figure = figures.draw_outcomes(pictures, f"{subject.title}: {name}")
    counts = {kind: len(rows) for kind, rows in groups.items()}
    file = name_outcomes(place, name)
    shown = tuple(Gallery(file, rows[:most], len(rows), kind) for kind, rows in groups.items())
    return Part("class", {"name": name, "counts": counts}, file, figure, galleries=shown)


def draw_variants(subject: Subject) -> Part:
    """Return the part on the first image's variants, as training draws them."""
    used = read_augmentation(subject.summary)
    if used is None:
        return Part("augmented", {"parameters": None})
    count = subject.wish.augmented
    image = subject.read_images(subject.rows[:1])[0]
    seeds = numpy.stack([numpy.full(count, subject.wish.seed), numpy.arange(count)], axis=1).astype(numpy.int64)
    changed = augmentation.make_changes(used)(numpy.repeat(image[None], count, axis=0), seeds)
    images = [image, *numpy.rint(changed).astype(numpy.uint8)]
    captions = ["the image", *(f"variant {number}" for number in range(1, count + 1))]
    figure = draw_gallery(images, captions, f"{subject.title}: variants in training")
    return Part("augmented", {"parameters": used.model_dump()}, "augmented.webp", figure)


def read_augmentation(summary: Mapping[str, Any]) -> Augmentation | None:
    """Return the random changes of the training run behind ``summary``, if it made any."""
    used = summary["hyperparameters"]
    given: dict[str, Any] = {}
    for name in used:
        if name.startswith(f"{AUGMENTATION}."):
            change, _, key = name.removeprefix(f"{AUGMENTATION}.").partition(".")
            given[change] = {**given.get(change, {}), key: used[name]} if key else used[name]
    return validate(Augmentation, given, AUGMENTATION) if given else None


def describe_layer(subject: Subject, layer: str) -> dict[str, Any]:
    """Return the name of a layer, and the height, width and number of its feature maps."""
    return {"layer": layer, **dict(zip(("height", "width", "filters"), subject.maps.shape(layer), strict=True))}
