"""Every stage leaves a record of its run, and only of one that came to its end."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from darkroom.core import machine

PROGRAM = """
import sys, time
from darkroom.pipeline import command
from darkroom.core.errors import UserError

def main(arguments):
    {work}

command.run(main)
"""


@pytest.fixture
def run(root: Path, project: Callable[..., Path]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a stage that does what is given, in a working folder, and return what it printed."""
    project()

    def done(work: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        Path("stage.py").write_text(PROGRAM.format(work=work))
        environment = {**os.environ, "PYTHONPATH": str(root)}
        command = [sys.executable, "stage.py", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    return done


def recorded(file: str) -> dict:
    return json.loads(Path(file).read_text())


def test_a_record_says_when_where_and_at_what_cost(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    before = datetime.now(UTC)
    assert run("time.sleep(0.6); held = bytearray(300 << 20)", "--record", "a/b/record.json").returncode == 0
    found = recorded("a/b/record.json")
    began, ended = (datetime.fromisoformat(found[name]) for name in ("began", "ended"))
    second = timedelta(seconds=1)
    assert before - second <= began <= ended <= datetime.now(UTC)
    assert began.utcoffset() == timedelta()
    assert 0.6 <= found["seconds"] <= (datetime.now(UTC) - before).total_seconds() + 0.1
    assert 300 <= found["peak_memory_mib"] < 500
    assert found["machine"] == machine.describe()
    assert found["versions"] == {"python": ".".join(map(str, sys.version_info[:3]))}


def test_memory_of_what_started_the_stage_is_not_counted(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    held = bytearray(600 << 20)
    run("pass", "--record", "record.json")
    assert recorded("record.json")["peak_memory_mib"] < len(held) / 2**20 / 2


def test_memory_of_workers_is_counted(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    work = 'import subprocess; subprocess.run([sys.executable, "-c", "held = bytearray(300 << 20)"])'
    run(work, "--record", "record.json")
    assert recorded("record.json")["peak_memory_mib"] >= 300


def test_the_stage_gets_the_other_arguments(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    assert run("print(arguments)", "key", "--record", "r.json", "--out", "x").stdout == "['key', '--out', 'x']\n"
    assert run("print(arguments)", "key").stdout == "['key']\n"


def test_what_the_stage_tells_is_recorded(run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    told = 'from darkroom.core import facts; facts.tell({"gpu": "Sun", "versions": {"cuda": "12.5"}})'
    run(told, "--record", "record.json")
    found = recorded("record.json")
    assert (found["gpu"], found["versions"]["cuda"]) == ("Sun", "12.5")
    assert found["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))


@pytest.mark.parametrize("end", ['raise UserError("no")', "sys.exit(3)", "1 / 0"])
def test_a_stage_that_fails_leaves_no_record(run: Callable[..., subprocess.CompletedProcess[str]], end: str) -> None:
    done = run(end, "--record", "record.json")
    assert done.returncode != 0
    assert sorted(path.name for path in Path().iterdir()) == ["params.yaml", "stage.py"]


def test_the_processor_is_told_by_the_features_that_choose_kernels() -> None:
    found = machine.describe()
    flags = Path("/proc/cpuinfo").read_text().split()
    assert set(found["features"]) == set(machine.FEATURES) & set(flags)
    assert found["processor"]
    assert found["cores"] >= 1
