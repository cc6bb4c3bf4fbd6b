"""A tiny study with folds, a plain model, and ensembles of both; all its stages in this process."""

from pathlib import Path
from typing import Any

from benchmarks.project import copied, edit, run
from tests.support.small_study import MODEL, NETWORK, SMALL, TRAINING

FOLDS = 4
FOLDED = ["folded", *(f"folded-replicate-{number}" for number in range(2, FOLDS + 1))]
STUDY = {"models": ["folded", "plain", "whole", "mirrored"], "doubts": "folded"}
CHANGES: dict[str, Any] = {
    **SMALL,
    "models": {
        "folded": {**MODEL, "replicates": {"folds": FOLDS}, "training": {**TRAINING, "epochs": 1}},
        "plain": {**MODEL, "network": {**NETWORK, "normalization": "layer"}, "training": {**TRAINING, "epochs": 1}},
    },
    "finetunes": {},
    "backbones": {},
    "ensembles": {
        "whole": {"members": ["folded", "plain"]},
        "mirrored": {"members": ["plain"], "flips": "horizontal"},
    },
    "studies": {"intel": {**SMALL["studies"]["intel"], **STUDY}},
}
"""Edits of params.yaml."""


def make_project(folder: Path) -> Path:
    """A copy of the sources with this study, planned."""
    edit(copied(folder), CHANGES)
    run(folder, "darkroom.pipeline.plan")
    return folder
