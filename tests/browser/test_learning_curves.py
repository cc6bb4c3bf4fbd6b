"""Learning curves: which are shown, on which axis, and the values at a pointer or a key."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from darkroom.pages.curves import LEFT, RIGHT, WIDTH
from darkroom.pages.study import SHOWN_AT_FIRST
from tests.browser.chromium import Watched
from tests.browser.conftest import Look
from tests.browser.written import EPOCHS, MODELS, value

if TYPE_CHECKING:
    from playwright.sync_api import Locator

COVERED = """values => {
  values.style.pointerEvents = 'auto';
  const found = [...values.querySelectorAll('li')].filter(one => {
    const box = one.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    return y < innerHeight && !values.contains(document.elementFromPoint(x, y));
  });
  values.style.pointerEvents = '';
  return found.map(one => one.textContent);
}"""
TRAINED = MODELS[-2::-1]
"""Models with curves, the best first."""


@pytest.fixture
def seen(look: Look, many: Path) -> Watched:
    return look(many)


def chart(seen: Watched, measure: str = "loss") -> "Locator":
    found = seen.page.locator(f'.chart[data-measure="{measure}"]')
    found.scroll_into_view_if_needed()
    return found


def point_at(seen: Watched, epoch: int, measure: str = "loss") -> list[str]:
    """Move the pointer to an epoch of a chart, and return what is read there."""
    found = chart(seen, measure)
    box = found.locator("svg").bounding_box()
    assert box
    across = LEFT + (epoch - 1) / (EPOCHS - 1) * (WIDTH - LEFT - RIGHT)
    seen.page.mouse.move(box["x"] + across / WIDTH * box["width"] + 1, box["y"] + box["height"] / 2)
    return found.locator(".values").inner_text().split("\n")


def count_lines(seen: Watched, measure: str = "loss") -> int:
    return len(seen.list_texts(f'.chart[data-measure="{measure}"] .line'))


def choose(seen: Watched, label: str) -> None:
    seen.page.locator("#curves").get_by_label(label, exact=True).click()


def test_at_first_the_best_models_are_shown_and_others_may_be_chosen(seen: Watched) -> None:
    assert count_lines(seen) == 2 * (SHOWN_AT_FIRST - 1), "of the best one, an ensemble, there are none"
    choose(seen, "cnn-1")
    assert count_lines(seen) == 2 * SHOWN_AT_FIRST
    choose(seen, "training (thin)")
    assert count_lines(seen) == SHOWN_AT_FIRST
    choose(seen, "cnn-1")
    choose(seen, "cnn-10")
    assert count_lines(seen) == SHOWN_AT_FIRST - 2
    choose(seen, "validation (thick)")
    assert count_lines(seen) == 0


def test_the_loss_has_a_logarithmic_axis(seen: Watched) -> None:
    ticks = '.chart[data-measure="loss"] .tick'
    linear = seen.list_texts(ticks)
    before = count_lines(seen)
    accuracy = count_lines(seen, "accuracy")
    choose(seen, "logarithmic axis of the loss")
    bent = seen.list_texts(ticks)
    assert "0.2" in bent and "0.2" not in linear
    assert count_lines(seen) == before and count_lines(seen, "accuracy") == accuracy
    choose(seen, "logarithmic axis of the loss")
    assert seen.list_texts(ticks) == linear


@pytest.mark.parametrize("epoch", [1, 3, EPOCHS])
def test_a_pointer_reads_the_values_of_its_epoch(seen: Watched, epoch: int) -> None:
    choose(seen, "training (thin)")
    read = [line for line in point_at(seen, epoch) if line]
    assert read[0] == f"Epoch {epoch}"
    places = {name: MODELS.index(name) for name in TRAINED[: SHOWN_AT_FIRST - 1]}
    found = dict(reversed(line.split(" ", 1)) for line in read[1:])
    assert list(found) == [f"{name}, validation" for name in reversed(places)], "the highest loss first"
    for name, place in places.items():
        assert float(found[f"{name}, validation"]) == pytest.approx(2 * value(place, epoch), abs=0.006)
    seen.page.mouse.move(0, 0)
    assert chart(seen).locator(".values").inner_text() == ""
    assert not chart(seen).locator(".cursor").is_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_values_stay_on_the_screen_and_can_be_read(look: Look, many: Path, width: int) -> None:
    seen = look(many, width=width)
    for epoch in (1, EPOCHS // 2, EPOCHS):
        point_at(seen, epoch, "accuracy")
        assert chart(seen, "accuracy").locator(".values").evaluate(COVERED) == [], "nothing is drawn over them"
        point_at(seen, epoch)
        box = chart(seen).locator(".values").bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= width
        assert chart(seen, "accuracy").locator(".values").inner_text() == ""
        assert chart(seen).locator(".values").evaluate(COVERED) == []


def test_keys_read_epoch_by_epoch_and_stop_at_both_ends(seen: Watched) -> None:
    found = chart(seen, "accuracy")
    found.focus()
    steps = [("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("ArrowLeft", 1), ("End", EPOCHS)]
    for key, epoch in [*steps, ("ArrowRight", EPOCHS), ("Home", 1)]:
        seen.page.keyboard.press(key)
        assert found.locator(".values p").inner_text() == f"Epoch {epoch}"
    assert found.locator(".values li").count() == 2 * (SHOWN_AT_FIRST - 1)
    seen.page.keyboard.press("Tab")
    assert found.locator(".values").inner_text() == "", "hidden where another element has the focus"
