"""Two clean clones give the same bytes; where they do not, the stage and the file are named."""

import re
from pathlib import Path

import pytest

from benchmarks.project import cloned, git, run
from tests.support.small_study import ONE_MODEL, small

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny real study of one model, committed; nothing of it is made."""
    return small(tmp_path_factory.mktemp("one") / "project", ONE_MODEL)


def test_two_clones_give_the_same_bytes(study: Path) -> None:
    done = run(study, "workflow.reproducible", "--params", "params.yaml")
    table = re.findall(r"^(\S+@\S+) +(\d+) +(\d+) +(\d+) +(.*?) *$", done.stdout, re.MULTILINE)
    stages = ["fetch@intel", "unzip@intel", "census@intel", "prepare@intel-150", "train@plain", "evaluate@plain"]
    assert [row[0] for row in table] == [*stages, "compare@intel", "worksheet@intel"]
    assert {row[-1] for row in table} == {"nothing"}
    files, size = (sum(int(row[column]) for row in table) for column in (2, 3))
    commit = git(study, "rev-parse", "--short", "HEAD").strip()
    last = done.stdout.splitlines()[-1]
    assert last == f"Two clean clones of {commit} gave the same {size:,} bytes in {files:,} files."


def test_a_file_that_differs_is_named_and_the_clones_stay(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = cloned(study, tmp_path / "clone")
    census = folder / "stages/census.py"
    text, timed = 'census.md", compose_page(', 'census.md", repr(__import__("time").time()) + compose_page('
    assert text in census.read_text()
    census.write_text(census.read_text().replace(text, timed))
    git(folder, "commit", "--quiet", "--all", "--message", "Note the time")
    census.write_text(census.read_text() + "# not committed")
    kept = tmp_path / "kept"
    kept.mkdir()
    monkeypatch.setenv("TMPDIR", str(kept))
    done = run(folder, "workflow.reproducible", "results/census/intel/census.md", check=False)
    assert done.returncode == 1
    assert "Left out, as not committed: 1 files, such as stages/census.py." in done.stdout
    differing = re.findall(r"^(\S+@\S+) .* (results/\S+) *$", done.stdout, re.MULTILINE)
    assert differing == [("census@intel", "results/census/intel/census.md")]
    (place,) = kept.iterdir()
    last = done.stderr.splitlines()[-1]
    assert last == f"error: census@intel: not the same bytes in both clones, which stay in {place}"
    assert {path.name for path in place.iterdir()} >= {"first", "second"}


def test_a_mistake_in_the_parameters_is_told_before_anything_is_cloned(study: Path, tmp_path: Path) -> None:
    file = tmp_path / "other.yaml"
    file.write_text("datasets: 3\n")
    done = run(study, "workflow.reproducible", "--params", str(file), check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
