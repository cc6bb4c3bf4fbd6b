"""What `make status` says of real runs: one that is over, one that fails, and one that is on and mends it."""

import re
import shutil
import subprocess
import sys
import time
from itertools import groupby
from pathlib import Path

import pytest

from benchmarks import trivial
from benchmarks.project import edit, run
from tests.support.stub_study import NETWORK, PLAIN, after, instead
from workflow import hashes, jobs, status
from workflow.contents import KEPT
from workflow.status import State, standings

pytestmark = pytest.mark.slow

RATE = f"models.{PLAIN}.training.learning_rate"
LOG = f"logs/train/intel/{PLAIN}.log"
TRAINED = f"train@{PLAIN}"
FAILS = "echo 'error: models.x: network.blocks: too deep' >&2; exit 1"
LASTS = f"echo '[train {PLAIN}] epoch 1' >&2; sleep 3"
FORWARD = ["failed", "running", "done"]


@pytest.fixture
def project(kinds: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study of every kind of stage that is made, with its source beside it."""
    monkeypatch.chdir(kinds)
    return kinds


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
    assert capsys.readouterr().out == f"intel  [{'#' * status.BAR}]  26 stages: 26 done\n"
    for made in ("data/views/intel-150", "data/pretrained/mobile"):
        shutil.rmtree(made)
    assert not_done() == {"prepare@intel-150": "missing", "pretrained@mobile": "missing"}
    assert not_done().keys() <= made_by_snakemake(project)
    run(project, "snakemake")
    assert not_done() == {}
    assert made_by_snakemake(project) == set()
    edit(project, {RATE: 0.5})
    assert set(not_done()) == made_by_snakemake(project)
    assert {TRAINED, "compare@intel"} <= set(not_done())
    assert set(not_done().values()) == {"left"}


def test_outputs_that_a_job_takes_away_meanwhile_are_looked_at_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = hashes.content_and_files, iter([FileNotFoundError(NETWORK)])

    def content_and_files(path: Path, *known: object) -> tuple[hashes.Content | None, dict[str, str]]:
        for failure in failures:
            raise failure
        return real(path)

    monkeypatch.setattr(hashes, "content_and_files", content_and_files)
    before = times(project)
    assert not_done() == {}
    assert next(failures, None) is None
    assert {file for file, time in times(project).items() if before.get(file) != time} == {KEPT}


def test_a_training_that_fails_is_told_until_it_is_made(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = (project / trivial.SCRIPT).read_text()
    instead(project, TRAINED, FAILS)
    edit(project, {RATE: 0.5})
    trivial.mark(project, 1)
    assert run(project, "snakemake", NETWORK, check=False).returncode
    failed = standings().stages[TRAINED]
    assert (failed.state, failed.said) == ("failed", "error: models.x: network.blocks: too deep")
    status.main([])
    assert f"{LOG}\n    error: models.x: " in capsys.readouterr().out

    (project / trivial.SCRIPT).write_text(script)
    instead(project, TRAINED, LASTS)
    edit(project, {RATE: 0.25})
    assert not_done()[TRAINED] == "failed"  # nobody has tried since
    seen = []
    with subprocess.Popen([sys.executable, "-m", "snakemake", NETWORK], stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            seen.append(standings().stages[TRAINED])
            time.sleep(0.2)
    assert process.returncode == 0
    ran = [one.job for one in seen if one.state == "running"]
    assert ran[-1]
    assert (ran[-1].machine, ran[-1].log) == (jobs.machine(), LOG)
    assert any(one.said and one.said.startswith(f"[train {PLAIN}] ") for one in seen if one.state == "running")
    assert [state for state, _ in groupby(seen, lambda one: one.state)][:3] in (FORWARD, FORWARD[:2])
    assert set(not_done()) == {*after(f"evaluate@{PLAIN}")}
