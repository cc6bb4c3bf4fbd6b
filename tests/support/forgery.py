"""Ways to tamper with a tiny study that a reader of dvc.lock alone would not see."""

from pathlib import Path

from benchmarks.project import edit
from benchmarks.tampering import flip, locked, md5, out

METRICS = "results/intel/evaluations/plain/metrics.json"
NETWORK = "models/intel/plain/model.keras"
ARRAY = "data/views/intel-150/train.npy"


def change(file: Path, old: str, new: str) -> None:
    held = file.read_text(encoding="utf-8")
    assert old in held
    file.write_text(held.replace(old, new), encoding="utf-8")


def image(folder: Path) -> Path:
    return next(file for file in sorted((folder / "data/images/intel").rglob("*")) if file.suffix == ".png")


def forge_result(study: Path) -> None:
    """Edit a result, and let dvc.lock say that it was always so."""
    flip(study / METRICS)
    locked(study, lambda stages: out(stages["evaluate@plain"], "outs", METRICS).update(md5=md5(study / METRICS)))


def forge_parameter(study: Path) -> None:
    edit(study, {"models.plain.training.epochs": 3})
    locked(
        study, lambda stages: stages["train@plain"]["params"]["params.yaml"].update({"models.plain.training.epochs": 3})
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
