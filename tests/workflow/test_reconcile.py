"""Clone, pull, run: nothing runs; change one thing: what depends on it runs. Counted in commands that DVC executed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import trivial
from benchmarks.project import cloned, edit, git, run, snakemake
from darkroom.params.yaml_files import read
from tests.support import stub_study
from tests.support.stub_study import ARRAY, EVALUATIONS, FROM_SCRATCH, PLAIN, TRAININGS, VIEWS, after, comment, replace

pytestmark = pytest.mark.slow

EPOCHS = f"models.{PLAIN}.training.epochs"
ONE_MODEL = after(f"evaluate@{PLAIN}", f"train@{PLAIN}")
EFFECTIVE: list[tuple[dict[str, Any], list[str]]] = [
    (
        {
            EPOCHS: 1,
            "models.frozen.training.learning_rate": 0.02,
            "augmented.variants.augmentation.flip": "vertical",
        },
        after(
            *(f"{verb}@{PLAIN}" for verb in ("evaluate", "train")),
            *("evaluate@frozen", "evaluate@tuned", "finetune@tuned", "transfer@frozen"),
            *("augment@variants", "evaluate@rate-varied", "prepare@varied", "train@rate-varied"),
        ),
    ),
    (
        {f"models.{PLAIN}.network.head.dropout": [0.3, 0.3], "views.intel-180.size": 20},
        after(
            *(f"{verb}@{PLAIN}" for verb in ("evaluate", "train")),
            *("evaluate@frozen", "evaluate@tuned", "finetune@tuned", "prepare@intel-180", "transfer@frozen"),
        ),
    ),
    ({"finetunes.tuned.unfreeze": 3}, after("evaluate@tuned", "finetune@tuned")),
    (
        {"evaluation.worst": 2},
        ["compare@intel", *EVALUATIONS, "explain@model-0001", "page@intel", "sweep@rate", "worksheet@intel"],
    ),
    ({"studies.intel.confidence": 0.9}, ["compare@intel", "page@intel", "sweep@rate", "worksheet@intel"]),
    (
        {"datasets.intel.title": "Holidays"},
        ["compare@intel", "costs@intel", "page@intel", "sweep@rate", "worksheet@intel"],
    ),
    ({"explanations.model-0001.classes": ["forest"]}, ["explain@model-0001", "page@intel", "worksheet@intel"]),
    ({"sweeps.rate.title": "Speed"}, ["page@intel", "sweep@rate", "worksheet@intel"]),
]
"""Edits of params.yaml after which all that runs writes something else: some at once, that share only what is last."""


def test_a_clone_runs_nothing(kinds_made: Path, tmp_path: Path) -> None:
    folder = cloned(kinds_made / "project", tmp_path / "clone")
    run(folder, "dvc", "pull", "--run-cache")
    stub_study.shuffle_times(folder)
    assert "Nothing to be done" in run(folder, "snakemake").stderr
    assert not (folder / "logs").exists()
    assert git(folder, "status", "--porcelain") == ""
    shutil.copytree(kinds_made / "archives", tmp_path / "archives")
    assert "up to date" in run(folder, "dvc", "status").stdout


def test_a_changed_parameter_runs_what_depends_on_it(clone: Path) -> None:
    edit(clone, {"census.gallery": 2})
    assert snakemake(clone) == ["census@intel"], "what it wrote for others is the same"
    assert left(clone) == []
    for mark, (change, expected) in enumerate(EFFECTIVE, 1):
        trivial.mark(clone, mark)
        edit(clone, change)
        assert snakemake(clone) == expected, change
        assert left(clone) == [], change
    assert snakemake(clone) == []


def left(folder: Path) -> list[str]:
    """The stages that a run would have something to do with, by `make status`, which is quicker than a run."""
    told = json.loads(run(folder, "workflow.status", "--format", "json").stdout)
    return [one["stage"] for one in told["stages"] if one["state"] != "done"]


def test_an_edit_of_code_runs_what_computes_with_it_and_nothing_after_it(clone: Path) -> None:
    """``costs`` reads how long trainings took, so it comes after each."""
    for module, old, new in (
        ("darkroom/params/inheritance.py", "no such entry of", "there is no entry of this name in"),
        ("darkroom/params/references.py", "no such entry; allowed", "no entry of this name; allowed"),
    ):
        replace(clone, module, old, new)
    for module in ("plan", "template"):
        comment(clone, f"darkroom/pipeline/{module}.py")
    assert snakemake(clone) == [], "no stage depends on what parameters are called when they are wrong"
    for module, expected in (
        ("stages/prepare.py", VIEWS),
        ("stages/train.py", ["costs@intel", *FROM_SCRATCH]),
        ("stages/costs.py", ["costs@intel"]),
        ("darkroom/evaluation/metrics.py", sorted([*EVALUATIONS, "compare@intel", "sweep@rate", "worksheet@intel"])),
        ("darkroom/training/fitting.py", sorted([*TRAININGS, "costs@intel"])),
    ):
        comment(clone, module)
        assert snakemake(clone) == expected, module


def test_changed_behaviour_runs_what_reads_the_result_and_trains_nothing(clone: Path) -> None:
    trivial.mark(clone, 1)
    replace(clone, "darkroom/evaluation/evaluation.md.j2", "# {{ title", "# Test of {{ title")
    evaluated = sorted([*EVALUATIONS, *stub_study.AFTER_EVALUATIONS, "explain@model-0001"])
    assert snakemake(clone) == evaluated
    trivial.mark(clone, 2)
    replace(clone, "darkroom/evaluation/figures.py", "figsize=(10, 3.8)", "figsize=(9, 3.8)")
    assert snakemake(clone) == evaluated


def test_a_changed_archive_runs_everything_made_from_it(clone: Path, kinds_made: Path) -> None:
    shutil.copytree(kinds_made / "archives", clone.parent / "archives")
    (clone.parent / "archives/seg_test/another.png").write_text("another")
    trivial.mark(clone, 1)
    made = {"fetch@intel", "unzip@intel", "augment@variants", "census@intel", *VIEWS}
    after_models = {"explain@model-0001", *after()}
    assert set(snakemake(clone)) == made | {*TRAININGS, *EVALUATIONS} | after_models


def test_branches_come_back_without_a_command(clone: Path) -> None:
    git(clone, "checkout", "--quiet", "-b", "shorter")
    third = read(clone / "params.yaml")["models"][PLAIN]
    models = [*read(clone / "params.yaml")["studies"]["intel"]["models"], "third"]
    history = clone / f"models/intel/{PLAIN}/history.csv"
    longer = history.read_text()
    edit(clone, {EPOCHS: 1, "models.third": third, "studies.intel.models": models})
    trivial.mark(clone, 1)
    assert snakemake(clone) == after(*(f"{verb}@{name}" for verb in ("evaluate", "train") for name in (PLAIN, "third")))
    git(clone, "commit", "--quiet", "--all", "--message", "Shorter, and another")
    shorter = history.read_text()
    assert shorter != longer
    for branch, content in (("-", longer), ("shorter", shorter)):
        git(clone, "checkout", "--quiet", branch)
        assert snakemake(clone) == []
        assert history.read_text() == content
        assert (clone / "models/intel/third/model.keras").exists() == (branch == "shorter")
        assert git(clone, "status", "--porcelain") == ""
    assert "Nothing to be done" in run(clone, "snakemake").stderr


def test_a_source_that_is_not_here_is_asked_for_where_it_is_needed(clone: Path) -> None:
    assert run(clone, "workflow.audit", "data/raw", "--verify").stdout.splitlines()[0] == (
        "../archives is not here, so what was brought from it is not compared with it."
    )
    assert run(clone, "workflow.job", "fetch@intel").stderr == ""
    edit(clone, {"datasets.intel.splits": {"train": ["seg_test"], "validation": [], "test": ["seg_train"]}})
    needed = "error: ../archives: not here, and fetch@intel reads it: bring it, or what was made from it: make pull\n"
    assert run(clone, "workflow.job", "fetch@intel", check=False).stderr == needed
    done = run(clone, "snakemake", check=False)
    assert "error: params.yaml: datasets.intel.source: '../archives': no such file or folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_edited_intermediate_is_restored_before_anything_reads_it(clone: Path) -> None:
    array = clone / ARRAY
    kept = array.read_bytes()
    array.write_bytes(b"forged")
    edit(clone, {EPOCHS: 1})
    trivial.mark(clone, 1)
    assert snakemake(clone) == ONE_MODEL
    assert array.read_bytes() == kept


def test_the_guard_restores_or_refuses(clone: Path) -> None:
    array = clone / ARRAY
    kept = array.read_bytes()
    array.write_bytes(kept[:-4] + b"edit")
    assert "restored data/views/intel-150" in run(clone, "workflow.job", f"train@{PLAIN}").stderr
    assert array.read_bytes() == kept
    array.write_bytes(kept[:-4] + b"edit")
    command = [sys.executable, "-m", "workflow.job"]
    readers = (f"train@{PLAIN}", f"evaluate@{PLAIN}")
    jobs = [subprocess.Popen([*command, one], cwd=clone, stderr=subprocess.PIPE, text=True) for one in readers]
    said = [job.communicate()[1] for job in jobs]
    assert [job.returncode for job in jobs] == [0, 0], said
    assert "restored" in "".join(said)
    assert array.read_bytes() == kept
    array.write_bytes(kept[:-4] + b"edit")
    shutil.rmtree(clone / ".dvc/cache")
    done = run(clone, "workflow.job", f"train@{PLAIN}", check=False)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert line.startswith("error: data/views/intel-150: not what prepare@intel-150 wrote, and not in DVC's cache")
    assert array.read_bytes() == kept[:-4] + b"edit"


def test_a_lock_in_conflict_is_one_line(clone: Path) -> None:
    text = (clone / "dvc.lock").read_text()
    (clone / "dvc.lock").write_text(f"<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> other\n")
    done = run(clone, "snakemake", check=False)
    assert done.returncode != 0
    assert "error: dvc.lock: holds a merge conflict; run make merge" in done.stderr
    assert "Traceback" not in done.stderr
