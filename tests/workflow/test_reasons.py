"""Reasons name what differs, in a line each."""

import shutil
from pathlib import Path

import pytest

from benchmarks import trivial
from benchmarks.project import edit, run
from darkroom.params.yaml_files import read
from workflow import listings
from workflow.listings import tell_apart


def reasons(folder: Path, *arguments: str) -> list[str]:
    """What a dry run gives as reasons; all that Snakemake itself says goes elsewhere but for the first line."""
    return run(folder, "snakemake", "-n", *arguments).stderr.splitlines()[1:]


@pytest.mark.slow
def test_a_renamed_model_is_new_and_its_old_name_is_gone(stub: Path) -> None:
    models = read(stub / "params.yaml")["models"]
    edit(stub, {"models": {"model-0001": models["model-0001"], "renamed": models["model-0002"]}})
    edit(stub, {"studies.intel.models": ["model-0001", "renamed"]})
    said = reasons(stub)
    assert "models/intel changed: renamed is new; model-0002 is gone: costs@intel" in said
    concerned = "compare@intel, worksheet@intel, page@intel"
    assert f"results/intel/evaluations changed: renamed is new; model-0002 is gone: {concerned}" in said
    assert not any("is missing" in line for line in said)


@pytest.mark.slow
def test_the_only_model_renamed_is_named(stub: Path) -> None:
    edit(stub, {"studies.intel.models": ["model-0001"]})
    run(stub, "snakemake")
    model = read(stub / "params.yaml")["models"]["model-0001"]
    edit(stub, {"models": {"renamed": model}, "studies.intel.models": ["renamed"]})
    assert "models/intel changed: renamed is new; model-0001 is gone: costs@intel" in reasons(stub)
    shutil.rmtree(stub / listings.FOLDER)  # as in a clone
    assert "models/intel changed: renamed is new: costs@intel" in reasons(stub)


@pytest.mark.slow
def test_a_changed_source_names_its_files(stub: Path) -> None:
    source = stub.parent / "archives"
    (source / "seg_train/1.png").write_text("another")
    assert reasons(stub) == ["../archives changed: seg_train/1.png differs: fetch@intel"]
    (source / "seg_train/2.png").touch()
    (source / "more").mkdir()
    (source / "more/1.png").touch()
    shutil.rmtree(source / "seg_test")
    assert reasons(stub) == [
        "../archives changed: seg_train/1.png differs; more and 1 more are new; seg_test is gone: fetch@intel"
    ]


@pytest.mark.slow
def test_a_new_study_leaves_the_others_alone_and_is_told_in_short_lines(stub: Path) -> None:
    document = read(stub / "params.yaml")
    models = {**document["models"], "third": {**document["models"]["model-0001"], "replicates": 2}}
    edit(stub, {"models": models, "studies.another": {**document["studies"]["intel"], "models": ["third"]}})
    assert reasons(stub) == []
    assert reasons(stub, "intel") == []
    executed = {f"{verb}@another" for verb in ("compare", "costs", "page", "worksheet")}
    executed |= {f"{verb}@third{suffix}" for verb in ("train", "evaluate") for suffix in ("", "-replicate-2")}
    run(stub, "snakemake")
    assert {stage for stage, _ in trivial.executed(stub)} == executed
    edit(stub, {"studies.intel.confidence": 0.9})
    assert reasons(stub, "another") == []
    was = "was 0.95, is 0.9, and stood at defaults.studies.confidence"
    assert reasons(stub) == [
        f"studies.intel.confidence {was} (params.yaml): compare@intel, worksheet@intel, page@intel"
    ]


def test_differences_of_folders_are_told_by_their_outermost_names() -> None:
    old = {"a/1": "x", "a/2": "x", "b/1": "x", "c": "x"}
    assert tell_apart(old, old) == ""
    assert tell_apart(old, {**old, "c": "y"}) == "c differs"
    assert tell_apart(old, {"a/1": "x", "a/2": "y", "b/1": "x", "d/1": "x", "d/2": "x"}) == (
        "a/2 differs; d is new; c is gone"
    )
    assert tell_apart({}, {"b/1": "", "a/1": "", "a/2": ""}) == "a and 1 more are new"
