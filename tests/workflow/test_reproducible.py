"""Two clean clones give the same bytes; where they do not, the stage and the file are named."""

import re
from pathlib import Path

import pytest

from benchmarks import trivial
from benchmarks.project import cloned, git, run
from tests.support import stub_study

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of one model whose commands write the same in every run, committed; nothing of it is made."""
    folder = stub_study.with_source(tmp_path_factory.mktemp("one"), 1)
    trivial.mark(folder, 0)
    stub_study.commit(folder, "Write the same each time")
    return folder


def test_two_clones_give_the_same_bytes(study: Path) -> None:
    done = run(study, "workflow.audit.reproducible", "--params", "params.yaml")
    table = re.findall(r"^(\S+@\S+) +(\d+) +(\d+) +(\d+) +(.*?) *$", done.stdout, re.MULTILINE)
    stages = ["fetch@intel", "unzip@intel", "census@intel", "prepare@intel-150", "train@model-0001"]
    assert [row[0] for row in table] == [
        *stages,
        "evaluate@model-0001",
        "compare@intel",
        "worksheet@intel",
        "page@intel",
    ]
    assert {row[-1] for row in table} == {"nothing"}
    files, size = (sum(int(row[column]) for row in table) for column in (2, 3))
    commit = git(study, "rev-parse", "--short", "HEAD").strip()
    last = done.stdout.splitlines()[-1]
    assert last == f"Two clean clones of {commit} gave the same {size:,} bytes in {files:,} files."


def test_a_file_that_differs_is_named_and_the_clones_stay(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = cloned(study, tmp_path / "clone")
    stub_study.bring_source(study, folder)
    page = "results/census/intel/census.md"
    stub_study.instead(folder, "census@intel", f"trap 'echo $EPOCHREALTIME >> {page}' EXIT")
    git(folder, "commit", "--quiet", "--all", "--message", "Note the time")
    stub_study.comment(folder, "stages/census.py")
    kept = tmp_path / "kept"
    kept.mkdir()
    monkeypatch.setenv("TMPDIR", str(kept))
    done = run(folder, "workflow.audit.reproducible", page, check=False)
    assert done.returncode == 1
    assert "Left out, as not committed: 1 files, such as stages/census.py." in done.stdout
    differing = re.findall(r"^(\S+@\S+) .* (results/\S+) *$", done.stdout, re.MULTILINE)
    assert differing == [("census@intel", page)]
    (place,) = kept.iterdir()
    last = done.stderr.splitlines()[-1]
    assert last == f"error: census@intel: not the same bytes in both clones, which stay in {place}"
    assert {path.name for path in place.iterdir()} >= {"first", "second"}


def test_a_mistake_in_the_parameters_is_told_before_anything_is_cloned(study: Path, tmp_path: Path) -> None:
    file = tmp_path / "other.yaml"
    file.write_text("datasets: 3\n")
    done = run(study, "workflow.audit.reproducible", "--params", str(file), check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
