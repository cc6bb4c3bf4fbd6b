"""Crates checked by the validator of the Provenance Run Crate profile, which is shown to find what is amiss."""

import json
import re
from pathlib import Path

import pytest

from tests.support.crates import ARCHIVE_SHA256, METADATA, METRICS, MODEL, RAW, VIEW, entities, issues, named
from workflow.audit import crate
from workflow.audit.lineage import Step


def test_a_crate_has_all_that_the_profile_requires(written_crate: Path, tmp_path: Path) -> None:
    assert issues(written_crate, tmp_path / "cache") == []


def test_an_archive_that_a_crate_does_not_hold_is_known_by_its_sha256(written_crate: Path) -> None:
    found = entities(written_crate)
    folder = next(one for one in found.values() if one.get("name") == RAW)
    (part,) = folder["hasPart"]
    archive = found[part["@id"]]
    assert (archive["name"], archive["sha256"], archive["contentSize"]) == ("learn.zip", ARCHIVE_SHA256, "10")
    assert not (written_crate / RAW).exists()


def without(folder: Path, address: str, key: str) -> None:
    content = json.loads((folder / METADATA).read_text(encoding="utf-8"))
    next(entity for entity in content["@graph"] if entity["@id"] == address).pop(key)
    (folder / METADATA).write_text(json.dumps(content), encoding="utf-8")


MISSED = {
    ("./", "license"): "The Root Data Entity MUST have a `license`",
    ("workflow/Snakefile", "hasPart"): "ComputationalWorkflow MUST refer to orchestrated tools via hasPart",
    ("#step/train", "workExample"): "A HowToStep must refer to its corresponding tool via workExample",
    ("#run/train%40cnn", "instrument"): "The Action MUST have an instrument property",
    ("#control/train%40cnn", "object"): "A ControlAction must reference the action .* via object",
    ("#organize", "result"): "An OrganizeAction must reference the action .* via result",
}
"""What the validator says of each thing that is taken out."""


@pytest.mark.slow
def test_the_validator_misses_what_is_taken_out(written_crate: Path, tmp_path: Path) -> None:
    """All at once, as it takes seconds to begin."""
    for address, key in MISSED:
        without(written_crate, address, key)
    (written_crate / MODEL).unlink()
    found = issues(written_crate, tmp_path / "cache")
    for expected in (*MISSED.values(), MODEL):
        assert any(re.search(expected, issue) for issue in found), expected


@pytest.mark.slow
def test_the_validator_misses_what_a_crate_conforms_to(written_crate: Path, tmp_path: Path) -> None:
    without(written_crate, "./", "conformsTo")
    assert issues(written_crate, tmp_path / "cache")


def test_folders_of_data_are_copied_when_asked_for(four_steps: list[Step], tmp_path: Path) -> None:
    out = tmp_path / "crate"
    crate.write(out, four_steps, [METRICS], described=())
    assert issues(out, tmp_path / "cache") == []
    found = entities(out)
    assert named(found, found[f"{VIEW}/"]["hasPart"]) == {f"{VIEW}/index.csv", f"{VIEW}/train.npy"}
    assert (out / "outside/parent/my photographs/\u00c9t\u00e9 & mer/1 #.png").read_bytes() == b"a photograph"


def test_a_folder_of_data_that_is_asked_for_is_copied(four_steps: list[Step], tmp_path: Path) -> None:
    out = tmp_path / "crate"
    crate.write(out, four_steps[:2], [f"./{VIEW}/train.npy"])
    assert issues(out, tmp_path / "cache") == []
    assert (out / VIEW / "train.npy").exists()
    assert not (out / RAW).exists()
