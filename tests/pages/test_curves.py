"""Learning curves: axes that hold all values, and lines that leave out what is missing."""

import re

import pytest

from darkroom.pages.curves import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Chart, History, draw_charts


def history(*losses: float | str, name: str = "loss") -> History:
    return [{"epoch": str(number), name: str(loss)} for number, loss in enumerate(losses, 1)]


def draw(*histories: History) -> Chart:
    (chart,) = draw_charts(histories)
    return chart


def places(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)]


@pytest.mark.parametrize("losses", [(2, 1, 0.5), (3000, 1e-7), (5,), (0.7, 0.7), tuple(range(1, 500))])
def test_lines_stay_between_their_axes(losses: tuple[float, ...]) -> None:
    chart = draw(history(*losses))
    assert [axis.name for axis in chart.axes] == ["linear", "logarithmic"]
    for axis in chart.axes:
        assert 1 <= len(axis.ticks) <= 12
        assert len({label for _, label in axis.ticks}) == len(axis.ticks)
        found = places(axis.paths[0])
        assert len(found) == len(losses)
        assert all(LEFT <= x <= WIDTH - RIGHT and TOP <= y <= HEIGHT - BOTTOM for x, y in found)


def test_what_falls_in_value_falls_on_the_page() -> None:
    for axis in draw(history(4, 2, 1)).axes:
        heights = [y for _, y in places(axis.paths[0])]
        assert heights == sorted(heights)


def test_equal_factors_are_equally_far_apart_on_a_logarithmic_axis() -> None:
    first, second, third = (y for _, y in places(draw(history(8, 4, 2)).axes[1].paths[0]))
    assert second - first == pytest.approx(third - second, abs=0.2)


def test_a_loss_of_zero_has_no_logarithm() -> None:
    assert [axis.name for axis in draw(history(1, 0)).axes] == ["linear"]


def test_an_accuracy_has_one_axis() -> None:
    assert [axis.name for axis in draw(history(0.2, 0.9, name="accuracy")).axes] == ["linear"]


@pytest.mark.parametrize("gone", ["", "nan", "inf"])
def test_a_line_is_broken_where_a_value_is_missing(gone: str) -> None:
    path = draw(history(3, gone, 1, 2)).axes[0].paths[0]
    assert path.count("M") == 2 and len(places(path)) == 3


def test_many_models_differ_in_colour_and_then_in_pattern() -> None:
    chart = draw(*(history(number + 1, 1) for number in range(18)))
    assert len({line.look for line in chart.lines}) == 18


def test_without_epochs_there_is_no_chart() -> None:
    assert draw_charts([[], []]) == []
