"""A Workflow Run Crate of what results came from: one folder that tells, and mostly holds, the whole lineage.

It conforms to the Provenance Run Crate 0.5 profile of RO-Crate 1.1. Reads the steps of the lineage, the files that they
wrote and ran, what defines the workflow, and the licence; writes a folder with all these and ro-crate-metadata.json.
"""

import os
import sys
import tomllib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rocrate.model.computationalworkflow import ComputationalWorkflow
from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from darkroom.core.errors import UserError
from darkroom.core.files import replace_folder
from darkroom.core.provenance import note_on_images
from darkroom.params.yaml_files import FILE as PARAMETERS
from darkroom.pipeline import plan, template, versions
from workflow.audit.crate_files import SOURCE_CODE, TERMS, Files
from workflow.audit.crate_run import Run
from workflow.audit.lineage import Item, Step
from workflow.hashes import seen_by_dvc
from workflow.lock import FILE as LOCK

PROFILES = {
    "Process Run Crate": "https://w3id.org/ro/wfrun/process/0.5",
    "Workflow Run Crate": "https://w3id.org/ro/wfrun/workflow/0.5",
    "Provenance Run Crate": "https://w3id.org/ro/wfrun/provenance/0.5",
    "Workflow RO-Crate": "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
}
RO_CRATE = "1.1"
"""The version that these profiles build on."""
WORKFLOW = Path("workflow/Snakefile")
PROJECT = Path("pyproject.toml")
LICENCE = Path("LICENSE")
PLAIN_TEXT = {"encodingFormat": "text/plain"}
PIP_LOCK = "https://pip.pypa.io/en/stable/reference/requirements-file-format/"
DATA = ("fetch", "unzip", "prepare")
"""The stages whose folders are described, not copied, unless asked for: archives, images, arrays of pixels."""


def write(folder: Path, steps: Sequence[Step], targets: Sequence[str], described: Sequence[str] = DATA) -> None:
    """Write the crate of ``targets``, made by ``steps`` (what comes first before), to a folder that is not there yet.

    What the stages ``described`` wrote, and what came from outside, is described by path, hash, size and number of
    files; when it is a target, or no stage is named, it is copied like everything else.

    Raises:
        UserError: the folder holds something, or DVC looks into it; the lineage no longer holds, or a file to be copied
            is missing.
    """
    _check_place(folder)
    _check(steps)
    makers = {item.path: step.name.partition("@")[0] for step in steps for item in step.outs}
    wanted = [os.path.relpath(target) for target in targets]

    def is_wanted(item: Item) -> bool:
        return any(Path(item.path).is_relative_to(path) or Path(path).is_relative_to(item.path) for path in wanted)

    def is_whole(item: Item) -> bool:
        return not described or is_wanted(item) or (item.path in makers and makers[item.path] not in described)

    with replace_folder(folder) as temporary:
        crate = ROCrate(version=RO_CRATE)
        crate.metadata.extra_terms.update(TERMS)
        files = Files(crate, temporary, is_whole)
        _describe(crate, wanted, list_notes(steps))
        run = Run(crate, files, _add_workflow(crate, files))
        for step in steps:
            run.add(step)
        brought = [item for step in steps for item in step.inputs if item.path not in makers]
        made = [item for step in steps for item in step.outs if is_wanted(item)]
        parameters = crate.get(str(PARAMETERS))
        run.end([parameters, *_add_items(files, brought)], _add_items(files, made), steps)
        crate.metadata.write(temporary)


def _check_place(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder}: exists and is not empty; name a new folder")
    place = folder.resolve()
    if place.is_relative_to(Path.cwd()):
        within = place.relative_to(Path.cwd()) / template.FILE
        if seen_by_dvc(Path(), [str(within)]):
            raise UserError(f"{folder}: DVC would take {within} for its own; name a folder outside, or below exports")


def _check(steps: Sequence[Step]) -> None:
    for step in steps:
        items = (*step.code, *step.inputs, *step.outs)
        broken = [*map(str, step.changes), *(f"{item.path} changed" for item in items if item.state == "changed")]
        if broken:
            raise UserError(f"{step.name}: {broken[0]}: a crate tells what still holds; run snakemake first")


def _add_items(files: Files, items: Sequence[Item]) -> list[Any]:
    return [files.item(item) for item in {item.path: item for item in items}.values()]


def list_notes(steps: Sequence[Step]) -> list[str]:
    """Return what must be said of the images that ``steps`` fetched, each note once."""
    brought = [step for step in steps if step.name.startswith("fetch@")]
    sources = [
        value for step in brought for kept in step.params.values() for key, value in kept.items() if _is_source(key)
    ]
    return list(dict.fromkeys(filter(None, map(note_on_images, sources))))


def _is_source(key: str) -> bool:
    return key.rpartition(".")[2] == "source"


def _describe(crate: ROCrate, targets: Sequence[str], notes: Sequence[str]) -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    crate.name = f"{project['name'].capitalize()}: {', '.join(targets)}"
    said = "".join(f"{note.capitalize()}. " for note in notes)
    crate.description = f"{said}What {', '.join(targets)} came from. {project['description']}"
    facts = {"@type": "CreativeWork", "name": project["license"], "description": f"See {LICENCE}"}
    crate.license = crate.add(ContextEntity(crate, f"https://spdx.org/licenses/{project['license']}", facts))
    for name, address in PROFILES.items():
        facts = {"@type": "CreativeWork", "name": name, "version": address.rpartition("/")[2]}
        crate.root_dataset.append_to("conformsTo", crate.add(ContextEntity(crate, address, facts)))


def _add_workflow(crate: ROCrate, files: Files) -> ComputationalWorkflow:
    """Add what defines the workflow, the lock of its environment and the licence, and return the workflow."""
    where, facts = files.copy(WORKFLOW)
    lock = files.add(find_lock(), conformsTo={"@id": PIP_LOCK})
    main = crate.add_workflow(
        dest_path=where,
        properties={**facts, "@type": [*ComputationalWorkflow.TYPES, "HowTo"], **PLAIN_TEXT, "buildInstructions": lock},
        main=True,
        lang="snakemake",
        lang_version=version("snakemake"),
    )
    for path in (PARAMETERS, LOCK, plan.FILE, versions.FILE):
        files.add(path)
    for path in (template.FILE, *sorted(WORKFLOW.parent.glob("rules/*.smk")), *sorted(WORKFLOW.parent.glob("*.py"))):
        files.add(path, **{"@type": SOURCE_CODE})
    files.add(LICENCE, **PLAIN_TEXT)
    return main


def find_lock() -> Path:
    """Return the lock that this environment was made from, as requirements/install notes it."""
    noted = Path(sys.prefix, ".lock")
    name = noted.read_text(encoding="utf-8").strip() if noted.exists() else "cpu"
    return Path("requirements", f"{name}.txt")
