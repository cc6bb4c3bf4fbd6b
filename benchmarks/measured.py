"""A command's time and memory, and a table of measurements that a run killed in the middle leaves as far as it came."""

import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas

from benchmarks.project import environment
from darkroom.core.files import write_table

EVERY = 0.05
"""Seconds between two looks at a process' memory."""
STOPPED = 124
"""The status of a command that did not end in time, as of the program `timeout`."""


@dataclass(frozen=True)
class Measured:
    """What a command took: seconds, and the peak memory of its own process (MiB), not of those that it started."""

    seconds: float
    memory: float
    status: int
    said: str


def measure(folder: Path, command: Sequence[str], *programs: Path, limit: float | None = None) -> Measured:
    """Run a command in ``folder``, where what it says is kept in said.txt, and return what it took.

    After ``limit`` seconds it is stopped, and its status is ``STOPPED``.
    """
    file = folder / ".scratch" / "said.txt"
    file.parent.mkdir(exist_ok=True)
    with file.open("w", encoding="utf-8") as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, stdout=said, stderr=subprocess.STDOUT, env=environment(*programs)
        )
        peak = [0.0]
        watch = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
        watch.start()
        try:
            status = process.wait(limit)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait()
            status = STOPPED
        seconds = time.perf_counter() - began
    watch.join()
    return Measured(seconds, peak[0], status, file.read_text(encoding="utf-8", errors="replace"))


def _watch(pid: int, peak: list[float]) -> None:
    with suppress(OSError):  # until it has ended
        while lines := Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            found = [line for line in lines if line.startswith("VmHWM:")]
            if not found:
                return
            peak[0] = float(found[0].split()[1]) / 1024
            time.sleep(EVERY)


class Table:
    """A CSV file of measurements. Each row is written when it is measured, and takes the place of an older one."""

    def __init__(self, file: Path, keys: Sequence[str], columns: Sequence[str]) -> None:
        """``keys`` are the columns that tell rows apart and that they are sorted by; ``columns`` the others."""
        self.file, self.keys, self.columns = file, list(keys), [*keys, *columns]
        self.rows: list[dict[str, Any]] = []
        if file.exists():
            kept = pandas.read_csv(file, dtype=object, keep_default_na=False).to_dict("records")
            self.rows = [{str(name): value for name, value in row.items()} for row in kept]

    def note(self, row: Mapping[str, Any]) -> None:
        """Write a row, and print it."""
        same = [self._key(one) for one in self.rows]
        new = {**dict.fromkeys(self.columns, ""), **row}
        if self._key(new) in same:
            self.rows[same.index(self._key(new))] = new
        else:
            self.rows.append(new)
        write_table(self.file, pandas.DataFrame(self.rows, columns=self.columns))
        print("  ".join(str(value) for value in new.values() if value != ""), flush=True)

    def find(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the row that ``row`` would take the place of; an empty one if there is none."""
        return next((one for one in self.rows if self._key(one) == self._key(row)), {})

    def holds(self, **key: Any) -> bool:
        """Return whether there is a row with these values."""
        return any(all(str(row[name]) == str(value) for name, value in key.items()) for row in self.rows)

    def _key(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(str(row[name]) for name in self.keys)
