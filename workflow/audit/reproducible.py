"""Show that the same sources give the same bytes: two clean clones are made and run, and their outputs compared.

    python -m workflow.audit.reproducible [TARGET] [--params FILE]

The clones are of the last commit. They share this environment and the local files that params.yaml names, and nothing
else: no cache, no remote, no scratch. Records, which hold times and hosts, and the table of costs made from them are
left out of the comparison. Where something differs the clones are kept.
"""

import argparse
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas

from darkroom.core.errors import UserError
from darkroom.core.filenames import RECORD
from darkroom.params.document import load
from darkroom.params.yaml_files import FILE as PARAMETERS
from darkroom.pipeline import command, git, template
from darkroom.pipeline.absolute_sources import make_absolute
from workflow import lock
from workflow.reasons import MARK

FROM_RECORDS = {"costs"}
"""Stages that read records."""
SAME = "nothing"


def clone(folder: Path, parameters: Path | None) -> None:
    """Make a clone of the last commit that takes results from nowhere, with ``parameters`` for params.yaml if given."""
    git.output("clone", "--quiet", "--no-hardlinks", Path.cwd(), folder)
    (folder / lock.FILE).unlink(missing_ok=True)
    cut_off(folder)
    if parameters:
        shutil.copyfile(parameters, folder / PARAMETERS)
    load(folder / PARAMETERS)
    make_absolute(folder / PARAMETERS)


def cut_off(folder: Path) -> None:
    """Let a clone know no remote, and no cache but one of its own."""
    from dvc.config import Config

    with Config(str(folder / ".dvc")).edit("repo") as config:
        config["core"].pop("remote", None)
        config["cache"].pop("dir", None)


def run(folder: Path, targets: Sequence[str]) -> None:
    """Run the workflow in a clone, with settings of its own.

    Raises:
        UserError: it failed, and the clones stay.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DARKROOM_", "DVC_"))}
    for name in ("GLOBAL_CONFIG", "SYSTEM_CONFIG", "SITE_CACHE"):
        environment[f"DVC_{name}_DIR"] = str(folder.with_name(f"{folder.name}-dvc"))
    done = subprocess.run([sys.executable, "-m", "snakemake", *targets], cwd=folder, env=environment, check=False)
    if done.returncode:
        raise UserError(f"{folder}: snakemake failed; what it said is above")


def files(root: Path, out: str) -> set[str]:
    """Return the files of an output below ``root`` that must not differ."""
    place = root / out
    found = place.rglob("*") if place.is_dir() else [place]
    return {str(file.relative_to(root)) for file in found if file.is_file() and file.name not in (RECORD, MARK)}


def compared(first: Path, second: Path) -> pandas.DataFrame:
    """Return a row for each stage that was made: how many files and bytes it gave, and which of them differ."""
    rows = []
    for stage in template.read_stages(first).values():
        names = sorted({name for out in stage.outs for root in (first, second) for name in files(root, out)})
        if names and stage.verb not in FROM_RECORDS:
            _, different, missing = filecmp.cmpfiles(first, second, names, shallow=False)
            outputs = sum(Path(out).name != RECORD for out in stage.outs)
            size = sum((first / name).stat().st_size for name in names if (first / name).exists())
            differ = ", ".join(sorted(different + missing)) or SAME
            rows.append({"stage": stage.name, "outputs": outputs, "files": len(names), "bytes": size, "differ": differ})
    return pandas.DataFrame(rows)


def text(table: pandas.DataFrame) -> str:
    """Return a table for the terminal, its words to the left."""
    words = {name: table[name].str.ljust(table[name].str.len().max()) for name in ("stage", "differ")}
    return table.assign(**words).to_string(index=False, justify="left")


def reproduce(folder: Path, targets: Sequence[str], parameters: Path | None) -> pandas.DataFrame:
    """Return what :func:`compared` says of two clones that are made and run in ``folder``."""
    clones = [folder / "first", folder / "second"]
    for one in clones:
        clone(one, parameters)
    for one in clones:
        print(f"The {one.name} clone, {one}:", flush=True)
        run(one, targets)
    return compared(*clones)


def main(argv: Sequence[str] | None = None) -> None:
    """Run two clones and compare them, as the command line asks.

    Raises:
        UserError: something differs, or could not be run.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", nargs="*", help="what snakemake shall make; otherwise every study")
    parser.add_argument("--params", type=Path, help=f"another {PARAMETERS} for the clones, such as a small study's")
    options = parser.parse_args(argv)
    if options.params:
        load(options.params)
    commit = git.output("rev-parse", "--short", "HEAD").strip()
    if changes := git.output("status", "--porcelain").splitlines():
        print(f"Left out, as not committed: {len(changes)} files, such as {changes[0][3:]}.")
    folder = Path(tempfile.mkdtemp(prefix="darkroom-"))
    table = reproduce(folder, options.target, options.params)
    if table.empty:
        raise UserError(f"{' '.join(options.target) or 'snakemake'}: made nothing to compare; name results, or none")
    print(text(table))
    if differing := table[table["differ"] != SAME]["stage"].tolist():
        raise UserError(f"{', '.join(differing)}: not the same bytes in both clones, which stay in {folder}")
    shutil.rmtree(folder)
    print(
        f"Two clean clones of {commit} gave the same {table['bytes'].sum():,} bytes in {table['files'].sum():,} files."
    )


if __name__ == "__main__":
    command.run(main)
