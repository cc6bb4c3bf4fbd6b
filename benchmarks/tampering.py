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
