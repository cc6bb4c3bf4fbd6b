"""Evaluations of tiny Keras models, end to end."""

import json
import shutil
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import numpy
import pandas
import pytest
from PIL import Image

from benchmarks.project import edit
from darkroom.core.errors import UserError
from stages import evaluate
from tests.conftest import with_parameters
from tests.support.brightness import CLASSES, PER_CLASS, write_model, write_view
from tests.support.drawing import undrawn
from tests.support.pages import unwrap

OUTPUTS = [
    "ambiguous.csv",
    "ambiguous.webp",
    "calibration.csv",
    "calibration.png",
    "classes.csv",
    "confused-pairs.csv",
    "confusion.csv",
    "confusion.png",
    "curves.png",
    "diagram.png",
    "evaluation.md",
    "galleries",
    "gallery.webp",
    "history.csv",
    "hyperparameters.csv",
    "layers.csv",
    "metrics.json",
    "predictions.csv",
    "shifts.csv",
    "summary.json",
    "view.json",
    "worst.webp",
]
RESULTS = Path("results/cnn")


def run(model: str = "models/cnn", out: str = "results/cnn", images: str = "drawn") -> Path:
    data = ["--view", "views/small", "--dataset", "small_set", "--images-are", images, "--study", "intel"]
    evaluate.main(["cnn", "--model", model, *data, "--out", out])
    return Path(out)


def read_all(folder: Path) -> dict[str, bytes]:
    """The content of each file in a folder and below, by its path."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with an evaluation that tests only read."""
    folder = with_parameters(tmp_path_factory.mktemp("evaluated") / "project", {})
    write_view(folder / "views/small", 3, CLASSES)
    write_model(folder / "models/cnn", 3, len(CLASSES))
    with chdir(folder):
        run()
    return folder


@pytest.fixture
def trained(evaluated: Path, project: Callable[..., Path]) -> Path:
    """Its model and view, in a working folder of their own."""
    folder = project()
    for name in ("models", "views"):
        shutil.copytree(evaluated / name, folder / name)
    return folder


def test_an_evaluation_is_whole_and_consistent(evaluated: Path) -> None:
    out = evaluated / RESULTS
    assert sorted(path.name for path in out.iterdir()) == OUTPUTS
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    predictions = pandas.read_csv(out / "predictions.csv", keep_default_na=False)
    correct = int((predictions["class"] == predictions["predicted"]).sum())
    assert (metrics["images"], metrics["correct"], metrics["wrong"]) == (45, correct, 45 - correct)
    assert 15 < correct < 45
    assert predictions["file"].tolist() == [f"test/{row:03}.jpg" for row in range(45)]
    assert predictions["class"].tolist() == list(numpy.repeat(CLASSES, PER_CLASS))
    each = predictions[[f"p_{name}" for name in CLASSES]]
    assert each.sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-5)
    assert (each.max(axis=1) == predictions["probability"]).all()
    own = each.to_numpy()[numpy.arange(45), numpy.repeat(numpy.arange(3), PER_CLASS)]
    assert metrics["loss"] == pytest.approx(-numpy.log(own).mean(), rel=1e-5)
    confusion = pandas.read_csv(out / "confusion.csv", index_col="class", keep_default_na=False)
    assert (confusion.to_numpy().sum(), numpy.diag(confusion).sum()) == (45, correct)
    assert metrics["model"] == "cnn" and metrics["best_epoch"] == 2 and metrics["train_images"] == 40
    assert (out / "history.csv").read_bytes() == (evaluated / "models/cnn/history.csv").read_bytes()
    assert (out / "view.json").read_bytes() == (evaluated / "views/small/view.json").read_bytes()


def test_probabilities_are_those_of_the_model(evaluated: Path) -> None:
    import keras

    table = pandas.read_csv(evaluated / RESULTS / "predictions.csv", keep_default_na=False)
    images = numpy.load(evaluated / "views/small/test.npy").astype("float32")
    expected = keras.saving.load_model(evaluated / "models/cnn/model.keras").predict(images, verbose=0)
    assert table[[f"p_{name}" for name in CLASSES]].to_numpy() == pytest.approx(expected, abs=1e-5)


def test_the_page_says_what_was_found_and_that_images_are_synthetic(evaluated: Path) -> None:
    page = unwrap((evaluated / RESULTS / "evaluation.md").read_text(encoding="utf-8"))
    assert "**Overfitting**: after epoch 2 validation loss rose by 20% to 1.200" in page
    assert "+0.200 at the best epoch, +0.800 at the last" in page
    assert "a\\_b\\|c" in page
    assert "| dense | 12 | 100.0% |" in page
    headings = [line for line in page.splitlines() if line.startswith("#")]
    assert headings[0] == r"# cnn on small\_set (synthetic images, drawn by a program)"
    assert all("synthetic images" in line for line in headings)


