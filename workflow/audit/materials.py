"""What a signature covers beside a study's own files: its codecheck.yml, and the bill of materials of the environment.

A codecheck.yml in the root of the repository, where a CODECHECK wants it, or in exports/ is taken as it is if it lists
a file of the study. Where there is none, one is written to exports/<study>-codecheck.yml, and the bill, where there is
none, to exports/sbom.cdx.json.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from darkroom.core.files import write_text

if TYPE_CHECKING:
    from workflow.audit.lineage import Step

EXPORTS = Path("exports")
CODECHECK = Path("codecheck.yml")
MADE_BY = "compare"
"""The verb of the stage that makes a study's comparison; its key is the study."""


def bring_materials(steps: "Iterable[Step]") -> list[Path]:
    """Return the forms of the studies that steps made, and the bill; what is not there yet is written.

    Raises:
        UserError: a form cannot be filled in, for a lock or a file of the study is missing.
    """
    studies = [key for verb, _, key in (step.name.partition("@") for step in steps) if verb == MADE_BY]
    return [*(bring_codecheck(study) for study in studies), bring_bill()]


def bring_codecheck(study: str) -> Path:
    """Return the file that says what whoever checks a study is to make again."""
    written = EXPORTS / f"{study}-{CODECHECK}"
    for file in (CODECHECK, EXPORTS / CODECHECK, written):
        if file.is_file() and any(name.startswith(f"results/{study}/") for name in list_files(file)):
            return file
    from darkroom.cards import codecheck
    from darkroom.cards.study import find_study

    write_text(written, codecheck.compose(find_study(study)))
    return written


def bring_bill() -> Path:
    """Return the bill of materials of the locks that this environment was made from."""
    from darkroom.apps import forms

    bill = EXPORTS / forms.FORMS["sbom"][0]
    if not bill.is_file():
        write_text(bill, forms.compose_bill(None))
    return bill


def list_files(file: Path) -> Iterator[str]:
    """Yield the files that a codecheck.yml lists; none of what is not one."""
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8", errors="replace"))
    except yaml.YAMLError:
        return
    manifest = content.get("manifest") if isinstance(content, dict) else None
    for one in manifest if isinstance(manifest, list) else ():
        if isinstance(one, dict) and isinstance(one.get("file"), str):
            yield one["file"]


def read_materials(page: Path) -> set[str]:
    """Return the paths that a signed page names as materials; none of a page from a Darkroom that knew none."""
    content = json.loads(page.read_text(encoding="utf-8"))
    return {one["name"] for one in content.get("materials", [])}
