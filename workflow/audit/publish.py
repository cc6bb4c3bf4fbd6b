"""Write what a study's published results came from, so that anybody can check them: its lineage, without images.

    python -m workflow.audit.publish STUDY FOLDER

FOLDER then holds ``lineage.json`` (the commit, the environment's lock, the kinds of processors, and the SHA-256 of
params.yaml, archives, weights and models), ``params.diff`` (what params.yaml differs in from that commit), ``dvc.lock``
(the steps of the study alone) and ``crate.zip`` (a Workflow Run Crate that describes images, views, models and figures,
and holds the rest). ``workflow.audit.published`` reads them.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from darkroom.core.errors import UserError
from darkroom.core.filenames import NETWORK
from darkroom.core.files import replace_file, sha256, write_json, write_text
from darkroom.params.yaml_files import FILE as PARAMETERS
from darkroom.pipeline import command, git, template
from workflow import lock, recording
from workflow.audit import crate
from workflow.audit.environments import is_model
from workflow.audit.facts import list_brought, list_differences
from workflow.audit.lineage import Step, trace
from workflow.audit.signed_files import RESULTS
from workflow.changes import Inspection
from workflow.contents import Contents

LINEAGE, DIFF, CRATE = "lineage.json", "params.diff", "crate.zip"
WRITTEN = (PARAMETERS, lock.FILE, Path("workflow/plan.yaml"), Path("models/dvc.yaml"))
"""Files that may differ from the commit: the parameters, and what is written from them and from a run."""
KEPT = (*crate.DATA, "augment", "divide", "shard", "pretrained", "train", "transfer", "finetune")
"""The stages up to the models, which are not run again where published results are checked."""
PICTURED = ("census", "evaluate", "combine", "explain", "doubts", "page")
DESCRIBED = (*KEPT, *PICTURED)
"""The stages whose folders a published crate describes: images, arrays, weights, models, and what shows images."""
EARLIEST = (1980, 1, 1, 0, 0, 0)


def find_results(study: str, root: Path = Path()) -> list[str]:
    """Return the folders of results that are a study's of the checkout ``root``: its own, and its images' census.

    Raises:
        UserError: params.yaml has no such study.
    """
    comparisons = template.read_documents(root)[1]["comparisons"]
    if study not in comparisons:
        raise UserError(f"{study}: no study of {PARAMETERS}; studies: {', '.join(comparisons)}")
    return [f"{RESULTS}/{study}", f"{RESULTS}/census/{comparisons[study]['dataset']}"]


def write(study: str, folder: Path) -> None:
    """Write the lineage of a finished study to ``folder``.

    Raises:
        UserError: the study is not finished, no longer what was recorded, or made by code that was not committed.
    """
    if edited := _list_edited():
        raise UserError(f"{edited[0]}: not as committed, and what is published names a commit: commit it, run again")
    targets = find_results(study)
    steps = trace(targets, Inspection(template.read_stages(), recording.read(), Contents()))
    for step in steps:
        if broken := list_differences(step):
            raise UserError(f"{step.name}: {broken[0]}: run snakemake {study} first")
    parts = lock.parts(lock.read())
    write_text(folder / lock.FILE.name, lock.whole({step.name: parts[step.name] for step in steps}))
    write_text(folder / DIFF, git.output("diff", "--", PARAMETERS))
    write_json(folder / LINEAGE, describe(study, steps))
    _write_crate(folder / CRATE, steps, [f"{RESULTS}/{study}/comparison", f"{RESULTS}/{study}/worksheet.md"])


def _list_edited() -> list[str]:
    changed = git.output("status", "--porcelain", "--untracked-files=no").splitlines()
    return [line[3:] for line in changed if Path(line[3:]) not in WRITTEN]


def describe(study: str, steps: Sequence[Step]) -> dict[str, Any]:
    """Return what ``lineage.json`` holds of a study that ``steps`` made."""
    brought = {(one.name, one.sha256): one for step in steps for one in list_brought(step)}
    of_kind = {kind: [one for one in brought.values() if one.kind == kind] for kind in ("archive", "weights")}
    models = [out.path for step in steps if is_model(step) for out in step.outs if Path(out.path).name == NETWORK]
    machines = [step.record.get("machine", {}).get("processor") for step in steps]
    environment = crate.find_lock()
    return {
        "study": study,
        "commit": git.output("rev-parse", "HEAD").strip(),
        "steps": len(steps),
        "parameters": sha256(PARAMETERS),
        "environment": {"lock": str(environment), "sha256": sha256(environment)},
        "processors": sorted({machine for machine in machines if machine}),
        "archives": [{"name": one.name, "bytes": one.size, "sha256": one.sha256} for one in of_kind["archive"]],
        "weights": [{"name": one.name, "origin": one.origin, "sha256": one.sha256} for one in of_kind["weights"]],
        "models": [{"path": path, "sha256": sha256(Path(path))} for path in sorted(models)],
    }


def _write_crate(target: Path, steps: Sequence[Step], wanted: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="darkroom-") as place:
        folder = Path(place, "crate")
        crate.write(folder, steps, wanted, described=DESCRIBED)
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        with replace_file(target) as temporary, ZipFile(temporary, "w", ZIP_DEFLATED) as archive:
            for file in files:
                entry = ZipInfo(file.relative_to(folder).as_posix(), EARLIEST)
                entry.compress_type = ZIP_DEFLATED
                archive.writestr(entry, file.read_bytes())


def main(argv: Sequence[str] | None = None) -> None:
    """Write the lineage that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study")
    parser.add_argument("folder", type=Path, help="folder to write to")
    given = parser.parse_args(argv)
    write(given.study, given.folder)
    print(f"{given.folder}: the lineage of {given.study}")


if __name__ == "__main__":
    command.run(main)
