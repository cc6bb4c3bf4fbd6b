"""Ways to tamper with a finished study: with its data, code and parameters, and with what dvc.lock says of them."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from benchmarks.project import edit

METRICS = "results/intel/evaluations/plain/metrics.json"
NETWORK = "models/intel/plain/model.keras"
ARRAY = "data/views/intel-150/train.npy"


def flip(file: Path) -> None:
    """Change the last byte of a file, and keep its size and time."""
    status, held = file.stat(), file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(held[:-1] + bytes([held[-1] ^ 1]))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def change(file: Path, old: str, new: str) -> None:
    held = file.read_text(encoding="utf-8")
    assert old in held
    file.write_text(held.replace(old, new), encoding="utf-8")


def locked(folder: Path, forge: Callable[[dict[str, Any]], None]) -> None:
    """Edit dvc.lock as a forger would."""
    document = yaml.safe_load((folder / "dvc.lock").read_text())
    forge(document["stages"])
    (folder / "dvc.lock").write_text(yaml.safe_dump(document, sort_keys=False))


def out(stage: dict[str, Any], section: str, path: str) -> dict[str, Any]:
    return next(one for one in stage[section] if one["path"] == path)


def md5(file: Path) -> str:
    return hashlib.md5(file.read_bytes()).hexdigest()


def image(folder: Path) -> Path:
    return next(file for file in sorted((folder / "data/images/intel").rglob("*")) if file.suffix == ".png")


def forge_result(study: Path) -> None:
    """Edit a result, and let dvc.lock say that it was always so."""
    flip(study / METRICS)
    locked(study, lambda stages: out(stages["evaluate@plain"], "outs", METRICS).update(md5=md5(study / METRICS)))


def forge_parameter(study: Path) -> None:
    edit(study, {"models.plain.training.epochs": 3})
    locked(
        study, lambda stages: stages["train@plain"]["params"]["params.yaml"]["models.plain.training"].update(epochs=3)
    )


def forge_code(study: Path) -> None:
    file = "stages/train.py"
    flip(study / file)
    locked(study, lambda stages: out(stages["train@plain"], "deps", file).update(md5=md5(study / file)))


def forge_command(study: Path) -> None:
    change(study / "dvc.yaml", "python -m stages.train ", "python -X dev -m stages.train ")
    change(study / "dvc.lock", "python -m stages.train ", "python -X dev -m stages.train ")


def forge_chain(study: Path) -> None:
    locked(study, lambda stages: out(stages["evaluate@plain"], "deps", NETWORK).update(md5="0" * 32))
