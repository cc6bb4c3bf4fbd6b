"""Views of images of one brightness by class, and tiny Keras models that tell them apart, as training leaves them."""

import json
from pathlib import Path

import numpy
import pandas

from darkroom.core.backend import keras
from darkroom.core.files import write_json
from darkroom.networks import layer_table

CLASSES = ["a_b|c", "NA", "street"]
PER_CLASS = 15


def write_view(folder: Path, channels: int, classes: list[str]) -> None:
    """Write a view whose images are of one brightness, by class, but for noise."""
    folder.mkdir(parents=True)
    generator = numpy.random.default_rng(5)
    labels = numpy.repeat(numpy.arange(len(classes)), PER_CLASS)
    brightness = 40 + 160 * labels[:, None, None, None] / (len(classes) - 1)
    images = brightness + generator.normal(0, 30, (len(labels), 8, 8, channels))
    numpy.save(folder / "test.npy", images.clip(0, 255).astype(numpy.uint8))
    numpy.save(folder / "test-labels.npy", labels)
    numpy.save(folder / "train.npy", numpy.zeros((1, 8, 8, channels), numpy.uint8))
    rows = [
        ("train", 0, classes[0], 0, "train/x.jpg", ""),
        *(("test", row, classes[label], label, f"test/{row:03}.jpg", "") for row, label in enumerate(labels)),
    ]
    columns = ["split", "row", "class", "label", "file", "sha256"]
    pandas.DataFrame(rows, columns=columns).iloc[::-1].to_csv(folder / "index.csv", index=False)
    write_json(folder / "view.json", {"classes": classes})


def write_model(
    folder: Path, channels: int, classes: int, weight: float = 6.0, note: str = "", validated: bool = True
) -> None:
    """Write a model that tells dark images from bright ones and never predicts a class between.

    Of one class, it gives the probability that an image is bright.
    """
    folder.mkdir(parents=True)
    model = keras.Sequential([keras.layers.Input((8, 8, channels)), keras.layers.Rescaling(1 / 255)])
    model.add(keras.layers.GlobalAveragePooling2D())
    model.add(keras.layers.Dense(classes, activation="softmax" if classes > 1 else "sigmoid"))
    slopes = numpy.linspace(-weight, weight, classes) if classes > 1 else numpy.array([2 * weight])
    model.layers[-1].set_weights([numpy.tile(slopes / channels, (channels, 1)), -slopes / 2])
    model.save(folder / "model.keras")
    history = {"epoch": [1, 2, 3], "loss": [1.5, 0.8, 0.4], "accuracy": [0.4, 0.6, 0.8]}
    validation = {"val_loss": [1.4, 1.0, 1.2], "val_accuracy": [0.4, 0.6, 0.65]} if validated else {}
    pandas.DataFrame({**history, **validation, "learning_rate": 0.001}).to_csv(folder / "history.csv", index=False)
    layer_table.tabulate_layers(model).to_csv(folder / "layers.csv", index=False)
    kept = {"best_epoch": 2, "stopped_early": True} if validated else {"best_epoch": 3, "stopped_early": False}
    counts = {"epochs": 3, **kept, "train_images": 40, "validation_images": 10 if validated else 0}
    largest = [{"layer": "dense", "parameters": 12, "share": 1.0}]
    sizes = {"parameters": 12, "trainable_parameters": 12, "size_kib": 0.05, "largest_layers": largest}
    known = {
        "model": "cnn",
        "replicate": 1,
        "seed": 13,
        "precision": "float32",
        "weights": "from scratch",
        "note": note,
        "hyperparameters": {
            "network.blocks.filters": [4, 8],
            "training.optimizer": "adam",
            "training.class_weights": None,
        },
    }
    (folder / "summary.json").write_text(json.dumps(known | counts | sizes), encoding="utf-8")


def sigmoid_network(size: int, channels: int = 3) -> keras.Model:
    """A network that gives the probability of the second of two classes alone: the more, the brighter an image is."""
    model = keras.Sequential(
        [keras.layers.Input((size, size, channels), name="image"), keras.layers.Rescaling(1 / 255)]
    )
    model.add(keras.layers.GlobalAveragePooling2D())
    model.add(keras.layers.Dense(1, activation="sigmoid", dtype="float32", name="probabilities"))
    model.layers[-1].set_weights([numpy.full((channels, 1), 6 / channels), numpy.array([-3.0])])
    return model
