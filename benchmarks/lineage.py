"""What sharing, changing and auditing a finished study cost: seconds, jobs, and commands that DVC executed.

    python -m benchmarks.lineage --study FOLDER --model MODEL

``FOLDER`` is a checkout in which the study was made. A copy of it is committed and pushed to a remote in a temporary
folder; everything else happens in clones that pull from there. ``MODEL`` is the training whose number of epochs is
changed by one. Writes benchmarks/lineage.csv.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas

from benchmarks.project import ROOT, cloned, edit, git, run, snakemake
from stages.files import write_table
from stages.parameters.base import read

TABLE = ROOT / "benchmarks/lineage.csv"
AUDITED = "results"


class Journal:
    """Rows of what was done, each with the seconds it took."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def note(self, what: str, work: Callable[[], Any]) -> None:
        """Do the ``work`` and note it; a list that it returns is that of the commands executed."""
        began = time.perf_counter()
        found = work()
        seconds = round(time.perf_counter() - began, 1)
        commands = len(found) if isinstance(found, list) else None
        names = " ".join(found) if isinstance(found, list) else ""
        self.rows.append({"what": what, "seconds": seconds, "commands executed": commands, "which": names})
        print(f"{seconds:8.1f} s  {what}  {names}", flush=True)


def published(study: Path, place: Path) -> Path:
    """Return a copy of the study, its lock committed, with a remote in ``place``."""
    folder = place / "study"
    shutil.copytree(study, folder, symlinks=True)
    run(folder, "workflow.remote", str(place / "storage"))
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "Run the study")
    return folder


def link_sources(study: Path, place: Path) -> None:
    """Let the sources that lie beside the study be found beside its clones."""
    for dataset in read(study / "params.yaml")["datasets"].values():
        parts = Path(dataset["source"]).parts
        if parts[0] == ".." and not (place / parts[1]).exists():
            (place / parts[1]).symlink_to((study.parent / parts[1]).resolve())


def change_epochs(folder: Path, model: str) -> None:
    """Train ``model`` for one epoch more in the params.yaml of ``folder``."""
    document = read(folder / "params.yaml")
    section = "finetunes" if model in document["finetunes"] else "models"
    epochs = document[section][model]["training"]["epochs"]
    edit(folder, {f"{section}.{model}.training.epochs": epochs + 1})


def append(file: Path, text: str) -> None:
    """Add ``text`` to the end of a file."""
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def measure(study: Path, place: Path, model: str, journal: Journal) -> None:
    """Go through what a team does with a study, and note each step."""
    link_sources(study, place)
    origin = published(study, place)
    journal.note("push all results to a folder", lambda: run(origin, "workflow.sharing", "push"))
    first = cloned(origin, place / "first")
    journal.note("clone, then pull", lambda: run(first, "workflow.sharing", "pull"))
    journal.note("snakemake after that", lambda: snakemake(first))
    journal.note("snakemake again", lambda: snakemake(first))
    journal.note("audit everything, not rehashed", lambda: run(first, "workflow.audit", AUDITED))
    journal.note("audit everything, rehashed", lambda: run(first, "workflow.audit", AUDITED, "--verify"))

    append(first / "stages/prepare.py", "\n# a remark\n")
    journal.note("a comment added to stages/prepare.py", lambda: snakemake(first))
    git(first, "checkout", "--quiet", "stages/prepare.py", "dvc.lock")
    journal.note("the comment removed", lambda: snakemake(first))

    git(first, "checkout", "--quiet", "-b", "longer")
    change_epochs(first, model)
    journal.note(f"a branch with one epoch more for {model}", lambda: snakemake(first))
    git(first, "commit", "--quiet", "--all", "--message", "One epoch more")
    git(first, "checkout", "--quiet", "-")
    journal.note("back to the first branch", lambda: snakemake(first))
    git(first, "checkout", "--quiet", "longer")
    journal.note("and to the other again", lambda: snakemake(first))
    journal.note("push what that branch gave", lambda: run(first, "workflow.sharing", "push"))

    second = cloned(origin, place / "second")
    journal.note("a colleague clones and pulls", lambda: run(second, "workflow.sharing", "pull"))
    change_epochs(second, model)
    journal.note("makes the same change, unaware of the branch", lambda: snakemake(second))
    array = next((second / "data/views").glob("*/train.npy"))
    with array.open("r+b") as file:
        file.seek(1000)
        file.write(b"edited by hand")
    journal.note("a view edited by hand", lambda: snakemake(second))
    journal.note(
        "write an RO-Crate of the results",
        lambda: run(second, "workflow.audit", AUDITED, "--format", "ro-crate", str(place / "crate")),
    )


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", type=Path, required=True, help="a checkout in which the study was made")
    parser.add_argument("--model", required=True, help="the training that is changed")
    options = parser.parse_args()
    journal = Journal()
    with tempfile.TemporaryDirectory(dir=options.study.resolve().parent) as place:
        measure(options.study.resolve(), Path(place), options.model, journal)
    write_table(TABLE, pandas.DataFrame(journal.rows).astype({"commands executed": "Int64"}))


if __name__ == "__main__":
    main()
