"""A training that diverges stops in one line that names rate and epoch, and writes no model; a good epoch is kept."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

from benchmarks.project import edit
from darkroom.core.backend import keras
from darkroom.images.prepared.batches import Batches
from darkroom.training import epochs
from stages import pretrained, train, transfer
from tests.support.learning import ARGUMENTS, NETWORK, model, write_view
from tests.support.refusals import one_line
from tests.support.small_study import BLOCKS, ON_BACKBONE, SMALL, STOP

pytestmark = pytest.mark.slow

PLAIN = {"blocks": {**BLOCKS, "batch_normalization": None}, "normalization": "none"}
NORMALIZED = {"head": {**NETWORK["head"], "batch_normalization": {"momentum": 0.8}}}
PENALIZED = {**PLAIN, "head": {**NETWORK["head"], "l2": 0.01}}
SIGMOID = {**PLAIN, "head": {**NETWORK["head"], "output": "sigmoid"}}
ALONE: dict[str, Any] = {"validation_split": None, "callbacks": [], "epochs": 1}
JUDGED: dict[str, Any] = {"callbacks": [STOP], "epochs": 3}
LAST: dict[str, Any] = {"callbacks": [], "epochs": 3}
Learn = Callable[..., Path]


@pytest.fixture
def learn(project: Callable[..., Path]) -> Learn:
    """Train a network with changes of the usual training, and return its folder."""

    def run(training: dict[str, Any], network: dict[str, Any] | None = None) -> Path:
        folder = project(model({"accumulation_steps": 1, **training}, **(network or {})))
        write_view(folder / "view")
        train.main([*ARGUMENTS, "--out", "model"])
        return Path("model")

    return run


def diverged(call: Callable[[], object], epoch: int = 1, rate: str = "1e+30", name: str = "cnn") -> None:
    line = one_line(call)
    assert line == f"models.{name}: training.learning_rate: {rate}: the training diverged in epoch {epoch}; lower it"
    assert not Path("model").exists()


@pytest.mark.parametrize("epochs", [ALONE, JUDGED], ids=["alone", "judged"])
@pytest.mark.parametrize(("optimizer", "momentum"), [("sgd", 0), ("sgd", 0.9), ("rmsprop", 0), ("adam", 0)])
def test_a_loss_that_stays_finite_hides_no_weights(
    learn: Learn, epochs: dict[str, Any], optimizer: str, momentum: float
) -> None:
    diverged(lambda: learn({**epochs, "optimizer": optimizer, "momentum": momentum, "learning_rate": 1e30}, PLAIN))


@pytest.mark.parametrize(
    ("network", "training"),
    [
        (NORMALIZED, ALONE),
        (PENALIZED, LAST),
        (SIGMOID, LAST),
        (PLAIN, {**LAST, "precision": "mixed_bfloat16"}),
        (NORMALIZED, {**JUDGED, "precision": "mixed_bfloat16"}),
        (PLAIN, {**ALONE, "epochs": 9, "callbacks": [{**STOP, "monitor": "loss", "start_from_epoch": 5}]}),
        (PLAIN, {**JUDGED, "callbacks": [{"name": "SwapEMAWeights", "momentum": 0.9, "swap_on_epoch": True}]}),
    ],
    ids=["statistics", "penalty", "sigmoid", "bfloat16", "bfloat16 statistics", "stopping from later on", "averages"],
)
def test_whatever_the_network_and_the_training(learn: Learn, network: dict[str, Any], training: dict[str, Any]) -> None:
    diverged(lambda: learn({**training, "optimizer": "rmsprop", "learning_rate": 1e30}, network))


def test_a_head_with_batch_normalization_on_a_backbone(
    project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DARKROOM_SCRATCH", str(tmp_path / "scratch"))
    training = {**ON_BACKBONE["training"], **ALONE, "optimizer": "rmsprop", "learning_rate": 1e30}
    on_backbone = {**ON_BACKBONE, "training": training}
    folder = project({"backbones": SMALL["backbones"], "models": {"frozen": on_backbone}, "finetunes": {}})
    edit(folder, {"studies.intel.models": ["frozen"]})
    view = write_view(folder / "view")
    for split in ("train", "test"):
        images = numpy.load(view / f"{split}.npy")
        numpy.save(view / f"{split}.npy", numpy.repeat(numpy.repeat(images, 3, axis=1), 3, axis=2)[:, :32, :32])
    (view / "view.json").write_text(json.dumps({"classes": ["dark", "light"], "size": 32, "mode": "RGB"}))
    pretrained.main(["mobile", "--out", "backbone"])
    arguments = ["frozen", "--model", "frozen", "--replicate", "1", "--view", "view", "--backbone", "backbone"]
    diverged(lambda: transfer.main([*arguments, "--images-are", "delivered", "--out", "model"]), name="frozen")


def spoil(monkeypatch: pytest.MonkeyPatch, epoch: int, change: Callable[[numpy.ndarray], numpy.ndarray]) -> None:
    """Change the weights at the end of an epoch's steps, as a step that is too long would."""
    passed, trained = epochs.run_epoch, []

    def spoilt(step: Callable[..., Any], network: keras.Model, batches: Batches, *rest: Any) -> dict[str, float]:
        figures = passed(step, network, batches, *rest)
        if step == network.train_on_batch:
            trained.append(step)
            if len(trained) == epoch:
                for weight in network.trainable_weights:
                    weight.assign(change(keras.ops.convert_to_numpy(weight)))
        return figures

    monkeypatch.setattr(epochs, "run_epoch", spoilt)


def nothing(weights: numpy.ndarray) -> numpy.ndarray:
    return numpy.full_like(weights, numpy.nan)


def test_an_epoch_before_it_diverged_is_kept(learn: Learn, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, 3, nothing)
    out = learn({"epochs": 9, "callbacks": [{**STOP, "patience": 4}]})
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["best_epoch"] < 3) and summary["epochs"] == summary["best_epoch"] + 4
    assert all(numpy.isfinite(weights).all() for weights in keras.saving.load_model(out / "model.keras").get_weights())
    history = pandas.read_csv(out / "history.csv")
    assert numpy.isfinite(history["val_loss"][: summary["best_epoch"]]).all()


def test_it_stops_in_the_epoch_from_which_none_can_be_kept(learn: Learn, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, 3, nothing)
    diverged(lambda: learn({"epochs": 9, "callbacks": [{**STOP, "restore_best_weights": False}]}), 3, "0.02")


def test_weights_that_predict_no_numbers(learn: Learn, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, 2, lambda weights: weights * numpy.float32(1e36))
    diverged(lambda: learn({**ALONE, "epochs": 2}, PLAIN), 2, "0.02")
