"""Explanations of networks whose filters, gradients and mistakes are known."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
import yaml

from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.explanation import feature_maps, grad_cam
from darkroom.explanation.figures import stretch
from darkroom.networks import network, network_file
from darkroom.reporting import selection
from stages import explain
from tests.support.brightness import CLASSES, PER_CLASS, write_view
from tests.support.drawing import undrawn
from tests.support.pages import unwrap
from tests.support.trained_folders import transfer_network

layers = keras.layers
SIZE = 8
WISH: dict[str, Any] = {"images": 2, "seed": 13, "files": [], "layers": [1, 2], "filters": 2, "gallery": 3}
WISH |= {"filter": {"layer": "convolution", "number": 1}, "kernels": True, "grad_cam": 2, "grad_cam_layer": None}
WISH |= {"classes": [CLASSES[0]], "augmented": 0}


def brightness_network(classes: int = 3, channels: int = 3) -> keras.Model:
    """Filter 0 gives an image's brightness, filter 1 always nothing, filter 2 its darkness; a head that knows them."""
    model = keras.Sequential([layers.Input((SIZE, SIZE, channels), name="image"), layers.Rescaling(1 / 255)])
    model.add(layers.Conv2D(3, 1, activation="relu", name="convolution"))
    model.add(layers.Dropout(0.5, name="dropout"))
    model.add(layers.MaxPooling2D(2, name="pooling"))
    model.add(layers.GlobalAveragePooling2D(name="global_average"))
    activation = "softmax" if classes > 1 else "sigmoid"
    model.add(layers.Dense(classes, activation=activation, dtype="float32", name=network.PROBABILITIES))
    each = numpy.full((1, 1, channels, 1), 1 / channels)
    model.get_layer("convolution").set_weights([numpy.concatenate([each, -each, -each], 3), numpy.array([0.0, 0, 1])])
    head = numpy.array([[-6.0, 0, 6], [0, 0, 0], [6, 0, -6]]) if classes > 1 else numpy.array([[6.0], [0], [-6]])
    model.layers[-1].set_weights([head, numpy.zeros(classes)])
    return model


def write_trained(folder: Path, model: keras.Model, hyperparameters: dict[str, Any] | None = None) -> None:
    """Write what an explanation reads of a training and of its evaluation."""
    (folder / "models/cnn").mkdir(parents=True, exist_ok=True)
    network_file.save(model, folder / "models/cnn/model.keras")
    summary = {"note": "", "hyperparameters": hyperparameters or {"training.augmentation": None}}
    (folder / "models/cnn/summary.json").write_text(json.dumps(summary), encoding="utf-8")
    images, labels = (numpy.load(folder / f"views/small/test{name}.npy") for name in ("", "-labels"))
    classes = json.loads((folder / "views/small/view.json").read_text(encoding="utf-8"))["classes"]
    found = network.to_probabilities(model.predict_on_batch(images))
    names = numpy.array(classes, dtype=object)
    files = [f"test/{row:03}.jpg" for row in range(len(labels))]
    table = {"file": files, "class": names[labels], "predicted": names[found.argmax(axis=1)]}
    columns = {f"p_{name}": found[:, place] for place, name in enumerate(classes)}
    pandas.DataFrame({**table, "probability": found.max(axis=1), **columns}).to_csv(
        folder / "predictions.csv", index=False
    )


