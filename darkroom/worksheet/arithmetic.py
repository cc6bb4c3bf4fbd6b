"""Arithmetic of a network's parameters: how many weights a layer has, written as a student would reckon it."""

from collections.abc import Mapping, Sequence
from math import isqrt, prod
from typing import Any

Row = Mapping[str, Any]
OF_A_CHANNEL = {"BatchNormalization": 4}
"""Values that a layer of a type holds for each channel: scale, shift, and two running statistics."""


def explain_parameters(layers: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the layers, each with ``arithmetic``: the product that gives its parameters, or nothing if it has none.

    Only a chain of layers can be reckoned so; where the product does not come out, ``arithmetic`` is empty.
    """
    explained = []
    before: tuple[int, ...] = ()
    for layer in layers:
        shape = read_shape(layer["output_shape"])
        explained.append({**layer, "arithmetic": _write_product(layer, before, shape) if layer["parameters"] else ""})
        before = shape
    return explained


def read_shape(text: str) -> tuple[int, ...]:
    """Return the sizes in a text such as ``148x148x32``; nothing where it is no such text."""
    parts = str(text).replace("×", "x").split("x")
    return tuple(map(int, parts)) if all(part.isdigit() for part in parts) else ()


def _write_product(layer: Row, before: tuple[int, ...], shape: tuple[int, ...]) -> str:
    count, kind = int(layer["parameters"]), layer["type"]
    if not shape:
        return ""
    channels = shape[-1]
    if kind in OF_A_CHANNEL and count == OF_A_CHANNEL[kind] * channels:
        return f"{OF_A_CHANNEL[kind]}·{channels}"
    if kind == "Normalization" and count == 2 * channels + 1:
        return f"2·{channels} + 1"
    if kind == "Dense" and before and count == (prod(before) + 1) * channels:
        return f"({prod(before)} + 1)·{channels}"
    if kind == "Conv2D" and before:
        return _write_convolution(count, before[-1], channels)
    return ""


def _write_convolution(count: int, into: int, out: int) -> str:
    side = isqrt(max(count // out, 1) // into)
    for bias, shown in ((1, " + 1"), (0, "")):
        if (side * side * into + bias) * out == count:
            return f"({side}·{side}·{into}{shown})·{out}"
    return ""
