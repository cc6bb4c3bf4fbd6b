"""The words of an evaluation's page, of training runs that tiny models do not have."""

from typing import Any

import numpy
import pandas
import pytest

from darkroom.evaluation import metrics
from darkroom.evaluation.page import compose_page
from darkroom.evaluation.prediction import Trained
from darkroom.evaluation.shifts import COLUMNS
from tests.support.evaluated_folders import history, layers
from tests.support.pages import unwrap

SUMMARY: dict[str, Any] = {
    "parameters": 1234,
    "trainable_parameters": 34,
    "weights": "package",
    "train_images": 90,
    "validation_images": 10,
    "epochs": 8,
    "best_epoch": 8,
    "stopped_early": False,
    "hyperparameters": {"training.l2": None},
    "largest_layers": [{"layer": "dense", "parameters": 12, "share": 0.5}],
}
BACKBONE = {
    "name": "lite_0",
    "layers": 237,
    "first": "stem",
    "last": "top",
    "output_shape": [4, 4, 8],
    "sizes": [{"height": 4, "layers": 12}],
}


def page(validated: bool = True, **changes: Any) -> str:
    """The page of a perfect model."""
    labels, probabilities, classes = numpy.array([0, 1]), numpy.array([[0.9, 0.1], [0.2, 0.8]]), ["a_b", "c"]
    counts = metrics.count_confusions(labels, labels, classes)
    tables = {
        "classes": metrics.score_classes(labels, labels, classes),
        "confused-pairs": metrics.find_confused_pairs(counts, classes, 5),
        "shifts": pandas.DataFrame(columns=COLUMNS),
        "ambiguous": metrics.find_ambiguous(["x.jpg", "y.jpg"], labels, probabilities, classes, 2),
    }
    trained = Trained(None, history(validated, 0.2), layers(), {**SUMMARY, **changes})
    return unwrap(compose_page("cnn", "", trained, metrics.summarize(labels, probabilities, classes, 10), tables))


def test_a_backbone_has_its_own_section_and_the_weights_say_where_they_come_from() -> None:
    found = page(backbone=BACKBONE, base="frozen_1")
    assert "| Weights | package, by way of frozen\\_1 |" in found
    expected = (
        "## Backbone\n\nlite\\_0: 237 layers, from stem to top; its output is feature maps of 4 x 4 x 8.\n\n| height"
    )
    assert expected in found
    assert "Backbone" not in page() and "by way of" not in page()


def test_losses_that_are_more_than_cross_entropy_say_so() -> None:
    said = "The losses of the curves include an L2 penalty or class weights"
    assert said in page(hyperparameters={"network.head.l2": 0.01})
    assert said not in page()


@pytest.mark.parametrize("validated", [True, False])
def test_no_gap_and_no_unfilled_value_stands_on_the_page(validated: bool) -> None:
    found = page(validated)
    assert "\n\n\n" not in found and "{{" not in found and "{%" not in found
    assert "None: every test image was classified correctly." in found
    assert "Predicted most often: a\\_b (1 time; the class has 1 image), c (1 time; the class has 1 image).\n" in found
    assert "| 1,234, of which 34 are trainable |" in found
    assert ("**Nothing validated**" in found) is not validated
