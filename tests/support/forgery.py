"""Ways to tamper with a finished stub study that a reader of dvc.lock alone would not see."""

from pathlib import Path
from typing import Any

from benchmarks.project import edit
from benchmarks.tampering import flip, locked, md5, out
from tests.support.stub_study import METRICS, NETWORK, PLAIN


def change(file: Path, old: str, new: str) -> None:
    held = file.read_text(encoding="utf-8")
    assert old in held
    file.write_text(held.replace(old, new), encoding="utf-8")


def forge_result(study: Path) -> None:
    """Edit a result, and let dvc.lock say that it was always so."""
    flip(study / METRICS)
    locked(study, lambda stages: out(stages[f"evaluate@{PLAIN}"], "outs", METRICS).update(md5=md5(study / METRICS)))


def forge_parameter(study: Path) -> None:
    forged = {f"models.{PLAIN}.training.epochs": 3}
    edit(study, forged)
    locked(study, lambda stages: stages[f"train@{PLAIN}"]["params"]["params.yaml"].update(forged))


def forge_code(study: Path) -> None:
    file = "stages/train.py"
    flip(study / file)

    def forge(stages: dict[str, Any]) -> None:
        for name in ("model-0001", PLAIN):
            out(stages[f"train@{name}"], "deps", file).update(md5=md5(study / file))

    locked(study, forge)


def forge_command(study: Path) -> None:
    for file in ("dvc.yaml", "dvc.lock"):
        change(study / file, "bash trivial.sh train ", "bash -u trivial.sh train ")


def forge_chain(study: Path) -> None:
    locked(study, lambda stages: out(stages[f"evaluate@{PLAIN}"], "deps", NETWORK).update(md5="0" * 32))
