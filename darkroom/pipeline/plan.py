"""The files written from params.yaml: the plan of all that its studies ask for, and the models as artifacts.

dvc.yaml expands its stages over this file, because DVC's templates cannot ask which study a model belongs to or which
folder holds a dataset. It is written from params.yaml whenever Snakemake starts, and by hand, as is models/dvc.yaml
(darkroom/pipeline/artifacts.py), with

    python -m darkroom.pipeline.plan
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from darkroom.core.errors import UserError
from darkroom.core.files import write_text
from darkroom.params.document import Parameters, load
from darkroom.params.yaml_files import FILE as PARAMETERS
from darkroom.params.yaml_files import dump
from darkroom.pipeline import artifacts
from darkroom.pipeline.planning import make_plan

FILE = Path("workflow/plan.yaml")
HEAD = f"# Written from {PARAMETERS} by darkroom/pipeline/plan.py; do not edit. Commit it"


def find_outdated(parameters: Parameters) -> dict[Path, str]:
    """Return the files that are written from ``parameters`` and say something else, each with what it must say."""
    planned = make_plan(parameters)
    written = dump(planned, width=118, default_flow_style=None)
    texts = {
        FILE: f"{HEAD}: dvc.yaml expands over it.\n{written}",
        artifacts.FILE: f"{HEAD}.\n{artifacts.compose(parameters, planned)}",
    }
    return {file: text for file, text in texts.items() if not file.exists() or file.read_text(encoding="utf-8") != text}


def update(parameters: Parameters) -> None:
    """Write the plan and the artifacts where they say something else than ``parameters``."""
    for file, text in find_outdated(parameters).items():
        write_text(file, text)


def check(parameters: Parameters) -> None:
    """Check that DVC would expand dvc.yaml over what ``parameters`` ask for.

    Raises:
        UserError: the plan or models/dvc.yaml is behind them.
    """
    for old in find_outdated(parameters):
        again = "then dvc repro, or dvc exp run without -S, again"
        raise UserError(f"{old} is behind {PARAMETERS}: run python -m darkroom.pipeline.plan, {again}")


def main(argv: Sequence[str] | None = None) -> None:
    """Write the files, as the command line asks."""
    parser = argparse.ArgumentParser(description=f"Write {FILE} and {artifacts.FILE} from {PARAMETERS}.")
    parser.add_argument("--check", action="store_true", help="write nothing, and fail if they are behind")
    given = parser.parse_args(argv)
    (check if given.check else update)(load())


if __name__ == "__main__":
    from darkroom.pipeline import command

    command.run(main)
