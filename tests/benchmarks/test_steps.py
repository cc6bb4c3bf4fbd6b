"""The benchmark of steps: what it times, and that a table taken beside other work is not written."""

import itertools
from pathlib import Path

import pandas
import pytest

from benchmarks import steps
from darkroom.core.errors import UserError
from darkroom.params.document import load

TIMES = [3.0, 1.0, 2.0]


@pytest.fixture
def timed(root: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Times of trainings that are given, not measured; the fixture's values change what is given."""
    given = {"share": 0.99}
    turns = itertools.cycle(TIMES)
    monkeypatch.chdir(root)
    monkeypatch.setattr(steps, "time_training", lambda *_: {"step": next(turns), "image": 0.5, "share": given["share"]})
    return given


def test_a_row_has_the_median_of_the_rounds_and_their_ends(timed: dict[str, float], tmp_path: Path) -> None:
    steps.main(["--sweeps", "cifar10-batch", "--rounds", "3", "--out", str(tmp_path / "steps.csv")])
    table = pandas.read_csv(tmp_path / "steps.csv").set_index("model")
    assert set(table["batch size"]) == {16, 32, 64, 128, 256}
    assert set(table["rounds"]) == {3}
    assert ((table["from"] <= table["ms a step"]) & (table["ms a step"] <= table["to"])).all()
    assert table["from"].min() == 1_000
    assert table["to"].max() == 3_000
    assert set(table["images a second"]) == {2}


def test_no_table_is_written_where_something_ran_beside(timed: dict[str, float], tmp_path: Path) -> None:
    timed["share"] = 0.4
    with pytest.raises(UserError, match="something ran beside this: only 40% of a time was its own; run it alone"):
        steps.main(["--sweeps", "cifar10-optimizer", "--rounds", "1", "--out", str(tmp_path / "steps.csv")])
    assert not (tmp_path / "steps.csv").exists()


@pytest.mark.slow
def test_a_larger_batch_takes_more_time_a_step(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    trained = load().trained
    monkeypatch.chdir(tmp_path)
    small, large = (steps.time_training(trained[f"cifar10-batch-{size}"], 32, 512) for size in ("16", "256"))
    assert 0 < small["step"] < large["step"]
    assert 0 < small["share"] <= 1.1