def run(out: str = "results/cnn", images_are: str = "drawn", **changes: Any) -> Path:
    document = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    document["explanations"] = {"cnn": WISH | changes}
    Path("params.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    folders = ["--model", "models/cnn", "--view", "views/small", "--predictions", "predictions.csv"]
    explain.main(["cnn", *folders, "--dataset", "small_set", "--images-are", images_are, "--out", out])
    return Path(out)


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A view, and what an explanation reads of a training on it."""
    folder = tmp_path_factory.mktemp("explained")
    write_view(folder / "views/small", 3, CLASSES)
    write_trained(folder, brightness_network())
    return folder


@pytest.fixture
def trained(explained: Path, project: Callable[..., Path]) -> Path:
    return shutil.copytree(explained, project(), dirs_exist_ok=True)


def figures(out: Path) -> list[str]:
    return sorted(path.name for path in (out / "figures").iterdir())


def test_an_explanation_is_whole_and_its_page_shows_every_figure(trained: Path) -> None:
    out = run()
    assert figures(out) == [
        "activations-1-convolution.webp",
        "activations-2-pooling.webp",
        "class-1-a_b-c.webp",
        "filter.webp",
        "grad-cam.webp",
        "kernels.webp",
    ]
    page = unwrap((out / "explanation.md").read_text(encoding="utf-8"))
    assert all(f"](figures/{name})" in page for name in figures(out))
    headings = [line for line in page.splitlines() if line.startswith("#")]
    assert headings[0] == r"# What cnn on small\_set sees (synthetic images, drawn by a program)"
    assert all("synthetic images" in line for line in headings)
    assert "1 of the 3 filters gave 0 everywhere in every test image" in page


def test_images_by_outcome_are_files_too(trained: Path) -> None:
    folder = run() / "galleries"
    table = pandas.read_csv(folder / "index.csv", keep_default_na=False)
    assert set(table["figure"]) == {"class-1-a_b-c.webp"}
    (name,) = WISH["classes"]
    truths = {"true positives": (True, True), "false negatives": (True, False), "false positives": (False, True)}
    for part, own in table.groupby("part"):
        found = {(true == name, said == name) for true, said in zip(own["class"], own["predicted"], strict=True)}
        assert found == {truths[str(part)]}
    assert {path.name for path in folder.glob("*.webp")} == set(table["image"])


def test_an_explanation_without_classes_has_no_images_by_outcome(trained: Path) -> None:
    folder = run(classes=[]) / "galleries"
    assert [path.name for path in folder.iterdir()] == ["index.csv"]
    assert (folder / "index.csv").read_text().count("\n") == 1


def test_maps_keep_their_colours_and_photographs_do_not(trained: Path) -> None:
    out = run()
    exact = [name for name in figures(out) if (out / "figures" / name).read_bytes()[12:16] == b"VP8L"]
    assert exact == [name for name in figures(out) if not name.startswith(("class", "grad-cam", "augmented"))]


def test_of_delivered_images_neither_page_nor_figure_says_that_they_were_drawn(trained: Path) -> None:
    drawn, delivered = run("drawn"), run("delivered", images_are="delivered")
    assert "synthetic" not in (delivered / "explanation.md").read_text(encoding="utf-8")
    for name in figures(drawn):
        assert (drawn / "figures" / name).read_bytes() != (delivered / "figures" / name).read_bytes(), name


@undrawn
def test_responses_are_those_of_all_test_images(trained: Path) -> None:
    table = pandas.read_csv(run() / "activations.csv")
    brightness = numpy.load("views/small/test.npy").mean(axis=-1) / 255
    own = table[table["layer"] == "convolution"].set_index("filter")
    assert own.loc[0, "mean"] == pytest.approx(brightness.mean(), rel=1e-4)
    assert own.loc[0, "deviation"] == pytest.approx(brightness.std(), rel=1e-4)
    assert own.loc[0, "maximum"] == pytest.approx(brightness.max(), rel=1e-4)
    assert own.loc[1, ["mean", "maximum", "zeros"]].tolist() == [0, 0, 1]
    assert own.loc[2, "mean"] == pytest.approx(1 - brightness.mean(), rel=1e-4)


def test_nothing_asked_for_is_nothing_drawn(trained: Path) -> None:
    nothing = {"layers": [], "filter": None, "kernels": False, "grad_cam": 0, "classes": []}
    assert figures(run(**nothing)) == []
    assert pandas.read_csv("results/cnn/activations.csv").empty


def test_two_runs_give_the_same_bytes(trained: Path) -> None:
    one, two = ({file.name: file.read_bytes() for file in run(out).rglob("*.*")} for out in ("one", "two"))
    assert one == two


def test_variants_are_drawn_where_training_drew_them(trained: Path) -> None:
    assert "augmented.webp" not in figures(run(augmented=3))
    used = {"flip": "horizontal", "rotation": 20, "translation": 0.1, "zoom": 0.2, "shear": 0, "brightness": 0}
    used |= {"contrast": 0, "fill": "nearest", "crop": 0.1, "saturation": 0, "hue": 0, "erasing": 0}
    used |= {"rand_augment.operations": 2, "rand_augment.magnitude": 0.3}
    write_trained(trained, brightness_network(), {f"training.augmentation.{name}": used[name] for name in used})
    out = run(augmented=3)
    assert "augmented.webp" in figures(out)
    page = (out / "explanation.md").read_text(encoding="utf-8")
    assert "| rotation | 20.0 |" in page
    assert "'magnitude': 0.3" in page


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"layers": ["conv9"]},
            r"layers: 'conv9': no layer of this name; give a place from 1 to 2, or a name such as ",
        ),
        ({"layers": [3]}, "layers: 3: no layer at this place; give a place from 1 to 2, or .* convolution, pooling"),
        ({"layers": ["global_average"]}, "layers: 'global_average': this layer gives no feature maps; give a place"),
        ({"grad_cam_layer": 9}, "grad_cam_layer: 9: no layer at this place"),
        ({"filter": {"layer": 1, "number": 3}}, "filter.number: 3: convolution has 3 filters; give 0 to 2"),
        ({"files": ["x.jpg"]}, "files: 'x.jpg': no such test image; give files as predictions.csv does: test/000.jpg"),
        ({"classes": ["sea"]}, r"classes: 'sea': no such class; there is a_b\|c, NA, street"),
    ],
)
def test_what_there_is_not_is_refused_by_its_key(trained: Path, changes: dict[str, Any], line: str) -> None:
    with pytest.raises(UserError, match=rf"^params.yaml: explanations\.cnn\.{line}"):
        run(**changes)
    assert not Path("results/cnn").exists()


def test_a_backend_without_gradients_is_refused(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere(*arguments: object) -> None:
        with monkeypatch.context() as other:
            other.setattr(keras.backend, "backend", lambda: "jax")
            gradient(*arguments)

    gradient = grad_cam.gradients.compute_gradient
    monkeypatch.setattr(grad_cam.gradients, "compute_gradient", elsewhere)
    line = r"^params.yaml: explanations\.cnn\.grad_cam: heat maps need runtime.backend: tensorflow or torch; it is jax$"
    with pytest.raises(UserError, match=line):
        run()


def test_predictions_for_other_images_are_refused(trained: Path) -> None:
    lines = Path("predictions.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    Path("predictions.csv").write_text("".join(lines[:-1]), encoding="utf-8")
    with pytest.raises(
        UserError, match=r"^predictions\.csv: predictions for other images than the test images of views"
    ):
        run()


def test_layers_inside_a_backbone_have_names_and_places() -> None:
    maps = feature_maps.FeatureMaps(transfer_network())
    kinds = [type(maps.layers[name]).__name__ for name in maps.places]
    assert kinds[:3] == ["Conv2D", "BatchNormalization", "ReLU"] and kinds[-1] == "Activation"
    assert "Dropout" not in kinds and "GlobalAveragePooling2D" not in kinds
    assert maps.find_layer(None, "") == maps.places[-1] == maps.find_layer(len(maps.places), "")
    assert maps.find_layer(maps.places[3], "") == maps.places[3]


def test_feature_maps_are_what_the_layer_gives() -> None:
    model = transfer_network()
    maps = feature_maps.FeatureMaps(model)
    images = numpy.random.default_rng(3).integers(0, 255, (2, 24, 24, 3), dtype=numpy.uint8)
    backbone = model.get_layer("backbone")
    expected = numpy.asarray(backbone(images.astype("float32"), training=False))
    assert numpy.stack(list(maps.compute(maps.places[-1], images))) == pytest.approx(expected, abs=1e-5)


def test_heat_lies_where_the_class_is() -> None:
    maps = feature_maps.FeatureMaps(brightness_network())
    image = numpy.zeros((SIZE, SIZE, 3), dtype=numpy.uint8)
    image[:4, :4] = 255
    bright, dark = (grad_cam.compute_heat(maps, "convolution", image, label) for label in (2, 0))
    assert bright[:3, :3].min() > 0.9 and bright[5:, 5:].max() < 0.1
    assert dark[5:, 5:].min() > 0.9 and dark[:3, :3].max() < 0.1
    assert maps.layers[network.PROBABILITIES].activation.__name__ == "softmax"


def test_where_the_mean_gradient_says_nothing_each_position_has_its_own() -> None:
    image = numpy.full((SIZE, SIZE, 3), 255, dtype=numpy.uint8)
    inputs = keras.Input((SIZE, SIZE, 3))
    maps = keras.layers.Conv2D(1, 1, use_bias=False, name="convolution")(keras.layers.Rescaling(1 / 255)(inputs))
    outputs = keras.layers.Dense(2, activation="softmax", name=network.PROBABILITIES)(keras.layers.Flatten()(maps))
    model = keras.Model(inputs, outputs)
    model.get_layer("convolution").set_weights([numpy.ones((1, 1, 3, 1), numpy.float32)])
    left_against_right = numpy.where(numpy.arange(SIZE) < SIZE // 2, 1.0, -1.0)
    weights = numpy.stack([numpy.zeros(SIZE * SIZE), numpy.tile(left_against_right, SIZE)], axis=1)
    model.get_layer(network.PROBABILITIES).set_weights([weights.astype(numpy.float32), numpy.zeros(2, numpy.float32)])
    seen = feature_maps.FeatureMaps(model)
    assert grad_cam.compute_heat(seen, "convolution", image, 1).max() < 1e-5
    heat = grad_cam.compute_heat(seen, "convolution", image, 1, by_position=True)
    assert heat[:, : SIZE // 2 - 1].min() > 0.9 and heat[:, SIZE // 2 + 1 :].max() < 0.1


def test_a_region_is_told_by_the_last_maps_that_say_where_something_is() -> None:
    inputs = keras.Input((16, 16, 3))
    maps = inputs
    for number in range(3):
        maps = keras.layers.Conv2D(2, 3, padding="same", strides=2, name=f"convolution_{number}")(maps)
    pooled = keras.layers.GlobalAveragePooling2D()(maps)
    model = keras.Model(inputs, keras.layers.Dense(2, name=network.PROBABILITIES)(pooled))
    seen = feature_maps.FeatureMaps(model)
    assert seen.shape("convolution_1")[:2] == (4, 4) and seen.shape("convolution_2")[:2] == (2, 2)
    assert seen.find_telling_layer(None, "") == "convolution_1"
    assert seen.find_telling_layer("convolution_2", "") == "convolution_2"
    assert seen.find_layer(None, "") == "convolution_2"


def test_each_map_has_its_own_range() -> None:
    maps = numpy.array(
        [[[0, 0.01], [0.005, 0]], [[0, 40], [20, 0]], [[-1, 0], [0, 1]], [[0, 0], [0, 0]]], dtype="float32"
    )
    stretched = stretch(maps)
    assert numpy.allclose(stretched[0], stretched[1])
    assert stretched[:3].max(axis=(1, 2)).tolist() == [1, 1, 1] and stretched[3].max() == 0
    assert stretched[2].tolist() == [[0, 0.5], [0.5, 1]]


def test_of_one_probability_the_first_class_has_the_opposite_score() -> None:
    maps = feature_maps.FeatureMaps(brightness_network(classes=1))
    image = numpy.zeros((SIZE, SIZE, 3), dtype=numpy.uint8)
    image[:, 4:] = 255
    dark, bright = (grad_cam.compute_heat(maps, "pooling", image, label) for label in (0, 1))
    assert dark[:, :2].min() > 0.9 and dark[:, 6:].max() < 0.1
    assert bright[:, 6:].min() > 0.9 and bright[:, :2].max() < 0.1


def test_images_are_sorted_by_what_was_made_of_them() -> None:
    table = pandas.DataFrame({"file": list("abcdef"), "class": list("xxxyyy"), "predicted": list("xxyyxx")})
    table["p_x"] = [0.6, 0.9, 0.1, 0.4, 0.7, 0.8]
    table["p_y"] = 1 - table["p_x"]
    assert selection.group_by_outcome(table, "x") == {
        "true positives": [1, 0],
        "false negatives": [2],
        "false positives": [5, 4],
    }
    assert selection.find_worst_errors(table, 2) == [2, 5]
    assert selection.select_images(table, ["d", "a"], 2, seed=1) == [3, 0]
    more = selection.select_images(table, ["d"], 4, seed=1)
    assert more[0] == 3 and len(set(more)) == 4
    assert more == selection.select_images(table, ["d"], 4, seed=1) != selection.select_images(table, ["d"], 4, seed=2)


def test_grey_images_are_explained(project: Callable[..., Path]) -> None:
    folder = project()
    write_view(folder / "views/small", 1, ["dark", "bright"])
    write_trained(folder, brightness_network(classes=1, channels=1))
    assert "kernels.webp" in figures(run(classes=["dark"], images=2 * PER_CLASS + 5, filters=1))
