"""Where an app writes: files that are whole or absent, folders in which nothing is lost, or standard output."""

import io
import os
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from darkroom.core.errors import UserError
from darkroom.core.files import replace_file


def check_destination(out: Path | None, files: Sequence[Path]) -> Path | None:
    """Return ``out``.

    Raises:
        UserError: it is a folder, or one of the images.
    """
    if out and out.is_dir():
        raise UserError(f"{out}: is a folder; name a file to write")
    if out and out.exists() and any(out.samefile(file) for file in files if file.exists()):
        raise UserError(f"{out}: is one of the images; name another file to write")
    return out


@contextmanager
def open_destination(out: Path | None) -> Iterator[TextIO]:
    """Give a stream to the file ``out``, which is whole or absent, or standard output, whose reader may leave early."""
    if out:
        with replace_file(out) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        return
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # for terminals of fewer letters than file names have
    try:
        yield sys.stdout
        sys.stdout.flush()
    except BrokenPipeError:  # as of `… | head`: what is left goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def check_folder(out: Path, written: Collection[str], mark: str) -> Path:
    """Return ``out``, which is new, empty, or holds what was written earlier: some of ``written``, ``mark`` among it.

    Raises:
        UserError: it is a file, the working folder or around it, or holds something else.
    """
    if Path.cwd().is_relative_to(out.resolve()):
        raise UserError(f"{out}: is the folder that this runs in, or lies around it; name a new folder")
    if out.exists() and not out.is_dir():
        raise UserError(f"{out}: is a file; name a folder")
    held = {path.name for path in out.iterdir()} if out.is_dir() else set()
    if held and (held - set(written) or mark not in held):
        other = min(held - set(written), default=min(held))
        raise UserError(f"{out}: holds something else ({other}), which would be lost; name a new folder")
    return out


def check_new_file(out: Path) -> Path:
    """Return ``out``, which people fill in once it is written.

    Raises:
        UserError: it exists.
    """
    if out.exists():
        raise UserError(f"{out}: exists, and what was filled in there would be lost; name another file with --out")
    return out
