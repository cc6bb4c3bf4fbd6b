"""A small study on the test cluster: made by Snakemake through a profile of the workflow, and watched meanwhile."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from benchmarks.project import ROOT
from tests.cluster.processes import wait
from tests.cluster.slurm import Slurm
from tests.support.small_study import MODEL, ON_BACKBONE, small

HERE = Path(__file__).parent
STUDY = {"models": {"plain": MODEL, "frozen": ON_BACKBONE}, "studies.intel.models": ["plain", "frozen", "tuned"]}
"""One of each kind of training: from scratch, on a frozen backbone, and a fine-tune of that."""
VARIABLES = {"gpu": "preferred", "cores": 2}
"""What a site edits, for the test cluster: its nodes have two cores, and its GPUs are only allocated."""
AFTER_ONE_MODEL = [
    "compare@intel",
    "costs@intel",
    "evaluate@plain",
    "page@intel",
    "prepare@intel-150",
    "train@plain",
    "worksheet@intel",
]
"""The stages that run where a view and one model of three are to be made anew."""
END = 300.0
"""Seconds after which a run is taken to hang."""


def study(folder: Path) -> Path:
    """A copy of the sources with the small study, where nothing has run yet."""
    return small(folder, STUDY)


def profile(
    file: Path, name: str = "slurm", variables: Mapping[str, Any] = {}, memory: str | None = None, **changes: Any
) -> Path:
    """Write the workflow's profile ``name`` to ``file`` as it is for the test cluster, and return it.

    ``variables`` replace those that a site edits, ``memory``, in MB, is what a model's job asks for, and ``changes``
    replace other entries.
    """
    content = yaml.safe_load((ROOT / "workflow/profiles" / name / "profile.yaml").read_text())
    content["__variables__"] |= {**VARIABLES, **variables}
    if memory:
        for resources in content["set-resources"].values():
            resources["mem_mb"] = memory
    file.write_text(yaml.safe_dump({**content, **changes}))
    return file


@dataclass
class Event:
    """That a stage began or ended, as it noted itself; in which job of Slurm, and which GPU it was shown."""

    stage: str
    event: str
    time: float
    job: str | None
    gpu: str | None


@dataclass
class Run:
    """A Snakemake at work in ``folder``; ``gpus`` are the indices of those seen allocated to its jobs."""

    slurm: Slurm
    folder: Path
    process: subprocess.Popen[bytes]
    output: Path
    gpus: dict[str, str] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """What it has printed."""
        return self.output.read_text()

    def look(self) -> None:
        """Note what Slurm tells of a job only while it runs."""
        for job in self.slurm.jobs():
            if job.gpu:
                self.gpus[job.number] = job.gpu

    def wait_for(self, stage: str, event: str = "began") -> None:
        """Wait until a stage begins, or ends."""

        def happened() -> bool:
            assert self.process.poll() is None, f"Snakemake has ended:\n{self.said}"
            return (stage, event) in [(one.stage, one.event) for one in events(self.folder)]

        wait(happened, f"{stage} {event}\n{self.said}", END)

    def end(self) -> int:
        """Wait until it ends by itself, and return its exit status."""

        def ended() -> bool:
            self.look()
            return self.process.poll() is not None

        try:
            wait(ended, f"Snakemake ends\n{self.said}", END)
        finally:
            self.process.kill()
        return self.process.wait()


def start(slurm: Slurm, folder: Path, profile: Path, *arguments: str) -> Run:
    """Start Snakemake in ``folder`` with a profile; what it prints is kept beside the folder."""
    number = len(list(folder.parent.glob(f"{folder.name}-*.log")))
    output = folder.with_name(f"{folder.name}-{number}.log")
    command = [sys.executable, str(HERE / "impatient.py"), "--workflow-profile", str(profile), *arguments]
    environment = {**slurm.environment, "SHELL": str(HERE / "shell"), "TEST_CLUSTER_TRACE": str(trace(folder))}
    with output.open("wb") as file:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT)
    return Run(slurm, folder, process, output)


def trace(folder: Path) -> Path:
    """Where the stages in ``folder`` note that they begin and end."""
    return folder.with_name(f"{folder.name}.trace")


def events(folder: Path, since: float = 0) -> list[Event]:
    """Return what the stages in ``folder`` noted, all attempts of all runs, in the order of time."""
    if not trace(folder).exists():
        return []
    lines = [json.loads(line) for line in trace(folder).read_text().splitlines()]
    found = [Event(**line) for line in lines if line["time"] > since]
    return sorted(found, key=lambda event: event.time)


def began(folder: Path, since: float = 0) -> list[str]:
    """Return the stages that began, each as often as it did, sorted."""
    return sorted(one.stage for one in events(folder, since) if one.event == "began")
