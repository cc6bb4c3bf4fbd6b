"""What every stage's command line shares: arguments from dvc.yaml, and errors in one line."""

import argparse
import errno
import shlex
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from stages import template
from stages.errors import UserError


def parsed(parser: argparse.ArgumentParser, verb: str, argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the arguments; what ``argv`` leaves out is taken from the stage's command in dvc.yaml.

    The parser's first argument is ``key``; its options default to ``None``.

    Raises:
        UserError: an option is missing and dvc.yaml has no such stage.
    """
    parser.prog = f"python -m stages.{verb}"
    given = parser.parse_args(argv)
    missing = [name for name, value in vars(given).items() if value is None]
    if not missing:
        return given
    known = template.stages()
    stage = known.get(f"{verb}@{given.key}")
    if stage is None:
        keys = ", ".join(entry.key or "" for entry in known.values() if entry.verb == verb)
        raise UserError(
            f"dvc.yaml has no stage {verb}@{given.key}; there is {keys or 'none'}; "
            "give every option, or, if params.yaml was just edited, run python -m stages.plan"
        )
    recorded = parser.parse_args(shlex.split(stage.command)[3:])
    return argparse.Namespace(**{**vars(given), **{name: getattr(recorded, name) for name in missing}})


def train(
    verb: str,
    section: str,
    description: str | None,
    folders: Mapping[str, str],
    work: Callable[[argparse.Namespace], None],
    argv: Sequence[str] | None,
) -> None:
    """Parse the command line that every way of training shares, and do its ``work``.

    ``folders`` are the options that name a folder, with their meaning; ``section`` is the one of params.yaml where
    ``--model`` stands, which errors name.

    Raises:
        UserError: of the command line, or of ``work``, with the model's key before it.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("key", help="the training: a name in params.yaml, or <name>-replicate-<n>")
    parser.add_argument("--model", help=f"its name in {section} of params.yaml")
    parser.add_argument("--replicate", type=int, help="from 1")
    for name, meaning in folders.items():
        parser.add_argument(f"--{name}", type=Path, help=meaning)
    options = parsed(parser, verb, argv)
    try:
        work(options)
    except UserError as error:
        raise UserError(f"{section}.{options.model}: {error}") from None


def run(main: Callable[[], None]) -> None:
    """Run a stage's ``main`` and turn what a user can mend into one line and exit status 1."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a scheduler's end leaves no half-written file either
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            if error.filename is None:
                raise
            sys.exit(f"error: {error.filename}: {error.strerror}")
        sys.exit(f"error: the disk is full ({error.filename or 'while writing'}); free some space and run again")
    except KeyboardInterrupt:
        sys.exit(130)
