"""Two branches that each add a model are merged: by one command, and without a training."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.project import cloned, edit, git, run, snakemake
from darkroom.pipeline import template
from tests.support.small_study import refusal
from tests.support.stub_study import PLAIN, after, bring_source, copy
from workflow.merge import changed_on_both
from workflow.recording import merged

OLD: dict[str, Any] = {"same": 1, "ours": 1, "theirs": 1, "both": 1, "alike": 1, "we-drop": 1, "they-drop": 1}
OUR = {"same": 1, "ours": 2, "theirs": 1, "both": 2, "alike": 2, "they-drop": 1, "we-add": 2, "both-add": 2}
THEIR = {"same": 1, "ours": 1, "theirs": 3, "both": 3, "alike": 2, "we-drop": 1, "they-add": 3, "both-add": 3}


def test_an_entry_comes_from_the_side_that_changed_it_and_from_ours_where_both_did() -> None:
    alike = {"same": 1, "ours": 2, "theirs": 3, "alike": 2, "we-add": 2, "they-add": 3}
    assert merged(OLD, OUR, THEIR) == {**alike, "both": 2, "both-add": 2}
    assert merged(OLD, THEIR, OUR) == {**alike, "both": 3, "both-add": 3}
    assert changed_on_both(OLD, OUR, THEIR) == ["both", "both-add"] == changed_on_both(OLD, THEIR, OUR)


def with_model(folder: Path, name: str, dropout: float) -> None:
    """Let the study of ``folder`` have one more model."""
    document = yaml.safe_load((folder / "params.yaml").read_text())
    model = json.loads(json.dumps(document["models"][PLAIN]))
    model["network"]["head"]["dropout"] = [dropout, dropout]
    models = [*document["studies"]["intel"]["models"], name]
    edit(folder, {f"models.{name}": model, "studies.intel.models": models})


def branched(folder: Path, start: str, name: str, dropout: float) -> None:
    """Add a model on a branch of its own name, and run it."""
    git(folder, "checkout", "--quiet", "-b", name, start)
    with_model(folder, name, dropout)
    assert snakemake(folder) == after(f"evaluate@{name}", f"train@{name}")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", f"Add {name}")


@pytest.fixture(scope="module")
def in_conflict(pulled: Path, kinds_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone in which a merge has stopped, with params.yaml, dvc.lock and what is derived in conflict."""
    folder = copy(pulled, tmp_path_factory.mktemp("merge") / "clone")
    bring_source(kinds_made / "project", folder)
    start = git(folder, "rev-parse", "HEAD").strip()
    branched(folder, start, "airy", 0.4)
    branched(folder, start, "dense", 0.0)
    with pytest.raises(subprocess.CalledProcessError):
        git(folder, "merge", "airy")
    unmerged = git(folder, "diff", "--name-only", "--diff-filter=U").split()
    assert unmerged == ["dvc.lock", "models/dvc.yaml", "params.yaml", "workflow/plan.yaml"]
    return folder


@pytest.mark.slow
def test_two_branches_that_each_add_a_model_merge_without_a_training(in_conflict: Path) -> None:
    folder = in_conflict
    assert "error: params.yaml: a merge conflict in line " in refusal(folder, "workflow.merge")
    assert "error: params.yaml" in run(folder, "snakemake", check=False).stderr

    git(folder, "checkout", "--quiet", "--ours", "params.yaml")
    with_model(folder, "airy", 0.4)
    said = run(folder, "workflow.merge").stdout.splitlines()
    assert "models/dvc.yaml: written anew" in said
    both = "compare@intel, costs@intel, page@intel, sweep@rate, worksheet@intel"
    assert f"dvc.lock: joined; ours where both sides changed it: {both}" in said
    assert said[-1] == "Next: decide params.yaml and git add, then git commit, then snakemake."
    assert git(folder, "diff", "--name-only", "--diff-filter=U").split() == ["params.yaml"]
    git(folder, "commit", "--quiet", "--all", "--message", "Merge")

    assert snakemake(folder) == after()
    recorded = yaml.safe_load((folder / "dvc.lock").read_text())["stages"]
    assert set(recorded) == {*template.read_stages(folder), template.CHECK}
    assert "up to date" in run(folder, "dvc", "status").stdout
    assert snakemake(folder) == []


@pytest.mark.slow
def test_without_a_conflict_nothing_is_done(kinds_made: Path, tmp_path: Path) -> None:
    folder = cloned(kinds_made / "project", tmp_path / "clone")
    assert run(folder, "workflow.merge").stdout.splitlines() == ["dvc.lock: no conflict", "Nothing to solve."]
    assert git(folder, "status", "--porcelain") == ""


@pytest.mark.slow
def test_a_conflict_that_git_takes_for_solved_and_a_folder_without_git_are_told(
    kinds_made: Path, tmp_path: Path
) -> None:
    folder = cloned(kinds_made / "project", tmp_path / "clone")
    lock = folder / "dvc.lock"
    lock.write_text(f"<<<<<<< ours\n{lock.read_text()}=======\n>>>>>>> theirs\n")
    assert "dvc.lock: a merge conflict that git takes for solved: git checkout --merge dvc.lock" in refusal(
        folder, "workflow.merge"
    )
    assert "error: dvc.lock: holds a merge conflict; run make merge\n" in run(folder, "snakemake", check=False).stderr
    (folder / ".git").rename(tmp_path / "away")
    assert "no git repository here, so nothing to merge" in refusal(folder, "workflow.merge")
