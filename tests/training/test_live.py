"""DVCLive's callback: DVC shows the metrics while a training runs, and nothing else changes."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from benchmarks.project import edit, git, run, snakemake
from darkroom.training.live import METRICS, PLOTS, DVCLive, clear
from tests.support.small_study import STOP
from tests.support.stub_study import commit
from tests.training.test_resume import FILES, LIVE

ROWS: list[dict[str, Any]] = [
    {"epoch": epoch, "loss": 1 / epoch, "val_loss": 0.1 + 2 / epoch, "learning_rate": 0.01} for epoch in range(1, 6)
]
RUN = Path("intel/cnn")
ASKING = """
import subprocess
import sys

QUESTIONS = {"metrics": ["metrics", "show"], "plots": ["plots", "show"], "experiments": ["exp", "show"]}


def ask(epoch, logs):
    for name, words in QUESTIONS.items() if epoch == 0 else ():
        command = [sys.executable, "-m", "dvc", *words, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        open(f"../{name}.json", "w").write(done.stdout)
"""


def write(series: DVCLive, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        series.on_epoch_end(row["epoch"] - 1, {name: row[name] for name in sorted(row) if name != "epoch"})


def read(training: Path) -> dict[str, str]:
    files = [(top, file) for top in (METRICS, PLOTS) for file in (top / training).rglob("*") if file.is_file()]
    return {str(file.relative_to(top / training)): file.read_text() for top, file in files}


def open_repository() -> Any:
    """The repository here. DVC wraps the standard streams when it is imported; absl, if imported later, closes them."""
    from dvc.repo import Repo

    return Repo()


@pytest.fixture
def repository(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of git and DVC with what this one says of the folder dvclive, committed."""
    folder = tmp_path / "project"
    ours = (".gitignore", ".dvcignore", ".dvc/config", ".dvc/.gitignore", *git(root, "ls-files", "dvclive").split())
    for name in ours:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, folder / name)
    git(folder, "init", "--quiet")
    monkeypatch.chdir(folder)
    commit(folder, "Start")
    return folder


def test_a_run_that_goes_on_ends_with_the_series_of_one_that_was_never_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    whole, killed = DVCLive(Path("whole"), []), DVCLive(RUN, [])
    write(whole, ROWS)
    whole.on_train_end()
    write(killed, ROWS[:4])
    (METRICS / RUN / "metrics.json").write_text('{"train": {"lo')
    again = DVCLive(RUN, ROWS[:2])
    write(again, ROWS[2:])
    again.on_train_end()
    assert read(RUN) == read(Path("whole"))
    assert json.loads(read(RUN)["metrics.json"]) == {
        "train": {"loss": 0.2, "learning_rate": 0.01}, "eval": {"loss": 0.5}, "step": 4
    }  # fmt: skip
    assert read(RUN)["metrics/train/loss.tsv"].split() == [
        *("step", "loss", "0", "1.0", "1", "0.5", "2", "0.3333333333333333", "3", "0.25", "4", "0.2")
    ]


def test_dvc_shows_the_series_of_each_training_and_git_does_not_see_them(
    repository: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with open_repository() as repo:
        assert repo.metrics.show() == {"": {"data": {}}}, "nothing is there yet, and nothing is missing"
        assert repo.plots.show()["workspace"]["sources"] == {}
    for name in ("cnn", "rate-0.1"):
        write(DVCLive(Path("intel") / name, []), ROWS[:2])
    with open_repository() as repo:
        shown = repo.metrics.show()[""]["data"]
        plotted = repo.plots.show()["workspace"]["sources"]["data"]
        assert repo.metrics.diff()["diff"].keys() == shown.keys()
    assert set(shown) == {f"dvclive/metrics/intel/{name}/metrics.json" for name in ("cnn", "rate-0.1")}
    assert shown["dvclive/metrics/intel/cnn/metrics.json"]["data"]["eval"] == {"loss": 1.1}
    series = plotted["dvclive/plots/intel/cnn/metrics/eval/loss.tsv"]["data"]
    assert series == [{"step": "0", "loss": "2.1"}, {"step": "1", "loss": "1.1"}]
    assert len(plotted) == 6
    assert git(repository, "status", "--porcelain") == ""
    clear(RUN)
    with open_repository() as repo:
        assert list(repo.metrics.show()[""]["data"]) == ["dvclive/metrics/intel/rate-0.1/metrics.json"]
    assert not caplog.records


def test_neither_an_experiment_nor_a_file_of_dvc_is_written(repository: Path) -> None:
    series = DVCLive(RUN, [])
    write(series, ROWS)
    series.on_train_end()
    assert git(repository, "for-each-ref", "refs/exps") == ""
    assert [file.name for file in repository.rglob("dvc.yaml")] == ["dvc.yaml"]
    assert (repository / "dvclive/dvc.yaml").read_text() == git(repository, "show", "HEAD:dvclive/dvc.yaml")


def test_trainings_that_end_at_the_same_time_do_not_fail(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def remove() -> None:
        raise FileNotFoundError("another training was quicker")

    series = DVCLive(RUN, [])
    write(series, ROWS[:1])
    monkeypatch.setattr("dvclive.live.cleanup_dvclive_step_completed", remove)
    series.on_train_end()


@pytest.mark.slow
def test_metrics_are_shown_while_a_training_runs_and_results_stay_the_same(made: Path, again: Path) -> None:
    (again / "asking.py").write_text(ASKING)
    own = {"name": "LambdaCallback", "on_epoch_begin": None, "on_epoch_end": "asking.ask"}
    edit(again, {"models.plain.training.callbacks": [STOP, LIVE, own]})
    commit(again, "Show the metrics")
    assert "train@plain" in snakemake(again)
    metrics, plots, experiments = (
        json.loads((again.parent / f"{name}.json").read_text()) for name in ("metrics", "plots", "experiments")
    )
    file = "dvclive/metrics/intel/plain/metrics.json"
    first = metrics[""]["data"][file]["data"]
    assert first["step"] == 0, "asked within the training, after its first epoch of two"
    assert experiments[0]["data"]["metrics"][file]["data"] == first
    assert "dvclive/plots/intel/plain/metrics/eval/accuracy.tsv" in plots["data"]
    assert json.loads((again / file).read_text())["step"] == 1
    for name in FILES:
        of_both = [(folder / "models/intel/plain" / name).read_bytes() for folder in (made, again)]
        if name == "summary.json":  # it lists the callbacks that were asked for, whatever they do
            of_both = [re.sub(rb'\n *"training\.callbacks\.(DVCLive|LambdaCallback).*', b"", text) for text in of_both]
        assert of_both[0] == of_both[1], name
    commit(again, "Run")
    assert snakemake(again) == []
    assert "up to date" in run(again, "dvc", "status").stdout
    assert git(again, "status", "--porcelain", "--untracked-files=all") == ""
    done = subprocess.run(["git", "ls-files", "dvclive"], cwd=again, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["dvclive/dvc.yaml", "dvclive/metrics/.gitkeep", "dvclive/plots/.gitkeep"]