def test_figures_of_drawn_images_say_so_and_the_numbers_are_the_same(evaluated: Path, trained: Path) -> None:
    drawn, delivered = evaluated / RESULTS, run(out="delivered", images="delivered")
    contents = read_all(delivered)
    differ = [name for name, content in read_all(drawn).items() if content != contents[name]]
    assert differ == [name for name in OUTPUTS if name.endswith((".md", ".png", ".webp"))], "no image of a gallery"


def test_galleries_have_each_image_once_and_what_was_made_of_it(evaluated: Path) -> None:
    folder = evaluated / RESULTS / "galleries"
    table = pandas.read_csv(folder / "index.csv", keep_default_na=False)
    predictions = pandas.read_csv(evaluated / RESULTS / "predictions.csv", keep_default_na=False).set_index("file")
    assert table.groupby("figure").size().to_dict() == {"ambiguous.webp": 20, "gallery.webp": 20, "worst.webp": 20}
    assert {path.name for path in folder.glob("*.webp")} == set(table["image"]) and set(table["images"]) == {45}
    assert (table["class"].to_numpy() == predictions.loc[table["file"], "class"].to_numpy()).all()
    assert (table["p_predicted"].to_numpy() == predictions.loc[table["file"], "probability"].to_numpy()).all()
    own = [predictions.loc[row.file, f"p_{name}"] for row, name in zip(table.itertuples(), table["class"], strict=True)]
    assert table["p_class"].tolist() == own
    worst = table[table["figure"] == "worst.webp"]
    assert worst["p_class"].is_monotonic_increasing
    assert worst["p_class"].max() <= predictions.apply(lambda row: row[f"p_{row['class']}"], axis=1).nlargest(25).min()
    ambiguous = pandas.read_csv(evaluated / RESULTS / "ambiguous.csv", keep_default_na=False)
    found = table[table["figure"] == "ambiguous.webp"]
    assert found[["file", "second"]].to_numpy().tolist() == ambiguous[["file", "second"]].to_numpy().tolist()
    assert found["p_second"].tolist() == ambiguous["p_second"].tolist()
    view = numpy.load(evaluated / "views/small/test.npy")
    for name in set(table["image"]):
        with Image.open(folder / name) as picture:
            small = numpy.asarray(picture.convert("RGB").resize(view.shape[2:0:-1], Image.Resampling.NEAREST))
        row = int(Path(name).stem)
        assert numpy.array_equal(small, numpy.broadcast_to(view[row], small.shape)), "pixel by pixel, as it is small"


@undrawn
def test_moved_images_are_tested_where_params_ask_for_it(trained: Path) -> None:
    table = run() / "shifts.csv"
    assert table.read_text() == "pixels,images,correct,accuracy,low,high\n"
    assert "Moved images" not in (RESULTS / "evaluation.md").read_text()
    edit(trained, {"studies.intel.shifts": 2})
    moved = pandas.read_csv(run() / "shifts.csv")
    assert moved["pixels"].tolist() == [0, 1, 2]
    metrics = json.loads((RESULTS / "metrics.json").read_text())
    assert moved["correct"][0] == metrics["correct"]  # their mean brightness is nearly the same wherever they are
    assert "## Moved images" in (RESULTS / "evaluation.md").read_text()


@undrawn
def test_a_model_without_pretraining_says_so_in_every_heading(trained: Path) -> None:
    write_model(trained / "models/random", 3, 3, note="random weights, no pretraining")
    out = run("models/random")
    page = unwrap((out / "evaluation.md").read_text(encoding="utf-8"))
    headings = [line for line in page.splitlines() if line.startswith("#")]
    assert headings and all("random weights, no pretraining" in line for line in headings)
    assert json.loads((out / "metrics.json").read_text(encoding="utf-8"))["note"] == "random weights, no pretraining"


def test_two_runs_give_the_same_bytes(evaluated: Path, trained: Path) -> None:
    one, two = evaluated / RESULTS, run(out="two")
    assert read_all(one) == read_all(two)


@undrawn
def test_grey_images_of_two_classes_are_evaluated(project: Callable[..., Path]) -> None:
    folder = project({"evaluation.worst": 3})
    write_view(folder / "views/small", 1, ["dark", "bright"])
    write_model(folder / "models/cnn", 1, 2)
    out = run(images="delivered")
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["accuracy"] == 1
    page = unwrap((out / "evaluation.md").read_text(encoding="utf-8"))
    assert "None: every test image was classified correctly." in page
    assert "synthetic" not in page


