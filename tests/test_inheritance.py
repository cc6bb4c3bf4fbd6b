"""Entries of params.yaml in full: bases, defaults, what they give, and where each value stands."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.project import edit
from stages import plan, template
from stages.errors import UserError
from stages.parameters import defaults, inheritance
from stages.parameters.base import entry, read
from stages.parameters.data import View
from stages.parameters.document import load
from stages.parameters.model import Model
from tests.refusals import one_line

LIMIT = 15_000


def test_every_entry_has_the_values_that_it_had_when_all_were_written_out(root: Path) -> None:
    written = read(root / "tests/params_in_full.yaml")
    trained = written.pop("trained")
    parameters = load(root / "params.yaml")
    assert inheritance.expanded(read(root / "params.yaml")).value == written
    assert {name: parameters.full("models", name).value for name in parameters.variants} == trained


def test_the_file_is_short(root: Path) -> None:
    assert (root / "params.yaml").stat().st_size <= LIMIT


def test_an_entry_has_its_own_values_then_its_bases_then_the_defaults(project: Callable[..., Path]) -> None:
    project({"views.small": {"base": "smaller", "size": 32}, "views.smaller": {"base": "intel-256", "size": 64}})
    view = entry(View, "views", "small")
    assert view.model_dump() == {**entry(View, "views", "intel-256").model_dump(), "size": 32}
    assert load().places("views", "small") == {
        "dataset": "views.intel-256.dataset",
        "size": "views.small.size",
        "resize": "views.intel-256.resize",
        "filter": "views.intel-256.filter",
        "mode": "defaults.views.mode",
        "damaged": "defaults.views.damaged",
    }


def test_a_fine_tune_trains_as_its_model_but_for_the_defaults_of_fine_tunes(project: Callable[..., Path]) -> None:
    base, tuned = "efficientnetlite0", "efficientnetlite0-finetuned"
    again = {"base": tuned, "unfreeze": "all", "training": {"batch_size": 8}}
    project({f"models.{base}.training.batch_size": 32, f"finetunes.{tuned}.training": {"epochs": 3}})
    edit(Path(), {"finetunes.again": again})
    places = load().full("finetunes", "again").places["training"]
    assert places["batch_size"] == "finetunes.again.training.batch_size"
    assert places["epochs"] == f"finetunes.{tuned}.training.epochs"
    assert places["learning_rate"] == "defaults.finetunes.training.learning_rate"
    assert places["callbacks"] == f"models.{base}.training.callbacks"
    assert "validation_split" not in places
    assert load().full("finetunes", tuned).value["training"]["batch_size"] == 32


def test_a_part_is_completed_wherever_it_is_given(project: Callable[..., Path]) -> None:
    project({"models.cnn.training.augmentation": {"flip": "horizontal"}, "models.cnn-bn.training": {"batch_size": 8}})
    edit(Path(), {"models.cnn-bn.training.augmentation": {"rotation": 9}})
    parameters = load()
    augmentation = parameters.trained["cnn-bn"].training.augmentation
    assert augmentation is not None
    assert (augmentation.flip, augmentation.rotation, augmentation.fill) == ("horizontal", 9, "nearest")
    assert parameters.places("models", "cnn-bn")["training"]["augmentation"] == {
        "flip": "models.cnn.training.augmentation.flip",
        "rotation": "models.cnn-bn.training.augmentation.rotation",
        **{key: f"defaults.augmentation.{key}" for key in ("translation", "zoom", "shear")},
        **{key: f"defaults.augmentation.{key}" for key in ("brightness", "contrast", "fill")},
    }


def test_a_list_of_callbacks_is_overridden_with_all_that_completed_it(project: Callable[..., Path]) -> None:
    project({"models.cnn-bn.training.callbacks": []})
    training = load().places("models", "cnn-bn")["training"]
    assert set(training["EarlyStopping"].values()) == {"models.cnn-bn.training.callbacks"}
    edit(Path(), {"defaults.training.augmentation": {"flip": "vertical"}})
    augmentation = load().trained["cnn"].training.augmentation
    assert augmentation is not None
    assert (augmentation.flip, augmentation.fill) == ("vertical", "nearest")


@pytest.mark.parametrize("kind", ["training", "network", "augmentation", "head"])
def test_defaults_that_hold_themselves_are_refused(project: Callable[..., Path], kind: str) -> None:
    project({f"defaults.{kind}.{kind}": {kind: {}}, "defaults.training.augmentation": {"training": {}}})
    one_line(load, "unknown key")
    one_line(lambda: entry(Model, "models", "cnn"), "unknown key")


def test_what_an_entry_does_not_have_stands_where_that_is_said(project: Callable[..., Path]) -> None:
    project({"models.cnn.training.callbacks": [{"name": "TerminateOnNaN"}]})
    training = load().places("models", "cnn")["training"]
    assert set(training["augmentation"].values()) == {"defaults.training.augmentation"}
    assert set(training["EarlyStopping"].values()) == {"models.cnn.training.callbacks"}


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ({"models.cnn-bn.base": "cnm"}, "models.cnn-bn.base: 'cnm': no such entry of models; allowed: cnn, "),
        ({"models.cnn-bn.base": 3}, "models.cnn-bn.base: 3: no such entry of models; allowed: cnn, "),
        ({"models.cnn.base": "cnn-bn"}, "models.cnn-bn.base: goes back to itself: cnn <- cnn-bn <- cnn"),
        ({"views.intel-150.base": "intel-150"}, "views.intel-150.base: goes back to itself: intel-150 <- intel-150"),
        (
            {"models.cnn-bn.network.backbone": "efficientnetlite0"},
            "models.cnn-bn.base: 'cnn': one is on a backbone and the other is not",
        ),
        (
            {"models.cnn-bn.training.cache_frozen": True},
            "models.cnn-bn.training.cache_frozen: unknown key; allowed here: optimizer",
        ),
        (
            {"models.efficientnetlite0.network.blocks": {"filters": [3]}},
            "models.efficientnetlite0.network.blocks: unknown key; allowed here: backbone, bridge, head",
        ),
        ({"views.intel-150.sizes": 3}, "views.intel-150.sizes: unknown key; allowed here: base, dataset, size"),
        ({"defaults.views.resize": "tile"}, "defaults.views.resize: 'tile': input should be 'stretch' or 'pad'"),
        ({"defaults.views.sizes": 3}, "defaults.views.sizes: unknown key; allowed here: dataset, size"),
        ({"defaults.view": {}}, "defaults.view: unknown key; allowed here: datasets, augmented, views"),
        ({"defaults.views": 3}, "defaults.views: 3: write keys and values below it"),
        ({"defaults": [1]}, "defaults: [1]: write the values of each kind below it: datasets, "),
        ({"defaults.training.cache_frozen": True}, "defaults.training.cache_frozen: unknown key"),
        (
            {"defaults.training.batch_size": 7, "models.cnn-bn.training.accumulation_steps": 2},
            "models.cnn.training: batch_size 7 is not a multiple of accumulation_steps 2",
        ),
        (
            {"models.cnn.training": {"epochs": 0}},
            "models.cnn.training.epochs: 0: input should be greater than or equal to 1",
        ),
        (
            {"models.cnn-bn": {"base": "cnn", "view": 3}, "models.cnn.view": 7},
            "models.cnn.view: 7: input should be a valid string",
        ),
    ],
)
def test_a_mistake_gives_one_line(project: Callable[..., Path], edits: dict[str, Any], said: str) -> None:
    project(edits)
    one_line(load, said)


def test_a_wrong_value_is_told_where_it_stands_and_who_has_it(project: Callable[..., Path]) -> None:
    project({"models.cnn.view": 7, "models.cnn-bn.view": "intel-256"})
    with pytest.raises(UserError, match=r"^params.yaml: models\.cnn\.view: 7: "):
        load()
    edit(Path(), {"models.cnn.view": "intel-150", "models.cnn.network.blocks.kernel": 0})
    message = one_line(lambda: entry(Model, "models", "cnn-bn"), "models.cnn.network.blocks.kernel: 0: ")
    assert message.endswith("; models.cnn-bn has it from there")


def test_dvc_yaml_asks_for_every_value_that_a_stage_has(root: Path) -> None:
    planned = plan.plan(load(root / "params.yaml"))
    definitions = template.definitions(root)
    kinds = {"train": "trainings", "transfer": "transfers", "finetune": "finetunings", "prepare": "preparations"}
    kinds |= {"pretrained": "pretrainings", "explain": "explained", "augment": "augmentations"}
    for verb, kind in kinds.items():
        asked = set(template.all_params(definitions[verb]["do"])["params.yaml"])
        for found in planned[kind].values():
            assert {f"${{item.at.{key}}}" for key in leaves(found["at"])} <= asked, verb


def leaves(places: dict[str, Any]) -> set[str]:
    """The dotted keys of places."""
    return {
        f"{key}.{below}" if below else key
        for key, place in places.items()
        for below in (leaves(place) if isinstance(place, dict) else {""})
    }


def test_parts_that_are_joined_are_those_that_hold_keys() -> None:
    for kind in defaults.KINDS.values():
        for key, one in kind.model_fields.items():
            if isinstance(one.annotation, type) and hasattr(one.annotation, "model_fields") and key != "splits":
                assert key in inheritance.JOINED
    assert {*inheritance.JOINED, *inheritance.CALLBACK_PARTS} - {"network"} == set(defaults.PARTS)


def test_an_entry_is_shown_in_full_with_where_each_value_stands(project: Callable[..., Path]) -> None:
    folder = project({})
    shown = show(folder, "cnn-bn").stdout.splitlines()
    assert shown[0] == "models.cnn-bn:"
    assert "    padding: valid  # models.cnn.network.blocks.padding" in [line[2:] for line in shown]
    assert "    normalization: layer" in shown
    assert "  replicates: 1  # defaults.models.replicates" in shown
    assert show(folder, "cnm").stderr == "error: params.yaml: no entry 'cnm'; perhaps cnn\n"


def show(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stages.parameters", name]
    environment = {"PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)
