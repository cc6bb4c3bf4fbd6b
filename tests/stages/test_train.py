"""Training learns, says truly how well, keeps its best epoch, and gives the same bytes for the same seed."""

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy
import pandas
import pytest

from darkroom.core import facts, runtime
from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.core.provenance import NOTES
from darkroom.images.prepared.shards import open_view
from darkroom.images.prepared.validation import split_learning_rows
from darkroom.images.prepared.views import GROUPS
from darkroom.params.training import Training
from darkroom.pipeline import record
from darkroom.training import fitting
from stages import train
from tests.support.learning import AUGMENTATION, BLOCKS, NETWORK, TRAINING, model, write_view
from tests.support.small_study import STOP

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(root: Path, project: Callable[..., Path]) -> Path:
    """A working folder with a view of bright and dark noise, and a small model for it."""
    folder = project(model({}))
    shutil.copyfile(root / "dvc.yaml", folder / "dvc.yaml")
    write_view(folder / "view")
    return folder


def trained(out: str, replicate: int | str = 1, images_are: str = "delivered") -> Path:
    arguments = ["cnn", "--model", "cnn", "--replicate", str(replicate), "--view", "view", "--out", out]
    train.main([*arguments, "--images-are", images_are])
    return Path(out)


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_a_step_is_traced_once_for_each_size_of_its_batches(
    folder: Path, project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    traced = []

    def note(name: str) -> None:
        step = getattr(keras.Model, name)
        monkeypatch.setattr(keras.Model, name, lambda *given: traced.append(name) or step(*given))

    for name in ("train_step", "test_step"):
        note(name)
    project(model({"epochs": 2, "batch_size": 30, "callbacks": []}, head={**NETWORK["head"], "output": output}))
    trained("model")  # on 60 images in batches of 15, and judged by 20
    assert sorted(traced) == ["test_step", "test_step", "train_step"]


def test_it_learns_and_its_history_is_true(folder: Path) -> None:
    out = trained("model")
    history = pandas.read_csv(out / "history.csv")
    summary = json.loads((out / "summary.json").read_text())
    best = history["val_loss"].idxmin()
    assert history["val_accuracy"].max() > 0.8
    assert (summary["best_epoch"], summary["epochs"]) == (best + 1, len(history))
    view = open_view(Path("view"))
    rows = split_learning_rows(view, 0.25, summary["seed"])[1]
    network = keras.saving.load_model(out / "model.keras")
    probabilities = network.predict(view.read("train", rows), verbose=0)
    labels = view.labels("train")[rows]
    assert (probabilities.argmax(axis=1) == labels).mean() == pytest.approx(history["val_accuracy"][best], abs=1e-6)
    loss = -numpy.log(probabilities[numpy.arange(len(rows)), labels]).mean()
    assert loss == pytest.approx(history["val_loss"][best], abs=1e-5)


def test_images_of_one_group_train_or_validate(folder: Path, project: Callable[..., Path]) -> None:
    project(model({"validation_split": {"fraction": 0.25, "stratify": True}}))
    view = open_view(folder / "view")
    groups = numpy.arange(len(view.labels("train"))) // 4
    numpy.save(folder / "view" / GROUPS, groups)
    summary = json.loads((trained("model") / "summary.json").read_text())
    assert summary["validation_split"] == {"fraction": 0.25, "stratify": True}
    assert summary["hyperparameters"]["training.validation_split.stratify"] is True
    rows = split_learning_rows(view, summary["validation_split"], summary["split_seed"])
    assert [len(part) for part in rows] == [summary["train_images"], summary["validation_images"]]
    assert not set(groups[rows[0]]) & set(groups[rows[1]])


@pytest.mark.parametrize("images_are", NOTES)
def test_its_summary_and_its_record_say_what_the_images_are(
    folder: Path, project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, images_are: str
) -> None:
    project(model({"epochs": 1}))
    monkeypatch.setattr(facts, "_told", {})
    summary = json.loads((trained("model", images_are=images_are) / "summary.json").read_text())
    assert (summary["note_on_images"], summary["note"]) == (NOTES[images_are], "")
    assert facts.collect().get("note", "") == NOTES[images_are]


def test_folds_hold_out_other_images_and_say_so(folder: Path, project: Callable[..., Path]) -> None:
    project(model({"epochs": 1}))
    summaries = [
        json.loads((trained(f"model-{one}", one) / "summary.json").read_text()) for one in ("1-of-4", "2-of-4")
    ]
    assert [(one["fold"], one["folds"], one["split_seed"]) for one in summaries] == [(1, 4, 13), (2, 4, 13)]
    assert [(one["replicate"], one["seed"]) for one in summaries] == [(1, 13), (2, 14)]
    assert [(one["train_images"], one["validation_images"]) for one in summaries] == [(60, 20), (60, 20)]
    assert all(one["hyperparameters"]["folds"] == 4 for one in summaries)
    plain = json.loads((trained("plain") / "summary.json").read_text())
    assert not {"fold", "folds"} & {*plain, *plain["hyperparameters"]}


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(folder: Path) -> None:
    first, again, other = trained("first"), trained("again"), trained("other", replicate=2)
    for name in ("model.keras", "history.csv", "layers.csv", "summary.json"):
        assert (first / name).read_bytes() == (again / name).read_bytes(), name
    assert (first / "model.keras").read_bytes() != (other / "model.keras").read_bytes()
    seeds = [json.loads((out / "summary.json").read_text())["seed"] for out in (first, other)]
    assert seeds[1] == seeds[0] + 1


def test_layers_and_record_say_what_they_should(folder: Path, root: Path) -> None:
    out = trained("model")
    shutil.copyfile(root / "dvc.yaml", "dvc.yaml")  # which names the libraries
    known = record.describe_process()
    layers = pandas.read_csv(out / "layers.csv")
    summary = json.loads((out / "summary.json").read_text())
    assert summary["largest_layers"][0]["layer"] == layers.sort_values("parameters").iloc[-1]["layer"]
    assert summary["parameters"] == keras.saving.load_model(out / "model.keras").count_params()
    assert known["seconds"] > 0
    assert known["peak_memory_mib"] > 50
    assert {"keras", "numpy", "python", "tensorflow"} <= set(known["versions"])
    assert (known["backend"], known["gpu"], known["threads"]) == ("tensorflow", runtime.find_gpu_name(), 1)
    assert datetime.fromisoformat(known["began"]) < datetime.fromisoformat(known["ended"])


def test_early_stopping_ends_a_training_that_gets_no_better(folder: Path, project: Callable[..., Path]) -> None:
    training = {"epochs": 30, "learning_rate": 1e-9, "callbacks": [{**STOP, "patience": 1}]}
    project(model(training, normalization="none"))
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
    project(model({"optimizer": "sgd", "learning_rate": 1.0e30}))
    with pytest.raises(UserError, match=r"^models\.cnn: training\.learning_rate: 1e\+30: the training diverged"):
        trained("model")
    assert not Path("model").exists()


def test_an_image_too_small_for_the_network_is_named(folder: Path, project: Callable[..., Path]) -> None:
    blocks = {**BLOCKS, "filters": [4] * 6, "padding": "valid", "batch_normalization": None}
    project(model({}, blocks=blocks))
    with pytest.raises(UserError, match=r"^models\.cnn: network\.blocks: images of 12x12 are too small for 6 blocks"):
        trained("model")


def weighted(project: Callable[..., Path], weights: object) -> pandas.DataFrame:
    project(model({"class_weights": weights, "epochs": 2, "callbacks": []}))
    return pandas.read_csv(trained("weighted") / "history.csv")


def test_class_weights_weigh_the_training_loss_alone(folder: Path, project: Callable[..., Path]) -> None:
    plain = weighted(project, None)
    same = weighted(project, {"dark": 1, "light": 1})
    pandas.testing.assert_frame_equal(plain, same)
    double = weighted(project, {"dark": 2, "light": 2})
    assert double["loss"][0] > 1.5 * plain["loss"][0]
    only = weighted(project, {"light": 1, "dark": 1e-6})
    predicted = keras.saving.load_model("weighted/model.keras").predict(numpy.load("view/test.npy"), verbose=0)
    assert (predicted.argmax(axis=1) == 1).all()
    assert only["val_loss"][1] > plain["val_loss"][1]


def test_balanced_weights_are_those_of_scikit_learn(folder: Path) -> None:
    from sklearn.utils.class_weight import compute_class_weight

    labels = numpy.array([0] * 30 + [1] * 10 + [2] * 5)
    fit = Training(**{**TRAINING, "class_weights": "balanced"})
    expected = compute_class_weight("balanced", classes=numpy.arange(3), y=labels)
    given = fitting.weigh_classes(fit, labels, ["a", "b", "c"])
    numpy.testing.assert_allclose(given, expected, rtol=1e-6)
    with pytest.raises(UserError, match=r"balanced: no training image of d; give weights"):
        fitting.weigh_classes(fit, labels, ["a", "b", "c", "d"])


@pytest.mark.parametrize("weights", [{"dark": 1}, {"dark": 1, "bright": 2}])
def test_weights_of_other_classes_name_those_that_there_are(
    folder: Path, project: Callable[..., Path], weights: dict[str, float]
) -> None:
    project(model({"class_weights": weights}))
    with pytest.raises(UserError, match=r"^models\.cnn: training\.class_weights: .*weight: dark, light$"):
        trained("model")


def test_without_validation_the_last_epoch_is_kept(folder: Path, project: Callable[..., Path]) -> None:
    project(model({"validation_split": None, "callbacks": [], "optimizer": "rmsprop", "momentum": 0.5}))
    out = trained("model")
    history, summary = pandas.read_csv(out / "history.csv"), json.loads((out / "summary.json").read_text())
    assert list(history) == ["epoch", "loss", "accuracy", "learning_rate"]
    assert history["accuracy"].iloc[-1] > 0.8
    assert (summary["best_epoch"], summary["train_images"], summary["validation_images"]) == (6, 80, 0)
    project(model({"validation_split": None, "callbacks": [STOP]}))
    with pytest.raises(UserError, match=r"EarlyStopping watches val_loss, but no image validates; let it watch loss"):
        trained("model")


def test_a_sigmoid_learns_by_binary_cross_entropy(folder: Path, project: Callable[..., Path]) -> None:
    head = {**NETWORK["head"], "output": "sigmoid", "l2": 0.01}
    project(model({"class_weights": {"dark": 1, "light": 2}}, head=head))
    out = trained("model")
    history = pandas.read_csv(out / "history.csv")
    assert history["val_accuracy"].max() > 0.8
    network = keras.saving.load_model(out / "model.keras")
    view = open_view(Path("view"))
    rows = split_learning_rows(view, 0.25, json.loads((out / "summary.json").read_text())["seed"])[1]
    light, labels = network.predict(view.read("train", rows), verbose=0)[:, 0], view.labels("train")[rows]
    best = history["val_loss"].idxmin()
    assert ((light > 0.5) == labels).mean() == pytest.approx(history["val_accuracy"][best], abs=1e-6)
    penalty = sum(float(loss) for loss in network.losses)
    loss = -numpy.log(numpy.where(labels, light, 1 - light)).mean() + penalty
    assert penalty > 0
    assert loss == pytest.approx(history["val_loss"][best], abs=1e-4)


def test_the_summary_names_every_hyperparameter(folder: Path, project: Callable[..., Path]) -> None:
    project(model({"epochs": 1, "augmentation": AUGMENTATION}))
    used = json.loads((trained("model") / "summary.json").read_text())["hyperparameters"]
    assert used["training.callbacks.EarlyStopping.patience"] == STOP["patience"]
    assert used["network.blocks.batch_normalization.momentum"] == 0.8
    assert (used["training.augmentation.rotation"], used["view"]) == (15, "small")
    assert not any(isinstance(value, dict) for value in used.values())
