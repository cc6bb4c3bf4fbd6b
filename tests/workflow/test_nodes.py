"""Jobs of two nodes with process numbers of their own, all at once in one folder: dvc.lock as of one after the other.

The commands of the stages are replaced by a script that writes their outs, so that jobs end close together.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks import trivial
from benchmarks.project import run
from darkroom.pipeline import template
from tests.workflow.test_recording import in_namespace
from workflow import lock

pytestmark = pytest.mark.slow

MODELS = 4
ENVIRONMENT = {**os.environ, "PYTHONPATH": "."}
AT_ONCE = "4"
RECORDED_ALL_THE_TIME = """
import time
from pathlib import Path
from darkroom.pipeline import template
from workflow import recording
while not Path(".scratch/over").exists():
    recording.join(template.read_stages())
    time.sleep(0.2)
"""
RECORDED_ONCE = """
from darkroom.pipeline import template
from workflow import reconcile, recording
reconcile.record_check()
recording.join(template.read_stages())
"""


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study made by DVC, one stage after the other."""
    folder = study(tmp_path_factory.mktemp("alone") / "project")
    run(folder, "dvc", "repro")
    return folder


def study(folder: Path) -> Path:
    """A study whose commands write the same in every run."""
    trivial.mark(trivial.made(folder, MODELS), 0)
    script = folder / trivial.SCRIPT
    same = script.read_text().replace("$began}", "0}")  # records hold times
    assert same != script.read_text()
    script.write_text(same)
    return folder


def node(folder: Path, stages: Sequence[str]) -> subprocess.Popen[str]:
    """A node that does the jobs of ``stages``, some at once."""
    jobs = ["xargs", "--max-procs", AT_ONCE, "--max-args", "1", sys.executable, "-m", "workflow.job"]
    process = subprocess.Popen(
        [*in_namespace(), *jobs],
        cwd=folder,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin
    process.stdin.write("\n".join(stages))
    process.stdin.close()
    return process


@pytest.mark.parametrize("round_of", range(2))
def test_two_nodes_record_what_dvc_records_alone(alone: Path, tmp_path: Path, round_of: int) -> None:
    folder = study(tmp_path / "project")
    stages = template.read_stages(folder).values()
    by_verb = [[one.name for one in stages if one.verb == verb] for verb in dict.fromkeys(one.verb for one in stages)]
    recorder = subprocess.Popen(
        [sys.executable, "-c", RECORDED_ALL_THE_TIME], cwd=folder, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
    try:
        for names in by_verb:
            nodes = [node(folder, half) for half in (names[::2], names[1::2]) if half]
            assert [(one.wait(), one.stderr.read() if one.stderr else "") for one in nodes] == [(0, "")] * len(nodes)
    finally:  # or it would go on for ever
        (folder / ".scratch").mkdir(exist_ok=True)
        (folder / ".scratch/over").touch()
    assert recorder.communicate()[1] == ""
    subprocess.run([sys.executable, "-c", RECORDED_ONCE], cwd=folder, check=True, env=ENVIRONMENT)
    assert sorted(stage for stage, _ in trivial.executed(folder)) == sorted(one.name for one in stages)
    ours, theirs = ((one / lock.FILE).read_text() for one in (folder, alone))
    assert lock.parts(ours) == lock.parts(theirs)
    assert "up to date" in run(folder, "dvc", "status").stdout
    assert run(folder, "dvc", "repro", "--dry").stdout.count("didn't change") == len(stages) + 1  # and the check
