"""What is mended of Snakemake and DVC is still wrong there: where a test fails, its patch can go."""

import asyncio
import json
import logging
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake.jobs import GroupJob

from benchmarks.project import ROOT, environment
from workflow import executors, storage

REFUSED = "Unable to submit: invalid account"


class Heard(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def heard_of_group() -> list[logging.LogRecord]:
    """What Snakemake logs of a group that failed, and its scheduler said why."""
    heard = Heard()
    executors.logger.addHandler(heard)
    try:
        GroupJob.log_error(SimpleNamespace(jobs=[], groupid="models"), REFUSED)  # type: ignore[arg-type]
    finally:
        executors.logger.removeHandler(heard)
    return heard.records


def test_snakemake_drops_what_a_scheduler_says_of_a_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """executors.tell_of_groups"""
    assert not any(REFUSED in str(vars(record)) for record in heard_of_group())
    monkeypatch.setattr(GroupJob, "log_error", GroupJob.log_error)
    executors.tell_of_groups()
    message, failure = heard_of_group()
    assert (message.getMessage(), vars(failure)["said"]) == (REFUSED, REFUSED)


def asked_of_slurm(plugin: Any) -> list[str]:
    """What the executor for Slurm logs when it asks for its jobs, and squeue is to be asked."""
    said: list[str] = []

    class StoppedError(Exception):
        """Enough was said."""

    def info(text: str) -> None:
        said.append(text)
        raise StoppedError

    settings = SimpleNamespace(status_command="squeue", status_attempts=0)
    fake = SimpleNamespace(
        workflow=SimpleNamespace(executor_settings=settings),
        logger=SimpleNamespace(debug=lambda text: None, info=info, error=info, warning=info),
        get_status_command=lambda: "squeue",
    )

    async def ask() -> None:
        async for _ in plugin.Executor.check_active_jobs(fake, [SimpleNamespace(external_jobid="1")]):
            pass

    with suppress(StoppedError, AttributeError):
        asyncio.run(ask())
    return said


def test_the_executor_for_slurm_asks_sacct_where_squeue_is_to_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """executors.ask_squeue"""
    plugin: Any = pytest.importorskip(executors.SLURM)
    monkeypatch.setattr(plugin, "get_min_job_age", lambda: None)  # as while its controller is away
    monkeypatch.setattr(plugin, "is_query_tool_available", lambda tool: True)
    assert any("Falling back to 'sacct'" in text for text in asked_of_slurm(plugin))
    settings = SimpleNamespace(status_command="squeue")
    executors.ask_squeue(SimpleNamespace(executor_settings=settings))
    assert not any("sacct" in text for text in asked_of_slurm(plugin))


SNAKEFILE = """
import sys
sys.path.insert(0, "{root}")
from workflow import executors, storage

looked = []

onstart:
    {patch}
    again = workflow.scheduler._schedule_reevalutation
    workflow.scheduler._schedule_reevalutation = lambda delay: (looked.append(delay), again(delay))

onsuccess:
    print("looked again", len(looked))

rule all:
    input: ["1", "2"]

rule one:
    output: "{{name}}"
    wildcard_constraints: name="[0-9]"
    shell: "touch {{output}}"
"""


@pytest.mark.slow
@pytest.mark.parametrize(("patch", "expected"), [("pass", True), ("executors.unlimited(workflow)", False)])
def test_snakemake_looks_through_all_jobs_again_when_one_has_ended(tmp_path: Path, patch: str, expected: bool) -> None:
    """executors.unlimited"""
    (tmp_path / "Snakefile").write_text(SNAKEFILE.format(root=ROOT, patch=patch))
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--quiet", "all"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, env=environment())
    assert ("looked again 0" not in done.stdout) is expected, done.stdout + done.stderr


def test_dvc_reads_its_parameters_many_times_for_one_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """storage.alone, its way to load parameters"""
    from dvc.repo import Repo
    from dvc.utils import serialize

    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("a: 1\nb: 2\n")
    (tmp_path / "dvc.yaml").write_text("stages: {cut: {cmd: touch out, params: [a, b], outs: [out]}}")
    read = []

    def load(path: str, fs: object = None, **options: object) -> Any:
        read.append(path)
        return serialize.load_yaml(path, fs=fs, **options)

    monkeypatch.setitem(serialize.LOADERS, ".yaml", load)
    with Repo.init(no_scm=True) as repo:
        repo.reproduce("cut")
    assert sum(path.endswith("params.yaml") for path in read) > 2


class Counted(dict[str, Any]):
    """A mapping that counts how often all that it holds is gone through."""

    gone_through = 0

    def items(self) -> Any:
        Counted.gone_through += 1
        return super().items()


def test_dvc_goes_through_all_parameters_for_each_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """storage.find"""
    from dvc.dependency import param

    document = {"models": Counted(one={"rates": [0.1, {"last": None}]}, other={})}
    keys = ["models.one.rates", "models.one.rates.1", "models.one.rates.1.last", "models.other"]
    missing = ["models.two", "models.one.rates.2", "models.one.rates.first", "models.other.rates"]
    monkeypatch.setattr(param, "load_path", lambda path, fs: document)
    theirs = param.read_param_file(None, "params.yaml", [*keys, *missing], flatten=True)
    assert Counted.gone_through > len(keys)
    monkeypatch.setattr(param, "dpath", SimpleNamespace(get=storage.find))
    Counted.gone_through = 0
    assert param.read_param_file(None, "params.yaml", [*keys, *missing], flatten=True) == theirs
    assert list(theirs) == keys
    assert not Counted.gone_through


def test_dvcs_locks_name_processes_and_not_their_machine(tmp_path: Path) -> None:
    """storage.alone, its locks"""
    from dvc.fs import localfs
    from dvc.rwlock import rwlock

    with rwlock(str(tmp_path), localfs, "repro", [], [str(tmp_path / "out")], False):
        (info,) = json.loads((tmp_path / "rwlock").read_text())["write"].values()
    assert info == {"pid": os.getpid(), "cmd": "repro"}


def walked(top: Path) -> set[str]:
    """The names that DVC finds in a folder."""
    from dvc.fs import localfs

    return {name for _, _, names in localfs.walk(str(top)) for name in names}


def test_dvc_looks_into_no_linked_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """storage.follow_links"""
    from dvc_objects.fs import local

    monkeypatch.setattr(local, "os", os)
    for name in ("source/own.png", "elsewhere/linked.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    (tmp_path / "source/more").symlink_to("../elsewhere")
    (tmp_path / "source/.#dead.py").symlink_to("nowhere")
    assert walked(tmp_path / "source") == {"own.png", ".#dead.py"}
    storage.follow_links()
    storage.follow_links()
    assert walked(tmp_path / "source") == {"own.png", "linked.png"}
    monkeypatch.chdir(tmp_path / "source")
    assert walked(tmp_path / "source") == {"own.png"}
