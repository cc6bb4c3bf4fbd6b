"""Write report.html: every figure and table that is made, with its caption, in one page.

    python -m workflow.reporting [STUDY|all …]     of these studies; of all, where none is named

Snakemake reports on files that are there. What a study still lacks is left out, and named.
"""

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence, Set
from pathlib import Path

from darkroom.core.errors import UserError
from darkroom.core.files import replace_file
from darkroom.core.progress import note
from darkroom.pipeline import command, planning
from darkroom.pipeline.template import Stage
from darkroom.reporting.quantities import counted
from workflow.changes import Inspection
from workflow.concerned import reached
from workflow.hashes import Contents
from workflow.pipeline import Pipeline, caption_of, opened
from workflow.words import named

REPORT = Path("report.html")
ALL, TIMINGS = "all", "timings"
"""The rule of all studies, and that of what jobs took."""
NAMED = 6
"""Stages that are left out, and named."""


def to_read(stage: Stage) -> list[str]:
    """Return the outputs of a stage that the report shows; of stages that make data there are none."""
    return [out for out in stage.outs if caption_of(stage.verb, out)]


def finished(stages: Mapping[str, Stage], upstream: Mapping[str, Set[str]]) -> set[str]:
    """Return the stages whose outputs are there to read, and those of all that they come from."""
    lacking = {name for name, stage in stages.items() if not all(Path(out).exists() for out in to_read(stage))}
    return {name for name in stages if not reached([name], upstream) & lacking}


def studies(pipeline: Pipeline, words: Sequence[str]) -> list[str]:
    """Return the studies that ``words`` name, or all.

    Raises:
        UserError: there is no study of such a name.
    """
    known = list(pipeline.parameters.studies)
    for word in words:
        if word not in (ALL, *known):
            raise UserError(f"{word}: no such study; there is {', '.join(known)}, and {ALL}")
    return known if ALL in words or not words else list(words)


def run_snakemake(*arguments: str) -> None:
    """Run Snakemake; what it says, a line or more for each file of a clone, is shown where it fails.

    Raises:
        SystemExit: it failed.
    """
    command_line = [sys.executable, "-m", "snakemake", *arguments]
    done = subprocess.run(command_line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stdout)
        sys.exit(done.returncode)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the report that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="*", help="studies of params.yaml, or all")
    words = parser.parse_args(argv).studies
    pipeline = opened()
    upstream = Inspection(pipeline.stages, {}, Contents()).upstream()
    chosen = studies(pipeline, words)
    run_snakemake(TIMINGS)  # first: it also restores what is missing
    asked = reached((end for study in chosen for end in planning.list_ends(study, pipeline.values)), upstream)
    wanted = [name for name, stage in pipeline.stages.items() if name in asked and to_read(stage)]
    done = finished(pipeline.stages, upstream)
    made = [name for name in wanted if name in done]
    if not made:
        raise UserError(f"nothing of {', '.join(chosen)} is made yet: run make TARGET=<study> first")
    note("report", f"{counted(len(made), 'stage')} of {', '.join(chosen)}")
    with replace_file(REPORT) as page:
        run_snakemake("--report", str(page), TIMINGS, *(to_read(pipeline.stages[name])[0] for name in made))
    print(f"{REPORT} is written: open it in a browser")
    if lacking := [name for name in wanted if name not in made]:
        print(f"not in {REPORT}, as not made yet: {named(lacking, NAMED)}")


if __name__ == "__main__":
    command.run(main)
