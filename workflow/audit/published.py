"""Evaluate models of published studies again, and compare every number with the published one.

    python -m workflow.audit.published [STUDY…] [--from PLACE]

For each study, a clone of the commit that its lineage names gets the published parameters and the records of all steps
up to the models. These come from PLACE: a checkout where the study ran, a folder that holds its ``models/``, or a
remote of DVC's (by default that of .dvc/config). Nothing is trained: Snakemake evaluates and compares in the clone, and
makes images and views where PLACE has none, from the archives that params.yaml names. The exit code is 1 where a number
differs. A study whose clone failed keeps it.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from darkroom.core.errors import UserError
from darkroom.core.files import read_json, sha256
from darkroom.params.yaml_files import FILE as PARAMETERS
from darkroom.pipeline import command, git
from darkroom.pipeline.absolute_sources import link_sources
from darkroom.reporting.quantities import counted
from workflow import lock, storage
from workflow.audit import reproducible
from workflow.audit.numbers import compare_texts
from workflow.audit.publish import DIFF, KEPT, LINEAGE, find_results
from workflow.audit.signed_files import RESULTS

PUBLISHED = Path("docs")
MODELS = "models"
REMOTE = "published"
TEXTS = {".csv", ".json", ".md"}
BELOW = Path("a", "b", "c")
"""Where in its temporary folder a clone lies, so that ``../../..`` in a source does not leave that."""
MEASURED = "costs"
"""The folder of what trainings took, which is measured once."""


@dataclass(frozen=True)
class Published:
    """A published study: the folder of its results, that of its lineage, and what the lineage says."""

    study: str
    folder: Path
    lineage: Path
    facts: dict[str, Any]


def find_published(studies: Sequence[str], root: Path = PUBLISHED) -> list[Published]:
    """Return the published studies that have a lineage; all, or those named.

    Raises:
        UserError: a study named has none.
    """
    found = [Published(file.parts[-3], file.parents[1], file.parent, read_json(file)) for file in _list(root)]
    for study in studies:
        if study not in {one.study for one in found}:
            known = ", ".join(one.study for one in found) or "none yet"
            raise UserError(f"{study}: not published with its lineage; studies that are: {known}")
    return [one for one in found if not studies or one.study in studies]


def _list(root: Path) -> list[Path]:
    return sorted(root.glob(f"*/*/lineage/{LINEAGE}"))


def prepare_clone(published: Published, folder: Path) -> None:
    """Make a clone of the recorded commit with the published parameters, and the records of what is kept.

    Raises:
        UserError: this repository lacks the commit, or the parameters are not those that were recorded.
    """
    commit = published.facts["commit"]
    if git.printed("cat-file", "-e", f"{commit}^{{commit}}") is None:
        raise UserError(f"{published.lineage / LINEAGE}: commit {commit[:10]} is not here; git fetch --unshallow")
    git.output("clone", "--quiet", "--no-hardlinks", Path.cwd(), folder)
    git.output("-C", folder, "checkout", "--quiet", commit)
    git.output("-C", folder, "apply", (published.lineage / DIFF).resolve())
    if sha256(folder / PARAMETERS) != published.facts["parameters"]:
        raise UserError(f"{published.lineage / DIFF}: gives other parameters than were recorded")
    reproducible.cut_off(folder)
    link_sources(folder)
    parts = lock.parts((published.lineage / lock.FILE.name).read_text(encoding="utf-8"))
    kept = {name: text for name, text in parts.items() if name.partition("@")[0] in KEPT}
    (folder / lock.FILE).write_text(lock.whole(kept), encoding="utf-8")


def bring(folder: Path, place: str | None) -> None:
    """Bring models, and what else is there of the recorded steps, from a ``place`` to a clone.

    Raises:
        UserError: there is no such place.
    """
    given = Path(place) if place and "://" not in place else None
    if given and not given.is_dir():
        raise UserError(f"{given}: no such folder; name a checkout, a folder that holds {MODELS}/, or a remote")
    if given and (given / MODELS).is_dir() and not (given / ".dvc").is_dir():
        shutil.copytree(given / MODELS, folder / MODELS, dirs_exist_ok=True)
        return
    remote = str(_find_cache(given)) if given else place or _find_remote()
    if remote is None:
        raise UserError("--from: missing, and .dvc/config names no remote; name a checkout where the study ran")
    for arguments in (
        ("-m", "darkroom.pipeline.plan"),
        ("-m", "dvc", "remote", "add", "--quiet", "--local", REMOTE, remote),
        ("-m", "dvc", "fetch", "--quiet", "--remote", REMOTE),  # it fails where something is not there, and goes on
        ("-m", "dvc", "checkout", "--quiet", "--allow-missing"),
    ):
        subprocess.run([sys.executable, *arguments], cwd=folder, check=False, stderr=subprocess.DEVNULL)


def _find_remote() -> str | None:
    """Return where the default remote of this repository is; ``None`` where none is set up."""
    name = storage.setting("core", "remote")
    return str(storage.setting("remote", name)["url"]) if name else None


def _find_cache(checkout: Path) -> Path:
    """Return DVC's cache of a checkout; the folder itself where it is none."""
    if not (checkout / ".dvc").is_dir():
        return checkout.resolve()
    from dvc.config import Config

    return (checkout / ".dvc" / Config(str(checkout / ".dvc"))["cache"].get("dir", "cache")).resolve()


