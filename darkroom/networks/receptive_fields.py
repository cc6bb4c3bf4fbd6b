"""Receptive fields: how many pixels of the image one value of a layer's output depends on.

Sources: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", 2016; Araujo, Norris & Sim, "Computing
Receptive Fields of Convolutional Neural Networks", Distill, 2019. A window of k values at steps of s, on a map whose
values see r pixels and lie j pixels apart, gives values that see r + (k - 1)·j and lie j·s apart. Where branches meet,
a value sees what either sees.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from darkroom.core.backend import keras
from darkroom.networks.calls import Call, list_calls

MAPS = 4
"""Dimensions of feature maps: batch, height, width, channels."""


class Field(NamedTuple):
    """The first and the last row of pixels that a map's first row sees, and the step to those of its second row."""

    first: float
    last: float
    step: int


WHOLE = Field(-float("inf"), float("inf"), 1)
"""Of values that see the whole image."""


def measure_fields(model: keras.Model) -> dict[str, int]:
    """Return the side of the receptive field of each layer's output, in pixels, by the layer's name.

    It is at most the image's, which is what values behind a flattening, or a mean over all positions, see. Of images or
    windows that are no squares the height counts. A layer is left out where it cannot be known: behind one that changes
    the size of maps in another way than by windows, padding or cropping.
    """
    side = model.input_shape[1]
    calls = list(list_calls(model))
    known = _follow(calls, model.inputs, [Field(0, 0, 1)] * len(model.inputs))
    found = {layer.name: Field(0, 0, 1) for layer in model.layers if isinstance(layer, keras.layers.InputLayer)}
    found |= {call.operation.name: known.get(id(call.outputs[0])) for call in calls}
    return {name: int(min(side, field.last - field.first + 1)) for name, field in found.items() if field}


def _follow(calls: Sequence[Call], inputs: Sequence[Any], fields: Sequence[Field]) -> dict[int, Field]:
    """Return the field of each tensor that ``calls`` give, by its number, from those of the ``inputs``."""
    known = {id(tensor): field for tensor, field in zip(inputs, fields, strict=True)}
    for call in calls:
        entering = [known.get(id(tensor)) for tensor in call.inputs]
        if given := _pass(call, [field for field in entering if field]) if all(entering) else None:
            known |= {id(tensor): given for tensor in call.outputs}
    return known


def _pass(call: Call, fields: Sequence[Field]) -> Field | None:
    """Return the field of what a call gives, or ``None`` if that cannot be known."""
    layer, before, after = call.operation, call.inputs[0].shape, call.outputs[0].shape
    field = Field(min(one.first for one in fields), max(one.last for one in fields), fields[0].step)
    if isinstance(layer, keras.Model):
        inside = _follow(list(list_calls(layer)), layer.inputs, fields)
        return inside.get(id(layer.outputs[0]))
    if len(before) < MAPS or len(after) < MAPS or (after[1:3] == (1, 1) != before[1:3] and not _window(layer)):
        return WHOLE
    if _window(layer):
        return _widen(field, layer, before[1])
    for name, sign in (("padding", -1), ("cropping", 1)):
        if isinstance(shift := getattr(layer, name, None), tuple):
            above = sign * shift[0][0] * field.step
            return Field(field.first + above, field.last + above, field.step)
    return field if before[1:3] == after[1:3] else None


def _window(layer: Any) -> tuple[int, ...]:
    """Return the sides of the window of a convolution or pooling; of another layer, nothing."""
    return getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None) or ()


def _widen(field: Field, layer: Any, height: int) -> Field:
    """Return the field behind a convolution or pooling of maps of some height."""
    stride = layer.strides[0]
    reach = (_window(layer)[0] - 1) * getattr(layer, "dilation_rate", (1, 1))[0]
    added = max(0, (-(-height // stride) - 1) * stride + reach + 1 - height) if layer.padding == "same" else 0
    first = field.first - (added // 2) * field.step
    return Field(first, field.last + first - field.first + reach * field.step, field.step * stride)
