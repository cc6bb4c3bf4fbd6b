"""One fault in one copy of a finished study: injected, reported, mended, and what is true of the study after that."""

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import project, trivial
from benchmarks.faults.study import EDITS, Base

LIMIT = 900.0
"""Seconds after which a command is killed: it hangs."""
TOLD = re.compile(r"^(error: |restored |removed |\[[^\]]*@|\[[^\]]*\] (corrupt|waiting)|outputs |waiting |.* changed)")
"""How the lines begin that tell of a fault."""


class Trial:
    """A copy of a finished study, and what was said there; ``around`` and ``variables`` are what commands run with."""

    def __init__(self, base: Base, place: Path, edit: str) -> None:
        """Copy the study into the folder ``project`` of ``place``, with an edit that asks for a run."""
        self.base, self.edit, self.stack = base, edit, ExitStack()
        self.variables: dict[str, str | None] = {}
        self.around: list[str] = []
        self.said: list[tuple[int, str]] = []
        self.folder = base.copy(place)
        project.edit(self.folder, EDITS[edit])

    def run(self, *command: str, limit: float = LIMIT) -> int:
        """Run a command to its end, note what it says, and return its status."""
        process = self.start(*command)
        return self.end(process, limit)

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a command in a session of its own, or ``snakemake`` where none is given."""
        words = [*self.around, *(command or (sys.executable, "-m", "snakemake"))]
        return subprocess.Popen(
            words,
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )

    def environment(self) -> Mapping[str, str]:
        """Return the variables of commands: this process', with those of the fault; ``None`` takes one away."""
        return {name: one for name, one in {**project.environment(), **self.variables}.items() if one is not None}

    def end(self, process: subprocess.Popen[str], limit: float = LIMIT) -> int:
        """Wait for a command, note what it has said, and return its status."""
        try:
            said, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            said = f"{process.communicate()[0]}\nerror: it hung for {limit:.0f} s\n"
        self.said.append((process.returncode, said))
        return process.returncode

    def running(self, stages: int = 1) -> subprocess.Popen[str]:
        """Start snakemake, and return it once so many stages have ended, or it has."""
        process = self.start()
        end = time.monotonic() + LIMIT
        while len(trivial.executed(self.folder)) < stages and process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        return process

    def told(self) -> str:
        """Return the last line that was told of the fault: of the first command that failed, or else of the first."""
        said = [*(text for status, text in self.said if status), *(text for _, text in self.said)]
        for text in said:
            if lines := [line for line in map(str.strip, text.splitlines()) if TOLD.match(line)]:
                return lines[-1].replace(str(self.folder), "<folder>").replace(str(self.folder.parent), "<place>")
        return ""

    def again(self) -> list[str]:
        """Return the stages that ran more often than they do without the fault."""
        ran = Counter(stage for stage, _ in trivial.executed(self.folder))
        return sorted((ran - Counter(self.base.asked[self.edit])).elements())


def nothing(trial: Trial) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Fault:
    """A fault: its kind, its name, and what makes it.

    ``inject`` does it, and may run commands; ``mend`` takes it back as a user would who reads what was reported.
    With an ``edit`` the study is to be made when it comes.
    """

    kind: str
    name: str
    inject: Callable[[Trial], None]
    mend: Callable[[Trial], None] = nothing
    edit: str = ""
    needs: Callable[[], str | None] = field(default=lambda: None)
    """Return what is lacking here to try it, if anything."""
