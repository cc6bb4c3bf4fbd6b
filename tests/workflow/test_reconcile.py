"""Clone, pull, run: nothing runs; change one thing: what depends on it runs. Counted in commands that DVC executed."""

import os
import random
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from benchmarks.project import cloned, edit, git, run, snakemake
from tests.support.small_study import SMALL, small

pytestmark = pytest.mark.slow

MODELS = {name: SMALL["models"][name] for name in ("plain", "normalized")}
TWO_MODELS = {"models": MODELS, "finetunes": {}, "backbones": {}, "studies.intel.models": list(MODELS)}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny study of two models on archives beside it, made, committed and pushed to a remote."""
    place = tmp_path_factory.mktemp("published")
    folder = small(place / "project", TWO_MODELS)
    snakemake(folder, "data/raw/intel")
    shutil.copytree(folder / "data/raw/intel", place / "archives")
    edit(folder, {"datasets.intel.source": "../archives"})
    snakemake(folder)
    run(folder, "dvc", "remote", "add", "--default", "storage", str(place / "storage"))
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Run")
    run(folder, "dvc", "push", "--run-cache")
    return folder


@pytest.fixture
def clone(published: Path, tmp_path: Path) -> Path:
    """The study in a clone, pulled, without its archives; times are shuffled, some lie ahead, as of a faster clock."""
    folder = cloned(published, tmp_path / "clone")
    run(folder, "dvc", "pull", "--run-cache")
    drawn = random.Random(11)
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not {".git", ".dvc"} & set(file.relative_to(folder).parts):
            seconds = time.time() + drawn.randrange(-50_000_000, 50_000_000)
            os.utime(file, (seconds, seconds))
    return folder


def test_a_clone_runs_nothing(clone: Path, published: Path) -> None:
    assert "Nothing to be done" in run(clone, "snakemake").stderr
    assert not (clone / "logs").exists()
    assert git(clone, "status", "--porcelain") == ""
    shutil.copytree(published.parent / "archives", clone.parent / "archives")
    assert "up to date" in run(clone, "dvc", "status").stdout


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"models.plain.training.epochs": 1},
            ["compare@intel", "costs@intel", "evaluate@plain", "train@plain", "worksheet@intel"],
        ),
        ({"evaluation.worst": 2}, ["compare@intel", "evaluate@normalized", "evaluate@plain", "worksheet@intel"]),
        ({"census.gallery": 2}, ["census@intel"]),
        ({"studies.intel.confidence": 0.9}, ["compare@intel", "worksheet@intel"]),
        ({"datasets.intel.title": "Holidays"}, ["compare@intel", "costs@intel", "worksheet@intel"]),
    ],
)
def test_a_clone_with_a_changed_parameter_runs_what_depends_on_it(
    clone: Path, change: dict, expected: list[str]
) -> None:
    edit(clone, change)
    assert snakemake(clone) == expected
    assert snakemake(clone) == []


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("stages/prepare.py", ["prepare@intel-150", "prepare@intel-256"]),
        ("stages/train.py", ["costs@intel", "train@normalized", "train@plain"]),  # costs reads how long they took
        ("darkroom/evaluation/metrics.py", ["evaluate@normalized", "evaluate@plain"]),
    ],
)
def test_a_remark_in_code_runs_its_stages_and_nothing_after_them(clone: Path, module: str, expected: list[str]) -> None:
    file = clone / module
    file.write_text(f"{file.read_text()}\n# a remark\n")
    assert snakemake(clone) == expected


def test_changed_behaviour_runs_what_reads_the_result(clone: Path) -> None:
    file = clone / "darkroom/evaluation/evaluation.md.j2"
    text = file.read_text()
    assert "# {{ title | escaped }}" in text
    file.write_text(text.replace("# {{ title | escaped }}", "# Test of {{ title | escaped }}"))
    assert snakemake(clone) == ["compare@intel", "evaluate@normalized", "evaluate@plain", "worksheet@intel"]


def test_a_changed_archive_runs_everything_made_from_it(clone: Path, published: Path) -> None:
    shutil.copytree(published.parent / "archives", clone.parent / "archives")
    archive = clone.parent / "archives/seg_test.zip"
    with zipfile.ZipFile(archive, "a") as opened:
        first = next(name for name in opened.namelist() if not name.endswith("/"))
        opened.writestr(f"{Path(first).parent}/another.png", opened.read(first))
    executed = snakemake(clone)
    made = {"fetch@intel", "unzip@intel", "census@intel", "prepare@intel-150", "prepare@intel-256"}
    models = {f"{verb}@{model}" for verb in ("train", "evaluate") for model in MODELS}
    assert set(executed) == made | models | {"compare@intel", "costs@intel", "worksheet@intel"}


def test_branches_come_back_without_a_command(clone: Path) -> None:
    git(clone, "checkout", "--quiet", "-b", "shorter")
    models = {"models.plain.training.epochs": 1, "models.third": MODELS["plain"]}
    edit(clone, {**models, "studies.intel.models": [*MODELS, "third"]})
    executed = [f"{verb}@{model}" for verb in ("evaluate", "train") for model in ("plain", "third")]
    assert snakemake(clone) == ["compare@intel", "costs@intel", *executed, "worksheet@intel"]
    git(clone, "commit", "--quiet", "--all", "--message", "Shorter, and another")
    history = clone / "models/intel/plain/history.csv"
    shorter = history.read_text()
    for branch, epochs in (("-", 2), ("shorter", 1)):
        git(clone, "checkout", "--quiet", branch)
        assert snakemake(clone) == []
        assert len(history.read_text().splitlines()) == epochs + 1
        assert (clone / "models/intel/third/model.keras").exists() == (branch == "shorter")
        assert git(clone, "status", "--porcelain") == ""
    assert history.read_text() == shorter
    assert "Nothing to be done" in run(clone, "snakemake").stderr


def test_a_checkout_without_its_outputs_takes_them_from_the_remote(published: Path, tmp_path: Path) -> None:
    shutil.copytree(published.parent / "archives", tmp_path / "archives")
    folder = cloned(published, tmp_path / "clone")
    assert snakemake(folder) == []
    assert (folder / "results/intel/comparison/models.csv").exists()


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
    array = clone / "data/views/intel-150/train.npy"
    with array.open("r+b") as file:
        file.seek(200)
        file.write(b"forged")
    edit(clone, {"models.plain.training.epochs": 1})
    before = array.read_bytes()
    assert snakemake(clone) == ["compare@intel", "costs@intel", "evaluate@plain", "train@plain", "worksheet@intel"]
    assert array.read_bytes() != before


def test_the_guard_restores_or_refuses(clone: Path) -> None:
    array = clone / "data/views/intel-150/train.npy"
    kept = array.read_bytes()
    array.write_bytes(kept[:-4] + b"edit")
    assert "restored data/views/intel-150" in run(clone, "workflow.job", "train@plain").stderr
    assert array.read_bytes() == kept
    array.write_bytes(kept[:-4] + b"edit")
    command = [sys.executable, "-m", "workflow.job"]
    readers = ("train@plain", "evaluate@plain")
    jobs = [subprocess.Popen([*command, one], cwd=clone, stderr=subprocess.PIPE, text=True) for one in readers]
    said = [job.communicate()[1] for job in jobs]
    assert [job.returncode for job in jobs] == [0, 0], said
    assert "restored" in "".join(said)
    assert array.read_bytes() == kept
    array.write_bytes(kept[:-4] + b"edit")
    shutil.rmtree(clone / ".dvc/cache")
    done = run(clone, "workflow.job", "train@plain", check=False)
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
