"""What people do with a study all year: whatever came of it holds, and --verify raises no alarm."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import trivial
from benchmarks.project import edit, git, run
from darkroom.params.yaml_files import read
from tests.support.stub_study import METRICS, PLAIN, SWEPT, comment, commit, copy, replace, shuffle_times

pytestmark = pytest.mark.slow

EPOCHS = f"models.{PLAIN}.training.epochs"


def again(folder: Path) -> None:
    run(folder, "snakemake")


def try_and_revert(folder: Path) -> None:
    """Another number of epochs, and back: the second time from DVC's cache."""
    before = read(folder / "params.yaml")
    edit(folder, {EPOCHS: 3})
    again(folder)
    edit(folder, before)
    again(folder)


def comment_and_revert(folder: Path) -> None:
    comment(folder, "stages/train.py")
    again(folder)
    replace(folder, "stages/train.py", "# A comment.\n", "")
    again(folder)


def drop_a_model(folder: Path) -> None:
    edit(folder, {"models": {SWEPT: read(folder / "params.yaml")["models"][SWEPT]}, "studies.intel.models": [SWEPT]})
    again(folder)


def drop_and_prune(folder: Path) -> None:
    drop_a_model(folder)
    run(folder, "workflow.removal", "prune")


def merge(folder: Path) -> None:
    """Two branches, each with another edit of a model of its own, joined."""
    ours = git(folder, "branch", "--show-current").strip()
    for branch, model in (("one", PLAIN), ("other", SWEPT)):
        git(folder, "checkout", "--quiet", "-b", branch, ours)
        edit(folder, {f"models.{model}.training.epochs": 7})
        again(folder)
        commit(folder, branch)
    git(folder, "merge", "--quiet", "--strategy-option", "ours", "--message", "Both", "one")
    run(folder, "workflow.merge", check=False)
    again(folder)


def switch_branches(folder: Path) -> None:
    """A branch without one of the models, and back."""
    git(folder, "checkout", "--quiet", "-b", "fewer")
    drop_a_model(folder)
    commit(folder, "Fewer")
    git(folder, "checkout", "--quiet", "-")
    again(folder)


def restore(folder: Path) -> None:
    """Results lost, and had from DVC's cache."""
    shutil.rmtree(folder / "results")
    (folder / METRICS).parent.mkdir(parents=True)
    (folder / METRICS).write_text("edited")
    again(folder)


def repeat_by_dvc(folder: Path) -> None:
    edit(folder, {EPOCHS: 5})
    run(folder, "darkroom.pipeline.plan")
    run(folder, "dvc", "repro")


def link_from_cache(folder: Path) -> None:
    run(folder, "dvc", "config", "cache.type", "symlink")
    run(folder, "dvc", "checkout", "--relink")
    assert (folder / METRICS).is_symlink()


def move_cache(folder: Path) -> None:
    run(folder, "dvc", "cache", "dir", "--local", "../cache")
    shutil.move(folder / ".dvc/cache", folder.parent / "cache")


def keep_things_beside(folder: Path) -> None:
    """A script, notes, and archives of one's own."""
    (folder / "draw_my_figures.py").write_text("import pandas\n")
    (folder / "data/raw/mine").mkdir()
    for name in ("results/notes.txt", "models/notes.txt", "data/raw/mine/own.zip"):
        (folder / name).write_text("mine")


def push(folder: Path) -> None:
    run(folder, "workflow.remote", "../storage")
    run(folder, "workflow.sharing", "push")


HISTORIES: dict[str, Callable[[Path], object]] = {
    "run again": again,
    "a parameter tried and reverted": try_and_revert,
    "a comment tried and reverted": comment_and_revert,
    "a model dropped, and pruned": drop_and_prune,
    "two branches merged": merge,
    "to a branch with fewer models, and back": switch_branches,
    "results lost and restored": restore,
    "an edit, and DVC alone": repeat_by_dvc,
    "outputs linked from the cache": link_from_cache,
    "a cache moved": move_cache,
    "times in disorder": shuffle_times,
    "one's own files beside": keep_things_beside,
    "pushed": push,
}


@pytest.mark.parametrize("history", HISTORIES)
def test_what_people_do_raises_no_alarm(stub: Path, history: str) -> None:
    HISTORIES[history](stub)
    holds(stub)


def holds(folder: Path) -> None:
    done = run(folder, "workflow.audit", "data", "models", "results", "--verify", check=False)
    said = done.stdout.splitlines()
    assert (done.returncode, done.stderr, len(said)) == (0, "", 1), done.stdout
    assert said[0].startswith("verified: ")


def test_a_clone_that_was_pulled_raises_no_alarm(clone: Path) -> None:
    """The source that its archives came from is not here, and that is said."""
    done = run(clone, "workflow.audit", "data", "models", "results", "--verify", check=False)
    said = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert [line.partition(" ")[0] for line in said] == ["../archives", "verified:"]


def test_a_copy_elsewhere_raises_no_alarm(stub: Path, tmp_path: Path) -> None:
    copy(stub.parent, tmp_path / "elsewhere")
    shutil.rmtree(stub.parent)
    holds(tmp_path / "elsewhere/project")


def test_two_kinds_of_every_stage_raise_no_alarm(kinds: Path) -> None:
    trivial.mark(kinds, 1)
    edit(kinds, {EPOCHS: 4})
    again(kinds)
    holds(kinds)
