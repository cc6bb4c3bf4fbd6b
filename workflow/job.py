"""The action of every rule: what `dvc repro --single-item` does with a stage, fit for many jobs on many machines.

What the stage reads is checked (workflow/guard.py), what it gave before with the same inputs is brought from the remote
(workflow/restore.py), then DVC decides by content whether its command is executed, and what came out is left to be
recorded in dvc.lock (workflow/recording.py).

    python -m workflow.job STAGE
"""

import argparse
import gc
import os
import signal
import sys
from collections.abc import Collection, Container, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from darkroom.core.errors import UserError
from darkroom.pipeline import command, template, versions
from workflow import jobs, listings, lock, recording, storage
from workflow.changes import is_elsewhere, is_outside
from workflow.guard import bring_back, check_whole, guard
from workflow.hashes import files_below
from workflow.producers import Producers
from workflow.restore import forget, restore

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import PipelineStage

TOOLS = ("dvc", "snakemake")
SHELLS = 128
"""What a shell adds to the number of the signal that ended a command."""
LAST_WORDS = 10.0
"""Seconds that a command has to end by itself when its job is stopped."""


class Stages:
    """The stages of dvc.yaml, filled in, for DVC to load one by one."""

    def __init__(self) -> None:
        self.definitions, self.values = template.read_documents()
        self.expanded = template.expand(self.definitions, self.values)
        self.producers = Producers((out, one.name) for one in self.expanded.values() for out in one.outs)

    def stage(self, name: str) -> template.Stage:
        """Return a stage.

        Raises:
            UserError: there is none of this name.
        """
        if name not in self.expanded:
            raise UserError(f"{template.FILE}: no stage {name}; there is {', '.join(self.expanded)}")
        return self.expanded[name]

    def outs_read(self, stage: template.Stage) -> list[tuple[str, str]]:
        """Return what other stages write of what a stage depends on, each with the stage that writes it."""
        return [(out, self.producers[out]) for dep in stage.deps for out in self.producers.behind(dep)]

    def loaded(self, repo: "Repo", names: Collection[str]) -> "dict[str, PipelineStage]":
        """Return stages as DVC has them, with what is recorded of them at this moment."""
        recorded = lock.recorded(names)
        definitions = {
            name: template.fill_definition(self.expanded[name], self.definitions, self.values) for name in names
        }
        return {name: storage.loaded(repo, name, definitions[name], recorded[name]) for name in names}


def executed(name: str, stages: Stages) -> None:
    """Have a stage's outputs as its inputs of this moment give them, and leave what is to be recorded of it.

    Raises:
        UserError: its source is not here or cannot be read, what was made for it is not what it was, its command was
            ended, or DVC did not record all that it wrote.
        SystemExit: its command failed, and has said why.
    """
    from dvc.stage.serialize import to_single_stage_lockfile

    stage = stages.stage(name)
    with storage.alone(stage.params) as repo:
        load = partial(stages.loaded, repo)
        if source := next(filter(is_elsewhere, stage.deps), None):
            bring_back(load([name])[name], source)
            return
        for source in filter(is_outside, stage.deps):
            files_below(Path(source))  # DVC would say nothing of a name that it cannot write
        guard(stages.outs_read(stage), load)
        if said := restore(repo, load([name])[name]):
            print(f"[restore {name}] {said}", file=sys.stderr)
        reproduced = reproduce(load([name])[name])
        try:
            check_whole(reproduced or load([name])[name])
        except UserError:
            forget(repo, load([name])[name])
            raise
        if reproduced:
            recording.keep(name, to_single_stage_lockfile(reproduced))
            list_read(reproduced, stages.producers)


def list_read(stage: "PipelineStage", made: Container[str]) -> None:
    """Keep the lists of the files in the folders that a stage has read; of those ``made`` by stages DVC's cache has."""
    from dvc_data.hashfile.tree import Tree

    for dep in stage.deps:
        if isinstance(dep.obj, Tree) and dep.def_path not in made:
            listings.keep(dep.hash_info.value, {"/".join(key): one.value for key, _, one in dep.obj})


def reproduce(stage: "PipelineStage") -> "PipelineStage | None":
    """Let DVC take a stage's outputs from its cache or execute its command; return the stage if that is to be recorded.

    Raises:
        UserError: the command was ended from outside.
        SystemExit: the command failed, and has said why.
    """
    from dvc.stage.exceptions import StageCmdFailedError

    try:
        return stage.reproduce()
    except StageCmdFailedError as error:
        number = signal_of(int(str(error).rpartition(" ")[2]))
        if number is None:
            sys.exit(1)
        if number == signal.SIGINT:
            sys.exit(jobs.STOPPED)
        hint = ", as of a system that is out of memory: give the rule more mem_mb" if number == signal.SIGKILL else ""
        raise UserError(f"its process was ended by signal {number}{hint}") from None


def signal_of(status: int) -> int | None:
    """Return the signal that ended a command, by its exit status or its shell's; ``None`` if it ended by itself."""
    number = -status if status < 0 else status - SHELLS
    return number if number in set(signal.Signals) else None


def described(job: jobs.Job, stage: template.Stage) -> str:
    """Return in a line where a job runs, with what, and the versions that it computes with."""
    libraries = versions.find_installed([*TOOLS, *stage.params.get(str(versions.FILE), ())])
    used = ", ".join(f"{name} {version}" for name, version in libraries.items())
    gpus = "not assigned" if job.gpus is None else job.gpus or "none"
    python = ".".join(map(str, sys.version_info[:3]))
    return (
        f"job {job.stage} on {job.host}, process {job.pid}, threads {job.threads}, GPU {gpus}; python {python}, {used}"
    )


def stop_children() -> None:
    """End what this process started, politely, then not."""
    children = psutil.Process().children(recursive=True)
    for child in children:
        child.terminate()
    for child in psutil.wait_procs(children, timeout=LAST_WORDS)[1]:
        child.kill()


def main(argv: Sequence[str] | None = None) -> None:
    """Do the job that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", help="a stage of dvc.yaml with its key, such as train@cnn")
    parser.add_argument("--log", help="where what is printed here is kept, for make status")
    options = parser.parse_args(argv)
    os.environ[command.OURS] = options.stage
    gc.disable()  # it would go through the parameters of a thousand models again and again
    stages = Stages()
    stage = stages.stage(options.stage)
    with jobs.working(stage.name, options.log) as job:
        print(described(job, stage), flush=True)
        try:
            executed(stage.name, stages)
        except KeyboardInterrupt:
            stop_children()
            raise


if __name__ == "__main__":
    command.run(main)
