"""Ways to tamper with a finished study: with the bytes of a file, and with what dvc.lock says of them."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml


def flip(file: Path) -> None:
    """Change the last byte of a file, and keep its size and time."""
    status, held = file.stat(), file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(held[:-1] + bytes([held[-1] ^ 1]))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def locked(folder: Path, forge: Callable[[dict[str, Any]], None]) -> None:
    """Edit dvc.lock as a forger would."""
    document = yaml.safe_load((folder / "dvc.lock").read_text())
    forge(document["stages"])
    (folder / "dvc.lock").write_text(yaml.safe_dump(document, sort_keys=False))


def out(stage: dict[str, Any], section: str, path: str) -> dict[str, Any]:
    """Return what an entry of dvc.lock says of a path among its ``deps`` or ``outs``."""
    return next(one for one in stage[section] if one["path"] == path)


def md5(file: Path) -> str:
    """Return the MD5 of a file, as dvc.lock has it."""
    return hashlib.md5(file.read_bytes()).hexdigest()


def append(file: Path, text: str) -> None:
    """Write ``text``, a line or more, at the end of a file, which need not be there."""
    with file.open("a", encoding="utf-8") as opened:
        opened.write(text)


def swap(one: Path, other: Path) -> None:
    """Let two files or folders have each other's name."""
    aside = one.with_name(f"{one.name}-aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def link(file: Path, elsewhere: Path) -> None:
    """Move a file or folder elsewhere, and leave a link to it in its place."""
    file.rename(elsewhere)
    file.symlink_to(elsewhere)


def redefine(folder: Path, verb: str, forge: Callable[[dict[str, Any]], None]) -> None:
    """Edit what dvc.yaml says of a stage, as a forger would."""
    document = yaml.safe_load((folder / "dvc.yaml").read_text())
    forge(document["stages"][verb]["do"])
    (folder / "dvc.yaml").write_text(yaml.safe_dump(document, sort_keys=False, width=1000))


def cached(folder: Path, digest: str) -> Path:
    """Return where DVC's cache in a folder keeps what has an MD5."""
    return folder / ".dvc/cache/files/md5" / digest[:2] / digest[2:]
