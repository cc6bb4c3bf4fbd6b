"""What `make status` says: of jobs' files written by hand, and of runs that are on, that fail and that are mended."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from benchmarks.project import copied, edit, leave_one_study
from darkroom.core.errors import UserError
from darkroom.core.files import write_json, write_text
from darkroom.params.yaml_files import read
from darkroom.pipeline import record
from tests.support.small_study import refusal
from workflow import jobs, status
from workflow.status import Standing, standings

STAGES = 23
"""Of the study in params.yaml."""
LOG = "logs/train/intel/cnn.log"
BEGUN = "job train@cnn on n1, process 1\nRunning stage 'train@cnn':\n> python -m stages.train cnn\n"
JOB = jobs.Job(
    stage="train@cnn",
    state="running",
    host="n1",
    machine="another",
    pid=1,
    born=0,
    token="0",
    log=LOG,
    threads="4",
    gpus="1",
    began="2026-01-02T03:04:05+00:00",
)
ENDED = {"state": "failed", "ended": "2026-01-02T03:06:10+00:00", "error": "its command failed"}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sources, as a clone brings them: nothing ran, there is no dvc.lock."""
    monkeypatch.chdir(copied(tmp_path / "project"))
    leave_one_study(Path())
    return Path()


@pytest.fixture
def said(checkout: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[], list[str]]:
    """Ask for the status, and return its lines."""

    def lines() -> list[str]:
        status.main([])
        return capsys.readouterr().out.splitlines()

    return lines


def left_by(job: jobs.Job, silent: float = 0.0, log: str = BEGUN) -> Standing:
    """Let a job of train@cnn have left its file ``silent`` seconds ago, and its log; return how the stage stands."""
    write_json(jobs.file(job.stage), asdict(job))
    os.utime(jobs.file(job.stage), (time.time() - silent,) * 2)
    write_text(Path(LOG), log)
    return standings().stages[job.stage]


