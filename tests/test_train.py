"""Training learns, says truly how well, keeps its best epoch, and gives the same bytes for the same seed."""

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

from stages import runtime, train
from stages.backend import keras
from stages.errors import UserError
from stages.views import View, validation_split

BLOCKS = {"filters": [6, 8], "kernel": 3, "padding": "same", "activation": "relu", "pooling": 2, "dropout": 0.1}
NETWORK = {
    "normalization": True,
    "blocks": {**BLOCKS, "batch_normalization": {"momentum": 0.8}},
    "bridge": "flatten",
    "head": {"batch_normalization": None, "units": [8], "activation": "relu", "dropout": [0.1]},
}
TRAINING: dict[str, Any] = {
    "optimizer": "adam",
    "learning_rate": 0.02,
    "epochs": 6,
    "batch_size": 16,
    "accumulation_steps": 2,
}
TRAINING |= {"precision": "float32"}


@pytest.fixture
def folder(root: Path, project: Callable[..., Path]) -> Path:
    """A working folder with a view of bright and dark noise, and a small model for it."""
    training = {**TRAINING, "validation_split": 0.25, "patience": 2}
    folder = project({"models.cnn": {"view": "small", "replicates": 2, "network": NETWORK, "training": training}})
    shutil.copyfile(root / "dvc.yaml", folder / "dvc.yaml")
    view = folder / "view"
    view.mkdir()
    random = numpy.random.default_rng(0)
    for split, count in (("train", 80), ("test", 20)):
        labels = numpy.arange(count) * 2 // count
        images = random.integers(0, 180, (count, 12, 12, 3)) + 40 * labels[:, None, None, None]
        numpy.save(view / f"{split}.npy", images.astype(numpy.uint8))
        numpy.save(view / f"{split}-labels.npy", labels)
    (view / "view.json").write_text(json.dumps({"classes": ["dark", "light"]}))
    return folder


def trained(out: str, replicate: int = 1) -> Path:
    arguments = ["cnn", "--model", "cnn", "--replicate", str(replicate), "--view", "view", "--out", out]
    train.main(arguments)
    return Path(out)


def test_it_learns_and_its_history_is_true(folder: Path) -> None:
    out = trained("model")
    history = pandas.read_csv(out / "history.csv")
    summary = json.loads((out / "summary.json").read_text())
    best = history["val_loss"].idxmin()
    assert history["val_accuracy"].max() > 0.8
    assert (summary["best_epoch"], summary["epochs"]) == (best + 1, len(history))
    view = View.open(Path("view"))
    rows = validation_split(80, 0.25, summary["seed"])[1]
    model = keras.saving.load_model(out / "model.keras")
    probabilities = model.predict(view.read("train", rows), verbose=0)
    labels = view.labels("train")[rows]
    assert (probabilities.argmax(axis=1) == labels).mean() == pytest.approx(history["val_accuracy"][best], abs=1e-6)
    loss = -numpy.log(probabilities[numpy.arange(len(rows)), labels]).mean()
    assert loss == pytest.approx(history["val_loss"][best], abs=1e-5)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(folder: Path) -> None:
    first, again, other = trained("first"), trained("again"), trained("other", replicate=2)
    for name in ("model.keras", "history.csv", "layers.csv", "summary.json"):
        assert (first / name).read_bytes() == (again / name).read_bytes(), name
    assert (first / "model.keras").read_bytes() != (other / "model.keras").read_bytes()
    seeds = [json.loads((out / "summary.json").read_text())["seed"] for out in (first, other)]
    assert seeds[1] == seeds[0] + 1


def test_layers_and_record_say_what_they_should(folder: Path) -> None:
    out = trained("model")
    layers = pandas.read_csv(out / "layers.csv")
    summary = json.loads((out / "summary.json").read_text())
    record = json.loads((out / "record.json").read_text())
    assert summary["largest_layers"][0]["layer"] == layers.sort_values("parameters").iloc[-1]["layer"]
    assert summary["parameters"] == keras.saving.load_model(out / "model.keras").count_params()
    assert record["seconds"] > 0
    assert record["peak_memory_mib"] > 50
    assert {"keras", "numpy", "python", "tensorflow"} <= set(record["versions"])
    assert (record["backend"], record["gpu"], record["threads"]) == ("tensorflow", runtime.device(), 1)
    assert datetime.fromisoformat(record["began"]) < datetime.fromisoformat(record["ended"])


def test_early_stopping_ends_a_training_that_gets_no_better(folder: Path, project: Callable[..., Path]) -> None:
    training = {**TRAINING, "epochs": 30, "learning_rate": 1e-9, "validation_split": 0.25, "patience": 1}
    project(
        {
            "models.cnn": {
                "view": "small",
                "replicates": 1,
                "network": {**NETWORK, "normalization": False},
                "training": training,
            }
        }
    )
    out = trained("model")
    summary = json.loads((out / "summary.json").read_text())
    assert summary["stopped_early"] == (summary["epochs"] < 30)
    assert summary["epochs"] - summary["best_epoch"] in {0, 1}


def test_too_few_images_stop_the_training_with_one_line_and_no_files(folder: Path) -> None:
    numpy.save("view/train.npy", numpy.zeros((3, 12, 12, 3), numpy.uint8))
    numpy.save("view/train-labels.npy", numpy.array([0, 1, 1]))
    with pytest.raises(UserError, match=r"^models\.cnn: 3 training images are too few for validation_split"):
        trained("model")
    assert not Path("model").exists()


def test_a_training_that_diverges_names_its_learning_rate(folder: Path, project: Callable[..., Path]) -> None:
    training = {**TRAINING, "optimizer": "sgd", "learning_rate": 1.0e30, "validation_split": 0.25, "patience": 9}
    project({"models.cnn": {"view": "small", "replicates": 1, "network": NETWORK, "training": training}})
    with pytest.raises(UserError, match=r"^models\.cnn: training\.learning_rate: 1e\+30: the training diverged"):
        trained("model")
    assert not Path("model").exists()


def test_an_image_too_small_for_the_network_is_named(folder: Path, project: Callable[..., Path]) -> None:
    training = {**TRAINING, "validation_split": 0.25, "patience": 1}
    deep = {**NETWORK, "blocks": {**NETWORK["blocks"], "filters": [4] * 6, "padding": "valid"}}
    project({"models.cnn": {"view": "small", "replicates": 1, "network": deep, "training": training}})
    with pytest.raises(UserError, match=r"^models\.cnn: network\.blocks: images of 12x12 are too small for 6 blocks"):
        trained("model")
