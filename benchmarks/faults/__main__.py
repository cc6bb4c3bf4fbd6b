"""Try the faults one after the other, and write a row of each into benchmarks/campaign.csv."""

import argparse
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import project
from benchmarks.faults import company, documents, environments, gone, room, stopping, surroundings
from benchmarks.faults.examination import examine
from benchmarks.faults.study import Base, made
from benchmarks.faults.trial import Fault
from benchmarks.measured import Table

FILE = project.ROOT / "benchmarks/campaign.csv"
COLUMNS = (
    "reported",
    "ran again",
    "runs",
    "bytes",
    "dvc status",
    "second run",
    "traceback",
    "outcome",
    "seconds",
    "date",
    "commit",
)


def faults() -> list[Fault]:
    """Return all faults, in the order of the table."""
    return [
        one
        for module in (gone, documents, stopping, room, company, environments, surroundings)
        for one in module.faults()
    ]


def campaign(chosen: Sequence[Fault], file: Path, place: Path, again: bool) -> None:
    """Try the chosen faults that ``file`` has no row of, or all of them ``again``, in copies below ``place``."""
    table = Table(file, ["kind", "fault"], COLUMNS)
    asked = [one for one in chosen if again or not table.holds(kind=one.kind, fault=one.name)]
    lacking = {one: lacks for one in asked if (lacks := one.needs())}
    for one, lacks in lacking.items():
        print(f"skipped: {one.kind}: {one.name}: it needs {lacks}", flush=True)
    base: Base | None = None
    for one in (fault for fault in asked if fault not in lacking):
        base = base or made(place)
        table.note({"kind": one.kind, "fault": one.name, **examine(one, base, place / "trial"), **now()})


def now() -> dict[str, str]:
    """Return the day, and the commit of the checkout, with ``+`` where it has changes."""
    commit = project.git(project.ROOT, "rev-parse", "--short", "HEAD").strip()
    is_changed = project.git(
        project.ROOT, "status", "--porcelain", "--untracked-files=no", "--", "workflow", "darkroom"
    )
    return {"date": datetime.now(UTC).date().isoformat(), "commit": f"{commit}{'+' if is_changed else ''}"}


def main(argv: Sequence[str] | None = None) -> None:
    """Try what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a pattern that the kind or the name of a fault contains")
    parser.add_argument("--first", type=int, help="the most faults of each kind")
    parser.add_argument("--again", action="store_true", help="also those that the table has a row of")
    parser.add_argument("--out", type=Path, default=FILE, help="the table")
    parser.add_argument("--list", action="store_true", help="name the faults, and try none")
    options = parser.parse_args(argv)
    chosen = [one for one in faults() if re.search(options.only, f"{one.kind}: {one.name}")]
    if options.first:
        kinds: dict[str, list[Fault]] = {}
        for one in chosen:
            kinds.setdefault(one.kind, []).append(one)
        chosen = [one for some in kinds.values() for one in some[: options.first]]
    if options.list:
        print(*(f"{one.kind}: {one.name}" for one in chosen), f"{len(chosen)} faults", sep="\n")
        return
    with TemporaryDirectory(prefix="darkroom-faults-") as place:
        campaign(chosen, options.out, Path(place), options.again)


if __name__ == "__main__":
    main()
