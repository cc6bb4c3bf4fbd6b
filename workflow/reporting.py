"""Write report.html: every figure and table that is made, with its caption, in one page.

    python -m workflow.reporting [STUDY|all …]     of these studies; of all, where none is named
    python -m workflow.reporting --text STUDY|all  shows comparisons on the terminal instead, and where pages lie

Snakemake reports on files that are there. What a study still lacks is left out, and named.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from darkroom.core.errors import UserError
from darkroom.core.files import replace_file
from darkroom.core.progress import note
from darkroom.pages import overview
from darkroom.pipeline import command, planning
from darkroom.reporting.quantities import counted
from workflow.changes import Inspection
from workflow.contents import Contents
from workflow.endings import ALL, refuse_unknown
from workflow.pipeline import Pipeline, caption_of
from workflow.reasons import named, reached

REPORT = Path("report.html")
TIMINGS = "timings"
"""The rule of what jobs took."""
NAMED = 6
"""Stages that are left out, and named."""


def show(pipeline: Pipeline, words: Sequence[str]) -> None:
    """Print the comparisons of the studies that ``words`` name, of those that are made, and where pages lie."""
    for study in pipeline.parameters.studies:
        pages = [Path(out) for out in pipeline.results(study) if out.endswith((".html", ".md"))]
        if {study, ALL} & set(words) and all(page.exists() for page in pages):
            comparison = next(page for page in pages if page.stem == "comparison")
            print(f"\n{comparison.read_text(encoding='utf-8')}")
            print("Read on:", *(f"  {page}" for page in pages), sep="\n")
    overview.update(pipeline.parameters)


def write(pipeline: Pipeline, words: Sequence[str]) -> None:
    """Write the report of the studies that ``words`` name, or of all.

    Raises:
        UserError: there is no study of such a name, or nothing of it is made.
    """
    known = list(pipeline.parameters.studies)
    if unknown := [word for word in words if word not in (ALL, *known)]:
        raise refuse_unknown(unknown[0], known)
    chosen = known if ALL in words or not words else list(words)
    run_snakemake(TIMINGS)  # first: it also restores what is missing
    stages, upstream = pipeline.stages, Inspection(pipeline.stages, {}, Contents()).upstream()
    asked = reached((end for study in chosen for end in planning.list_ends(study, pipeline.values)), upstream)
    shown = {name: [out for out in one.outs if caption_of(one.verb, out)] for name, one in stages.items()}
    absent = {name for name, outs in shown.items() if not all(Path(out).exists() for out in outs)}
    wanted = [name for name in stages if name in asked and shown[name]]
    lacking = [name for name in wanted if reached([name], upstream) & absent]
    made = [name for name in wanted if name not in lacking]
    if not made:
        raise UserError(f"nothing of {', '.join(chosen)} is made yet: run make TARGET=<study> first")
    note("report", f"{counted(len(made), 'stage')} of {', '.join(chosen)}")
    with replace_file(REPORT) as page:
        run_snakemake("--report", str(page), TIMINGS, *(shown[name][0] for name in made))
    print(f"{REPORT} is written: open it in a browser")
    if lacking:
        print(f"not in {REPORT}, as not made yet: {named(lacking, NAMED)}")


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
    """Write the report that the command line asks for, or show what it asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="*", help="studies of params.yaml, or all")
    parser.add_argument("--text", action="store_true", help="on the terminal")
    options = parser.parse_args(argv)
    (show if options.text else write)(Pipeline(), options.studies)


if __name__ == "__main__":
    command.run(main)
