"""What git prints."""

import subprocess
from pathlib import Path

from darkroom.core.errors import UserError


def printed(*arguments: str | Path) -> str | None:
    """Return what git printed, or ``None`` where it failed or is not there."""
    try:
        return output(*arguments)
    except UserError:
        return None


def output(*arguments: str | Path) -> str:
    """Return what git printed.

    Raises:
        UserError: git is not there, or refused.
    """
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise UserError("git is missing; install it (Debian, Ubuntu: apt install git)") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
        raise UserError(f"git {arguments[0]}: {said[-1]}")
    return done.stdout
