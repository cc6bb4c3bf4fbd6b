"""The action of every rule: what `dvc repro --single-item` does with a stage, fit for many jobs on many machines.

What the stage reads is checked (workflow/guard.py), what it gave before with the same inputs is brought from the remote
(workflow/sharing.py), then DVC decides by content whether its command is executed, and what came out is recorded
(workflow/recording.py).

    python -m workflow.job STAGE
"""

import argparse
import gc
import os
import platform
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from darkroom.core.errors import UserError
from darkroom.pipeline import command, template, versions
from workflow import digest_records, digests, jobs, listings, recording, sharing, storage
from workflow.changes import Inspection, is_elsewhere, is_outside
from workflow.contents import Contents
from workflow.guard import bring_back, check_whole, guard
from workflow.hashes import files_below

if TYPE_CHECKING:
    from dvc.stage import PipelineStage

TOOLS = ("dvc", "snakemake")
SHELLS = 128
"""What a shell adds to the number of the signal that ended a command."""
LARGE = 2**26
"""Bytes that are worth not being read again by the next job."""
LAST_WORDS = 10.0
"""Seconds that a command has to end by itself when its job is stopped."""


def executed(name: str, stages: Mapping[str, template.Stage], definition: Mapping[str, Any]) -> None:
    """Have a stage's outputs as its inputs of this moment give them, and record it.

    Raises:
        UserError: its source is not here or cannot be read, what was made for it is not what it was, its command was
            ended, or DVC did not record all that it wrote.
        SystemExit: its command failed, and has said why.
    """
    from dvc.dvcfile import load_file
    from dvc.stage.loader import StageLoader
    from dvc.stage.serialize import to_single_stage_lockfile
    from dvc_data.hashfile.tree import Tree

    def stage() -> "PipelineStage":
        """Return the stage as DVC has it, by dvc.yaml and by what is recorded of it."""
        entry = recording.of([name]).get(name)
        return StageLoader.load_stage(load_file(repo, str(template.FILE)), name, definition, entry and entry.content)

    inspection = Inspection(stages, {}, Contents())
    inspection.entries = recording.of({name, *inspection.before(name)})
    with storage.alone(stages[name].params) as repo:
        if any(map(is_elsewhere, stages[name].deps)):
            bring_back(name, inspection, repo)
            return
        for source in filter(is_outside, stages[name].deps):
            files_below(Path(source), dead_links=False)  # DVC would say nothing of a name that it cannot write
        guard(name, inspection, repo)
        inspection.contents.keep(LARGE)
        if said := sharing.restore(repo, stage()):
            print(f"[restore {name}] {said}", file=sys.stderr)
        with digests.listen() as heard:
            reproduced = reproduce(stage())
        try:
            check_whole(reproduced or stage())
        except UserError:
            sharing.forget(repo, stage())
            raise
        if reproduced:
            recording.keep(name, to_single_stage_lockfile(reproduced))
            digest_records.keep(inspection.cache, recording.of([name])[name], inspection.contents, heard)
            inspection.contents.keep(LARGE)
            for dep in reproduced.deps:
                if isinstance(dep.obj, Tree) and dep.def_path not in inspection.producers:
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
        if number in (None, signal.SIGINT):
            sys.exit(1 if number is None else jobs.STOPPED)
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
    where = f"on {job.host}, process {job.pid}, threads {job.threads}, GPU {gpus}"
    return f"job {job.stage} {where}; python {platform.python_version()}, {used}"


def main(argv: Sequence[str] | None = None) -> None:
    """Do the job that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", help="a stage of dvc.yaml with its key, such as train@cnn")
    parser.add_argument("--log", help="where what is printed here is kept, for make status")
    options = parser.parse_args(argv)
    os.environ[command.OURS] = options.stage
    gc.disable()  # it would go through the parameters of a thousand models again and again
    definitions, values = template.read_documents()
    stages = template.expand(definitions, values)
    if options.stage not in stages:
        raise UserError(f"{template.FILE}: no stage {options.stage}; there is {', '.join(stages)}")
    stage = stages[options.stage]
    if not options.log:  # by hand: no Snakemake has brought the shards up to date
        recording.join(stages)
    with jobs.working(stage.name, options.log) as job:
        print(described(job, stage), flush=True)
        try:
            executed(stage.name, stages, template.fill_definition(stage, definitions, values))
        except KeyboardInterrupt:
            children = psutil.Process().children(recursive=True)
            for child in children:
                child.terminate()
            for child in psutil.wait_procs(children, timeout=LAST_WORDS)[1]:
                child.kill()
            raise


if __name__ == "__main__":
    command.run(main)
