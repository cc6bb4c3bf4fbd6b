"""Ways to tamper with a finished stub study that a reader of dvc.lock alone would not see."""

from pathlib import Path
from typing import Any

from benchmarks.project import edit, git, run
from benchmarks.tampering import cached, flip, locked, md5, out, redefine, swap
from tests.support.stub_study import METRICS, NETWORK, PLAIN, SWEPT

RECORD = f"models/intel/{PLAIN}/record.json"
FIGURE = "results/intel/comparison/accuracy.png"


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


def forge_record(study: Path) -> None:
    """Let a training run have been another machine's, and earlier."""
    held = '{"machine": {"host": "other", "processor": "Another processor"}, "began": "2020-01-01T00:00:00+00:00"}'
    (study / RECORD).write_text(held)
    locked(study, lambda stages: out(stages[f"train@{PLAIN}"], "outs", RECORD).update(md5=md5(study / RECORD)))


def forge_figure(study: Path) -> None:
    """Draw a figure anew, and let dvc.lock say that it was always so."""
    (study / FIGURE).write_text("a better one")
    forged = {"md5": md5(study / FIGURE), "size": (study / FIGURE).stat().st_size}
    locked(study, lambda stages: out(stages["compare@intel"], "outs", FIGURE).update(forged))


def forge_swap(study: Path) -> None:
    """Let two models have each other's name, also in dvc.lock, where they were written and where they were read."""
    other = NETWORK.replace(PLAIN, SWEPT)
    swap(study / NETWORK, study / other)

    def forge(stages: dict[str, Any]) -> None:
        for name, network in ((PLAIN, NETWORK), (SWEPT, other)):
            now = {"md5": md5(study / network)}
            out(stages[f"train@{name}"], "outs", network).update(now)
            out(stages[f"evaluate@{name}"], "deps", network).update(now)

    locked(study, forge)


def forge_size(study: Path) -> None:
    locked(study, lambda stages: out(stages[f"evaluate@{PLAIN}"], "outs", METRICS).update(size=1))


def forge_size_read(study: Path) -> None:
    locked(study, lambda stages: out(stages[f"train@{PLAIN}"], "deps", "darkroom/networks").update(nfiles=1))


def forge_copy(study: Path) -> None:
    """Put another file under the name of a result into DVC's cache, to be brought by the next checkout."""
    copy = cached(study, md5(study / METRICS))
    copy.chmod(0o644)
    copy.write_text("forged")


def drop_dependency(study: Path) -> None:
    redefine(study, "train", lambda stage: stage["deps"].remove("darkroom/networks"))


def drop_dependency_also_in_lock(study: Path) -> None:
    drop_dependency(study)

    def forge(stages: dict[str, Any]) -> None:
        for name in (SWEPT, PLAIN):
            deps = stages[f"train@{name}"]["deps"]
            deps.remove(next(dep for dep in deps if dep["path"] == "darkroom/networks"))

    locked(study, forge)


def drop_parameter(study: Path) -> None:
    def forge(stage: dict[str, Any]) -> None:
        for listed in (one["params.yaml"] for one in stage["params"] if isinstance(one, dict) and "params.yaml" in one):
            listed[:] = [key for key in listed if key != "${item.at.training.epochs}"]

    redefine(study, "train", forge)


def take_lock_of_branch(study: Path) -> None:
    """Have dvc.lock as a branch with another number of epochs has it."""
    git(study, "checkout", "--quiet", "-b", "other")
    edit(study, {f"models.{PLAIN}.training.epochs": 3})
    run(study, "snakemake")
    theirs = (study / "dvc.lock").read_text(encoding="utf-8")
    git(study, "stash", "--quiet")
    git(study, "checkout", "--quiet", "-")
    run(study, "snakemake")
    (study / "dvc.lock").write_text(theirs, encoding="utf-8")
