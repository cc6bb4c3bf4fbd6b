"""What git prints."""

import subprocess
from contextlib import suppress
from pathlib import Path

from darkroom.core.errors import UserError


def printed(*arguments: str | Path) -> str | None:
    """Return what git printed, or ``None`` where it failed or is not there."""
    with suppress(UserError):
        return output(*arguments)
    return None


def output(*arguments: str | Path) -> str:
    """Return what git printed.

    Raises:
        UserError: git is not there, or refused.
    """
    try:
        return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        raise UserError("git is missing; install it (Debian, Ubuntu: apt install git)") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().splitlines() or [f"ended with {error.returncode}"]
        raise UserError(f"git {arguments[0]}: {said[-1]}") from None
