"""The benchmark of the workflow's own cost, with three models: it runs the real workflow, counts what that executes."""

import sys
from pathlib import Path

import pandas
import pytest

from benchmarks import trivial
from benchmarks.measured import Table, measure
from benchmarks.peers import peers
from benchmarks.scaling import COLUMNS, KEYS, Study, attempted, main
from darkroom.pipeline import template

pytestmark = pytest.mark.slow

MODELS = 3


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return trivial.made(tmp_path / "study", MODELS)


def test_each_section_counts_what_was_executed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "scaling.csv"
    arguments = ["--models", str(MODELS), "--cache", str(tmp_path / "cache"), "--out", str(out), "--repeats", "1"]
    main(arguments)
    table = pandas.read_csv(out, keep_default_na=False).set_index(["section", "what"])
    stages = template.read_stages(tmp_path / "cache" / str(MODELS))
    executed = {what: int(count) for (_, what), count in table["executed"].items() if count != ""}
    assert executed == {
        "everything made": len(stages),
        "nothing to do": 0,
        "one model changed": 6,
    }
    assert set(table["said"]) == {""}
    assert (table["value"].astype(float) > 0).all()
    assert table.loc[("run", "stages that dvc.lock records"), "value"] == len(stages)
    capsys.readouterr()
    main([*arguments, "--resume"])
    assert capsys.readouterr().out == ""


def test_a_section_that_needs_a_made_study_says_so(tmp_path: Path, study: Path) -> None:
    study.rename(tmp_path / str(MODELS))
    with pytest.raises(SystemExit, match="--only run"):
        main(["--models", str(MODELS), "--only", "again", "--cache", str(tmp_path), "--out", str(tmp_path / "x.csv")])


def test_snakemake_without_dvc_runs_the_same_stages(tmp_path: Path, study: Path) -> None:
    peer = next(one for one in peers(tmp_path, 2) if one.name == "Snakemake without DVC")
    table = Table(tmp_path / "scaling.csv", KEYS, COLUMNS)
    here = Study(study, MODELS, table)
    assert attempted(here, peer, "everything made")
    assert sorted(stage for stage, _ in trivial.executed(study)) == sorted(template.read_stages(study))
    assert attempted(here, peer, "nothing to do")
    concerned = trivial.change(study, MODELS)
    assert attempted(here, peer, "one model changed")
    assert sorted(stage for stage, _ in trivial.executed(study)) == concerned


def test_a_tool_that_fails_gets_a_row_with_what_it_said(tmp_path: Path, study: Path) -> None:
    (study / trivial.SCRIPT).write_text("echo no disk left; exit 3\n")
    peer = next(one for one in peers(tmp_path, 2) if one.name == "dvc repro")
    table = Table(tmp_path / "scaling.csv", KEYS, COLUMNS)
    assert not attempted(Study(study, MODELS, table), peer, "everything made")
    (row,) = table.rows
    assert row["value"] == ""
    assert "exited with 3" in row["said"]


def test_a_row_replaces_its_older_self_and_leaves_the_others(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    Table(file, ["what"], ["value"]).note({"what": "first", "value": "1"})
    table = Table(file, ["what"], ["value"])
    table.note({"what": "second", "value": "2"})
    table.note({"what": "first", "value": "3"})
    assert file.read_text() == "what,value\nfirst,3\nsecond,2\n"
    assert table.holds(what="second")
    assert not table.holds(what="second", value="3")


def test_memory_is_that_of_the_process_not_of_those_it_starts(tmp_path: Path) -> None:
    allocate = "import time; held = bytearray(200 * 2**20); time.sleep(0.5)"
    own = measure(tmp_path, [sys.executable, "-c", allocate])
    child = measure(tmp_path, ["sh", "-c", f"'{sys.executable}' -c '{allocate}'; true"])
    assert own.memory > 200 > 50 > child.memory
    assert own.status == child.status == 0
    assert own.seconds > 0.5
