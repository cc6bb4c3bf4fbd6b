"""What a job tells of itself, and what the next one of its stage makes of that."""

import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from darkroom.core.errors import UserError
from darkroom.core.files import write_json
from workflow import jobs

ROOT = str(Path(__file__).resolve().parents[2])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(jobs, "BEAT", 0.1)


def alive(stage: str) -> subprocess.Popen[str]:
    """A process that works on a stage until something is written to it."""
    code = f"from workflow import jobs\nwith jobs.working({stage!r}, None):\n    print('on', flush=True)\n    input()"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": ROOT}
    )
    assert process.stdout
    assert process.stdout.readline() == "on\n"
    return process


def test_a_job_is_seen_to_run_and_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARKROOM_THREADS", "3")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    with jobs.working("train@a", "logs/train/a.log"):
        job = jobs.last("train@a")
        assert job
        assert (job.state, job.threads, job.gpus, job.log) == ("running", "3", "1", "logs/train/a.log")
        assert jobs.is_alive(job, 2 * jobs.SILENCE)
        first = jobs.last_sign("train@a")
        time.sleep(0.4)
        assert jobs.last_sign("train@a") > first
    ended = jobs.last("train@a")
    assert ended
    assert (ended.state, ended.token, ended.error) == ("done", job.token, None)
    assert ended.ended


def test_a_job_that_failed_says_why() -> None:
    with pytest.raises(UserError), jobs.working("train@a", None):
        raise UserError("no such view")
    job = jobs.last("train@a")
    assert job
    assert (job.state, job.error) == ("failed", "no such view")


@pytest.mark.slow
def test_a_job_waits_for_one_of_the_same_stage_and_not_for_another(capsys: pytest.CaptureFixture[str]) -> None:
    process = alive("train@a")
    with jobs.working("train@b", None):
        pass
    entered = threading.Event()

    def enter() -> None:
        with jobs.working("train@a", None):
            entered.set()

    waiting = threading.Thread(target=enter)
    waiting.start()
    assert not entered.wait(1.5)
    process.communicate("\n")
    waiting.join(10)
    assert entered.is_set()
    assert f"[train@a] waiting for the job of an earlier run on {jobs.socket.gethostname()}" in capsys.readouterr().err


def test_a_job_that_was_killed_is_not_waited_for() -> None:
    process = alive("train@a")
    process.kill()
    process.wait()
    left = jobs.last("train@a")
    assert left
    assert left.state == "running"
    began = time.monotonic()
    with jobs.working("train@a", None):
        assert time.monotonic() - began < 1


@pytest.mark.slow
def test_of_two_that_wait_for_the_same_job_one_goes_on_and_the_other_waits_for_it() -> None:
    process = alive("train@a")
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        with jobs.working("train@a", None):
            inside += 1
            most = max(most, inside)
            time.sleep(2.5)
            inside -= 1

    waiting = [threading.Thread(target=work) for _ in range(2)]
    for one in waiting:
        one.start()
    time.sleep(1.5)
    process.communicate("\n")
    for one in waiting:
        one.join()
    assert most == 1


def test_the_number_of_a_killed_job_may_be_another_process_now() -> None:
    with jobs.working("train@a", None) as job:
        stranger = replace(job, born=job.born - 1000)
        assert jobs.is_alive(job, 2 * jobs.SILENCE)
        assert not jobs.is_alive(stranger, 0.0)


@pytest.mark.slow
def test_a_job_on_another_machine_is_waited_for_while_it_gives_signs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(jobs, "SILENCE", 2.5)
    with jobs.working("train@a", None) as mine:
        pass
    elsewhere = replace(mine, state="running", machine="another", pid=1, host="n2")
    write_json(jobs.file("train@a"), asdict(elsewhere))
    over = threading.Event()
    beating = threading.Thread(target=jobs._beat, args=(elsewhere, over))
    beating.start()
    threading.Timer(3.5, over.set).start()
    began = time.monotonic()
    with jobs.working("train@a", None):
        waited = time.monotonic() - began
    beating.join()
    assert capsys.readouterr().err == "[train@a] waiting for the job of an earlier run on n2, process 1\n"
    assert 3.5 + 2.5 - 1 < waited < 14


def test_what_is_no_jobs_file_counts_as_none() -> None:
    jobs.file("train@a").parent.mkdir(parents=True)
    jobs.file("train@a").write_text("half")
    assert jobs.last("train@a") is None
    jobs.file("train@a").write_text('{"stage": "train@a"}')
    assert jobs.last("train@a") is None
