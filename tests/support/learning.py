"""A small view to learn from, and trainings on it in processes of their own."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy

from benchmarks.project import environment
from tests.conftest import ROOT
from tests.support import small_study
from tests.support.small_study import BLOCKS, OUTPUT

NETWORK = {
    "normalization": "layer",
    "blocks": {**BLOCKS, "filters": [6, 8], "batch_normalization": {"momentum": 0.8}},
    "head": {
        "pooling": "flatten",
        "batch_normalization": None,
        "units": [8],
        "activation": "relu",
        "dropout": [0.1],
        **OUTPUT,
    },
}
TRAINING: dict[str, Any] = {**small_study.TRAINING, "learning_rate": 0.02, "epochs": 6}
ARGUMENTS = ["cnn", "--model", "cnn", "--replicate", "1", "--view", "view", "--images-are", "delivered"]
AUGMENTATION = {"flip": "horizontal", "rotation": 15, "translation": 0.1, "zoom": 0.1, "shear": 5}
AUGMENTATION |= {"crop": 1, "brightness": 0.1, "contrast": 0.1, "saturation": 0.1, "hue": 9, "fill": "reflect"}
AUGMENTATION |= {"rand_augment": None, "erasing": 0.1}


def write_view(folder: Path, validation: int = 0, misled: bool = False) -> Path:
    """A view of dark and light noise; ``misled``: the labels of its own validation images are the wrong ones."""
    folder.mkdir(exist_ok=True)
    random = numpy.random.default_rng(0)
    for split, count in (("train", 80), ("validation", validation), ("test", 20)):
        if count:
            labels = numpy.arange(count) * 2 // count
            images = random.integers(0, 150, (count, 12, 12, 3)) + 100 * labels[:, None, None, None]
            numpy.save(folder / f"{split}.npy", images.astype(numpy.uint8))
            wrong = misled and split == "validation"
            numpy.save(folder / f"{split}-labels.npy", 1 - labels if wrong else labels)
    (folder / "view.json").write_text(json.dumps({"classes": ["dark", "light"]}))
    return folder


def model(training: dict[str, Any], **network: Any) -> dict[str, Any]:
    """Edits of params.yaml: the model ``cnn`` with changes of the usual training and network."""
    settings = {"view": "small", "replicates": 2, "network": {**NETWORK, **network}}
    return {"models.cnn": {**settings, "training": {**TRAINING, **training}}}


def started(folder: Path, out: str, **variables: str) -> "subprocess.Popen[str]":
    """A training of ``cnn`` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "stages.train", *ARGUMENTS, "--out", out],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(ROOT), **variables},
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(folder: Path, out: str) -> str:
    """What such a training says, once it has ended well."""
    process = started(folder, out)
    said = process.communicate(timeout=600)[1]
    assert process.returncode == 0, said
    return said


def killed(folder: Path, out: str, when: Callable[[str], bool]) -> None:
    """Start such a training and kill it at the first line for which ``when`` holds."""
    process = started(folder, out)
    assert process.stderr
    said = []
    for line in process.stderr:
        said.append(line)
        if when(line):
            process.kill()
            break
    assert process.wait(timeout=600) == -9, "".join(said)
