"""In what models differ from the course documents."""

from pathlib import Path
from typing import Any

import pandas
import pytest

from darkroom.comparison import departures
from darkroom.evaluation.evaluations import Evaluated
from darkroom.params.document import load
from darkroom.training.outcome import list_hyperparameters

SAID: dict[str, Any] = {
    "plain": {
        "images": {"learn": 100, "test": 20},
        "view": {"size": 150},
        "network": {"blocks": {"filters": [8, 16], "batch_normalization": None}},
        "training": {"epochs": 20, "callbacks": {"EarlyStopping": {"patience": 5}}},
        "why": {"training.epochs": "fewer are enough"},
    },
    "normalized": {
        "like": "plain",
        "network": {"blocks": {"batch_normalization": {"momentum": 0.99}}},
        "why": {"network.blocks.batch_normalization.momentum": "few steps"},
    },
}


def evaluated(train: int = 80, **settings: Any) -> Evaluated:
    used = {
        "view.size": 150,
        "network.blocks.filters": [8, 16],
        "network.blocks.batch_normalization": None,
        "training.epochs": 20,
        "training.callbacks.EarlyStopping.patience": 5,
        **settings,
    }
    none = pandas.DataFrame()
    return Evaluated(Path(), {"train_images": train, "validation_images": 20, "images": 20}, none, none, used)


@pytest.fixture(autouse=True)
def said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(departures, "read_documents", lambda: SAID)


def test_what_is_as_the_document_says_or_leaves_open_is_no_departure() -> None:
    runs = {"plain": evaluated(**{"training.batch_size": 7}), "unknown": evaluated(train=1)}
    assert departures.list_departures(runs).empty


def test_each_departure_stands_with_both_values_and_its_reason() -> None:
    runs = {
        "plain": evaluated(train=30, **{"training.epochs": 10, "network.blocks.filters": [8]}),
        "normalized": evaluated(**{"network.blocks.batch_normalization.momentum": 0.9, "training.epochs": 10}),
    }
    found = departures.list_departures(runs)
    assert list(map(tuple, found.to_numpy())) == [
        ("plain", "images.learn", "100", "50", ""),
        ("plain", "network.blocks.filters", "[8, 16]", "[8]", ""),
        ("plain", "training.epochs", "20", "10", "fewer are enough"),
        ("normalized", "training.epochs", "20", "10", "fewer are enough"),
        ("normalized", "network.blocks.batch_normalization.momentum", "0.99", "0.9", "few steps"),
    ]
    grouped = departures.group_models(found).set_index("setting")
    assert grouped.loc["training.epochs", "models"] == "plain, normalized"


def test_a_setting_that_a_model_lacks_is_null() -> None:
    run = evaluated()
    del run.hyperparameters["training.callbacks.EarlyStopping.patience"]
    assert departures.list_departures({"plain": run})[["document", "here"]].to_numpy().tolist() == [["5", "null"]]


def test_the_documents_name_models_and_settings_that_there_are(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.chdir(root)
    parameters = load()
    known = {*parameters.trained, *parameters.finetunes}
    said = departures.read_documents()
    assert set(said) <= known
    for model in said:
        settings, reasons = departures.collect_settings(said, model)
        assert set(reasons) <= set(settings), model
        if model in parameters.trained:
            used = set(list_hyperparameters(parameters.trained[model], 13))
            optional = {name for name in settings if name.startswith(("images.", "view.", "training.callbacks."))}
            momentum = {name for name in settings if name.endswith(".momentum")}
            assert set(settings) - optional - momentum <= used, model
