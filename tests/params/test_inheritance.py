"""Entries of params.yaml in full: bases, defaults, what they give, and where each value stands."""

import copy
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from benchmarks.project import edit
from darkroom.core.errors import UserError
from darkroom.params import defaults, inheritance, kinds
from darkroom.params.base import read_entry, validate
from darkroom.params.document import Parameters, load
from darkroom.params.model import Model, Sweep
from darkroom.params.sweeps import find_model
from darkroom.params.view import View
from darkroom.params.yaml_files import read
from darkroom.pipeline import planning, template
from tests.support.refusals import one_line

LIMIT = 20 * 1024


def test_every_entry_has_the_values_that_it_had_when_all_were_written_out(root: Path) -> None:
    written = read(root / "tests/params/params_in_full.yaml")
    trained = written.pop("trained")
    parameters = load(root / "params.yaml")
    assert inheritance.expand(read(root / "params.yaml")).value == written
    assert {name: parameters.complete_entry("models", name).value for name in parameters.variants} == trained


def test_the_file_is_short(root: Path) -> None:
    assert (root / "params.yaml").stat().st_size <= LIMIT


def test_an_entry_has_its_own_values_then_its_bases_then_the_defaults(project: Callable[..., Path]) -> None:
    project({"views.small": {"base": "smaller", "size": 32}, "views.smaller": {"base": "intel-256", "size": 64}})
    view = read_entry(View, "views", "small")
    assert view.model_dump() == {**read_entry(View, "views", "intel-256").model_dump(), "size": 32}
    assert load().places("views", "small") == {
        "dataset": "views.intel-256.dataset",
        "size": "views.small.size",
        "resize": "views.intel-256.resize",
        "filter": "views.intel-256.filter",
        "mode": "defaults.views.mode",
        "corrupt": "defaults.views.corrupt",
        "value_range": "defaults.views.value_range",
        "duplicates": "defaults.views.duplicates",
        "class_order": "defaults.views.class_order",
        "shards": "defaults.views.shards",
    }


