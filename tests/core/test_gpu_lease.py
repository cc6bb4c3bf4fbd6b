"""GPUs of one machine, spread over the processes that compute there."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from darkroom.core import gpu_lease

SCRIPT = """
import os, sys
from pathlib import Path
from darkroom.core import gpu_lease
print(gpu_lease.take(Path(sys.argv[1]), Path(sys.argv[2])), os.environ.get("CUDA_VISIBLE_DEVICES"), flush=True)
sys.stdin.read()
"""


class Job:
    """A process that has taken a GPU, and holds it until it is ended."""

    def __init__(self, root: Path, devices: Path, leases: Path) -> None:
        command = [sys.executable, "-c", SCRIPT, str(devices), str(leases)]
        self.process = subprocess.Popen(
            command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"PATH": ""}
        )
        assert self.process.stdout is not None
        self.taken, self.visible = self.process.stdout.readline().split()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    """A machine with two GPUs, and other devices of their driver."""
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm"):
        (tmp_path / "dev" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "dev" / name).touch()
    return tmp_path / "dev"


@pytest.fixture
def jobs() -> Iterator[list[Job]]:
    started: list[Job] = []
    yield started
    for job in started:
        job.kill()


def test_jobs_are_spread_over_gpus_and_a_killed_one_gives_its_own_up(
    root: Path, devices: Path, tmp_path: Path, jobs: list[Job]
) -> None:
    for _ in range(4):
        jobs.append(Job(root, devices, tmp_path / "leases"))
    assert [job.taken for job in jobs] == ["0", "1", "0", "1"]
    assert [job.visible for job in jobs] == ["0", "1", "0", "1"]
    jobs[1].kill()
    jobs.append(Job(root, devices, tmp_path / "leases"))
    assert jobs[-1].taken == "1"


@pytest.mark.parametrize("given", ["3", ""])
def test_what_a_scheduler_or_the_user_gave_stays(
    devices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
    assert gpu_lease.take(devices, tmp_path / "leases") is None
    assert not (tmp_path / "leases").exists()


def test_a_single_gpu_is_not_leased(devices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    (devices / "nvidia1").unlink()
    assert gpu_lease.take(devices, tmp_path / "leases") is None
