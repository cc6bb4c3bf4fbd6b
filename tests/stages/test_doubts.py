"""Doubts about the test images of a study, by a real model."""

from collections.abc import Callable
from pathlib import Path

import numpy
import pandas
import pytest
from PIL import Image

from darkroom.params.document import load
from darkroom.pipeline.planning import list_ends, make_plan
from stages import doubts, evaluate
from tests.support.brightness import CLASSES, PER_CLASS, write_model, write_view
from tests.support.pages import unwrap
from tests.support.refusals import one_line

RED = PER_CLASS + 5
"""Row of a red image among grey ones."""


@pytest.fixture
def wrong(project: Callable[..., Path]) -> int:
    """The row of the darkest image, which is called bright, in a view with a model and its evaluation."""
    folder = project()
    write_view(folder / "views/small", 3, CLASSES)
    write_model(folder / "models/cnn", 3, 3)
    images, labels = (numpy.load(folder / f"views/small/test{name}.npy") for name in ("", "-labels"))
    row = int(images[:PER_CLASS].mean(axis=(1, 2, 3)).argmin())
    images[RED] = (255, 0, 0)
    labels[row] = 2
    numpy.save(folder / "views/small/test.npy", images)
    numpy.save(folder / "views/small/test-labels.npy", labels)
    given = ["--model", "models/cnn", "--view", "views/small", "--dataset", "small_set", "--images-are", "drawn"]
    evaluate.main(["cnn", *given, "--study", "intel", "--out", "evaluation"])
    return row


def run(predictions: str = "evaluation/predictions.csv") -> Path:
    given = ["--model", "models/cnn", "--view", "views/small", "--predictions", predictions]
    doubts.main(["intel", *given, "--dataset", "small_set", "--images-are", "drawn", "--out", "doubts", "--folds", "-"])
    return Path("doubts")


def test_what_was_put_wrong_is_found_and_shown(wrong: int) -> None:
    out = run()
    assert sorted(path.name for path in out.iterdir()) == [
        *("doubts.md", "far-from-class.csv", "far-from-class.webp", "label-errors.csv", "label-errors.webp"),
        *("training-label-errors.csv", "training-label-errors.webp"),
    ]
    assert pandas.read_csv(out / "training-label-errors.csv").empty
    errors = pandas.read_csv(out / "label-errors.csv", keep_default_na=False)
    first = errors.iloc[0]
    assert (first["file"], first["class"], first["probable"]) == (f"test/{wrong:03}.jpg", CLASSES[2], CLASSES[0])
    far = pandas.read_csv(out / "far-from-class.csv", keep_default_na=False)
    assert far.iloc[0]["file"] == f"test/{RED:03}.jpg" and far.iloc[0]["score"] > 10
    page = (out / "doubts.md").read_text(encoding="utf-8")
    assert (
        f"test/{wrong:03}.jpg" in page
        and f"test/{RED:03}.jpg" in page
        and "these 45 test images" in page
        and "64.4%" in page
    )
    assert "cannot judge them: give it `replicates: {folds: 5}`" in unwrap(page)
    with Image.open(out / "far-from-class.webp") as figure:
        pixels = numpy.asarray(figure.convert("RGB")).reshape(-1, 3)
    assert (numpy.abs(pixels.astype(int) - (255, 0, 0)) <= 8).all(axis=1).sum() > 1000  # lossy


def test_predictions_of_other_images(wrong: int) -> None:
    table = pandas.read_csv("evaluation/predictions.csv", keep_default_na=False)
    table.iloc[::-1].to_csv("other.csv", index=False)
    one_line(lambda: run("other.csv"), "other.csv: of other images than the test images of views/small; evaluate")
    assert not Path("doubts").exists()


def test_a_study_asks_for_doubts_by_the_name_of_one_of_its_models(project: Callable[..., Path]) -> None:
    project()
    parameters = load()
    plan = make_plan(parameters)
    assert plan["doubted"] == {}
    study, model = next((key, content.models[-1]) for key, content in parameters.studies.items())
    project({f"studies.{study}.doubts": model})
    plan = make_plan(load())
    judged = {"model": model, "folds": "-", "judges": f"models/{study}/{model}/view.json"}
    assert plan["doubted"][study] == {**plan["evaluations"][model], **judged}
    assert f"doubts@{study}" in list_ends(study, plan)
    project({f"studies.{study}.doubts": "cnn-bn", "models.cnn.replicates": {"folds": 5}})
    judged = make_plan(load())["doubted"][study]
    assert judged["folds"].split()[::4] == ["cnn-bn", "cnn-bn-replicate-5"] and judged["judges"] == f"models/{study}"
    project({f"studies.{study}.doubts": "nobody"})
    one_line(load, f"params.yaml: studies.{study}.doubts: 'nobody': no such entry; allowed: ")
