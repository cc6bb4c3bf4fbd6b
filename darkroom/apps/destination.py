"""Where predictions go: a file that is whole or absent, or standard output."""

import io
import os
import sys
from collections.abc import Iterator, Sequence
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
