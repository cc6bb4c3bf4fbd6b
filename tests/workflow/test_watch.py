"""The view of what runs now."""

import os
import socket
from contextlib import chdir
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from darkroom.pipeline import record
from workflow import jobs, watch

BEGAN = datetime(2026, 1, 1, 12, tzinfo=UTC)
LINE = "[train cnn] epoch 5 of at most 20: loss 1.041, accuracy 0.732 (400 s)\n"


@pytest.fixture
def job(tmp_path: Path) -> jobs.Job:
    """A job of this process that trains."""
    log = tmp_path / "cnn.log"
    log.write_text(f"[train cnn] 565,190 parameters\n{LINE}")
    return jobs.Job(
        stage="train@cnn",
        state="running",
        host=socket.gethostname(),
        machine=jobs.machine(),
        pid=os.getpid(),
        born=record.find_start(),
        token="0",
        log=str(log),
        threads="1",
        gpus=None,
        began=BEGAN.isoformat(),
    )


def read(shown: RenderableType, width: int = 150) -> str:
    """Return what a terminal shows."""
    console = Console(width=width, highlight=False, force_terminal=False)
    with console.capture() as captured:
        console.print(shown)
    return captured.get()


def test_a_training_says_how_far_it_is_and_what_is_left(job: jobs.Job) -> None:
    one = watch.describe(job, BEGAN + timedelta(minutes=7))
    assert (one.seconds, one.share, one.left) == (420, 0.25, 1200)
    assert one.says == "epoch 5 of 20: loss 1.041, accuracy 0.732"
    assert one.memory is not None and one.memory > 2**20
    shown = read(watch.draw([one], {"intel": {"done": 3, "running": 1, "left": 4}}, ["evaluate@cnn"]))
    assert "intel" in shown and "3 of 8 done, 1 running" in shown
    assert "7 min 0 s" in shown and "20 min 0 s" in shown
    assert "1 stage left: evaluate@cnn" in shown


def test_a_job_elsewhere_has_no_memory_here_and_one_that_says_nothing_no_bar(job: jobs.Job) -> None:
    one = watch.describe(replace(job, machine="another", log=None), BEGAN)
    assert (one.memory, one.share, one.left, one.says) == (None, None, None, "")


def test_names_do_not_steer_the_terminal_or_its_marks(job: jobs.Job, tmp_path: Path) -> None:
    log = tmp_path / "odd.log"
    log.write_text("[train cnn] \x1b[2J[bold]class[/bold] of [/nothing]\n")
    shown = read(watch.draw([watch.describe(replace(job, log=str(log)), BEGAN)], {}, []))
    assert "\x1b" not in shown
    assert "[bold]class[/bold] of [/nothing]" in shown


def test_many_that_wait_are_counted() -> None:
    shown = read(watch.draw([], {}, [f"evaluate@{number}" for number in range(12)]))
    assert "No job is at work." in shown
    assert "12 stages left: evaluate@0," in shown and "and 7 more" in shown


def test_only_jobs_at_work_are_listed(job: jobs.Job, tmp_path: Path) -> None:
    with chdir(tmp_path):
        with jobs.working("train@cnn", job.log):
            assert [one.stage for one in watch.list_at_work(["train@cnn", "train@other"])] == ["train@cnn"]
        assert watch.list_at_work(["train@cnn"]) == []
