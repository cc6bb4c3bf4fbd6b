"""Networks that are built and summarised, but not trained."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy
import pandas
import pytest

from benchmarks.project import edit, parameters, run
from darkroom.core.errors import UserError
from darkroom.params.document import load
from darkroom.pipeline import template
from stages import describe
from tests.conftest import ROOT
from tests.support import in_process
from tests.support.small_study import small

DOCUMENTS = {
    "efficientnetb0": (4_416_297, 364_166),
    "efficientnetb0-finetuned": (4_416_297, 1_715_126),
    "waste-inceptionresnetv2": (54_345_958, 9_222),
}
"""Parameters, and those of them that train, as the documents print them."""

UNTRAINED = "efficientnetb0"


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that trains one network, and summarises others."""
    folder = small(tmp_path_factory.mktemp("described") / "project")
    edit(folder, {"studies.intel.models": ["plain"], "studies.intel.summary_only": ["frozen", "tuned", "wide"]})
    wide = parameters(folder)["models"]["plain"]
    edit(folder, {"models.wide": {**wide, "view": "intel-180"}})
    run(folder, "darkroom.pipeline.plan")
    in_process.make(folder)
    return folder


def read(folder: Path, model: str) -> tuple[dict[str, object], pandas.DataFrame]:
    found = folder / "results/intel/descriptions" / model
    return json.loads((found / "summary.json").read_text()), pandas.read_csv(found / "layers.csv")


def test_nothing_but_the_summary_is_made_of_them(described: Path) -> None:
    stages = template.read_stages(described)
    verbs = {stage.verb for stage in stages.values() if stage.key in ("frozen", "tuned", "wide")}
    assert verbs == {"describe"}
    assert not {"pretrained", "transfer", "finetune"} & {stage.verb for stage in stages.values()}
    assert not list((described / "models/intel").glob("frozen*"))


def test_a_summary_has_what_the_layers_add_up_to(described: Path) -> None:
    for model in ("frozen", "tuned", "wide"):
        summary, layers = read(described, model)
        assert summary["parameters"] == layers["parameters"].sum() > 0
        assert summary["trainable_parameters"] == layers["trainable_parameters"].sum() > 0
    frozen, tuned = read(described, "frozen")[0], read(described, "tuned")[0]
    assert frozen["parameters"] == tuned["parameters"]
    assert frozen["trainable_parameters"] < tuned["trainable_parameters"] < tuned["parameters"]
    assert frozen["backbone"]["name"] == "mobilenet"
    assert "backbone" not in read(described, "wide")[0]


def test_a_network_from_scratch_has_the_layers_that_it_would_be_trained_with(described: Path) -> None:
    trained = pandas.read_csv(described / "models/intel/plain/layers.csv")
    wide = read(described, "wide")[1]
    assert wide["layer"].tolist() == trained["layer"].tolist()
    assert (wide["output_shape"] != trained["output_shape"]).any()  # of larger images


def test_the_worksheet_shows_them_apart_from_what_was_trained(described: Path) -> None:
    page = (described / "results/intel/worksheet.md").read_text()
    question = page[page.index("that are only summarised here?") :]
    table = question[: question.index("**Which hyperparameters")]
    for model in ("frozen", "tuned", "wide"):
        assert f"| {model} |" in table
        assert f"{read(described, model)[0]['parameters']:,}" in table
    models = pandas.read_csv(described / "results/intel/comparison/models.csv")
    assert models["model"].tolist() == ["plain"]


def test_a_change_of_weights_or_of_training_makes_no_summary_anew(described: Path) -> None:
    stages = template.read_stages(described)
    asked = {key for keys in stages["describe@tuned"].params.values() for key in keys}
    assert {"backbones.mobile.architecture", "finetunes.tuned.unfreeze", "models.frozen.network.head.units"} <= asked
    assert not [key for key in asked if "weights" in key or "training" in key]


@pytest.mark.parametrize("model", DOCUMENTS)
def test_the_counts_are_those_of_the_documents(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    parameters_of = load()
    side = parameters_of.views[parameters_of.view_of(model)].size
    view = tmp_path / "view"
    view.mkdir()
    numpy.save(view / "train.npy", numpy.zeros((1, side, side, 3), numpy.uint8))
    (view / "view.json").write_text(json.dumps({"classes": list("abcdef"), "size": side, "mode": "RGB"}))
    origin = parameters_of.origin(model)
    describe.main([model, "--origin", origin, "--view", str(view), "--out", str(tmp_path / "out")])
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert (summary["parameters"], summary["trainable_parameters"]) == DOCUMENTS[model]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"studies.intel.summary_only": ["vgg"]}, "studies.intel.summary_only: 'vgg': no such entry; allowed: cnn,"),
        ({"studies.intel.summary_only": ["cnn"]}, "summary_only: 'cnn': is trained; name it in one list alone"),
        (
            {
                "studies.intel.models": ["cnn"],
                "studies.other": {"models": ["cnn-bn"], "summary_only": ["efficientnetb0"]},
            },
            "studies.other.summary_only: 'efficientnetb0': already in studies.intel; name it once",
        ),
        ({"studies.intel.summary_only": ["waste-xception"]}, "but these use the datasets intel, waste"),
    ],
)
def test_a_mistake_gives_one_line(project: Callable[..., Path], changes: dict[str, object], expected: str) -> None:
    project({"studies.intel.summary_only": [UNTRAINED], **changes})
    with pytest.raises(UserError) as caught:
        load()
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