def check_models(published: Published, folder: Path) -> None:
    """Compare the models in a clone with those of the lineage.

    Raises:
        UserError: one is not there, or is another.
    """
    for model in published.facts["models"]:
        file = folder / model["path"]
        if not file.is_file():
            raise UserError(f"{model['path']}: not in --from; training anew: see {published.folder.parent}/README.md")
        if sha256(file) != model["sha256"]:
            raise UserError(f"{model['path']}: not the model that was published (SHA-256)")


def compare(published: Published, folder: Path) -> Iterator[tuple[str, int, str | None]]:
    """Yield each published text, its count of numbers, and in words what differs in that of a clone, if anything."""
    results = (Path(one).relative_to(RESULTS) for one in find_results(published.study, folder))
    folders = [published.folder.parent / one for one in results]
    for file in sorted(file for one in folders for file in one.rglob("*") if file.suffix in TEXTS):
        name = file.relative_to(published.folder.parent)
        if MEASURED in name.parts or published.lineage in file.parents:
            continue
        made = folder / RESULTS / name
        if not made.is_file():
            yield str(name), 0, "no longer made"
            continue
        found = compare_texts(file.read_text(encoding="utf-8"), made.read_text(encoding="utf-8"))
        differs = f"{found.differing} differ, by {found.largest:.1g} at most; the first: {found.first}"
        yield str(name), found.numbers, found.words or (differs if found.differing else None)


def verify(published: Published, place: str | None) -> bool:
    """Evaluate a published study again, print how each of its texts compares, and return whether all are the same."""
    place_of_clone = Path(tempfile.mkdtemp(prefix=f"darkroom-{published.study}-"))
    folder = place_of_clone / BELOW / published.study
    try:
        prepare_clone(published, folder)
        bring(folder, place)
        check_models(published, folder)
    except UserError:
        shutil.rmtree(place_of_clone)  # there is nothing to look at yet
        raise
    reproducible.run(folder, [published.study])
    rows = list(compare(published, folder))
    for name, numbers, differs in rows:
        print(f"{name}: {differs or f'{numbers:,} numbers, all the same'}")
    failed = [name for name, _, differs in rows if differs]
    total = sum(numbers for _, numbers, _ in rows)
    if failed:
        print(f"{published.study}: {counted(len(failed), 'file')} of {len(rows)} differ; the clone stays in {folder}")
        return False
    shutil.rmtree(place_of_clone)
    models = counted(len(published.facts["models"]), "model")
    print(
        f"{published.study}: verified: {models} evaluated, {total:,} numbers in {len(rows)} files are those published"
    )
    return True


def main(argv: Sequence[str] | None = None) -> None:
    """Verify the studies that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="*", metavar="STUDY", help="otherwise all that are published with a lineage")
    parser.add_argument("--from", dest="place", help="where the models are")
    given = parser.parse_args(argv)
    results = [verify(one, given.place) for one in find_published(given.studies)]
    if not results:
        raise UserError(f"{PUBLISHED}: holds no study with its lineage")
    if not all(results):
        sys.exit(1)


if __name__ == "__main__":
    command.run(main)
