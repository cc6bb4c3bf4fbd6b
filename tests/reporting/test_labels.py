"""Figures of many classes, and of classes with long or foreign names, can be read and stay of a size."""

import itertools

import numpy
import pandas
import pytest
from matplotlib.figure import Figure

from darkroom.comparison.class_figures import MOST_CHANGED, draw_class_accuracies
from darkroom.comparison.figures import draw_accuracies, draw_learning_curves
from darkroom.comparison.sweep_figures import draw_curves, draw_gaps
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


def name_models(count: int, kind: str) -> list[str]:
    """Return names of models: of keys of params.yaml, which are Latin, short or as long as sweeps make them."""
    return [
        f"model-{number}" if kind == "short" else f"cats-dogs-remedy-more-convolutions-{number}"
        for number in range(count)
    ]


def check_titles(figure: Figure) -> None:
    """Require that no title of a panel touches another, and that title and legend lie in the picture."""
    titles = [axis.title for axis in figure.axes if axis.title.get_text() and axis.get_visible()]
    boxes = [one.get_window_extent() for one in titles]
    for one, other in itertools.combinations(boxes, 2):
        assert not one.overlaps(other)
    whole = figure.bbox
    for box in [*boxes, *(legend.get_window_extent() for legend in figure.legends)]:
        assert whole.x0 - 1 <= box.x0 and box.x1 <= whole.x1 + 1 and whole.y0 - 1 <= box.y0 and box.y1 <= whole.y1 + 1


@pytest.mark.parametrize("count", [2, 30])
@pytest.mark.parametrize("kind", ["short", "long"])
def test_figures_of_a_comparison_are_legible_whatever_the_number_of_models(count: int, kind: str) -> None:
    names = name_models(count, kind)
    history = pandas.DataFrame({"epoch": [1, 2, 3], "loss": [2.0, 1.0, 0.5], "accuracy": [0.2, 0.5, 0.7]})
    history = history.assign(val_loss=[2.1, 1.2, 400.0], val_accuracy=[0.2, 0.4, 0.6])
    kept = dict.fromkeys(names, 2)
    models = pandas.DataFrame({"model": names, "accuracy": 0.7, "low": 0.6, "high": 0.8})
    none = pandas.DataFrame(columns=["model", "replicate", "accuracy"])
    table = models.assign(best_epoch=2, train_accuracy=0.8, val_accuracy=0.6, gap=0.2, against="validation")
    drawn = [
        draw_accuracies(models, none, 0.95, "title"),
        draw_learning_curves(dict.fromkeys(names, history), kept, "title"),
        draw_curves(dict.fromkeys(names, history), table, "title"),
        draw_gaps(table, "title"),
    ]
    for figure in drawn:
        check_texts(figure)
        check_titles(figure)
        assert max(figure.bbox.width, figure.bbox.height) <= MOST_PIXELS
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
