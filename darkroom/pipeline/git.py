"""What git prints."""

import os
import re
import subprocess
from contextlib import suppress
from pathlib import Path

from darkroom.core.errors import UserError

PROGRAM = re.compile(
    r"core\.(fsmonitor|hookspath|pager|sshcommand|askpass|editor|gitproxy|alternaterefscommand)|diff\.external"
    r"|(filter|diff|merge)\..+\.(clean|smudge|process|textconv|command|driver)|filter\..+\.required",
    re.IGNORECASE | re.DOTALL,
)
"""Settings that name a program for git to run."""
HARMLESS = {"textconv": "cat", "required": "false"}
"""What stands for such a setting, by the end of its name, where it may not be empty."""
ALONE = {"GIT_ALLOW_PROTOCOL": "none", "GIT_OPTIONAL_LOCKS": "0", "GIT_PAGER": "cat"}
"""Variables with which git brings nothing from elsewhere, and writes nothing."""


def printed(*arguments: str | Path) -> str | None:
    """Return what git printed, or ``None`` where it failed or is not there.

    It runs no program that the repository's own settings name, such as a filter or a monitor: they may be anybody's.
    """
    with suppress(UserError):
        return _run(arguments, {**os.environ, **ALONE, **_disarm()})
    return None


def output(*arguments: str | Path) -> str:
    """Return what git printed.

    Raises:
        UserError: git is not there, or refused.
    """
    return _run(arguments, None)


def _run(arguments: tuple[str | Path, ...], variables: dict[str, str] | None) -> str:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True, env=variables)
    except FileNotFoundError:
        raise UserError("git is missing; install it (Debian, Ubuntu: apt install git)") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().splitlines() or [f"ended with {error.returncode}"]
        raise UserError(f"git {arguments[0]}: {said[-1]}") from None
    return done.stdout


def _disarm() -> dict[str, str]:
    """Return variables that empty the settings of the repository by which git would run a program."""
    listed = _run(("config", "--list", "--show-scope", "--name-only", "--null"), None).split("\0")
    pairs = zip(listed[::2], listed[1::2], strict=False)
    names = {name for scope, name in pairs if scope in ("local", "worktree") and PROGRAM.fullmatch(name)}
    first = int(os.environ.get("GIT_CONFIG_COUNT", "0"))
    variables = {"GIT_CONFIG_COUNT": str(first + len(names))}
    for number, name in enumerate(sorted(names), first):
        variables[f"GIT_CONFIG_KEY_{number}"] = name
        variables[f"GIT_CONFIG_VALUE_{number}"] = HARMLESS.get(name.rpartition(".")[2], "")
    return variables
