"""Content hash of a training run: of all that its bytes depend on.

A backup of that name is none of a training run with other parameters, pixels, weights, code or libraries, or on a
machine that would compute other bits.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy

from darkroom.core import machine, runtime
from darkroom.core.backend import keras
from darkroom.core.files import sha256
from darkroom.images.prepared.batches import Batches
from darkroom.images.prepared.views import View
from darkroom.networks.calls import find_sources
from darkroom.params.model import Runtime
from darkroom.params.training import Fit

OURS = ("darkroom.", "stages.")
UNTRACKED = ("darkroom.params", "darkroom.pipeline")
"""Rooms that no stage depends on."""


@dataclass(frozen=True)
class Origin:
    """The origin of a training run, beside its batches and how it is fitted."""

    network: keras.Model
    """The whole network, from pixels to probabilities."""
    view: View
    settings: Runtime
    facts: Mapping[str, Any]
    """Its seed, and what else decides what it gives."""


def identify(model: keras.Model, train: Batches, validation: Batches | None, fit: Fit, origin: Origin) -> str:
    """Return the content hash of a training run: 32 hexadecimal digits."""
    digest = hashlib.sha256()
    for network in (origin.network, model):
        described = [[type(layer).__name__, layer.get_config()] for layer in network.layers]
        described.append(["connections", find_sources(network)])
        digest.update(json.dumps(described, sort_keys=True, default=repr).encode())
        for variable in network.variables:
            digest.update(numpy.ascontiguousarray(keras.ops.convert_to_numpy(variable)).tobytes())
    for batches in filter(None, (train, validation)):
        for array in (batches.rows, batches.labels):
            digest.update(numpy.ascontiguousarray(array).tobytes())
    computer = machine.describe()
    made_from = {
        "fit": fit.model_dump(),
        "facts": origin.facts,
        "seed": train.seed,
        "threads": origin.settings.threads,
        "classes": origin.view.classes,
        "pixels": [digest for split in origin.view.learning_splits for digest in origin.view.hash_images(split)],
        "versions": {"python": sys.version, "numpy": numpy.__version__, **runtime.list_versions()},
        "machine": [runtime.find_gpu_name(), computer["processor"], computer["features"]],
        "code": hash_code(),
    }
    digest.update(json.dumps(made_from, sort_keys=True).encode())
    return digest.hexdigest()[:32]


def hash_code() -> dict[str, str]:
    """Return the SHA-256 of each of the project's modules that this process has imported and that decide about bytes.

    Of params.yaml that is its values, not what reads them: see ``UNTRACKED``.
    """
    known = filter(None, (getattr(module, "__spec__", None) for module in list(sys.modules.values())))
    files = {spec.name: spec.origin for spec in known if spec.name.startswith(OURS)}
    return {name: sha256(Path(file)) for name, file in files.items() if file and not name.startswith(UNTRACKED)}
