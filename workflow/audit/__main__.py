"""Show where results came from, down to the archives and weights that were brought in, and verify that all still holds.

    python -m workflow.audit PATH…                             a tree, for a terminal or a pipe
    python -m workflow.audit PATH… --format json               its facts as data
    python -m workflow.audit PATH… --format html --out FILE    a page to open in a browser
    python -m workflow.audit PATH… --format ro-crate FOLDER    a Workflow Run Crate
    python -m workflow.audit PATH… --verify                    read and hash everything again
    python -m workflow.audit PATH… --verify --environment      and every file of the installed libraries

PATH is a file or folder that a stage wrote: a result, figure, model, view or archive. The exit code is 0 where all was
shown (or, with --verify, holds), 1 at the first mismatch of --verify, 2 where what was asked for cannot be answered.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from darkroom.core.errors import UserError
from darkroom.core.files import write_text
from darkroom.core.one_line import LINES, escape_controls
from darkroom.pipeline import command, template
from darkroom.reporting.quantities import counted, duration, size
from workflow import digest_records, listings, recording
from workflow.audit import document, lineage, page, text
from workflow.audit.facts import Audit
from workflow.changes import Inspection
from workflow.contents import Contents

CRATE = "ro-crate"
WIDTH = 120
"""Columns of text that goes to no terminal."""


def draw_tree(audit: Audit) -> str:
    """Return the audit as text, as wide as the terminal."""
    return text.render(audit, shutil.get_terminal_size((WIDTH, 0)).columns)


FORMATS: dict[str, Callable[[Audit], str]] = {"tree": draw_tree, "json": document.render, "html": page.render}


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's ``paths``, ``format``, ``out``, ``data``, ``verify`` and ``environment``.

    Raises:
        UserError: there is no path, the format is not known or lacks its folder, or an option lacks another.
    """
    parser = argparse.ArgumentParser(
        prog="python -m workflow.audit", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="a file or folder that a stage wrote")
    parser.add_argument("--format", nargs="+", metavar=("FORMAT", "FOLDER"), help=f"{', '.join(FORMATS)}, or {CRATE}")
    parser.add_argument("--out", type=Path, help="the file to write, or the folder of a crate")
    parser.add_argument("--data", action="store_true", help=f"with {CRATE}: hold archives, images and views too")
    parser.add_argument("--verify", action="store_true", help="read and hash everything upstream again")
    parser.add_argument("--environment", action="store_true", help="with --verify: the installed libraries too")
    given = parser.parse_intermixed_args(argv)
    given.format, *others = given.format or [None]
    if given.format not in (None, CRATE, *FORMATS):
        raise UserError(f"--format: {given.format!r}: allowed: {', '.join(FORMATS)}, {CRATE}")
    if given.format == CRATE and given.out is None:
        if not others:
            raise UserError(f"--format {CRATE}: name the folder to write, as in --format {CRATE} ../crate")
        given.out = Path(others.pop(0))
    given.paths += others
    if given.environment and not given.verify:
        raise UserError("--environment: compares files by hash: add --verify")
    if not given.paths:
        raise UserError("PATH: missing: name a file or folder in data, models or results")
    return given


def report(paths: Sequence[str], inspection: Inspection, said_to: Callable[[str], None]) -> bool:
    """Verify everything upstream of ``paths``, say how it went, and return whether all holds."""
    from workflow.audit.verification import verify

    found = verify(paths, inspection)
    if not found.executions_known:
        said_to("DVC's run cache is not here (make pull), so whether executions made what dvc.lock says is not known.")
    for source in found.elsewhere:
        said_to(f"{source} is not here, so what was brought from it is not compared with it.")
    if found.mismatch:
        said_to(f"mismatch: {found.mismatch}")
        return False
    counts = f"{counted(found.steps, 'step')}, {counted(found.files, 'file')}, {size(found.bytes)}"
    lacking = f"; {counted(found.without_sha256, 'step')} recorded without SHA-256" if found.without_sha256 else ""
    said_to(f"verified: {counts}, in {duration(found.seconds)}{lacking}")
    return True


def report_environment(said_to: Callable[[str], None]) -> bool:
    """Verify the installed libraries, say how that went, and return whether they are as they were installed."""
    from workflow.audit import installed

    found = installed.verify()
    for line in found.mismatches[: text.NAMED]:
        said_to(f"mismatch: {line}")
    if more := len(found.mismatches[text.NAMED :]):
        said_to(f"and {more} more")
    counts = f"{counted(found.packages, 'package')}, {counted(found.files, 'file')}, {size(found.bytes)}"
    if not found.mismatches:
        said_to(f"environment: {counts} as their packages list them, in {duration(found.seconds)}; {installed.UNKNOWN}")
    return not found.mismatches


def show(given: argparse.Namespace, inspection: Inspection) -> None:
    """Write the audit of ``given.paths`` in the form asked for."""
    audit = Audit(tuple(given.paths), tuple(lineage.trace(given.paths, inspection)))
    form = given.format or "tree"
    if form == CRATE:
        from workflow.audit import crate

        crate.write(given.out, audit.steps, given.paths, () if given.data else crate.DATA)
        print(f"wrote {given.out}")
        return
    shown = FORMATS[form](audit)
    if given.out:
        write_text(given.out, shown)
    else:
        print(escape_controls(shown, LINES), end="", flush=True)
    if form != "tree" or given.out:
        _print_error(text.conclude(audit))


def _print(text: str) -> None:
    print(escape_controls(text, LINES))


def _print_error(text: str) -> None:
    print(escape_controls(text, LINES), file=sys.stderr)


def main(argv: Sequence[str] | None = None) -> None:
    """Audit, as the command line asks."""
    try:
        given = parse_arguments(argv)
        contents = Contents()
        cache = listings.cache()
        entries = {name: digest_records.attach(cache, entry) for name, entry in recording.read().items()}
        inspection = Inspection(template.read_stages(), entries, contents)
        said_to = _print_error if given.format else _print
        if given.verify and not report(given.paths, inspection, said_to):
            sys.exit(1)
        if given.environment and not report_environment(said_to):
            sys.exit(1)
        if given.format or not given.verify:
            show(given, inspection)
            contents.keep()
    except UserError as error:
        _print_error(f"error: {error}")
        sys.exit(2)
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    command.run(main)
