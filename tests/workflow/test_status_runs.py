"""What `make status` says of real runs: one that is over, one that fails, and one that is on and mends it."""

import re
import shutil
import subprocess
import sys
import time
from itertools import groupby
from pathlib import Path

import pytest

from benchmarks.project import edit, run
from workflow import hashes, jobs, status
from workflow.standing import State, standings

pytestmark = pytest.mark.slow

MODEL = "models/intel/plain/model.keras"
TOO_DEEP, MENDED = {"models.plain.network.blocks.filters": [4] * 6}, {"models.plain.network.blocks.filters": [4]}

FORWARD = ["failed", "running", "done"]


@pytest.fixture
def project(again: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny study that is made."""
    monkeypatch.chdir(again)
    return again


def not_done() -> dict[str, State]:
    return {name: one.state for name, one in standings().stages.items() if one.state != "done"}


def times(folder: Path) -> dict[Path, int]:
    return {file.relative_to(folder): file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file()}


def made_by_snakemake(folder: Path) -> set[str]:
    """The stages that a run would make now, as Snakemake has it."""
    said = run(folder, "snakemake", "--dry-run", "--printshellcmds")
    return set(re.findall(r"workflow\.job (\S+)", said.stdout + said.stderr))


def test_what_is_left_is_what_snakemake_would_make(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status.main([])
    assert capsys.readouterr().out == f"intel  [{'#' * status.BAR}]  18 stages: 18 done\n"
    for made in ("data/views/intel-150", "data/pretrained/mobile"):
        shutil.rmtree(made)
    assert not_done() == {"prepare@intel-150": "missing", "pretrained@mobile": "missing"}
    assert not_done().keys() <= made_by_snakemake(project)
    run(project, "snakemake")
    assert not_done() == {}
    assert made_by_snakemake(project) == set()
    edit(project, MENDED)
    assert set(not_done()) == made_by_snakemake(project)
    assert {"train@plain", "compare@intel"} <= set(not_done())
    assert set(not_done().values()) == {"left"}


def test_outputs_that_a_job_takes_away_meanwhile_are_looked_at_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = hashes.content_and_files, iter([FileNotFoundError(MODEL)])

    def content_and_files(path: Path) -> tuple[hashes.Content | None, dict[str, str]]:
        for failure in failures:
            raise failure
        return real(path)

    monkeypatch.setattr(hashes, "content_and_files", content_and_files)
    before = times(project)
    assert not_done() == {}
    assert next(failures, None) is None
    assert {file for file, time in times(project).items() if before.get(file) != time} == {hashes.KEPT}


def test_a_training_that_fails_is_told_until_it_is_made(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(project, TOO_DEEP)
    assert run(project, "snakemake", MODEL, check=False).returncode
    failed = standings().stages["train@plain"]
    assert failed.said
    assert (failed.state, failed.said.partition(" are too small")[0]) == (
        "failed",
        "error: models.plain: network.blocks: images of 16x16",
    )
    status.main([])
    assert "logs/train/intel/plain.log\n    error: models.plain: " in capsys.readouterr().out

    edit(project, MENDED)
    assert not_done()["train@plain"] == "failed"  # nobody has tried since
    seen = []
    with subprocess.Popen([sys.executable, "-m", "snakemake", MODEL], stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            seen.append(standings().stages["train@plain"])
            time.sleep(0.2)
    assert process.returncode == 0
    ran = [one.job for one in seen if one.state == "running"]
    assert ran[-1]
    assert (jobs.is_here(ran[-1]), ran[-1].log) == (True, "logs/train/intel/plain.log")
    assert any(one.said and one.said.startswith("[train plain] ") for one in seen if one.state == "running")
    assert [state for state, _ in groupby(seen, lambda one: one.state)][:3] in (FORWARD, FORWARD[:2])
    assert set(not_done()) == {"evaluate@plain", "compare@intel", "costs@intel", "worksheet@intel"}
