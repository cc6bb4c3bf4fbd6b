"""The workflow's own cost with many models: planning, starting jobs, recording, finding that there is nothing to do.

    python -m benchmarks.scaling --models 10 100 [--only plan run again change peers] [--resume]

Makes studies of trivial models (benchmarks/trivial.py) in a folder that is kept, --cache, and writes what it measures
there, row by row, into benchmarks/scaling.csv. Sections: plan (a dry run where nothing is made), run (all of it), again
(nothing to do), change (one model's learning rate), and, for --peers models, the same of others on the same commands.
"""

import argparse
import os
import re
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas
import yaml

from benchmarks import project, trivial
from benchmarks.measured import STOPPED, Measured, Table, measure
from benchmarks.peers import Peer, peers
from darkroom.params.yaml_dialect import Loader
from darkroom.pipeline import template
from workflow import lock

RESULTS = project.ROOT / "benchmarks/scaling.csv"
CACHE = project.ROOT / ".scratch/scaling"
KEYS, COLUMNS = ("section", "models", "tool", "what"), ("value", "unit", "executed", "command", "said")
CORES = len(os.sched_getaffinity(0))
SNAKEMAKE = [sys.executable, "-m", "snakemake"]
DVC_STATUS = [sys.executable, "-m", "dvc", "status"]
MIB = 2**20
ERROR = re.compile(r"[\w.]*(Error|Exception|ERROR|error)\b")
"""How a line begins that says why a tool failed."""
PATIENCE = 480
"""Seconds after which another tool is stopped."""
LIMIT = 300
"""Seconds after which `dvc status` is stopped: it reads params.yaml for every stage."""


@dataclass(frozen=True)
class Study:
    """A study of ``models`` models, in ``folder``, and the table that its measurements go to.

    Where there is nothing to do, the median of ``repeats`` runs is taken.
    """

    folder: Path
    models: int
    table: Table
    repeats: int = 3

    def note(
        self, section: str, what: str, value: float, unit: str, command: Sequence[str] | None = None, **more: Any
    ) -> None:
        """Write a row, of Darkroom itself unless ``more`` names another tool."""
        row = {"section": section, "models": self.models, "tool": "Darkroom", "what": what, "unit": unit}
        self.table.note(row | {"value": f"{value:.4g}", "command": shown(command) if command else ""} | more)

    def measure(self, command: Sequence[str]) -> Measured:
        """Run a command in the study and return what it took.

        Raises:
            RuntimeError: it failed.
        """
        done = measure(self.folder, command)
        if done.status:
            raise RuntimeError(f"{shown(command)} failed in {self.folder}:\n{done.said[-2000:]}")
        return done


def shown(command: Sequence[str]) -> str:
    """Return a command as a user would type it."""
    program, *rest = command[2:] if command[:2] == [sys.executable, "-m"] else command
    return " ".join([Path(program).name, *rest])


def plan(study: Study) -> None:
    """Measure a dry run where nothing is made, and the files that describe the study."""
    trivial.made(study.folder, study.models)
    command = [*SNAKEMAKE, "--dry-run"]
    done = study.measure(command)
    study.note("plan", "dry run, nothing made", done.seconds, "s", command)
    study.note("plan", "dry run, nothing made: peak memory", done.memory, "MiB", command)
    study.note("plan", "stages that dvc.yaml expands to", len(template.read_stages(study.folder)), "")
    for file in (template.FILE, template.PARAMETERS, Path("workflow/plan.yaml")):
        study.note("plan", f"size of {file}", (study.folder / file).stat().st_size / MIB, "MiB")


