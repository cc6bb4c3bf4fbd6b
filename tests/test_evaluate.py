"""Evaluations of tiny Keras models, end to end."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy
import pandas
import pytest

from stages import evaluate
from stages.errors import UserError

CLASSES = ["a_b|c", "NA", "street"]
PER_CLASS = 15
OUTPUTS = [
    "calibration.csv",
    "calibration.png",
    "classes.csv",
    "confused-pairs.csv",
    "confusion.csv",
    "confusion.png",
    "curves.png",
    "evaluation.md",
    "history.csv",
    "metrics.json",
    "predictions.csv",
    "worst.png",
]


def write_view(folder: Path, channels: int, classes: list[str]) -> None:
    """Write a view whose images are of one brightness, by class, but for noise."""
    folder.mkdir(parents=True)
    generator = numpy.random.default_rng(5)
    labels = numpy.repeat(numpy.arange(len(classes)), PER_CLASS)
    brightness = 40 + 160 * labels[:, None, None, None] / (len(classes) - 1)
    images = brightness + generator.normal(0, 30, (len(labels), 8, 8, channels))
    numpy.save(folder / "test.npy", images.clip(0, 255).astype(numpy.uint8))
    numpy.save(folder / "test-labels.npy", labels)
    rows = [
        ("train", 0, classes[0], 0, "train/x.jpg", ""),
        *(("test", row, classes[label], label, f"test/{row:03}.jpg", "") for row, label in enumerate(labels)),
    ]
    columns = ["split", "row", "class", "label", "file", "sha256"]
    pandas.DataFrame(rows, columns=columns).iloc[::-1].to_csv(folder / "index.csv", index=False)
    (folder / "view.json").write_text(json.dumps({"classes": classes}), encoding="utf-8")


def write_model(folder: Path, channels: int, classes: int, weight: float = 6.0, note: str = "") -> None:
    """Write a model that tells dark images from bright ones and never predicts a class between."""
    import keras

    folder.mkdir(parents=True)
    model = keras.Sequential([keras.layers.Input((8, 8, channels)), keras.layers.Rescaling(1 / 255)])
    model.add(keras.layers.GlobalAveragePooling2D())
    model.add(keras.layers.Dense(classes, activation="softmax"))
    slopes = numpy.linspace(-weight, weight, classes)
    model.layers[-1].set_weights([numpy.tile(slopes / channels, (channels, 1)), -slopes / 2])
    model.save(folder / "model.keras")
    history = {"epoch": [1, 2, 3], "loss": [1.5, 0.8, 0.4], "accuracy": [0.4, 0.6, 0.8]}
    table = pandas.DataFrame({**history, "val_loss": [1.4, 1.0, 1.2], "val_accuracy": [0.4, 0.6, 0.6]})
    table.to_csv(folder / "history.csv", index=False)
    counts = {"epochs": 3, "best_epoch": 2, "stopped_early": True, "train_images": 40, "validation_images": 10}
    largest = [{"layer": "dense", "parameters": 12, "share": 1.0}]
    sizes = {"parameters": 12, "trainable_parameters": 12, "size_kib": 0.05, "largest_layers": largest}
    known = {
        "model": "cnn",
        "replicate": 1,
        "seed": 13,
        "precision": "float32",
        "weights": "from scratch",
        "note": note,
    }
    (folder / "summary.json").write_text(json.dumps(known | counts | sizes), encoding="utf-8")


def run(model: str = "models/cnn", out: str = "results/cnn") -> Path:
    evaluate.main(["cnn", "--model", model, "--view", "views/small", "--dataset", "intel", "--out", out])
    return Path(out)


@pytest.fixture
def trained(project: Callable[..., Path]) -> Path:
    folder = project()
    write_view(folder / "views/small", 3, CLASSES)
    write_model(folder / "models/cnn", 3, len(CLASSES))
    return folder


def test_an_evaluation_is_whole_and_consistent(trained: Path) -> None:
    out = run()
    assert sorted(path.name for path in out.iterdir()) == OUTPUTS
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    predictions = pandas.read_csv(out / "predictions.csv", keep_default_na=False)
    right = int((predictions["class"] == predictions["predicted"]).sum())
    assert (metrics["images"], metrics["right"], metrics["wrong"]) == (45, right, 45 - right)
    assert 15 < right < 45
    assert predictions["file"].tolist() == [f"test/{row:03}.jpg" for row in range(45)]
    assert predictions["class"].tolist() == list(numpy.repeat(CLASSES, PER_CLASS))
    each = predictions[[f"p_{name}" for name in CLASSES]]
    assert each.sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-5)
    assert (each.max(axis=1) == predictions["probability"]).all()
    own = each.to_numpy()[numpy.arange(45), numpy.repeat(numpy.arange(3), PER_CLASS)]
    assert metrics["loss"] == pytest.approx(-numpy.log(own).mean(), rel=1e-5)
    confusion = pandas.read_csv(out / "confusion.csv", index_col="class", keep_default_na=False)
    assert (confusion.to_numpy().sum(), numpy.diag(confusion).sum()) == (45, right)
    assert metrics["model"] == "cnn" and metrics["best_epoch"] == 2 and metrics["train_images"] == 40
    assert (out / "history.csv").read_bytes() == (trained / "models/cnn/history.csv").read_bytes()


def test_probabilities_are_those_of_the_model(trained: Path) -> None:
    import keras

    table = pandas.read_csv(run() / "predictions.csv", keep_default_na=False)
    images = numpy.load(trained / "views/small/test.npy").astype("float32")
    expected = keras.saving.load_model(trained / "models/cnn/model.keras").predict(images, verbose=0)
    assert table[[f"p_{name}" for name in CLASSES]].to_numpy() == pytest.approx(expected, abs=1e-5)


def test_the_page_says_what_was_found_and_that_images_are_synthetic(trained: Path) -> None:
    page = (run() / "evaluation.md").read_text(encoding="utf-8")
    assert "**Overfitting**: after epoch 2 validation loss rose by 20% to 1.200" in page
    assert "+0.200 at the best epoch, +0.800 at the last" in page
    assert "a\\_b\\|c" in page
    assert "| dense | 12 | 100.0% |" in page
    headings = [line for line in page.splitlines() if line.startswith("#")]
    assert headings and all("synthetic images" in line for line in headings)


def test_a_model_without_pretraining_says_so_in_every_heading(trained: Path) -> None:
    write_model(trained / "models/random", 3, 3, note="random weights, no pretraining")
    out = run("models/random")
    page = (out / "evaluation.md").read_text(encoding="utf-8")
    headings = [line for line in page.splitlines() if line.startswith("#")]
    assert headings and all("random weights, no pretraining" in line for line in headings)
    assert json.loads((out / "metrics.json").read_text(encoding="utf-8"))["note"] == "random weights, no pretraining"


def test_two_runs_give_the_same_bytes(trained: Path) -> None:
    one, two = run(out="one"), run(out="two")
    assert {path.name: path.read_bytes() for path in one.iterdir()} == {
        path.name: path.read_bytes() for path in two.iterdir()
    }


def test_grey_images_of_two_classes_are_evaluated(project: Callable[..., Path]) -> None:
    folder = project({"datasets.intel.source": "../archives", "evaluation.worst": 3})
    write_view(folder / "views/small", 1, ["dark", "bright"])
    write_model(folder / "models/cnn", 1, 2)
    out = run()
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["accuracy"] == 1
    page = (out / "evaluation.md").read_text(encoding="utf-8")
    assert "None: every test image was recognised." in page
    assert "synthetic" not in page


def test_a_model_of_other_classes_is_refused(trained: Path) -> None:
    write_model(trained / "models/six", 3, 6)
    with pytest.raises(UserError, match=r"models/six: the model tells 6 classes apart, but views/small has 3 \(a_b"):
        run("models/six")
    assert not Path("results/cnn").exists()


def test_a_model_of_other_images_is_refused(trained: Path) -> None:
    write_model(trained / "models/grey", 1, 3)
    with pytest.raises(UserError, match=r"takes images of \(8, 8, 1\), but views/small has \(8, 8, 3\)"):
        run("models/grey")


def test_a_diverged_model_is_named(trained: Path) -> None:
    write_model(trained / "models/diverged", 3, 3, weight=float("nan"))
    with pytest.raises(UserError, match=r"training diverged; lower the learning_rate of cnn"):
        run("models/diverged")
    assert not Path("results/cnn").exists()


def test_a_missing_model_is_named(trained: Path) -> None:
    with pytest.raises(UserError, match=r"models/mlp/model\.keras: no such file; train mlp first"):
        run("models/mlp")


def test_a_failure_leaves_the_last_evaluation_as_it_was(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = run()
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(evaluate.figures, "save", fail)
    with pytest.raises(OSError, match="No space"):
        run()
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in out.parent.iterdir()] == ["cnn"]
