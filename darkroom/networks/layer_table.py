"""The table of a network's layers."""

from typing import Any

import numpy
import pandas

from darkroom.core.backend import keras
from darkroom.networks.receptive_fields import measure_fields

LARGEST = 3
"""Layers named as those that hold most parameters."""


def tabulate_layers(model: keras.Model) -> pandas.DataFrame:
    """Return one row per layer.

    Columns: layer, type, output_shape, receptive_field (the side, in pixels, of what one value of the output sees;
    empty where it is not known), parameters, trainable_parameters, share of all parameters.
    """
    fields = measure_fields(model)
    rows = [
        {
            "layer": layer.name,
            "type": type(layer).__name__,
            "output_shape": "x".join(str(side) for side in layer.output.shape[1:]),
            "receptive_field": fields.get(layer.name),
            "parameters": layer.count_params(),
            "trainable_parameters": int(sum(numpy.prod(weight.shape) for weight in layer.trainable_weights)),
        }
        for layer in model.layers
    ]
    table = pandas.DataFrame(rows).astype({"receptive_field": "Int64"})
    return table.assign(share=table["parameters"] / max(1, table["parameters"].sum()))


def count_parameters(table: pandas.DataFrame) -> dict[str, Any]:
    """Return the parameters of the layers of a table of ``tabulate_layers``, in all, and the layers with most."""
    largest = table.sort_values("parameters", ascending=False, kind="stable").head(LARGEST)
    parameters = int(table["parameters"].sum())
    return {
        "parameters": parameters,
        "trainable_parameters": int(table["trainable_parameters"].sum()),
        "size_kib": round(parameters * 4 / 1024, 2),
        "largest_layers": largest[["layer", "parameters", "share"]].round(4).to_dict("records"),
    }
