"""The table of a network's layers."""

import numpy
import pandas

from darkroom.core.backend import keras
from darkroom.networks.receptive_fields import measure_fields


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
