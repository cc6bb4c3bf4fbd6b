"""A backbone with its weights, from the folder where the stage ``pretrained`` left them."""

from pathlib import Path
from typing import Any

import h5py

from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.core.filenames import BACKBONE, WEIGHTS
from darkroom.core.files import read_json, sha256
from darkroom.core.weight_files import CORRUPTION, check_self_contained
from darkroom.transfer_learning import architectures


def load_backbone(folder: Path, shape: tuple[int, int, int]) -> tuple[keras.Model, dict[str, Any]]:
    """Return the backbone in ``folder`` for images of ``shape`` (height, width, 3), and what backbone.json says of it.

    Raises:
        UserError: a file is missing or corrupt, needs others, or the images are too small or not in colour.
    """
    again = f"run python -m stages.pretrained {folder.name}"
    for name in (BACKBONE, WEIGHTS):
        if not (folder / name).is_file():
            raise UserError(f"{folder / name}: no such file; {again}")
    try:
        facts = read_json(folder / BACKBONE)
        architecture, alpha, digest = (facts[key] for key in ("architecture", "alpha", "weights_sha256"))
    except (KeyError, TypeError, ValueError):
        raise UserError(f"{folder / BACKBONE}: corrupt; {again}") from None
    if sha256(folder / WEIGHTS) != digest:
        raise UserError(f"{folder / WEIGHTS}: corrupt: its SHA-256 is not that in {BACKBONE}; {again}")
    network = architectures.build(architecture, alpha, shape)
    try:
        with h5py.File(folder / WEIGHTS, "r") as opened:
            check_self_contained(opened, str(folder / WEIGHTS))
        network.load_weights(folder / WEIGHTS)
    except CORRUPTION:
        raise UserError(f"{folder / WEIGHTS}: written with another version of Keras; {again}") from None
    return network, facts
