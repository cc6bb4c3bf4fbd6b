"""Faults on a real Slurm, made on purpose: each is reported, the work goes on, and nothing that ended runs twice."""

import csv
import os
import re
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pytest

from benchmarks.project import edit, run, snakemake
from tests.cluster.processes import wait
from tests.cluster.slurm import Slurm
from tests.cluster.study import AFTER_ONE_MODEL, END, began, events, profile, start
from tests.support.small_study import results

pytestmark = [pytest.mark.cluster, pytest.mark.faults, pytest.mark.slow]

CHANGE = {"views.intel-150.filter": "bilinear", "models.plain.training.epochs": 3}
"""It asks for ``AFTER_ONE_MODEL``."""
TABLE = "FAULTS"
"""The variable that names the file for the table of faults."""


@dataclass
class Row:
    """A row of that table; ``seconds`` are those from the fault until all was made."""

    fault: str
    reported: str
    executed_again: str
    seconds: float
    outcome: str


@pytest.fixture(scope="module")
def table() -> Iterator[list[Row]]:
    """The rows, written when all tests have passed."""
    rows: list[Row] = []
    yield rows
    if TABLE in os.environ and len(rows) == FAULTS:
        with Path(os.environ[TABLE]).open("w", newline="") as file:
            writer = csv.DictWriter(file, [one.name for one in fields(Row)], lineterminator="\n")
            writer.writeheader()
            writer.writerows(asdict(row) for row in rows)