def test_a_fine_tune_trains_as_its_model_but_for_the_defaults_of_fine_tunes(project: Callable[..., Path]) -> None:
    base, tuned = "efficientnetlite0", "efficientnetlite0-finetuned"
    again = {"base": tuned, "unfreeze": "all", "training": {"batch_size": 8}}
    project({f"models.{base}.training.batch_size": 32, f"finetunes.{tuned}.training": {"epochs": 3}})
    edit(Path(), {"finetunes.again": again})
    places = load().complete_entry("finetunes", "again").places["training"]
    assert places["batch_size"] == "finetunes.again.training.batch_size"
    assert places["epochs"] == f"finetunes.{tuned}.training.epochs"
    assert places["learning_rate"] == "defaults.finetunes.training.learning_rate"
    assert places["callbacks"] == f"models.{base}.training.callbacks"
    assert "validation_split" not in places
    assert load().complete_entry("finetunes", tuned).value["training"]["batch_size"] == 32


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
        **{key: f"defaults.augmentation.{key}" for key in ("crop", "saturation", "hue", "rand_augment", "erasing")},
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
    one_line(lambda: read_entry(Model, "models", "cnn"), "unknown key")


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
            "models.cnn-bn.base: 'cnn': a network on a backbone needs a base that is on one too",
        ),
        (
            {"models.cnn-bn.training.cache_frozen": True},
            "models.cnn-bn.training.cache_frozen: unknown key; allowed here: optimizer",
        ),
        (
            {"models.efficientnetlite0.network.blocks": {"filters": [3]}},
            "models.efficientnetlite0.network.blocks: unknown key; allowed here: backbone, head",
        ),
        ({"views.intel-150.sizes": 3}, "views.intel-150.sizes: unknown key; did you mean 'size'? Allowed here: base"),
        ({"defaults.views.resize": "tile"}, "defaults.views.resize: 'tile': input should be 'stretch' or 'pad'"),
        ({"defaults.views.sizes": 3}, "defaults.views.sizes: unknown key; did you mean 'size'? Allowed here: dataset"),
        ({"defaults.view": {}}, "defaults.view: unknown key; did you mean 'views'? Allowed here: datasets"),
        ({"defaults.views": 3}, "defaults.views: 3: write keys and values below it"),
        ({"defaults": [1]}, "defaults: [1]: write the values of each kind below it: datasets, "),
        ({"defaults": None}, "defaults: None: write the values of each kind below it: datasets, "),
        ({"defaults.training": None}, "defaults.training: None: write keys and values below it"),
        ({"defaults.training.cache_frozen": True}, "defaults.training.cache_frozen: unknown key"),
        ({"defaults.training.callbacks": [{"name": "Earlystopping"}]}, "no callback of this name; allowed: Early"),
        ({"defaults.models.training.callbacks": [3]}, "no callback of this name; allowed: EarlyStopping"),
        ({"defaults.finetunes.base": "cnn"}, "defaults.finetunes.base: an entry must give it itself"),
        ({"defaults.transfers.network.backbone": "x"}, "defaults.transfers.network.backbone: an entry must give it"),
        ({"finetunes.efficientnetb0-finetuned.base": ["cnn"]}, "base: ['cnn']: no such entry; allowed: "),
        ({"finetunes.efficientnetb0-finetuned.base": {}}, "base: {}: no such entry; allowed: "),
        ({"finetunes.x": {"unfreeze": 3}}, "finetunes.x.base: missing; every key must be given"),
        ({"models.cnn-bn": None}, "models.cnn-bn: None: write keys and values below it"),
        ({"models.cnn-bn": 3}, "models.cnn-bn: 3: write keys and values below it"),
        ({"models.cnn-bn.network": None}, "models.cnn-bn.network: None: write keys and values below it"),
        ({"models.cnn.training": [1]}, "models.cnn.training: [1]: write keys and values below it"),
        ({"models": 3}, "models: 3: write entries below it, by name"),
        ({"sweeps": [1]}, "sweeps: [1]: write entries below it, by name"),
        ({"default": {}}, "default: unknown key; did you mean 'defaults'? Allowed here: defaults"),
        ({"datasets.y": {"base": "intel", "splits": {"train": ["x"]}}}, "splits.validation: missing; every key must"),
        (
            {"defaults.training.batch_size": 7, "models.cnn.training.accumulation_steps": 2},
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


@pytest.mark.parametrize(
    "edits",
    [
        {"models.cnn": None},
        {"models": [1]},
        {"sweeps": 3},
        {"sweeps": {"cifar10-batch": None}},
        {"sweeps": {"cnn": {"variants": 3}}},
    ],
)
def test_a_stage_that_is_run_by_hand_refuses_a_mistake_in_one_line(
    project: Callable[..., Path], edits: dict[str, Any]
) -> None:
    project(edits)
    one_line(lambda: validate(Model, *find_model("cnn-8")))


def test_a_wrong_value_is_told_where_it_stands_and_who_has_it(project: Callable[..., Path]) -> None:
    project({"models.cnn.view": 7, "models.cnn-bn.view": "intel-256"})
    with pytest.raises(UserError, match=r"^params.yaml: models\.cnn\.view: 7: "):
        load()
    edit(Path(), {"models.cnn.view": "intel-150", "models.cnn.network.blocks.kernel": 0})
    message = one_line(lambda: read_entry(Model, "models", "cnn-bn"), "models.cnn.network.blocks.kernel: 0: ")
    assert message.endswith("; models.cnn-bn has it from there")


def test_dvc_yaml_asks_for_every_value_that_a_stage_has(root: Path) -> None:
    planned = planning.make_plan(load(root / "params.yaml"))
    definitions = template.read_definitions(root)
    kinds = {"train": "trainings", "transfer": "transfers", "finetune": "finetunings", "prepare": "preparations"}
    kinds |= {"pretrained": "pretrainings", "explain": "explained", "augment": "augmentations"}
    for verb, kind in kinds.items():
        asked = set(template.list_params(definitions[verb]["do"])["params.yaml"])
        for found in planned[kind].values():
            assert {f"${{item.at.{key}}}" for key in leaves(found["at"])} <= asked, verb


def test_a_stage_depends_on_just_the_values_that_it_has(root: Path) -> None:
    """Alter every value of params.yaml: a training's settings change if, and only if, it depends on that value."""
    document = read(root / "params.yaml")
    parameters = load(root / "params.yaml")
    stages = template.expand(template.read_definitions(root), {**document, **planning.make_plan(parameters)})
    before = {model: settings(parameters, model) for model in (*parameters.trained, *parameters.finetunes)}
    asked = {model: set(stage.params["params.yaml"]) for model, stage in trainings(stages).items()}
    count = 0
    for path, value in values(document):
        if path[0] == "runtime" or path[-1] in ("base", "backbone", "of"):
            continue
        changed = altered_at(parameters, document, path, value)
        found = {model: settings(changed, model) for model in asked}
        different = {model for model in asked if found[model] != before[model]}
        depends = {model for model, keys in asked.items() if any(is_below(".".join(path), key) for key in keys)}
        assert different == depends, path
        count += bool(different)
    assert count > 100


def trainings(stages: dict[str, template.Stage]) -> dict[str, template.Stage]:
    """The stages that train, by their model."""
    return {
        stage.key: stage for stage in stages.values() if stage.verb in ("train", "transfer", "finetune") and stage.key
    }


def settings(parameters: Parameters, model: str) -> Any:
    """What a training has of its model's or fine-tune's entry."""
    value = parameters.complete_entry("finetunes" if model in parameters.finetunes else "models", model).value
    return {key: value[key] for key in ("network", "training", "unfreeze") if key in value}


def values(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value of a document that holds no keys, with the keys that lead there."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from values(value, (*path, key))
    else:
        yield path, node


def altered_at(parameters: Parameters, document: dict[str, Any], path: tuple[str, ...], value: Any) -> Parameters:
    """The parameters with one value altered, unvalidated."""
    changed = copy.deepcopy(document)
    new = [*value, {"name": "TerminateOnNaN"}] if path[-1] == "callbacks" else [value, "altered"]
    reduce(lambda node, key: node[key], path[:-1], changed)[path[-1]] = new
    sweeps = {key: Sweep.model_construct(**content) for key, content in changed["sweeps"].items()}
    result = parameters.model_copy(update={"sweeps": sweeps})
    result._document = changed
    return result


def is_below(key: str, other: str) -> bool:
    return key == other or key.startswith(f"{other}.") or other.startswith(f"{key}.")


def leaves(places: dict[str, Any]) -> set[str]:
    """The dotted keys of places."""
    return {
        f"{key}.{below}" if below else key
        for key, place in places.items()
        for below in (leaves(place) if isinstance(place, dict) else {""})
    }


def test_parts_that_are_joined_are_those_that_hold_keys() -> None:
    for kind in kinds.KINDS:
        for key, one in defaults.CLASSES[kind].model_fields.items():
            if isinstance(one.annotation, type) and hasattr(one.annotation, "model_fields") and key != "splits":
                assert key in kinds.JOINED
    assert {*kinds.KINDS, *kinds.COMPLETED} == set(defaults.CLASSES)
    assert {*kinds.JOINED, *kinds.CALLBACK_PARTS} - {"network"} == set(kinds.COMPLETED)


def test_an_entry_is_shown_in_full_with_where_each_value_stands(project: Callable[..., Path]) -> None:
    folder = project({})
    shown = show(folder, "cnn-bn").stdout.splitlines()
    assert shown[0] == "models.cnn-bn:"
    assert "    padding: valid  # models.cnn.network.blocks.padding" in [line[2:] for line in shown]
    assert "    normalization: layer" in shown
    assert "  replicates: 1  # defaults.models.replicates" in shown
    assert show(folder, "cnm").stderr == "error: params.yaml: no entry 'cnm'; perhaps cnn\n"


def show(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "darkroom.params", name]
    environment = {"PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)


def test_a_fine_tune_without_a_backbone_trains_as_its_model_and_is_planned_on_its_view(
    project: Callable[..., Path],
) -> None:
    larger = {"base": "cnn-bn-256-gap", "unfreeze": "all", "view": "intel-180"}
    edits = {"finetunes.larger": larger, "finetunes.again": {"base": "larger", "unfreeze": 3}}
    listed = ["cnn-bn-256-gap", "larger", "again"]
    project({**edits, "studies.intel.models": listed, "explanations": {}})
    parameters = load()
    training = parameters.finetunes["larger"].training
    assert (training.batch_size, training.learning_rate, training.cache_frozen) == (64, 0.00001, True)
    assert [parameters.view_of(key) for key in listed] == ["intel-256", "intel-180", "intel-180"]
    plan = planning.make_plan(parameters)
    assert plan["finetunings"]["again"]["view"] == plan["evaluations"]["again"]["view"] == "intel-180"
    assert plan["finetunings"]["larger"]["at"]["training"]["cache_frozen"] == "defaults.transfers.training.cache_frozen"
    assert {"intel-180", "intel-256"} <= set(plan["preparations"])
