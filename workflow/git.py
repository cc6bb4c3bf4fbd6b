"""What git knows: the commit that recorded each entry of dvc.lock."""

import re
import subprocess
from pathlib import Path

BLAMED = re.compile(r"^([0-9a-f]{40}) \d+ (\d+)")
ENTRY = re.compile(r"^  (\S+):$")
NOT_COMMITTED = "0" * 40


def recording_commits(file: Path) -> dict[str, str]:
    """Return the commit that last wrote to each stage's entry of dvc.lock; an entry not committed has none."""
    blamed = subprocess.run(
        ["git", "blame", "--line-porcelain", "--", str(file)], capture_output=True, text=True, check=False
    )
    if blamed.returncode:  # no repository, or the file was never committed
        return {}
    latest: dict[str, tuple[int, str]] = {}
    stage, commit, when = None, "", 0
    for line in blamed.stdout.splitlines():
        if match := BLAMED.match(line):
            commit = match[1]
        elif line.startswith("committer-time "):
            when = int(line.split()[1])
        elif line.startswith("\t"):
            if match := ENTRY.match(line[1:]):
                stage = match[1]
            if stage is not None:
                latest[stage] = max(latest.get(stage, (0, "")), (when, commit))
    return {stage: commit for stage, (_, commit) in latest.items() if commit != NOT_COMMITTED}