@pytest.fixture(scope="module")
def wanted(local: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The hashes of all results after the change, made on this machine without a cluster."""
    folder = tmp_path_factory.mktemp("wanted") / "project"
    shutil.copytree(local, folder, symlinks=True)
    edit(folder, CHANGE)
    assert snakemake(folder) == AFTER_ONE_MODEL
    return results(folder)


@pytest.fixture
def folder(local: Path, tmp_path: Path) -> Path:
    """The study with the change, which nothing has made yet."""
    shutil.copytree(local, tmp_path / "project", symlinks=True)
    edit(tmp_path / "project", CHANGE)
    return tmp_path / "project"


class Fault:
    """A fault in the making of a study: what was done when it came, and what must hold in the end."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder, self.when = name, folder, time.time()
        self.done = {one.stage for one in events(folder) if one.event == "ended"}

    def survived(self, said: str, reported: str, again: list[str], wanted: dict[str, str], outcome: str) -> Row:
        """Return the row, once all holds: reported, nothing lost, executed twice is what ``again`` says and no more."""
        seconds = time.time() - self.when
        found = re.search(reported, said)
        assert found, said
        assert Counter(began(self.folder)) == Counter(AFTER_ONE_MODEL) + Counter(again)
        assert not self.done & set(began(self.folder, self.when))
        ours = results(self.folder)
        assert {name for name in ours.keys() | wanted.keys() if ours.get(name) != wanted.get(name)} == set()
        assert "up to date" in run(self.folder, "dvc", "status").stdout
        return Row(self.name, found[0], " ".join(again), round(seconds, 1), outcome)


@pytest.mark.parametrize(("name", "stage"), [("training", "train@plain"), ("evaluation", "evaluate@plain")])
def test_a_killed_job_is_tried_again(
    name: str, stage: str, slurm: Slurm, folder: Path, wanted: dict[str, str], table: list[Row]
) -> None:
    running = start(slurm, folder, profile(folder.with_name("profile.yaml")))
    running.wait_for(stage)
    fault = Fault(f"the processes of a job in its {name} killed (kill -9)", folder)
    slurm.kill_job(slurm.jobs()[-1].number)
    assert running.end() == 0, running.said
    reported = "SLURM-job '[0-9]+' failed, SLURM status is: 'FAILED'"
    table.append(fault.survived(running.said, reported, [stage], wanted, "tried again by Snakemake"))


def test_a_job_out_of_memory_gets_more(slurm: Slurm, folder: Path, wanted: dict[str, str], table: list[Row]) -> None:
    running = start(slurm, folder, profile(folder.with_name("profile.yaml"), memory="500 * 2 ** (attempt - 1)"))
    running.wait_for("train@plain")
    fault = Fault("too little memory for a training: 500 MB", folder)
    assert running.end() == 0, running.said
    reported = r"exceeded memory limit \([0-9]+ > 524288000\), being killed"
    assert [job.fields["MinMemoryNode"] for job in slurm.jobs()][-2:] == ["500M", "1000M"]
    table.append(fault.survived(running.said, reported, ["train@plain"], wanted, "tried again with 1,000 MB"))


def test_a_job_on_a_lost_node_is_tried_again(
    slurm: Slurm, folder: Path, wanted: dict[str, str], table: list[Row]
) -> None:
    running = start(slurm, folder, profile(folder.with_name("profile.yaml")))
    running.wait_for("train@plain")
    fault = Fault("the node of a training lost, and back", folder)
    slurm.kill_node("n2")
    wait(lambda: "'NODE_FAIL'" in running.said, "the loss is noticed")
    slurm.start_node("n2")
    assert running.end() == 0, running.said
    reported = "SLURM-job '[0-9]+' failed due to a node failure, SLURM status is: 'NODE_FAIL'"
    table.append(fault.survived(running.said, reported, ["train@plain"], wanted, "tried again when the node is back"))


def test_a_controller_that_is_away_is_waited_for(
    slurm: Slurm, folder: Path, wanted: dict[str, str], table: list[Row]
) -> None:
    running = start(slurm, folder, profile(folder.with_name("profile.yaml")))
    running.wait_for("train@plain")
    fault = Fault("the controller away for a minute, and back", folder)
    slurm.stop_controller()
    time.sleep(60)
    slurm.start_controller()
    assert running.end() == 0, running.said
    reported = "Unable to contact slurm controller|$"  # a job that went on to its next stage meanwhile says so
    table.append(fault.survived(running.said, reported, [], wanted, "what ran went on, the rest was tried again"))


def test_an_interrupted_snakemake_cancels_its_jobs_and_goes_on_when_called_again(
    slurm: Slurm, folder: Path, wanted: dict[str, str], table: list[Row]
) -> None:
    running = start(slurm, folder, profile(folder.with_name("profile.yaml")))
    running.wait_for("train@plain")
    fault = Fault("Snakemake interrupted (SIGINT)", folder)
    running.process.send_signal(signal.SIGINT)
    assert running.end() != 0
    wait(lambda: slurm.jobs()[-1].fields["JobState"] == "CANCELLED", "its job is cancelled")
    again = start(slurm, folder, profile(folder.with_name("profile.yaml")))
    assert again.end() == 0, again.said
    reported = "Terminating processes on user request"
    table.append(fault.survived(running.said, reported, ["train@plain"], wanted, "made by the next snakemake"))


def test_a_killed_snakemake_leaves_a_job_that_the_next_one_waits_for(
    slurm: Slurm, folder: Path, wanted: dict[str, str], table: list[Row]
) -> None:
    settings = profile(folder.with_name("profile.yaml"))
    running = start(slurm, folder, settings)
    running.wait_for("train@plain")
    fault = Fault("Snakemake killed (kill -9)", folder)
    running.process.kill()
    running.process.wait()
    (training,) = (process for process in slurm.processes() if "stages.train" in process.cmdline())
    training.suspend()  # until the next is there, however slow this machine
    refused = start(slurm, folder, settings)
    assert refused.end() != 0
    assert start(slurm, folder, settings, "--unlock").end() == 0
    again = start(slurm, folder, settings)
    waiting = "[train@plain] waiting for the job of an earlier run"
    wait(lambda: waiting in again.said, "it waits", END)
    training.resume()
    assert again.end() == 0, again.said
    reported = "Error: Directory cannot be locked"
    outcome = "unlocked; the next snakemake waited for the job left over, and took what it made"
    table.append(fault.survived(refused.said, reported, [], wanted, outcome))


FAULTS = 7
"""Rows that the table has when all tests have passed."""
