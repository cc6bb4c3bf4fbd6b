"""Sweeps: variants of a model in params.yaml, what they change, and what the plan makes of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.project import edit
from darkroom.core.errors import UserError
from darkroom.params.base import validate
from darkroom.params.document import load
from darkroom.params.joining import Full, override
from darkroom.params.model import Model
from darkroom.params.sweeps import find_model
from darkroom.pipeline import planning

SWEEP = {"title": "Size", "of": "cnn", "variants": {"small": {"network": {"head": {"units": [16, 8]}}}}}
SWEEP["variants"] |= {"8": {"training": {"batch_size": 8}, "view": "intel-180"}}


@pytest.fixture
def swept(project: Callable[..., Path]) -> Path:
    return project(
        {"sweeps": {"cnn-size": SWEEP}, "studies.intel.models": ["cnn"], "studies.intel.sweeps": ["cnn-size"]}
    )


def test_a_variant_is_its_model_with_its_changes(swept: Path) -> None:
    parameters = load()
    assert list(parameters.trained)[-2:] == ["cnn-size-small", "cnn-size-8"]
    assert parameters.trained["cnn-size-small"].network.head.units == [16, 8]
    assert parameters.trained["cnn-size-small"].network.head.dropout == parameters.models["cnn"].network.head.dropout
    assert parameters.trained["cnn-size-8"].training.batch_size == 8
    assert parameters.models["cnn"].training.batch_size == 64


def test_a_stage_finds_the_same_settings_as_the_plan(swept: Path) -> None:
    for name, model in load().trained.items():
        if isinstance(model, Model):
            assert validate(Model, *find_model(name)) == model


def test_the_plan_trains_variants_and_names_what_they_depend_on(swept: Path) -> None:
    planned = planning.make_plan(load())
    assert list(planned["trainings"]) == ["cnn", "cnn-size-small", "cnn-size-8"]
    variant = planned["trainings"]["cnn-size-8"]
    assert variant["at"]["training"]["batch_size"] == "sweeps.cnn-size.variants.8.training.batch_size"
    assert variant["at"]["training"]["epochs"] == "models.cnn.training.epochs"
    assert variant["at"]["training"]["optimizer"] == "defaults.training.optimizer"
    assert variant["view"] == "intel-180"
    assert planned["swept"]["cnn-size"]["models"] == "cnn cnn-size-small cnn-size-8"
    assert planned["comparisons"]["intel"]["models"] == "cnn cnn-size-small cnn-size-8"
    assert "sweep@cnn-size" in planning.list_ends("intel", planned)


def test_a_change_of_a_variant_leaves_its_model_alone() -> None:
    model = Full({"network": {"units": [1, 2], "l2": 3}}, {"network": {"units": "m.units", "l2": "m.l2"}})
    result = override({}, model, {"network": {"units": [9]}}, "here")
    assert result == ({"network": {"units": [9], "l2": 3}}, {"network": {"units": "here.network.units", "l2": "m.l2"}})
    assert model == ({"network": {"units": [1, 2], "l2": 3}}, {"network": {"units": "m.units", "l2": "m.l2"}})


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        (
            {"sweeps.cnn-size.variants.small": {"network": {"heads": {}}}},
            "sweeps.cnn-size.variants.small.network.heads: unknown key; did you mean 'head'? Allowed here: ",
        ),
        (
            {"sweeps.cnn-size.variants.small": {"training": {"batch_size": 0}}},
            "sweeps.cnn-size.variants.small.training.batch_size: 0: input should be greater than or equal to 1",
        ),
        ({"sweeps.cnn-size.of": "cnm"}, "sweeps.cnn-size.of: 'cnm': no such entry; allowed: cnn"),
        (
            {"sweeps.cnn": {**SWEEP, "variants": {"bn": SWEEP["variants"]["8"]}}},
            "sweeps.cnn.variants.bn: it would be trained as cnn-bn, which is taken; rename it",
        ),
        ({"studies.intel.sweeps": ["size"]}, "studies.intel.sweeps: 'size': no such entry; allowed: cnn-size"),
        (
            {"studies.intel.models": ["cnn-bn"]},
            "studies.intel.sweeps: 'cnn-size': varies 'cnn', which this study must list too",
        ),
        ({"explanations": {"cnn-size-big": {}}}, "explanations.cnn-size-big"),
        (
            {"models.cnn.training.validation_split": None},
            "models.cnn.training.callbacks: EarlyStopping monitors val_loss, but nothing validates",
        ),
        (
            {"datasets.intel.draw": {"seed": 1, "train": None, "validation": 2, "test": None}},
            "models.cnn.training.validation_split: 0.2: the dataset has validation images of its own; write null",
        ),
        (
            {
                "datasets.intel.draw": {"seed": 1, "train": None, "validation": 2, "test": None},
                "models.cnn.training.validation_split": {"fraction": 0.3, "stratify": True},
            },
            "models.cnn.training.validation_split: 0.3: the dataset has validation images of its own; write null",
        ),
        (
            {"models.cnn.training.validation_split": {"fraction": 1.2, "stratify": True}},
            "models.cnn.training.validation_split.fraction: 1.2: input should be less than 1",
        ),
        (
            {"models.cnn.training.validation_split": {"fraction": 0.2, "stratified": True}},
            "models.cnn.training.validation_split.stratified: unknown key; did you mean 'stratify'? Allowed here: "
            "fraction, stratify; missing, too: training.validation_split.stratify",
        ),
        ({"models.cnn.training.momentum": 0.9}, "models.cnn.training: momentum 0.9: adam has its own"),
        ({"models.cnn.training.callbacks": [{"name": "Nap"}]}, "no callback of this name; allowed: EarlyStopping"),
        (
            {"models.cnn.training.callbacks": [{"name": "TerminateOnNaN"}] * 2},
            "models.cnn.training: callbacks name TerminateOnNaN twice",
        ),
        (
            {"models.cnn.training.callbacks": [{"name": "BackupAndRestore"}]},
            "models.cnn.training.callbacks.0.every: missing",
        ),
        (
            {"models.cnn.network.blocks.pooling": [2, 2]},
            "models.cnn.network.blocks: filters are [32, 64, 64, 128, 256] and pooling [2, 2]: give one number",
        ),
    ],
)
def test_a_mistake_gives_one_line(swept: Path, edits: dict[str, Any], said: str) -> None:
    edit(swept, edits)
    with pytest.raises(UserError) as caught:
        load()
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_variants_of_one_image_may_not_train_and_validate(swept: Path) -> None:
    edit(swept, {"views.intel-180.dataset": "turned", "sweeps.cnn-size.variants.8.training.validation_split": 0.1})
    augmentation = {
        "flip": None,
        "rotation": 9,
        "translation": 0,
        "zoom": 0,
        "shear": 0,
        "brightness": 0,
        "contrast": 0,
        **{"crop": 0, "saturation": 0, "hue": 0, "rand_augment": None, "erasing": 0},
    }
    turned = {"dataset": "intel", "augmentation": {**augmentation, "fill": "wrap"}, "variants": 2, "seed": 1}
    edit(swept, {"augmented.turned": turned, "studies.intel.models": ["cnn"]})
    with pytest.raises(UserError, match="variants of one image would train and validate"):
        load()


def test_an_unknown_model_is_named(swept: Path) -> None:
    with pytest.raises(
        UserError, match="no entry 'cnn-size-big', and no variant of a sweep is called so; there is cnn"
    ):
        find_model("cnn-size-big")
