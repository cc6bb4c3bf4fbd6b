"""Files of networks that do harm where Keras alone would load them, made of a good one."""

import io
import json
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py

from darkroom.core.backend import keras

CONFIGURATION, WEIGHTS = "config.json", "model.weights.h5"


def read_members(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(file: Path, changes: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> None:
    """Write a ``.keras`` file anew with other members, or more."""
    members = read_members(file) | changes
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)


def add_member_twice(file: Path, name: str) -> None:
    content = read_members(file)[name]
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, content)


def change_config(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Have a function change the configuration in a ``.keras`` file."""
    config = json.loads(read_members(file)[CONFIGURATION])
    change(config)
    rewrite(file, {CONFIGURATION: json.dumps(config).encode()})


def change_weights(file: Path, change: Callable[[h5py.File], None]) -> None:
    """Have a function change the weights in a ``.keras`` file."""
    content = io.BytesIO(read_members(file)[WEIGHTS])
    with h5py.File(content, "a") as weights:
        change(weights)
    rewrite(file, {WEIGHTS: content.getvalue()})


def call_function(module: str, name: str, *arguments: Any, **options: Any) -> dict[str, Any]:
    """A layer of a functional network that is none, but a function with its arguments."""
    function = {"module": module, "class_name": "function", "config": name, "registered_name": "function"}
    return {**function, "name": "hostile", "inbound_nodes": [{"args": list(arguments), "kwargs": options}]}


def name_class(module: str | None, name: str, registered: str | None = None, **config: Any) -> dict[str, Any]:
    """A layer of this class, which stands alone."""
    described = {"module": module, "class_name": name, "registered_name": registered}
    return {**described, "config": {"name": "hostile", **config}, "name": "hostile", "inbound_nodes": []}


def make_lambda(canary: Path) -> dict[str, Any]:
    """A Lambda layer whose code makes a file."""
    code = f"lambda x: __import__('pathlib').Path({str(canary)!r}).touch() or x"
    layer = keras.layers.Lambda(eval(code), output_shape=(2,), name="hostile")
    return {**keras.saving.serialize_keras_object(layer), "name": "hostile", "inbound_nodes": []}
