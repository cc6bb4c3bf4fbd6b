"""A training that was killed goes on where it was, and ends with the same bytes as one that never was."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.project import edit
from darkroom.core.scratch import BACKUPS
from stages import train
from tests.support.learning import ARGUMENTS, AUGMENTATION, finished, killed, model, write_view
from tests.support.small_study import STOP

pytestmark = pytest.mark.slow

FILES = ("model.keras", "history.csv", "layers.csv", "view.json", "summary.json")
BACKUP = {"name": "BackupAndRestore", "every": 1}
PLATEAU = {"name": "ReduceLROnPlateau", "monitor": "val_loss", "mode": "auto", "factor": 0.7, "patience": 2}
PLATEAU |= {"min_delta": 0, "cooldown": 1, "min_lr": 0}
AVERAGE = {"name": "SwapEMAWeights", "momentum": 0.9, "swap_on_epoch": True}
SCHEDULE = {"name": "LearningRateScheduler", "factor": 0.8, "every": 2, "start_from_epoch": 1}
BEST = {"name": "ModelCheckpoint", "monitor": "val_loss", "mode": "auto", "save_best_only": True}
TABLE = {"name": "CSVLogger"}
LIVE = {"name": "DVCLive"}
BOARD = {"name": "TensorBoard", "histogram_freq": 2, "write_graph": True}
KINDS: dict[str, dict[str, Any]] = {
    "plateau": {"callbacks": [{**STOP, "patience": 8}, PLATEAU, BACKUP], "augmentation": AUGMENTATION},
    "averages": {
        "callbacks": [{**BACKUP, "every": 2}, AVERAGE, SCHEDULE, {**STOP, "patience": 8}, BEST, BOARD, TABLE, LIVE],
        "accumulation_steps": 1,
        "optimizer": "sgd",
        "momentum": 0.9,
    },
    "recipe": {
        "callbacks": [{**STOP, "patience": 8}, BACKUP],
        "optimizer": "adamw",
        "weight_decay": 0.01,
        "clip_norm": 1.0,
        "label_smoothing": 0.1,
        "mix": {"mixup": 0.4, "cutmix": 1.0, "probability": 0.7},
        "schedule": {"name": "one-cycle", "warm_up": 2.5, "final": 0.1},
    },
}


@pytest.fixture
def folder(project: Callable[..., Path]) -> Path:
    """A working folder with a view whose validation images mislead: the first epoch stays the best."""
    folder = project(model({"validation_split": None, "epochs": 12}))
    write_view(folder / "view", validation=24, misled=True)
    return folder


def chosen(folder: Path, training: dict[str, Any]) -> None:
    edit(folder, model({"validation_split": None, "epochs": 12, **training}))


def at_epoch(number: int) -> Callable[[str], bool]:
    return lambda line: f"epoch {number} of" in line


def backups(folder: Path) -> list[Path]:
    return list((folder / ".scratch" / BACKUPS).glob("*/*"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_training_ends_with_the_same_bytes(folder: Path, kind: str) -> None:
    chosen(folder, KINDS[kind])
    train.main([*ARGUMENTS, "--out", "models/one/whole"])
    killed(folder, "models/one/again", at_epoch(5))
    assert len(backups(folder)) == 1
    assert not (folder / "models/one/again").exists()
    said = finished(folder, "models/one/again")
    begun = re.search(r"epoch (\d+) of at most 12 on: resumed from \S+", said)
    assert begun and int(begun[1]) in {5, 6, 7, 8}, said
    for name in FILES:
        whole, again = ((folder / "models/one" / run / name).read_bytes() for run in ("whole", "again"))
        assert whole == again, name
    assert not backups(folder)
    summary = json.loads((folder / "models/one/again/summary.json").read_text())
    assert summary["best_epoch"] == 1
    if kind == "averages":
        check_logs(folder)


def check_logs(folder: Path) -> None:
    """What is written as training goes on holds each epoch once, as if it had never been killed."""
    logs = [folder / "logs/training/one" / run for run in ("whole", "again")]
    tables = [(place / "epochs.csv").read_text() for place in logs]
    assert tables[0] == tables[1]
    assert [row["epoch"] for row in csv.DictReader(tables[1].splitlines())] == [str(n) for n in range(9)]
    assert len(list((logs[0] / "train").iterdir())) == 1
    assert len(list((logs[1] / "train").iterdir())) == 2
    assert (logs[1] / "best.keras").is_file()
    for top in ("metrics", "plots"):
        series = [folder / "dvclive" / top / "one" / run for run in ("whole", "again")]
        texts = [{file.relative_to(place): file.read_text() for file in place.rglob("*.*")} for place in series]
        assert texts[0] == texts[1] != {}, top


def test_a_damaged_backup_is_thrown_away_and_said(folder: Path) -> None:
    chosen(folder, {"callbacks": [BACKUP], "epochs": 5})
    killed(folder, "again", at_epoch(3))
    chosen(folder, {"callbacks": [BACKUP], "epochs": 1})
    said = finished(folder, "other")
    assert "resumed" not in said, "another number of epochs is another training"
    state = backups(folder)[0]
    state.write_bytes(state.read_bytes()[:-100])
    chosen(folder, {"callbacks": [BACKUP], "epochs": 5})
    said = finished(folder, "again")
    assert f"{state.relative_to(folder)}: the backup is corrupt; it is thrown away, and training starts anew" in said
    assert "epoch 1 of" in said
    assert not backups(folder)
