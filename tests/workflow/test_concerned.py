"""Which stages an edit of params.yaml concerns, and which it leaves alone, by what dvc.yaml says of all studies."""

import shutil
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from benchmarks.project import edit
from darkroom.params import inheritance
from darkroom.params.document import load
from darkroom.params.yaml_files import read
from darkroom.pipeline import planning, template

Concerned = Callable[..., set[str]]
CHEAP = {"compare", "costs", "page", "sweep", "worksheet"}
"""Stages that read what others computed, and compute nothing that takes long."""


@pytest.fixture
def stages(root: Path, tmp_path: Path) -> Callable[..., dict[str, template.Stage]]:
    """All stages, as dvc.yaml has them after edits of params.yaml."""
    definitions = template.read_definitions(root)

    def expanded(edits: dict[str, Any]) -> dict[str, template.Stage]:
        shutil.copyfile(root / "params.yaml", tmp_path / "params.yaml")
        edit(tmp_path, edits)
        values = {**read(tmp_path / "params.yaml"), **planning.make_plan(load(tmp_path / "params.yaml"))}
        return template.expand(definitions, values)

    return expanded


@pytest.fixture
def concerned(stages: Callable[..., dict[str, template.Stage]], tmp_path: Path) -> Concerned:
    """The stages whose command, files or parameters edits of params.yaml change, whatever the files hold."""

    def state(edits: dict[str, Any]) -> dict[str, Any]:
        found = stages(edits)
        document = read(tmp_path / "params.yaml")

        def value(dotted: str) -> Any:
            return reduce(lambda node, part: node[part], dotted.split("."), document)

        tracked = {name: {key: value(key) for key in one.params.get("params.yaml", ())} for name, one in found.items()}
        return {name: (one.command, one.deps, one.outs, tracked[name]) for name, one in found.items()}

    def changed(edits: dict[str, Any], before: dict[str, Any] | None = None) -> set[str]:
        old, new = state(before or {}), state(edits)
        return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}

    return changed


def verbs(names: set[str]) -> set[str]:
    return {name.partition("@")[0] for name in names}


def edits_of(document: dict[str, Any], study: str) -> dict[str, Any]:
    """An edit of each entry of params.yaml that is a study's own: one whose name begins with the study's."""
    edits: dict[str, Any] = {}
    for section, path, change in (
        ("datasets", "title", lambda title: f"{title}, again"),
        ("datasets", "max_expansion", lambda most: most + 1),
        ("augmented", "variants", lambda count: count + 1),
        ("views", "size", lambda size: size + 1),
        ("models", "training.epochs", lambda epochs: epochs + 1),
        ("finetunes", "training.epochs", lambda epochs: epochs + 1),
        ("sweeps", "title", lambda title: f"{title}, again"),
        ("sweeps", "variants", lambda variants: dict(list(variants.items())[1:]) or variants),
        ("explanations", "seed", lambda seed: seed + 1),
        ("studies", "confidence", lambda confidence: confidence - 0.05),
    ):
        for key, entry in document[section].items():
            if key.startswith(study):
                edits[f"{section}.{key}.{path}"] = change(reduce(lambda node, part: node[part], path.split("."), entry))
    return edits


@pytest.mark.parametrize("study", ["cifar10", "waste", "cats-dogs", "mnist"])
def test_no_edit_of_one_study_concerns_another(root: Path, concerned: Concerned, study: str) -> None:
    found = concerned(edits_of(inheritance.expand(read(root / "params.yaml")).value, study))
    assert {f"{verb}@{study}" for verb in ("compare", "costs", "page", "worksheet")} <= found
    assert [name for name in sorted(found) if not name.partition("@")[2].startswith(study)] == []


def test_a_new_title_of_a_dataset_concerns_cheap_stages_alone(concerned: Concerned) -> None:
    assert verbs(concerned({"datasets.cifar10.title": "Small pictures"})) == CHEAP


def test_a_new_title_of_a_sweep_concerns_that_sweep_alone(concerned: Concerned) -> None:
    assert concerned({"sweeps.cifar10-batch.title": "How many at a time"}) == {"sweep@cifar10-batch"}


def test_a_source_that_was_moved_concerns_its_fetch_and_cheap_stages_alone(concerned: Concerned) -> None:
    before, after = ({"datasets.cifar10.source": folder} for folder in ("../here", "../there"))
    assert verbs(concerned(after, before)) == {"fetch", *CHEAP}


def test_every_stage_that_calls_images_drawn_is_concerned_when_they_no_longer_are(concerned: Concerned) -> None:
    found = concerned({"datasets.cifar10.source": "../mine"})
    assert verbs(found) == {"fetch", "census", "train", "evaluate", "explain", *CHEAP}


@pytest.mark.parametrize("edits", [{}, {"explanations": {}}, {"explanations": {}, "studies.cifar10.sweeps": []}])
def test_no_stage_names_a_file_twice(stages: Callable[..., dict[str, template.Stage]], edits: dict[str, Any]) -> None:
    for name, stage in stages(edits).items():
        assert len(stage.deps) == len(set(stage.deps)), name