@contextmanager
def alive() -> Iterator[jobs.Job]:
    """A job at work on this machine."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield replace(JOB, machine=jobs.machine(), pid=process.pid, born=record.find_start(process.pid))
        process.communicate()


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    found = (file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return {str(file): (file.stat().st_mtime_ns, file.read_bytes()) for file in found}


def test_in_a_clone_all_is_left_and_nothing_is_written(checkout: Path, said: Callable[[], list[str]]) -> None:
    before = files(checkout)
    assert said() == [
        f"intel  [{'.' * status.BAR}]  {STAGES} stages: {STAGES} left",
        "",
        "left",
        "  fetch@intel, unzip@intel, census@intel, prepare@intel-150, prepare@intel-256, prepare@intel-180",
        f"  and {STAGES - status.NAMED} more",
    ]
    assert files(checkout) == before


@pytest.mark.parametrize(("silent", "state"), [(0.0, "running"), (30.0, "running"), (70.0, "lost")])
def test_a_job_elsewhere_is_lost_when_it_is_silent(checkout: Path, silent: float, state: str) -> None:
    stage = left_by(JOB, silent)
    assert stage.state == state
    assert stage.silence == pytest.approx(silent, abs=5)


def test_the_clock_of_this_machine_does_not_count(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 3600)
    assert left_by(JOB, 3600).state == "running"


def test_a_job_here_is_lost_when_its_process_is_gone(checkout: Path) -> None:
    with alive() as job:
        assert left_by(job, silent=3600).state == "running"  # stopped for a while, as by a debugger, is not dead
    assert left_by(job).state == "lost"
    assert left_by(replace(job, pid=os.getpid())).state == "lost"  # another process has its number now


def test_a_running_job_is_shown_with_its_place_and_last_progress(said: Callable[[], list[str]]) -> None:
    left_by(JOB, log=f"{BEGUN}[train cnn] epoch 1\n[train cnn] epoch 2\nwarning: slow\n")
    lines = said()
    assert lines[0].startswith("intel  [>....") and lines[0].endswith(f"{STAGES} stages: 1 running, {STAGES - 1} left")
    began = status.moment(JOB.began).strftime(status.MOMENT)
    assert lines[3].startswith(f"  train@cnn  on n1, process 1, threads 4, GPU 1, since {began} (")
    assert lines[2:5] == ["running", lines[3], "    [train cnn] epoch 2"]


def test_a_lost_job_is_shown_with_its_silence_and_log(said: Callable[[], list[str]]) -> None:
    left_by(JOB, silent=7200)
    assert f"; no sign of life for 2 h 0 min; {LOG}" in "\n".join(said())


@pytest.mark.parametrize(
    ("log", "why"),
    [
        (f"{BEGUN}error: models.cnn: too deep\nsomething after\n", "error: models.cnn: too deep"),
        (f"{BEGUN}Traceback:\n  File\nRuntimeError: odd\n", "its command failed: RuntimeError: odd"),
        (f"{BEGUN}[train cnn] epoch 1\n", "its command failed"),
        (BEGUN + 90_000 * "x\n" + "error: the disk is full\n", "error: the disk is full"),
    ],
)
def test_a_failed_job_is_shown_with_its_error_and_log(said: Callable[[], list[str]], log: str, why: str) -> None:
    left_by(replace(JOB, **ENDED), log=log)
    ended = status.moment(ENDED["ended"]).strftime(status.MOMENT)
    assert said()[2:5] == ["failed", f"  train@cnn  {ended} on n1, after 2 min 5 s; {LOG}", f"    {why}"]


def test_of_many_stages_some_are_shown_and_all_counted(checkout: Path, said: Callable[[], list[str]]) -> None:
    edit(checkout, {"models.cnn.replicates": 40})
    planned = Path("workflow/plan.yaml").read_bytes()
    for number in range(2, 41):
        name = f"train@cnn-replicate-{number}"
        write_json(jobs.file(name), asdict(replace(JOB, stage=name, log=None, **ENDED)))
    lines = said()
    failed = lines[lines.index("failed") + 1 : lines.index("left") - 1]
    assert len(failed) == 2 * status.SHOWN + 1
    assert failed[-1] == f"  and {39 - status.SHOWN} more"
    assert Path("workflow/plan.yaml").read_bytes() == planned  # which jobs at work read


def test_studies_count_what_they_share_each(checkout: Path, said: Callable[[], list[str]]) -> None:
    intel = read(checkout / "params.yaml")["studies"]["intel"]
    edit(checkout, {"studies.intel.models": ["cnn-bn"], "studies.one": {**intel, "models": ["cnn"]}})
    assert [line.partition("]  ")[2] for line in said()[:2]] == ["10 stages: 10 left"] * 2
    assert len(standings().stages) == 16
    left_by(replace(JOB, stage="fetch@intel"))  # of both: nobody knows whose
    assert [line.split()[0] for line in said()[:2]] == ["intel", "one"]


def test_studies_that_nobody_asked_for_are_named_in_a_line(
    checkout: Path, said: Callable[[], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    intel = read(checkout / "params.yaml")["studies"]["intel"]
    edit(checkout, {"studies.intel.models": ["cnn"], "studies.one": {**intel, "models": ["cnn-bn"]}})
    left_by(JOB)
    lines = said()
    assert lines[0].endswith("10 stages: 1 running, 9 left")
    assert lines[1] == "not begun: one"
    assert not any("cnn-bn" in line for line in lines)
    status.main(["all"])
    assert "not begun" not in (both := capsys.readouterr().out) and "cnn-bn" in both
    status.main(["one"])
    assert "not begun: intel" in capsys.readouterr().out
    with pytest.raises(UserError, match=r"^ones: no such study; did you mean 'one'\? There is intel, one, and all$"):
        status.main(["ones"])


@pytest.mark.parametrize(
    ("counts", "drawn"),
    [
        ({"done": 6, "left": 0}, "#" * 30),
        ({"done": 1000, "failed": 1, "left": 1}, "#" * 28 + "!."),
        ({"done": 1, "running": 1, "lost": 1}, "#" * 10 + ">" * 10 + "?" * 10),
        ({"done": 0}, ""),
    ],
)
def test_a_bar_shows_every_state_there_is(counts: dict, drawn: str) -> None:
    assert status.bar(counts) == drawn


def test_a_program_reads_all_of_it(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left_by(JOB)
    status.main(["--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert told["studies"]["intel"] == {
        "done": 0,
        "running": 1,
        "failed": 0,
        "lost": 0,
        "missing": 0,
        "left": STAGES - 1,
    }
    assert [(one["stage"], one["job"]["host"]) for one in told["stages"] if one["state"] == "running"] == [
        ("train@cnn", "n1")
    ]


def test_a_locked_folder_without_a_job_is_told(checkout: Path, said: Callable[[], list[str]]) -> None:
    assert not any("Snakemake" in line for line in said())
    write_text(Path(".snakemake/locks/0.output.lock"), "")
    assert said()[1] == (
        "Snakemake is at work here; no job of it runs: they are queued, or it was killed (then: snakemake --unlock)"
    )


def test_mistakes_are_told_in_one_line(checkout: Path) -> None:
    write_text(Path("dvc.lock"), "<<<<<<< HEAD\n")
    assert refusal(checkout, "workflow.status") == "error: dvc.lock: holds a merge conflict; run make merge\n"
    edit(checkout, {"models.cnn.view": "none"})
    assert refusal(checkout, "workflow.status").startswith("error: params.yaml: models.cnn.view: 'none': no such entry")
