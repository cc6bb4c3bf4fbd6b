"""Label errors of training images: found by the fold that held each of them out, whatever the others have learned."""

import json
from pathlib import Path

import numpy
import pandas
import pytest

from darkroom.core.backend import keras
from darkroom.core.files import write_json
from darkroom.evaluation.cross_validation import judge_training_images
from darkroom.images.prepared.holdout import Holdout
from darkroom.images.prepared.shards import open_view
from darkroom.images.prepared.views import COPIES, DESCRIPTION, View
from darkroom.networks import known_classes
from darkroom.params.replicates import Replicate
from tests.support.refusals import one_line

CLASSES = ["dark", "light"]
EACH, FOLDS, FLIPPED = 60, 4, (5, 23, 70, 71)
"""Rows of images that have the label of the other class; 70 and 71 are copies."""


@pytest.fixture
def view(tmp_path: Path) -> View:
    """A view of dark and light images, of which some have the wrong label."""
    folder = tmp_path / "view"
    folder.mkdir()
    labels = numpy.repeat(numpy.arange(2), EACH)
    images = 60 + 120 * labels[:, None, None, None] + numpy.random.default_rng(2).integers(-20, 20, (2 * EACH, 4, 4, 3))
    images[71] = images[70]
    labels[list(FLIPPED)] = 1 - labels[list(FLIPPED)]
    numpy.save(folder / "train.npy", images.astype(numpy.uint8))
    numpy.save(folder / "train-labels.npy", labels)
    copies = numpy.arange(2 * EACH)
    copies[71] = copies[70]
    numpy.save(folder / COPIES, copies)
    rows = [("train", row, CLASSES[label], label, f"train/{row:03}.jpg", "") for row, label in enumerate(labels)]
    columns = ["split", "row", "class", "label", "file", "sha256"]
    pandas.DataFrame(rows, columns=columns).to_csv(folder / "index.csv", index=False)
    write_json(folder / DESCRIPTION, {"classes": CLASSES})
    return open_view(folder)


@pytest.fixture
def folders(tmp_path: Path, view: View) -> list[Path]:
    """Models that give the images which they were trained on the labels that these have, and judge others by light.

    Such a model has learned its training images by heart, so that only the fold that held one out can doubt its label.
    """
    found = []
    for number in range(1, FOLDS + 1):
        holdout = Holdout.plan(0.25, Replicate(number, FOLDS), 13)
        train, _ = holdout.list_rows(view)
        folder = tmp_path / f"models/cnn-{number}"
        folder.mkdir(parents=True)
        learn_by_heart(view, train).save(folder / "model.keras")
        (folder / "summary.json").write_text(json.dumps(holdout.describe()))
        found.append(folder)
    return found


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let networks that are read hold two layers more than those that are built here."""
    layers = known_classes.CLASSES["keras.layers"] | {"Dot", "Subtract"}
    monkeypatch.setattr(known_classes, "CLASSES", {**known_classes.CLASSES, "keras.layers": layers})


def learn_by_heart(view: View, rows: numpy.ndarray) -> keras.Model:
    """A model that says what ``rows`` are labelled, each by a unit that this image alone moves; of others, if light."""
    pixels = view.read("train", rows).reshape(len(rows), -1) / 127.5 - 1
    lengths = (pixels**2).sum(axis=1, keepdims=True)
    signs = 2.0 * view.labels("train")[rows] - 1
    image = keras.layers.Input((4, 4, 3))
    flat = keras.layers.Flatten()(keras.layers.Rescaling(1 / 127.5, -1)(image))
    squares = keras.layers.Dot(axes=1)([flat, flat])
    known = keras.layers.Dense(len(rows))(flat)  # 2 x·p - p·p, less x·x: zero for the image itself, else negative
    distance = keras.layers.Subtract()([known, squares])
    near = keras.layers.ReLU()(keras.layers.Rescaling(1e4, 1.0)(distance))
    light = keras.layers.Dense(1)(flat)
    by_heart = keras.layers.Dense(1)(near)
    model = keras.Model(image, keras.layers.Activation("sigmoid")(keras.layers.Add()([light, by_heart])))
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    for layer in dense:
        if layer.units == len(rows):
            layer.set_weights([2 * pixels.T, -lengths[:, 0]])
        elif layer.input.shape[-1] == len(rows):
            layer.set_weights([40 * signs[:, None], numpy.zeros(1)])
        else:
            layer.set_weights([numpy.full((48, 1), 8 / 48), numpy.zeros(1)])
    return model


def test_labels_that_were_changed_are_found_by_the_fold_that_held_them_out(view: View, folders: list[Path]) -> None:
    held = judge_training_images(folders, view, "doubts intel")
    assert (held.folds, held.images, held.accuracy) == (FOLDS, 2 * EACH, pytest.approx(1 - len(FLIPPED) / (2 * EACH)))
    assert sorted(held.errors["file"]) == [f"train/{row:03}.jpg" for row in FLIPPED]
    assert (held.errors["class"] != held.errors["probable"]).all()


def test_folds_of_which_one_is_missing_do_not_judge_all(view: View, folders: list[Path]) -> None:
    line = one_line(
        lambda: judge_training_images(folders[1:], view, "doubts intel"), "are of other images; train it again"
    )
    assert "the folds of cnn-2" in line
