"""The file of a trained network: written so that equal weights give equal bytes, read, and checked against a view."""

import json
import math
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.core.filenames import NETWORK
from darkroom.core.files import ZIP_TIME, replace_file
from darkroom.images.prepared.views import View
from darkroom.networks.copies import walk_layers
from darkroom.networks.network import count_classes
from darkroom.networks.network_archive import check_archive, refuse

CORRUPTION = (AttributeError, KeyError, OSError, RuntimeError, TypeError, ValueError, zipfile.BadZipFile)
"""Exceptions that the readers of a file raise on corrupt bytes."""
MOST_OUTPUTS = 1 << 28
"""Numbers that a layer may make of one image: a gibibyte of them, where VGG16 makes 12 MiB of 224 by 224 pixels."""


def load_network(folder: Path) -> keras.Model:
    """Return the model that a training run left in ``folder``.

    Raises:
        UserError: there is none, its file is corrupt, or it names what no network here is built of.
    """
    file = folder / NETWORK
    try:
        return read_network(file)
    except CORRUPTION as error:
        problem = (
            "no such file" if not file.is_file() else f"no whole Keras model ({' '.join(str(error).split())[:120]})"
        )
        raise UserError(f"{file}: {problem}; train {folder.name} again") from None


def read_network(file: Path) -> keras.Model:
    """Return the model in a ``.keras`` file from anywhere, not compiled; nothing that the file says is executed.

    Raises:
        UserError: it names what no network here is built of, or its layers are larger than its weights.
        Exception: it is corrupt, and whatever its readers raise then.
    """
    count = check_archive(file)
    with limit_weights(file, count):
        network = keras.saving.load_model(file, compile=False, safe_mode=True)
    largest = max((math.prod(layer.output.shape[1:]) for layer in walk_layers(network)), default=0)
    if largest > MOST_OUTPUTS:
        raise refuse(file, f"a layer of it puts out {largest:,} numbers for an image")
    return network


@contextmanager
def limit_weights(file: Path, count: int) -> Iterator[None]:
    """Stop a network from being built meanwhile before its layers have more weights than ``count``.

    Raises:
        UserError: it would have more.
    """
    add_weight, left = keras.Layer.add_weight, count

    def add_counted(layer: keras.Layer, *, shape: Any = (), **options: Any) -> Any:
        nonlocal left
        left -= math.prod(shape)
        if left < 0:
            raise refuse(file, f"its layers need more than the {count:,} weights that it holds")
        return add_weight(layer, shape=shape, **options)

    keras.Layer.add_weight = add_counted
    try:
        yield
    finally:
        keras.Layer.add_weight = add_weight


def check_fit(model: keras.Model, view: View, folder: Path) -> None:
    """Check that the model in ``folder`` takes the images of a view and distinguishes its classes.

    Raises:
        UserError: it does not.
    """
    outputs, expected = count_classes(model), tuple(model.input_shape[1:])
    again = f"train {folder.name} again, or name the view it was trained on"
    if outputs != len(view.classes):
        there = f"{view.folder} has {len(view.classes)} ({', '.join(view.classes)})"
        raise UserError(f"{folder}: the model distinguishes {outputs} classes, but {there}; {again}")
    if any(size not in (None, given) for size, given in zip(expected, view.shape, strict=True)):
        raise UserError(f"{folder}: the model takes images of {expected}, but {view.folder} has {view.shape}; {again}")


def save(model: keras.Model, path: Path) -> None:
    """Save ``model`` as a ``.keras`` file whose bytes depend on its architecture and weights alone.

    Keras writes the time of saving, time stamps of the archive's members, and memory addresses as the numbers of shared
    objects; the former are removed, the latter counted from 1. The model must not be compiled: the state of an
    optimizer is no part of a result.
    """
    with replace_file(path) as temporary:
        model.save(temporary)
        with zipfile.ZipFile(temporary) as archive:
            members = {name: archive.read(name) for name in sorted(archive.namelist())}
        metadata = json.loads(members["metadata.json"])
        members["config.json"] = json.dumps(_renumber(json.loads(members["config.json"]), {})).encode()
        members["metadata.json"] = json.dumps({**metadata, "date_saved": ""}, sort_keys=True).encode()
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
            for name, content in members.items():
                archive.writestr(zipfile.ZipInfo(name, ZIP_TIME), content)


def _renumber(node: Any, numbers: dict[int, int]) -> Any:
    if isinstance(node, list):
        return [_renumber(item, numbers) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: numbers.setdefault(value, len(numbers) + 1) if key == "shared_object_id" else _renumber(value, numbers)
        for key, value in node.items()
    }
