"""Figures of many classes, and of classes with long or foreign names, can be read and stay of a size."""

import itertools

import numpy
import pandas
import pytest
from matplotlib.figure import Figure

from darkroom.comparison.class_figures import MOST_CHANGED, draw_class_accuracies
from darkroom.evaluation.figures import draw_confusion
from darkroom.reporting import labels
from darkroom.reporting.figures import pyplot

NAMES = {"short": "class {}", "long": "a very long name of a class, number {}, as people give", "foreign": "山脈 {}"}
MOST_PIXELS = 3300


def check_texts(figure: Figure) -> None:
    """Require that no name touches the next one, and none leaves the picture."""
    figure.canvas.draw()
    whole = figure.bbox
    for axis in figure.axes:
        for place, names, limits in (
            (0, axis.get_xticklabels(), sorted(axis.get_xlim())),
            (1, axis.get_yticklabels(), sorted(axis.get_ylim())),
        ):
            shown = [one for one in names if limits[0] <= one.get_position()[place] <= limits[1]]
            boxes = [one.get_window_extent() for one in shown]
            upright = all(one.get_rotation() in (0.0, 90.0) for one in shown)
            for one, other in itertools.pairwise(boxes) if upright else ():
                assert not one.overlaps(other)
            assert all(whole.x0 <= box.x0 and box.x1 <= whole.x1 + 1 and box.y0 >= whole.y0 for box in boxes)


@pytest.mark.parametrize("count", [2, 20, 200])
@pytest.mark.parametrize("kind", NAMES)
def test_a_confusion_matrix_is_legible_whatever_its_classes(count: int, kind: str) -> None:
    classes = [NAMES[kind].format(number) for number in range(count)]
    figure = draw_confusion(numpy.eye(count, dtype=numpy.int64) * 7 + 1, classes, "title")
    check_texts(figure)
    assert max(figure.bbox.width, figure.bbox.height) <= MOST_PIXELS
    pyplot.close(figure)


def test_accuracies_of_many_classes_are_legible() -> None:
    classes = [f"class number {number}" for number in range(200)]
    table = pandas.DataFrame([("a", name, 0.5) for name in classes], columns=["model", "class", "accuracy"])
    tuned = pandas.DataFrame({"finetuned": "b", "base": "a", "class": classes, "before": 0.5, "after": 0.6})
    tuned["difference"] = numpy.linspace(-0.1, 0.2, len(classes))
    figure = draw_class_accuracies(table, tuned, "title")
    check_texts(figure)
    assert max(figure.bbox.width, figure.bbox.height) <= MOST_PIXELS
    shown = [one.get_text() for one in figure.axes[-1].get_yticklabels()]
    assert len(shown) == MOST_CHANGED
    assert {"class number 199", "class number 0"} >= {shown[-1]}
    pyplot.close(figure)


def relative_luminance(color: numpy.ndarray) -> float:
    linear = numpy.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("name", ["Blues", "viridis", "gray"])
def test_numbers_on_a_heat_map_have_contrast(name: str) -> None:
    for color in pyplot.get_cmap(name)(numpy.linspace(0, 1, 256))[:, :3]:
        below, above = relative_luminance(color), {"white": 1.0, "black": 0.0}[labels.choose_text_color(color)]
        assert (max(below, above) + 0.05) / (min(below, above) + 0.05) >= 4.5


def test_names_are_short_and_in_letters_that_the_font_has() -> None:
    assert labels.spell("Ångström, Ελλάδα, лес") == "Ångström, Ελλάδα, лес"
    assert labels.spell("山脈 1") == "U+5C71 U+8108 1"
    short = labels.abbreviate("a very long name of a class, number 7")
    assert short == "a very long…s, number 7"
    assert len(short) <= labels.LONGEST
