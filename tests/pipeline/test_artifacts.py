"""The trained models are artifacts that DVC reads, and that change nothing of what it runs."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dvc.repo import Repo
from dvc.repo.artifacts import check_name_format

from benchmarks import project as copies
from darkroom.params.document import load
from darkroom.pipeline import artifacts, planning, template


@pytest.fixture
def described(root: Path, project: Callable[..., Path]) -> Callable[[dict[str, Any]], dict[str, str]]:
    """What is said of each model where params.yaml is edited."""

    def said(edits: dict[str, Any]) -> dict[str, str]:
        shutil.copyfile(root / "dvc.yaml", project(edits) / "dvc.yaml")
        parameters = load()
        return {
            name: one["desc"]
            for name, one in artifacts.list_artifacts(parameters, planning.make_plan(parameters)).items()
        }

    return said


def test_dvc_reads_every_model_of_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = copies.copied(tmp_path / "project")
    copies.edit(folder, {"models.cnn.replicates": 2})
    copies.run(folder, "darkroom.pipeline.plan")
    monkeypatch.chdir(folder)
    with Repo() as repo:
        found = repo.artifacts.read()
    assert list(found) == ["models/dvc.yaml"]
    outs = {
        stage.key: stage.outs for stage in template.read_stages().values() if stage.verb in artifacts.VERBS.values()
    }
    assert {f"models/{one.path}" for one in found["models/dvc.yaml"].values()} == {
        next(out for out in of if out.endswith("model.keras")) for of in outs.values()
    }
    second = found["models/dvc.yaml"]["cnn-replicate-2"]
    assert second.type == "model"
    assert {"study:intel", "dataset:intel", "view:intel-150", "stage:train", "model:cnn", "replicate:2"} == set(
        second.labels
    )


def test_git_and_dvc_see_the_artifacts_and_not_the_models(tmp_path: Path) -> None:
    folder = copies.copied(tmp_path / "project")
    (folder / "models/intel/cnn").mkdir(parents=True)
    (folder / "models/intel/cnn/model.keras").write_text("a model")
    command = ["git", "status", "--porcelain", "--untracked-files=all", "models"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout == "?? models/dvc.yaml\n"
    stages = copies.run(folder, "dvc", "stage", "list", "--all", "--name-only").stdout.split()
    assert sorted(stages) == sorted([*template.read_stages(folder), template.CHECK])


def test_what_is_said_of_models(described: Callable[[dict[str, Any]], dict[str, str]]) -> None:
    said = described({"models.cnn.replicates": 2})
    images = "Intel natural scenes, view intel-150 (synthetic images, drawn by a program)"
    assert said["cnn"] == f"Convolutional network from scratch, trained on {images}"
    assert said["cnn-replicate-2"] == f"{said['cnn']}; replicate 2, with a seed of its own"
    said = described({"models.cnn.replicates": {"folds": 5}})
    assert said["cnn"].endswith(f"trained on {images}; fold 1 of 5 held out")
    assert said["efficientnetlite0"].startswith(
        "New layers on the frozen backbone efficientnetlite0 (ImageNet weights)"
    )
    tuned = "Fine-tune of efficientnetlite0 with part of its backbone efficientnetlite0 (ImageNet weights), trained on"
    assert said["efficientnetlite0-finetuned"].startswith(tuned)


def test_random_weights_and_real_images_are_told(
    tmp_path: Path, described: Callable[[dict[str, Any]], dict[str, str]]
) -> None:
    said = described({"backbones.efficientnetlite0.weights": "none", "datasets.intel.source": str(tmp_path)})
    for name in ("efficientnetlite0", "efficientnetlite0-finetuned"):
        assert "(random weights, no pretraining)" in said[name]
    assert not any("synthetic" in one for one in said.values())
    said = described({"backbones.efficientnetlite0.weights": str(tmp_path / "my-weights.h5")})
    assert "(weights of my-weights.h5)" in said["efficientnetlite0"]


def test_an_experiment_on_a_parameter_leaves_the_artifacts_as_they_are(
    described: Callable[[dict[str, Any]], dict[str, str]],
) -> None:
    edits = {"models.cnn.training.epochs": 3, "models.cnn.network.blocks.filters": [8], "views.intel-150.size": 100}
    edits |= {"finetunes.efficientnetlite0-finetuned.unfreeze": "all", "runtime.seed": 5}
    assert described(edits) == described({})


def test_names_are_ones_that_dvc_allows_and_each_its_own() -> None:
    keys = ["a", "a-", "a_", "a-2", "under_score", "9", "b_", "net-replicate-2"]
    names = artifacts.make_valid_names(keys)
    for name in names.values():
        check_name_format(name)
    assert list(names) == keys
    assert len(set(names.values())) == len(keys)
    assert {key for key, name in names.items() if key != name} == {"a-", "a_", "b_"}
    assert names["b_"] == "b"
