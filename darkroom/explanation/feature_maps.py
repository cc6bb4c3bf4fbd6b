"""The feature maps of a network's layers, and the responses of each filter to many images.

Layers of a backbone stand in their place among the others. Places count from 1 and begin at the first convolution; they
count the layers whose output has height, width and channels, and more than one position, without dropouts, which change
nothing in prediction.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy
import pandas

from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.networks.calls import list_calls
from darkroom.params.explanation import Filter, Layer
from darkroom.transfer_learning.prefix import FlatNetwork

NAMED = 12
"""Layers that an error names."""
LEAST = 4
"""Positions a side from which on a map says where something is."""
ops = keras.ops


class FeatureMaps:
    """The layers of a network that give feature maps, those inside a backbone too."""

    def __init__(self, network: keras.Model) -> None:
        """Take a network that predicts, as training left it."""
        self.network = FlatNetwork(network).network
        calls = [call for call in list_calls(self.network) if isinstance(call.operation, keras.Layer)]
        self.layers = {call.operation.name: call.operation for call in calls}
        self.tensors = {call.operation.name: call.outputs[0] for call in calls if len(call.outputs[0].shape) == 4}
        windowed = [name for name in self.tensors if hasattr(self.layers[name], "kernel_size")]
        known = list(self.tensors)
        behind = known[known.index(windowed[0]) :] if windowed else []
        self.places = [name for name in behind if self._is_counted(name)]

    def _is_counted(self, name: str) -> bool:
        return not isinstance(self.layers[name], keras.layers.Dropout) and self.tensors[name].shape[1:3] != (1, 1)

    def find_layer(self, layer: Layer | None, where: str) -> str:
        """Return the name of a layer that is given by name or place; of the last that is counted, for none.

        Raises:
            UserError: there is no such layer, or it gives no feature maps; ``where`` stands before it.
        """
        if layer is None and self.places:
            return self.places[-1]
        if isinstance(layer, int) and 1 <= layer <= len(self.places):
            return self.places[layer - 1]
        if isinstance(layer, str) and layer in self.tensors:
            return layer
        if not self.places:
            raise UserError(f"{where}: {layer!r}: the network has no feature maps; leave out what shows them")
        some = self.places[:: max(1, -(-len(self.places) // NAMED))]
        missing = "no layer of this name" if isinstance(layer, str) else "no layer at this place"
        problem = "this layer gives no feature maps" if layer in self.layers else missing
        allowed = f"give a place from 1 to {len(self.places)}, or a name such as {', '.join(some)}"
        raise UserError(f"{where}: {layer!r}: {problem}; {allowed}")

    def find_telling_layer(self, layer: Layer | None, where: str) -> str:
        """Return the name of a layer as ``find_layer`` does; for none, of the last whose maps say where something is.

        That has at least 4 positions a side; where no layer has, it is the last.

        Raises:
            UserError: as ``find_layer``.
        """
        telling = [name for name in self.places if min(self.shape(name)[:2]) >= LEAST]
        return telling[-1] if layer is None and telling else self.find_layer(layer, where)

    def find_filter(self, wish: Filter, where: str) -> tuple[str, int]:
        """Return the name of a filter's layer, and its number.

        Raises:
            UserError: there is no such layer or filter; ``where`` stands before it.
        """
        layer = self.find_layer(wish.layer, f"{where}.layer")
        filters = self.shape(layer)[-1]
        if wish.number >= filters:
            raise UserError(f"{where}.number: {wish.number}: {layer} has {filters} filters; give 0 to {filters - 1}")
        return layer, wish.number

    def shape(self, name: str) -> tuple[int, int, int]:
        """Return height, width and filters of a layer's feature maps."""
        height, width, filters = self.tensors[name].shape[1:]
        return height, width, filters

    def compute(self, layer: str, images: Iterable[numpy.ndarray]) -> Iterator[numpy.ndarray]:
        """Yield a layer's feature maps of each of the images: float32, (height, width, filters)."""
        model = keras.Model(self.network.inputs, ops.cast(self.tensors[layer], "float32"))
        for image in images:
            yield ops.convert_to_numpy(model([image[None]], training=False))[0]  # for so few, none is compiled

    def measure(self, layers: Sequence[str], batches: Iterable[numpy.ndarray]) -> pandas.DataFrame:
        """Return how each filter of the layers responds to all positions of all images of ``batches``.

        One row per layer and filter (from 0): mean, deviation, maximum, and zeros, the share of responses that are 0.
        """
        if not layers:
            return pandas.DataFrame(columns=["layer", "filter", "mean", "deviation", "maximum", "zeros"])
        model = keras.Model(self.network.inputs, {name: _compute_moments(self.tensors[name]) for name in layers})
        images, sums, highest = (
            0,
            dict.fromkeys(layers, numpy.zeros(1)),
            dict.fromkeys(layers, numpy.full(1, -numpy.inf)),
        )
        for batch in batches:
            images += len(batch)
            for name, found in model.predict_on_batch(batch).items():
                moments = numpy.asarray(found, numpy.float64)
                sums[name] = sums[name] + moments[:, :3].sum(axis=0)
                highest[name] = numpy.maximum(highest[name], moments[:, 3].max(axis=0))
        return pandas.concat(
            [_tabulate(name, sums[name] / images, highest[name]) for name in layers], ignore_index=True
        )

    def find_kernels(self, where: str) -> tuple[str, numpy.ndarray]:
        """Return the name and the kernels of the first convolution: float32, (height, width, channels, filters).

        Raises:
            UserError: there is none; ``where`` stands before it.
        """
        for name, layer in self.layers.items():
            if isinstance(layer, keras.layers.Conv2D):
                return name, numpy.asarray(layer.kernel, numpy.float32)
        raise UserError(f"{where}: the network has no convolution; write false")


def _compute_moments(maps: Any) -> Any:
    """Return, for each image and filter, the means of the responses, of their squares and of zeros, and the maximum."""
    responses = ops.cast(maps, "float32")
    zeros = ops.cast(ops.equal(responses, 0.0), "float32")
    means = [ops.mean(values, axis=(1, 2)) for values in (responses, ops.square(responses), zeros)]
    return ops.stack([*means, ops.max(responses, axis=(1, 2))], axis=1)


def _tabulate(name: str, means: numpy.ndarray, maximum: numpy.ndarray) -> pandas.DataFrame:
    mean, square, zeros = means
    deviation = numpy.sqrt(numpy.maximum(square - mean**2, 0))  # of equal responses, rounding may go below
    columns = {"mean": mean, "deviation": deviation, "maximum": maximum, "zeros": zeros}
    return pandas.DataFrame({"layer": name, "filter": range(len(mean)), **columns})
