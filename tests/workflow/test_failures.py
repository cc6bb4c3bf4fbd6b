"""A run that fails ends in a line that begins with `error:`, below all else, and says why."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import trivial
from benchmarks.project import edit, environment, run
from darkroom.core.errors import UserError
from darkroom.pipeline import command
from tests.support.stub_study import instead
from workflow.failures import UNKNOWN

pytestmark = pytest.mark.slow

LOG = "(log: logs/evaluate/intel/model-0001.log)"
KILL_JOB = r"kill -9 $(sed -nE 's/.*process ([0-9]+),.*/\1/p' logs/evaluate/intel/model-0001.log); sleep 1"
"""By the number in its log: its command's parent is the job itself, or a shell, as $SHELL decides."""


def fail(folder: Path, action: str) -> None:
    """Let the command of evaluate@model-0001 do something else, and the stage be executed again."""
    instead(folder, "evaluate@model-0001", action)
    edit(folder, {"evaluation.worst": 3})


def last_lines(folder: Path, *arguments: str) -> list[str]:
    """The errors in which a run ends."""
    done = run(folder, "snakemake", *arguments, check=False)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    errors = [line for line in lines if line.startswith("error: ")]
    assert lines[-1].startswith("error: "), done.stderr
    assert not any("Exception" in line or "Error in rule" in line for line in lines), done.stderr
    assert len(set(errors)) == len(errors)
    return errors[-2:]


@pytest.mark.parametrize(
    ("action", "why"),
    [
        ("echo 'error: views.x.size: 0: too small' >&2; exit 1", "views.x.size: 0: too small"),
        (f"{sys.executable} -c 1/0; exit 1", "its command failed: ZeroDivisionError: division by zero"),
        (KILL_JOB, UNKNOWN),
        ("kill -9 $$", "its process was ended by signal 9, as of a system that is out of memory"),
    ],
)
def test_a_job_that_fails_says_why_last(stub: Path, action: str, why: str) -> None:
    fail(stub, action)
    last = last_lines(stub)[-1]
    assert last.startswith(f"error: evaluate@model-0001: {why}")
    assert last.endswith(LOG)


def test_every_job_that_failed_is_told_and_one_that_succeeded_at_last_is_not(stub: Path) -> None:
    fail(stub, "false")
    script = stub / trivial.SCRIPT
    script.write_text(script.read_text().replace("false;", "[ -e once ] || { touch once; exit 1; };"))
    said = run(stub, "snakemake", "--retries", "1").stderr
    assert "Evaluating model-0001: failed, see logs/evaluate/intel/model-0001.log" in said
    assert "Error in rule" not in said
    assert said.count("Evaluating model-0001") == 2
    assert not said.splitlines()[-1].startswith("error: ")
    (stub / "once").unlink()
    script.write_text(script.read_text().replace('"$1@$2" != evaluate@model-0001', '"$1" != evaluate'))
    edit(stub, {"evaluation.worst": 4})
    script.write_text(script.read_text().replace("touch once; ", ""))
    errors = last_lines(stub, "--keep-going")
    assert sorted(line.split(":")[1].strip() for line in errors) == ["evaluate@model-0001", "evaluate@model-0002"]


def test_a_job_that_never_began_is_not_told_by_what_its_last_one_said(stub: Path) -> None:
    fail(stub, "echo 'error: of yesterday' >&2; exit 1")
    assert last_lines(stub)[-1] == f"error: evaluate@model-0001: of yesterday {LOG}"
    job = stub / "workflow/job.py"
    job.write_text(job.read_text().replace("    command.run(main)\n", "    sys.exit(1)\n"))
    assert last_lines(stub)[-1] == f"error: evaluate@model-0001: {UNKNOWN} {LOG}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("intle",), "error: intle: no such study; did you mean 'intel'? There is intel, and all"),
        (("results/intel/nothing.csv",), "error: results/intel/nothing.csv: no study of params.yaml"),
        (("train",), "error: WorkflowError: Target rules may not contain wildcards"),
    ],
)
def test_what_nobody_makes_is_named(stub: Path, arguments: tuple[str, ...], said: str) -> None:
    assert last_lines(stub, *arguments)[-1].startswith(said)


def test_a_second_run_and_one_that_is_stopped_end_in_a_line(stub: Path) -> None:
    fail(stub, "touch begun; sleep 600")
    with subprocess.Popen(
        [sys.executable, "-m", "snakemake"],
        cwd=stub,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # which tests in the background ignore
    ) as first:
        while not (stub / "begun").exists():
            assert first.poll() is None
            time.sleep(0.1)
        assert last_lines(stub)[-1] == (
            "error: a snakemake is at work here: wait for its end, or if it was killed: snakemake --unlock"
        )
        os.killpg(first.pid, signal.SIGINT)  # as a terminal does
        assert first.stderr
        assert first.stderr.read().splitlines()[-1] == (
            "error: stopped; what is done stays, and snakemake goes on from there"
        )


def latin_1(source: Path) -> None:
    (source / os.fsdecode(b"\xe9t\xe9")).mkdir()


def pipe(source: Path) -> None:
    os.mkfifo(source / "pipe")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (latin_1, "b'../archives/\\xe9t\\xe9': the name is not UTF-8; rename it"),
        (pipe, "../archives/pipe: neither a file nor a folder; put a file in its place or remove it"),
    ],
)
def test_a_source_that_dvc_cannot_read_is_refused_before_it_tries(
    stub: Path, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(stub.parent / "archives")
    assert last_lines(stub)[-1] == f"error: {said}"
    assert run(stub, "workflow.job", "fetch@intel", check=False).stderr == f"error: {said}\n"


def test_an_exception_that_nobody_expected_is_shown_and_summed_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(arguments: object) -> None:
        raise KeyError("a\nb")

    def refuses(arguments: object) -> None:
        raise UserError("models.a: no")

    monkeypatch.setattr(sys, "argv", ["stage"])
    with pytest.raises(SystemExit, match=r"^error: unexpected KeyError: 'a\\nb'$"):
        command.run(fails)
    assert "Traceback (most recent call last):" in capsys.readouterr().err
    with pytest.raises(SystemExit, match=r"^error: models\.a: no$"):
        command.run(refuses)
    assert capsys.readouterr().err == ""
