"""The commit that recorded each entry of dvc.lock, as git knows it."""

import re
from pathlib import Path

from darkroom.pipeline import git

BLAMED = re.compile(r"^([0-9a-f]{40}) \d+ \d+")
ENTRY = re.compile(r"^  (\S+):$")
NOT_COMMITTED = "0" * 40


def find_recording_commits(file: Path) -> dict[str, str]:
    """Return the commit that last wrote to each stage's entry of dvc.lock; an entry not committed has none."""
    order = _print_lines("rev-list", "--full-history", "--topo-order", "--reverse", "HEAD", "--", str(file))
    age = {commit: number for number, commit in enumerate([*order, NOT_COMMITTED])}
    latest: dict[str, str] = {}
    stage, commit = None, ""
    for line in _print_lines("blame", "--line-porcelain", "--", str(file)):
        if match := BLAMED.match(line):
            commit = match[1]
        elif line.startswith("\t"):
            if match := ENTRY.match(line[1:]):
                stage = match[1]
            if stage is not None:
                latest[stage] = max(latest.get(stage, commit), commit, key=lambda one: age.get(one, -1))
    return {stage: commit for stage, commit in latest.items() if commit != NOT_COMMITTED}


def _print_lines(*arguments: str) -> list[str]:
    """Return what git prints; nothing where there is no git or repository, or the file was never committed."""
    return (git.printed(*arguments) or "").splitlines()
