"""Show what runs now, and how far it is, until Ctrl-C: python -m workflow.watch [--once].

For each job at work: its stage, its machine, the epoch of its training with loss and time left, and its memory where it
runs on this machine; then what waits. It reads what jobs tell of themselves (workflow/jobs.py) and what they print, on
any machine that shares the folder, and changes nothing.
"""

import argparse
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from darkroom.core.one_line import escape_controls
from darkroom.pipeline import command
from darkroom.reporting.quantities import counted, duration, size
from workflow import jobs, logs, status

BEAT = 2.0
"""Seconds between two looks at the jobs."""
LONG = 30.0
"""Seconds between two looks at all stages, which may have to hash files."""
EPOCH = re.compile(r"epoch (?P<epoch>[\d,]+) of at most (?P<most>[\d,]+): (?P<said>.*?) \((?P<seconds>[\d,]+) s\)$")
NEXT = 5
"""Stages named of those that wait."""


@dataclass(frozen=True)
class AtWork:
    """A job at work: how far it is, as a share where it says so, what it says, and seconds and bytes where known."""

    stage: str
    host: str
    seconds: float
    share: float | None
    says: str
    left: float | None
    memory: int | None


def list_at_work(stages: Sequence[str]) -> list[AtWork]:
    """Return the jobs of ``stages`` that are at work, those that began first at the front."""
    now = jobs.clock()
    known = [job for stage in stages if (job := jobs.last(stage)) and job.state == "running"]
    alive = [job for job in known if jobs.is_alive(job, max(0.0, now - jobs.last_sign(job.stage)))]
    return [describe(job, datetime.now(UTC)) for job in sorted(alive, key=lambda job: (job.began, job.stage))]


def describe(job: jobs.Job, now: datetime) -> AtWork:
    """Return what is known of a job at work."""
    line = (logs.progress(job.log) or "").partition("] ")[2]
    share = left = None
    if found := EPOCH.match(line):
        epoch, most, seconds = (int(found[name].replace(",", "")) for name in ("epoch", "most", "seconds"))
        share, left = epoch / most, (most - epoch) * seconds / epoch
        line = f"epoch {epoch:,} of {most:,}: {found['said']}"
    seconds_at_work = max(0.0, (now - datetime.fromisoformat(job.began)).total_seconds())
    return AtWork(job.stage, job.host, seconds_at_work, share, escape_controls(line), left, measure_memory(job))


def measure_memory(job: jobs.Job) -> int | None:
    """Return the bytes of memory that a job and what it started hold; None where it runs on another machine."""
    if job.machine != jobs.machine():
        return None
    with suppress(psutil.Error):
        process = psutil.Process(job.pid)
        return sum(_resident(one) for one in (process, *process.children(recursive=True)))
    return None


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def draw(at_work: Sequence[AtWork], studies: Mapping[str, Mapping[status.State, int]], waiting: Sequence[str]) -> Group:
    """Return the view: a line for each study, a row for each job at work, and what waits."""
    parts: list[RenderableType] = [_draw_studies(studies)]
    if at_work:
        parts.append(_draw_jobs(at_work))
    else:
        parts.append(Text("No job is at work.", style="bold"))
    if waiting:
        more = f" and {len(waiting) - NEXT:,} more" if len(waiting) > NEXT else ""
        parts.append(Text(f"{counted(len(waiting), 'stage')} left: {', '.join(waiting[:NEXT])}{more}", style="dim"))
    return Group(*parts)


def _draw_studies(studies: Mapping[str, Mapping[status.State, int]]) -> Table:
    table = Table.grid(padding=(0, 2))
    for study, number in studies.items():
        total, done = sum(number.values()), number["done"]
        others = [f"{count:,} {state}" for state, count in number.items() if count and state not in ("done", "left")]
        told = ", ".join([f"{done:,} of {total:,} done", *others])
        table.add_row(Text(study, style="bold"), ProgressBar(total=max(total, 1), completed=done, width=30), told)
    return table


def _draw_jobs(at_work: Sequence[AtWork]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("stage", "on", "for", "left", "memory", ""):
        table.add_column(name, justify="right" if name in ("for", "left", "memory") else "left")
    for one in at_work:
        left = duration(round(one.left)) if one.left is not None else ""
        memory = size(one.memory) if one.memory is not None else ""
        table.add_row(Text(one.stage), Text(one.host), duration(round(one.seconds)), left, memory, Text(one.says))
        if one.share is not None:
            table.add_row("", "", "", "", "", ProgressBar(total=1.0, completed=one.share, width=30))
    return table


class Watch:
    """Looks at the jobs whenever it is asked, and from time to time at all stages."""

    def __init__(self) -> None:
        """Look at all stages for the first time."""
        self._look()

    def _look(self) -> None:
        self.found = status.standings()
        self.seen = time.monotonic()

    def view(self) -> Group:
        """Return what there is to see now."""
        if time.monotonic() - self.seen > LONG:
            self._look()
        at_work = list_at_work(list(self.found.stages))
        begun = self.found.begun()
        wanted = {name for study in begun for name in self.found.members[study]}
        busy = {one.stage for one in at_work}
        waiting = [
            name
            for name, one in self.found.stages.items()
            if one.state in ("left", "running") and name in wanted - busy
        ]
        return draw(at_work, {study: self.found.studies[study] for study in begun}, waiting)


def main(argv: Sequence[str] | None = None) -> None:
    """Show the view until Ctrl-C, or once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--once", action="store_true", help="show it once, as where there is no terminal")
    options = parser.parse_args(argv)
    console, watch = Console(highlight=False), Watch()
    if options.once or not console.is_terminal:
        console.print(watch.view())
        return
    with suppress(KeyboardInterrupt), Live(watch.view(), console=console, auto_refresh=False) as live:
        while True:
            live.update(watch.view(), refresh=True)
            time.sleep(BEAT)


if __name__ == "__main__":
    command.run(main)
