"""What every job took: measurements as Snakemake leaves them, the table, the page, the figure, and the report."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas
import pytest

from benchmarks.project import run
from darkroom.core.files import write_json, write_text
from darkroom.pipeline import template
from darkroom.reporting.figures import save
from darkroom.timings.figure import SHOWN, figure
from darkroom.timings.page import NONE, page
from workflow import jobs, timings
from workflow.logs import latest
from workflow.timings import Measurement, measurements

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
TRAINED = Measurement("train", "a", True, 100.0, 700.0, 90.0, 95.5, "n1", "0")
JOB = {"state": "done", "host": "n1", "machine": "m", "pid": 1, "born": 0, "token": "0", "threads": "1", "gpus": "0"}


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Leave what a job leaves, ``age`` seconds ago, and return the name of its figures."""
    monkeypatch.chdir(tmp_path)

    def leave(
        path: str, seconds: float, executed: bool = True, rest: str = "70\t9\t9\t9\t9\t9\t55.5\t3.2", age: int = 0
    ) -> str:
        write_text(Path(f"logs/{path}.log"), "job\n" + ("Running stage 'x':\n" if executed else "Stage is cached\n"))
        write_text(Path(f"logs/{path}.tsv"), f"{HEAD}{seconds}\t0:00:10\t{rest}\n")
        for suffix in ("log", "tsv"):
            os.utime(f"logs/{path}.{suffix}", (1e9 - age,) * 2)
        return f"logs/{path}.tsv"

    return leave


def test_each_job_is_measured_once(measured: Callable[..., str]) -> None:
    measured("train/old/a", 50, age=100)
    measured("train/new/a", 10)
    measured("unzip/d", 5, executed=False, rest="NA\tNA\tNA\tNA\tNA\tNA\tNA\tNA")
    measured("train/new/gone", 7)
    job = {**JOB, "stage": "train@a", "log": "logs/train/new/a.log", "began": "2026-01-01T00:00:00+00:00"}
    write_json(jobs.file("train@a"), job)
    write_json(jobs.file("unzip@d"), {**job, "stage": "unzip@d"})
    assert measurements(["unzip@d", "train@a", "train@never"]) == [
        Measurement("unzip", "d", False, 5.0, None, None, None, None, None),
        Measurement("train", "a", True, 10.0, 70.0, 3.2, 55.5, "n1", "0"),
    ]


def test_figures_of_an_earlier_job_are_not_taken_for_one_that_failed_since(measured: Callable[..., str]) -> None:
    file = measured("train/s/a", 10)
    assert len(measurements(["train@a"])) == 1
    os.utime(Path(file).with_suffix(".log"))
    assert measurements(["train@a"]) == []
    Path(file).with_suffix(".log").unlink()
    assert measurements(["train@a"]) == []


def test_the_rule_depends_on_the_last_figures(measured: Callable[..., str], tmp_path: Path) -> None:
    assert latest(None) == []
    last = measured("train/s/b", 10)
    measured("train/s/a", 10, age=10)
    write_text(Path("logs/timings.tsv"), HEAD)  # its own
    assert latest(None) == [str(tmp_path / last)]


def test_the_table_is_sorted_and_the_page_keeps_what_was_restored_apart() -> None:
    found = timings.table(
        [
            TRAINED,
            replace(TRAINED, key="b", seconds=50.0, peak_memory_mib=900.0, host="n2"),
            replace(TRAINED, key="c", executed=False, seconds=3.0, peak_memory_mib=9000.0),
            Measurement("compare", "s", False, 2.0, None, None, None, None, None),
        ]
    )
    assert list(found["verb"] + found["key"]) == ["compares", "traina", "trainb", "trainc"]
    said = page(found)
    assert "| train | 2 | 150.0 | 100.0 | 900 | 1 | 3.0 |\n| compare | 0 | 0.0 | – | – | 1 | 2.0 |\n" in said
    assert "Jobs ran on n1 (2), n2 (1)." in said


def test_without_figures_it_says_so(tmp_path: Path) -> None:
    found = timings.table([])
    assert page(found).endswith(f"\n\n{NONE}\n")
    save(figure(found), tmp_path / "none.png")
    assert (tmp_path / "none.png").stat().st_size > 1000


def test_the_figure_shows_the_longest_and_tells_restored_jobs_apart() -> None:
    many = [replace(TRAINED, key=str(number), seconds=float(number), executed=number != 99) for number in range(100)]
    drawn = figure(timings.table(many))
    seconds, memory = drawn.axes
    assert [bar.get_width() for bar in seconds.patches] == [99.0 - place for place in range(SHOWN)]
    assert [label.get_text() for label in seconds.get_yticklabels()][:2] == ["train@99", "train@98"]
    assert {bar.get_width() for bar in memory.patches} == {700.0}
    restored, executed, *others = [bar.get_facecolor() for bar in seconds.patches]
    assert restored != executed
    assert set(others) == {executed}
    assert drawn.get_suptitle() == "The 30 longest of 100 jobs"


@pytest.mark.slow
def test_the_report_shows_what_the_last_jobs_took(stub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(stub)
    run(stub, "snakemake", "timings")
    first = pandas.read_csv("logs/timings.csv")
    assert sorted(first["verb"] + "@" + first["key"]) == sorted(template.read_stages())
    assert first["executed"].all()
    assert "Nothing to be done" in run(stub, "snakemake").stderr
    assert "Nothing to be done" in run(stub, "snakemake", "timings").stderr

    Path("results/intel/comparison/comparison.md").write_text("edited by hand")
    run(stub, "snakemake")
    run(stub, "snakemake", "timings")
    second = pandas.read_csv("logs/timings.csv").set_index("verb")
    assert set(second.index[~second["executed"].astype(bool)]) == {"compare"}

    run(stub, "snakemake", "--report", "report.html", "all", "timings")
    report = Path("report.html").read_text(encoding="utf-8")
    assert '"Time and memory": {"Other": ["logs/timings.csv", "logs/timings.md", "logs/timings.png"]}' in report
    assert "Grey ones only restored" in report
