"""Progress of long work: a bar on a terminal, a line now and then in a log."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from darkroom.core.one_line import escape_controls

T = TypeVar("T")
INTERVAL = 5.0
"""Seconds between two lines in a log."""


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self.began = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Wall-clock seconds."""
        return time.perf_counter() - self.began


def note(task: str, text: str) -> None:
    """Say a line about ``task`` on standard error, in the form that the workflow shows on the terminal."""
    print(escape_controls(f"[{task}] {text}"), file=sys.stderr, flush=True)


def show_progress(items: Iterable[T], total: int, task: str, unit: str) -> Iterator[T]:
    """Yield ``items`` and show how many of ``total`` are done."""
    if sys.stderr.isatty():
        from tqdm import tqdm  # here, as no log needs it

        yield from tqdm(items, total=total, desc=task, unit=f" {unit}")
        return
    shown = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        if time.monotonic() - shown > INTERVAL or done == total:
            shown = time.monotonic()
            note(task, f"{done:,} of {total:,} {unit}")
