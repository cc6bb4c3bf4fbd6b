"""The origins of datasets and weights: the path whose bytes a stage depends on, and checks of where that lies."""

import os
from collections.abc import Container
from pathlib import Path

from darkroom.core.errors import UserError
from darkroom.params.data import Dataset
from darkroom.params.document import Parameters
from darkroom.params.yaml_files import FILE as PARAMETERS
from darkroom.pipeline import template

DRAWING, DOWNLOADING = "darkroom/synthetic", "darkroom/archives/download.py"
WEIGHTS = {
    "imagenet": "darkroom/weights/imagenet.py",
    "package": "darkroom/weights/torch_pickle.py",
    "none": "darkroom/transfer_learning/architectures.py",
}
"""The module that downloads, reads or draws the weights of each kind but a file."""


def find_origin(source: str) -> str:
    """Return the path that holds the bytes of a dataset's source, or the code that draws or downloads them."""
    if source == "synthetic":
        return DRAWING
    if source.startswith(("kaggle:", "https://")):
        return DOWNLOADING
    return str(Path(source).expanduser())


def find_weights_origin(weights: str) -> str:
    """Return the path that holds a backbone's weights, or the code that draws or downloads them."""
    return WEIGHTS.get(weights) or str(Path(weights).expanduser())


def check_sources(parameters: Parameters, settled: Container[str]) -> None:
    """Check that files of weights and local sources are there, outside the folders that stages write.

    What the stages ``settled`` loaded is here, whether or not its source still is.

    Raises:
        UserError: a file or source is missing, or lies where its own copy would be written.
    """
    made = {
        Path(out).parts[0]
        for definition in template.read_definitions().values()
        for out in template.list_outs(definition["do"])
    }
    for key, backbone in parameters.backbones.items():
        if backbone.weights not in WEIGHTS and f"pretrained@{key}" not in settled:
            where = f"{PARAMETERS}: backbones.{key}.weights: {backbone.weights!r}"
            _check_outside(Path(find_weights_origin(backbone.weights)), made, where, "file", "../weights.h5")
    for key, dataset in parameters.datasets.items():
        where = f"{PARAMETERS}: datasets.{key}.source: {dataset.source!r}"
        if f"fetch@{key}" not in settled:
            _check_outside(Path(find_origin(dataset.source)), made, where, "file or folder", "../images")


def _check_outside(path: Path, made: set[str], where: str, kind: str, example: str) -> None:
    if not (path.is_file() or path.is_dir()):
        raise UserError(f"{where}: no such {kind}; correct the path")
    resolved = path.resolve()
    inside = any(resolved.is_relative_to(Path(folder).resolve()) for folder in made)
    if inside or Path().resolve().is_relative_to(resolved):
        raise UserError(f"{where}: must lie outside {', '.join(sorted(made))}, which Darkroom writes; try {example}")


def check_origin(key: str, dataset: Dataset, out: Path) -> None:
    """Check that a source and the folder ``out`` lie apart, and that it is the one that DVC knows.

    Raises:
        UserError: the source is no path, one lies in the other, or DVC would record that the stage depends on another
            source.
    """
    where = f"{PARAMETERS}: datasets.{key}.source"
    try:
        found = find_origin(dataset.source)
        source, target = Path(found).resolve(), out.resolve()
    except (RuntimeError, ValueError) as error:  # no such home, a link to itself, a zero byte
        raise UserError(f"{where}: {dataset.source!r}: no path ({error}); correct it") from None
    if "DVC_STAGE" in os.environ and found not in template.read_stages()[f"fetch@{key}"].deps:
        raise UserError(
            f"{where}: {dataset.source!r}: workflow/plan.yaml has another: "
            "run python -m darkroom.pipeline.plan, then dvc repro again"
        )
    if source.is_relative_to(target) or target.is_relative_to(source):
        raise UserError(f"{where}: lies where it would be copied to, {out}; move it")
