"""Files and folders that are whole or absent: written beside their place, then renamed.

The name beside says which process writes, so that what a killed one left can be told from what is being written. It is
hidden, and no hidden folder of a user's is a class; it is drawn, as processes on two nodes may have the same number.
"""

import hashlib
import json
import os
import re
import secrets
import shutil
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # Snakemake starts with this module; pandas would cost it half a second
    import pandas


BESIDE = ".darkroom-"
"""The beginning of a name that is being written; .dvcignore and .gitignore leave such names out."""
WRITER = re.compile(rf"{re.escape(BESIDE)}([0-9a-f]{{8}})-([0-9]+)-[0-9a-f]{{8}}")
"""The rest of such a name: the machine and the process that write, and what was drawn."""
NAMESPACE = Path("/proc/self/ns/pid")
"""The link that tells which processes have numbers of the same count."""
FORGOTTEN = 24 * 3600
"""Seconds after which what another machine has not finished writing counts as left by a process that was killed."""
AT_ONCE = 1024
"""Rows of a table that are text at a time."""
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold: given to every member, so that equal files make equal archives."""


def name_beside(path: Path) -> Path:
    """Return a new name in the folder of ``path``, with its suffix, for what is to become ``path``."""
    return path.with_name(f"{BESIDE}{_machine()}-{os.getpid()}-{secrets.token_hex(4)}{path.suffix}")


def is_abandoned(path: Path) -> bool:
    """Return whether ``path`` is half-written, and the process that wrote it is gone.

    Processes of another machine, or container, cannot be seen: what one of them left is given a day.
    """
    writer = WRITER.match(path.name)
    if writer is None:
        return False
    if writer[1] == _machine():
        return not _is_alive(int(writer[2]))
    try:
        return time.time() - path.lstat().st_mtime > FORGOTTEN
    except FileNotFoundError:  # renamed to what it was to become
        return False


def _machine() -> str:
    """Return what stands for this machine, and for the container whose processes have numbers of their own."""
    return f"{zlib.crc32(f'{socket.gethostname()} {NAMESPACE.readlink()}'.encode()):08x}"


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Give a file name to write to; on success it becomes ``path``, on any failure nothing is left.

    The name given has the suffix of ``path``, so that writers that look at it behave the same.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = name_beside(path)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replace_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder to fill; on success it replaces ``path``, on any failure nothing is left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = name_beside(path)
    temporary.mkdir()
    try:
        yield temporary
        shutil.rmtree(path, ignore_errors=True)
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` as UTF-8."""
    with replace_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Any) -> None:
    """Write ``content`` to ``path`` as indented JSON."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Return the content of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_table(path: Path, table: "pandas.DataFrame") -> None:
    """Write ``table`` to ``path`` as CSV, without its index; floats keep seven significant digits."""
    with replace_file(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.7g", lineterminator="\n", chunksize=AT_ONCE)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