def run(study: Study) -> None:
    """Measure a run of everything, and what a job costs beyond its command, at first and at last."""
    trivial.made(study.folder, study.models)
    done = study.measure(SNAKEMAKE)
    commands = trivial.executed(study.folder)
    jobs = len(commands)
    study.note("run", "everything made", done.seconds, "s", SNAKEMAKE, executed=jobs)
    study.note("run", "peak memory of Snakemake", done.memory, "MiB", SNAKEMAKE)
    study.note("run", f"a job, {CORES} at a time: wall time of the run by jobs", done.seconds / jobs, "s", SNAKEMAKE)
    study.note("run", "the command in it", statistics.mean(seconds for _, seconds in commands), "s", SNAKEMAKE)
    times = jobs_times(study.folder)
    tenth = max(1, len(times) // 10)
    for which, some in (("all", times), ("first tenth", times[:tenth]), ("last tenth", times[-tenth:])):
        study.note("run", f"a job's processes, start to end, mean: {which}", statistics.mean(some), "s", SNAKEMAKE)
    study.note("run", "size of dvc.lock", (study.folder / lock.FILE).stat().st_size / MIB, "MiB")
    study.note("run", "stages that dvc.lock records", recorded(study.folder), "")


def check_made(study: Study) -> None:
    """End where the study is not made as a whole: what follows would measure something else."""
    if not study.folder.is_dir() or recorded(study.folder) < len(template.read_stages(study.folder)):
        sys.exit(f"error: {study.folder}: not made as a whole; measure --only run first")


def jobs_times(folder: Path) -> list[float]:
    """Return the seconds of each job by Snakemake's benchmark files, in the order in which they ended."""
    files = sorted((folder / "logs").rglob("*.tsv"), key=lambda file: file.stat().st_mtime_ns)
    return [float(pandas.read_csv(file, sep="\t")["s"].sum()) for file in files]


def recorded(folder: Path) -> int:
    """Return how many stages that make something are in the dvc.lock in ``folder``, if there is one."""
    file = folder / lock.FILE
    stages = yaml.load(file.read_text(encoding="utf-8"), Loader=Loader)["stages"] if file.exists() else {}
    return len(stages.keys() - {template.CHECK})


def again(study: Study) -> None:
    """Measure what it takes to find that there is nothing to do."""
    check_made(study)
    trivial.forget(study.folder)
    runs = [study.measure(SNAKEMAKE) for _ in range(study.repeats)]
    count = len(trivial.executed(study.folder))
    seconds = statistics.median(one.seconds for one in runs)
    study.note("again", "nothing to do", seconds, "s", SNAKEMAKE, executed=count)
    study.note("again", "nothing to do: peak memory", max(one.memory for one in runs), "MiB", SNAKEMAKE)
    done = measure(study.folder, DVC_STATUS, limit=LIMIT)
    said = f"stopped after {LIMIT} s" if done.status == STOPPED else ""
    study.note("again", "dvc status, nothing changed", done.seconds, "s", DVC_STATUS, said=said)


def change(study: Study) -> None:
    """Measure a run after the last model got another learning rate."""
    check_made(study)
    concerned = trivial.change(study.folder, study.models)
    trivial.forget(study.folder)
    done = study.measure(SNAKEMAKE)
    stages = sorted(stage for stage, _ in trivial.executed(study.folder))
    said = "" if stages == concerned else f"executed {' '.join(stages)}, not {' '.join(concerned)}"
    study.note("change", "one model changed", done.seconds, "s", SNAKEMAKE, executed=len(stages), said=said)


def compare(study: Study, cache: Path) -> None:
    """Measure the same study with each tool: everything, nothing, one model."""
    for peer in peers(cache.resolve(), CORES):
        here = Study(
            study.folder.with_name(f"{study.models}-{peer.name.replace(' ', '-').lower()}"), study.models, study.table
        )
        trivial.made(here.folder, here.models)
        for what in ("everything made", "nothing to do", "one model changed"):
            if what == "one model changed":
                trivial.change(here.folder, here.models)
            if not attempted(here, peer, what):
                break


def attempted(study: Study, peer: Peer, what: str) -> bool:
    """Run a study with a tool, note what it took or what it said, and return whether it came to its end."""
    trivial.forget(study.folder)
    command = " && ".join(map(shown, peer.commands))
    row = {"section": "peers", "models": study.models, "tool": peer.name, "what": what, "unit": "s", "command": command}
    try:
        peer.prepare(study.folder)
        runs = [measure(study.folder, one, *peer.programs, limit=PATIENCE) for one in peer.commands]
    except (RuntimeError, OSError) as error:
        study.table.note(row | {"said": str(error)})
        return False
    count = len(trivial.executed(study.folder))
    failed = next((words(one, count) for one in runs if one.status), "")
    locked = f"{recorded(study.folder)} of {len(template.read_stages(study.folder))} stages in dvc.lock"
    said = failed or (locked if (study.folder / lock.FILE).exists() else "")
    seconds = "" if failed else f"{sum(one.seconds for one in runs):.4g}"
    study.table.note(row | {"value": seconds, "executed": count, "said": said})
    return not failed


def words(failed: Measured, count: int) -> str:
    """Return why a tool did not come to its end, which had executed ``count`` commands by then."""
    if failed.status == STOPPED:
        return f"stopped after {PATIENCE} s, {count} commands executed"
    lines = failed.said.strip().splitlines()
    return next((line for line in reversed(lines) if ERROR.match(line)), lines[-1])


SECTIONS: dict[str, Callable[[Study], None]] = {"plan": plan, "run": run, "again": again, "change": change}


def main(argv: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, nargs="+", default=[10, 100], metavar="N")
    parser.add_argument("--peers", type=int, default=100, metavar="N", help="models of the comparison with others")
    parser.add_argument("--only", nargs="+", choices=[*SECTIONS, "peers"], default=[*SECTIONS, "peers"])
    parser.add_argument("--resume", action="store_true", help="leave out sections that the table holds")
    parser.add_argument(
        "--repeats", type=int, default=3, metavar="N", help="runs with nothing to do; the median counts"
    )
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder for the studies and for paraffin")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the table")
    options = parser.parse_args(argv)
    table = Table(options.out, KEYS, COLUMNS)
    for count in options.models:
        study = Study(options.cache / str(count), count, table, options.repeats)
        for section in options.only:
            if options.resume and table.holds(section=section, models=count):
                continue
            if section in SECTIONS:
                SECTIONS[section](study)
            elif count == options.peers:
                compare(study, options.cache)


if __name__ == "__main__":
    main()
