"""The page that leads from the course documents to results names stages, parameters and files that there are."""

import re
from pathlib import Path

import pytest
import yaml

from darkroom.params.document import load
from darkroom.pipeline.template import read_stages
from tests.conftest import ROOT

PAGE = (ROOT / "docs/correspondence.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## `([a-z0-9-]+)`.*?\n\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL))
ROWS = [
    (study, *[cell.strip() for cell in line.strip("|").split("|")])
    for study, text in SECTIONS.items()
    for line in text.splitlines()[2:]
    if line.startswith("|")
]
STAGES = read_stages(ROOT).values()
VERBS, OUTS = {stage.verb for stage in STAGES}, {out for stage in STAGES for out in stage.outs}
VALUES = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))


def test_every_study_of_a_document_has_its_rows() -> None:
    assert set(SECTIONS) == {"intel", "cifar10", "waste", "cats-dogs", "mnist"}
    assert len(ROWS) > 40


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}: {row[1]}")
def test_what_a_row_names_is_there(row: tuple[str, ...]) -> None:
    study, _, stages, parameters, shown = row
    assert set(re.findall(r"`([a-z]+)`", stages)) <= VERBS
    for key in re.findall(r"`([^`]+)`", parameters):
        found = VALUES
        for word in key.split("."):
            assert word in found, key
            found = found[word]
    for name in filter(None, re.split(r"[,;] *", shown)):
        path = {"W": f"results/{study}/worksheet.md"}.get(name, name)
        if path.startswith("docs/"):
            assert Path(ROOT / path).is_file(), path
        else:
            path = path if path.startswith("results/") else f"results/{study}/{path}"
            assert path in OUTS, path


def test_what_cannot_be_shown_is_summarised() -> None:
    studies = load().studies
    left_out = {study: set(entry.summary_only) for study, entry in studies.items() if entry.summary_only}
    assert set(left_out) == {"intel", "waste", "cats-dogs"}
    last = PAGE.partition("## What cannot be shown here")[2]
    assert all(f"`studies.{study}`" in last for study in left_out)
