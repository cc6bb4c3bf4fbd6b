"""What a network says of one picture: the classes, the region that spoke for the best, the nearest training images."""

import io
import tempfile
from base64 import b64encode
from pathlib import Path
from typing import Any

import numpy
from PIL import Image

from darkroom.apps.model_folder import ModelFolder
from darkroom.apps.neighbours import Neighbours
from darkroom.apps.reading import read
from darkroom.core.errors import UserError
from darkroom.explanation.feature_maps import FeatureMaps
from darkroom.explanation.grad_cam import compute_heat
from darkroom.images.decoding.pixels import Tones
from darkroom.networks.network import PROBABILITIES, to_probabilities

CLASSES, NEAREST = 5, 6
SIDE = 300
"""Pixels of a side of the pictures that are shown, at least."""
HOT = numpy.array([255, 60, 0], numpy.float32)
"""The colour of the region."""


class Reporter:
    """A model that says what it sees in pictures, with its training images beside it or, for a reason, without."""

    def __init__(self, model: ModelFolder, network: Any, neighbours: Neighbours | str) -> None:
        self.model, self.network, self.neighbours = model, network, neighbours
        self.tones = Tones.of(model.decoding, model.ranges)
        self.maps = FeatureMaps(network)

    def report(self, content: bytes) -> dict[str, Any]:
        """Return what is to be said of the image of these bytes, as JSON may hold it.

        Raises:
            UserError: they are no image, or the network gives values that are no numbers.
        """
        with tempfile.TemporaryDirectory(prefix="darkroom-") as folder:
            file = Path(folder, "picture")
            file.write_bytes(content)
            picture = read(file, self.model.view, self.model.decoding, self.tones)
        if isinstance(picture, str):
            raise UserError(f"this picture cannot be read: {picture}")
        (found,) = to_probabilities(self.network.predict_on_batch(picture.pixels[None]))
        if not numpy.isfinite(found).all():
            raise UserError("the network gives values that are no numbers: its training diverged; train it anew")
        ranking = numpy.argsort(-found, kind="stable")[:CLASSES].tolist()
        return {
            "classes": [[self.model.classes[place], float(found[place])] for place in ranking],
            "picture": show(picture.pixels),
            **self.explain(picture.pixels, ranking[0]),
            **self.compare(picture.pixels),
        }

    def explain(self, pixels: numpy.ndarray, label: int) -> dict[str, str]:
        """Return the picture with the region that spoke for a class, or why there is none."""
        try:
            layer = self.maps.find_layer(None, "Grad-CAM")
            if PROBABILITIES not in self.maps.layers:
                raise UserError("the network has no single layer that gives the probabilities")
            heat = compute_heat(self.maps, layer, pixels, label)
        except UserError as error:
            return {"no_heat": str(error)}
        if heat.max() == 0:
            return {"no_heat": "no region spoke for this class"}
        return {"heat": show(lay_heat(pixels, heat))}

    def compare(self, pixels: numpy.ndarray) -> dict[str, Any]:
        """Return the nearest training images, or why there are none."""
        if isinstance(self.neighbours, str):
            return {"no_nearest": self.neighbours}
        nearest = self.neighbours.find(pixels, NEAREST)
        return {
            "nearest": [
                {"picture": show(one.pixels), "class": one.label, "file": one.file, "likeness": one.likeness}
                for one in nearest
            ]
        }


def lay_heat(pixels: numpy.ndarray, heat: numpy.ndarray) -> numpy.ndarray:
    """Return a picture, uint8 (height, width, 1 or 3), in colour with heat, 0 to 1 (height, width), laid on it."""
    weight = 0.6 * heat[..., None]
    return (pixels * (1 - weight) + HOT * weight).round().astype(numpy.uint8)


def show(pixels: numpy.ndarray) -> str:
    """Return a picture, uint8 (height, width, 1 or 3), as an address that holds it; a small one in larger squares."""
    times = -(-SIDE // max(pixels.shape[:2]))
    large = pixels.repeat(times, axis=0).repeat(times, axis=1)
    written = io.BytesIO()
    Image.fromarray(large[..., 0] if large.shape[2] == 1 else large).save(written, "PNG")
    return f"data:image/png;base64,{b64encode(written.getvalue()).decode()}"