@undrawn
def test_one_probability_is_that_of_the_second_class(project: Callable[..., Path]) -> None:
    folder = project()
    write_view(folder / "views/small", 3, ["dark", "bright"])
    write_model(folder / "models/cnn", 3, 1, weight=2)
    table = pandas.read_csv(run() / "predictions.csv")
    images = numpy.load(folder / "views/small/test.npy") / 255
    bright = 1 / (1 + numpy.exp(-(4 * images.mean(axis=(1, 2, 3)) - 2)))
    assert table["p_bright"].to_numpy() == pytest.approx(bright, abs=1e-5)
    assert (table["p_dark"] + table["p_bright"]).to_numpy() == pytest.approx(1, abs=1e-6)
    assert table["predicted"].tolist() == ["bright" if value > 0.5 else "dark" for value in bright]
    metrics = json.loads(Path("results/cnn/metrics.json").read_text(encoding="utf-8"))
    expected = -numpy.log(numpy.where(table["class"] == "bright", bright, 1 - bright)).mean()
    assert metrics["loss"] == pytest.approx(expected, rel=1e-5)


@undrawn
def test_what_was_trained_without_validation_says_so(trained: Path) -> None:
    write_model(trained / "models/cnn-plain", 3, 3, validated=False)
    out = run("models/cnn-plain")
    page = unwrap((out / "evaluation.md").read_text(encoding="utf-8"))
    assert "40 images; nothing validated" in page
    assert "**Nothing validated**" in page and "from 1.500 to 0.400 in 3 epochs" in page and "was still falling" in page
    assert "The weights of epoch 3 were kept." in page
    assert "alidation loss" not in page and "**Overfitting**" not in page
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    names = ("train_accuracy", "train_loss", "val_accuracy", "val_loss")
    assert [metrics[name] for name in names] == [0.8, 0.4, None, None]


def test_metrics_repeat_the_kept_epoch(evaluated: Path) -> None:
    metrics = json.loads((evaluated / RESULTS / "metrics.json").read_text(encoding="utf-8"))
    names = ("train_accuracy", "train_loss", "val_accuracy", "val_loss")
    assert [metrics[name] for name in names] == [0.6, 0.8, 0.6, 1.0]


def test_hyperparameters_and_layers_are_those_of_training(evaluated: Path) -> None:
    out = evaluated / RESULTS
    table = pandas.read_csv(out / "hyperparameters.csv", keep_default_na=False)
    assert {name: json.loads(value) for name, value in table.itertuples(index=False)} == {
        "network.blocks.filters": [4, 8],
        "training.optimizer": "adam",
        "training.class_weights": None,
    }
    assert (out / "layers.csv").read_bytes() == (evaluated / "models/cnn/layers.csv").read_bytes()


def test_the_ambiguous_are_those_whose_two_best_classes_are_closest(evaluated: Path) -> None:
    out = evaluated / RESULTS
    predictions = pandas.read_csv(out / "predictions.csv", keep_default_na=False)
    ordered = numpy.sort(predictions[[f"p_{name}" for name in CLASSES]].to_numpy(), axis=1)
    found = pandas.read_csv(out / "ambiguous.csv", keep_default_na=False)
    assert list(found) == ["file", "class", "best", "p_best", "second", "p_second"]
    assert len(found) == 20
    differences = ordered[:, -1] - ordered[:, -2]
    assert (found["p_best"] - found["p_second"]).to_numpy() == pytest.approx(numpy.sort(differences)[:20], abs=1e-6)
    assert found.loc[0, "file"] == predictions.loc[int(differences.argmin()), "file"]
    assert (found["best"] != found["second"]).all()


def test_another_seed_draws_another_gallery_and_nothing_else(evaluated: Path, trained: Path) -> None:
    edit(trained, {"evaluation.seed": 14})
    other = run()
    before, after = read_all(evaluated / RESULTS), read_all(other)
    assert [name for name in before if name in after and before[name] != after[name]] == [
        "galleries/index.csv",
        "gallery.webp",
    ]


def test_a_model_of_other_classes_is_refused(trained: Path) -> None:
    write_model(trained / "models/six", 3, 6)
    with pytest.raises(UserError, match=r"models/six: the model distinguishes 6 classes, but views/small has 3 \(a_b"):
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


@undrawn
def test_a_failure_leaves_the_last_evaluation_as_it_was(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = run()
    before = read_all(out)

    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(evaluate.figures, "save", fail)
    with pytest.raises(OSError, match="No space"):
        run()
    assert read_all(out) == before
    assert [path.name for path in out.parent.iterdir()] == ["cnn"]
