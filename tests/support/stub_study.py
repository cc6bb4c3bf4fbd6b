"""A finished study of every kind of stage whose commands write at once, for tests of what runs and what does not."""

import os
import random
import shutil
import time
from pathlib import Path

from benchmarks import trivial
from benchmarks.project import cloned, edit, git, run

PLAIN, SWEPT = "model-0002", "model-0001"
"""The model that stands alone, and the one that is explained and has a sweep."""
MODELS = (SWEPT, PLAIN, "frozen", "tuned", "rate-slow", "rate-varied")
FROM_SCRATCH = [f"train@{name}" for name in (SWEPT, PLAIN, "rate-slow", "rate-varied")]
TRAININGS = ["finetune@tuned", *FROM_SCRATCH, "transfer@frozen"]
EVALUATIONS = sorted(f"evaluate@{name}" for name in MODELS)
VIEWS = ["prepare@intel-150", "prepare@intel-180", "prepare@varied"]
AFTER_EVALUATIONS = ["compare@intel", "page@intel", "sweep@rate", "worksheet@intel"]
NETWORK = f"models/intel/{PLAIN}/model.keras"
METRICS = f"results/intel/evaluations/{PLAIN}/metrics.json"
ARRAY = "data/views/intel-150/content"


def with_source(place: Path, count: int, every_kind: bool = False) -> Path:
    """The study in the folder ``project`` of ``place``, on archives beside it."""
    folder = trivial.made(place / "project", count, every_kind)
    for name in ("seg_train", "seg_test"):
        (place / f"archives/{name}").mkdir(parents=True)
        (place / f"archives/{name}/1.png").write_text(name)
    edit(folder, {"datasets.intel.source": "../archives"})
    return folder


def commit(folder: Path, message: str) -> None:
    """Commit all that there is."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


def finish(folder: Path) -> None:
    """Run the study, commit it, and forget what was executed."""
    run(folder, "snakemake")
    commit(folder, "Run")
    trivial.forget(folder)


def share(folder: Path) -> None:
    """Push a finished study to a folder beside it."""
    run(folder, "workflow.remote", "../storage")
    commit(folder, "Share")
    run(folder, "workflow.sharing", "push")


def after(*stages: str) -> list[str]:
    """The stages, and those that follow when they change what a model is, or is worth."""
    return sorted({*stages, *AFTER_EVALUATIONS, "costs@intel"})


def comment(folder: Path, module: str) -> None:
    """Add a comment to a module of the sources."""
    file = folder / module
    file.write_text(f"{file.read_text()}# A comment.\n")


def instead(folder: Path, stage: str, action: str) -> None:
    """Let the command of a stage do something else, until the end of ``action``."""
    script = folder / trivial.SCRIPT
    first, rest = script.read_text().split("\n", 1)
    script.write_text(f'{first}\n[ "$1@$2" != {stage} ] || {{ {action}; }}\n{rest}')


def replace(folder: Path, module: str, old: str, new: str) -> None:
    """Change a module of the sources."""
    file = folder / module
    text = file.read_text()
    assert old in text, module
    file.write_text(text.replace(old, new))


def shuffle_times(folder: Path) -> None:
    """Give all files times in disorder, of which some lie ahead, as of a faster clock."""
    drawn = random.Random(11)
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not {".git", ".dvc"} & set(file.relative_to(folder).parts):
            seconds = time.time() + drawn.randrange(-50_000_000, 50_000_000)
            os.utime(file, (seconds, seconds))


def copy(place: Path, folder: Path) -> Path:
    """Copy what lies in ``place``, links as links, and return the copy."""
    return Path(shutil.copytree(place, folder, symlinks=True))


def bring_source(origin: Path, folder: Path) -> Path:
    """Put beside ``folder`` what lies beside ``origin``, if nothing does yet, and return ``folder``."""
    if not (folder.parent / "archives").exists():
        copy(origin.parent / "archives", folder.parent / "archives")
    return folder


def clone(origin: Path, folder: Path) -> Path:
    """A clone that was pulled."""
    run(cloned(origin, folder), "workflow.sharing", "pull")
    return folder
