"""Command lines of stages: arguments from dvc.yaml, and a record of the run."""

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from darkroom.core import facts, program
from darkroom.core.errors import UserError
from darkroom.core.files import write_json
from darkroom.core.provenance import NOTES, describe_record
from darkroom.params.replicates import Replicate
from darkroom.pipeline import record, template, versions

LOCKS = Path(".snakemake/locks")
"""A Snakemake that is at work has files here."""
AT_WORK = "a snakemake is at work here: wait for its end, or if it was killed: snakemake --unlock"
OURS = "DARKROOM_JOB"
"""The variable by which a stage knows that a job of Snakemake's runs it."""


def parse(parser: argparse.ArgumentParser, verb: str, argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the arguments; what ``argv`` leaves out is taken from the stage's command in dvc.yaml.

    The parser's first argument is ``key``; its options default to ``None``.

    Raises:
        UserError: an option is missing and dvc.yaml has no such stage.
    """
    parser.prog = f"python -m stages.{verb}"
    parser.epilog = "--record FILE also writes what the run cost: seconds, memory, machine, versions."
    given = parser.parse_args(argv)
    missing = [name for name, value in vars(given).items() if value is None]
    if not missing:
        return given
    known = template.read_stages()
    stage = known.get(f"{verb}@{given.key}")
    if stage is None:
        keys = ", ".join(entry.key or "" for entry in known.values() if entry.verb == verb)
        raise UserError(
            f"dvc.yaml has no stage {verb}@{given.key}; there is {keys or 'none'}; "
            "give every option, or, if params.yaml was just edited, run python -m darkroom.pipeline.plan"
        )
    recorded = parser.parse_args(_split_record(shlex.split(stage.command)[3:])[1])
    return argparse.Namespace(**{**vars(given), **{name: getattr(recorded, name) for name in missing}})


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Let a stage take a trained model, the view that it is shown, what images that has, and a folder to write."""
    parser.add_argument("--model", type=Path, help="the model's folder")
    parser.add_argument("--view", type=Path, help="the view's folder")
    parser.add_argument("--dataset", help="key of the dataset that the view shows")
    add_images_option(parser)
    parser.add_argument("--out", type=Path, help="folder to write")


def add_images_option(parser: argparse.ArgumentParser) -> None:
    """Let a stage be told what its images are, so that what it writes says so."""
    parser.add_argument("--images-are", choices=NOTES, help="drawn by a program, or delivered by a source")


def _split_record(arguments: Sequence[str]) -> tuple[Path | None, list[str]]:
    """Return the file that ``--record`` names, and the other arguments."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--record", type=Path)
    options, others = parser.parse_known_args(arguments)
    return options.record, others


def run_training(
    verb: str,
    place: Callable[[str], str],
    description: str | None,
    folders: Mapping[str, str],
    work: Callable[[argparse.Namespace], None],
    argv: Sequence[str] | None,
) -> None:
    """Parse the command line that every way of training shares, and do its ``work``.

    ``folders`` are the options that name a folder, with their meaning; ``place`` gives the key of params.yaml where
    ``--model`` stands, which errors name.

    Raises:
        UserError: of the command line, or of ``work``, with the model's key before it.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("key", help="the training run: a name in params.yaml, or <name>-replicate-<n>")
    parser.add_argument("--model", help="its name in params.yaml")
    parser.add_argument("--replicate", type=Replicate.parse, help="from 1; n-of-k: fold n of k is held out")
    for name, meaning in folders.items():
        parser.add_argument(f"--{name}", type=Path, help=meaning)
    add_images_option(parser)
    options = parse(parser, verb, argv)
    try:
        work(options)
    except UserError as error:
        raise UserError(f"{place(options.model)}: {error}") from None
    facts.tell(describe_record(NOTES[options.images_are]))


def is_snakemake_at_work() -> bool:
    """Return whether Snakemake is at work in this folder, or was killed, by its locks."""
    return any(LOCKS.glob("*"))


def check_alone() -> None:
    """Check that no Snakemake is at work here that did not start this process, and may be making the same files.

    Raises:
        UserError: there is one, or one that was killed.
    """
    if OURS not in os.environ and is_snakemake_at_work():
        raise UserError(AT_WORK)


def check_plan() -> None:
    """Check that DVC has not expanded dvc.yaml over a plan that is behind params.yaml; Snakemake's jobs need not ask.

    In a process of its own: what that reads decides nothing of what the stage makes.

    Raises:
        UserError: it has, or params.yaml is not valid.
    """
    if OURS not in os.environ and os.environ["DVC_STAGE"] != template.CHECK:
        variables = {name: value for name, value in os.environ.items() if name != "DVC_STAGE"}
        asked = [sys.executable, "-m", "darkroom.pipeline.plan", "--check"]
        done = subprocess.run(asked, env=variables, capture_output=True, text=True, check=False)
        if done.returncode:
            raise UserError(done.stderr.strip().rpartition("error: ")[2] or "darkroom.pipeline.plan --check failed")


def run(main: Callable[[Sequence[str]], None]) -> None:
    """Run a stage's ``main`` with the command line, and end whatever goes wrong in one line and exit status 1.

    When it is done, its record is written to the file that ``--record`` names. DVC runs a stage only where the
    installed libraries are those that it records.
    """

    def check_and_record(arguments: Sequence[str]) -> None:
        if "DVC_STAGE" in os.environ:
            check_alone()
            check_plan()
            versions.check(os.environ["DVC_STAGE"])
        file, others = _split_record(arguments)
        main(others)
        if file:
            write_json(file, record.describe_process())

    program.run(check_and_record)
