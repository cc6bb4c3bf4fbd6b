"""Cells of a confusion matrix: each opens the images behind it, by mouse and by keyboard, and gives the focus back."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from darkroom.pages.confusion import MOST_IMAGES
from tests.browser.chromium import Watched
from tests.browser.conftest import Look
from tests.browser.written import CLASSES
from tests.support.written_results import HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Locator

FOCUSED = "document.activeElement.dataset.cell"


def cell(seen: Watched, place: str, model: str) -> "Locator":
    """The cell of a model's matrix at row-column."""
    seen.page.locator(f"#model-{model}").evaluate("one => { one.open = true; }")
    return seen.page.locator(f'.confusion[data-of="{model}"] [data-cell="{place}"]')


def test_a_click_opens_the_most_certain_images(look: Look, many: Path) -> None:
    seen = look(many)
    cell(seen, "0-0", "cnn-1").click()
    dialog = seen.page.get_by_role("dialog", name="airplane predicted as airplane by cnn-1")
    assert dialog.is_visible()
    assert dialog.locator("img").count() == MOST_IMAGES and seen.list_lost("dialog") == []
    assert f"{MOST_IMAGES} of 29, the most certain first" in dialog.inner_text()
    certain = seen.list_texts("dialog figcaption")
    assert certain[:2] == ["airplane, 100.0%", "airplane, 99.0%"] and len(certain) == MOST_IMAGES
    dialog.get_by_role("button", name="Close").click()
    assert not dialog.is_visible()
    cell(seen, "0-1", "cnn-1").click()
    assert seen.list_texts("dialog figcaption") == [f"{CLASSES[1]}, 72.0%", f"{CLASSES[1]}, 62.0%"], (
        "no image of before"
    )


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_keys_open_a_cell_and_escape_gives_the_focus_back(look: Look, many: Path, key: str) -> None:
    seen = look(many)
    cell(seen, "3-4", "both").focus()
    seen.page.keyboard.press(key)
    dialog = seen.page.get_by_role("dialog")
    assert dialog.is_visible()
    assert dialog.evaluate("one => one.contains(document.activeElement)"), "keys reach what has opened"
    seen.page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert seen.page.evaluate(FOCUSED) == "3-4"


def test_the_focus_stays_in_what_has_opened(look: Look, many: Path) -> None:
    seen = look(many)
    cell(seen, "0-1", "cnn-1").click()
    for _ in range(7):
        seen.page.keyboard.press("Tab")
        inside = "document.activeElement === document.body || Boolean(document.activeElement.closest('dialog'))"
        assert seen.page.evaluate(inside)


def test_an_image_that_is_not_there_is_named(look: Look, hostile: Path) -> None:
    image = hostile.parents[2] / f"data/images/intel/test/{HOSTILE[2]}/0.9.jpg"
    content = image.read_bytes()
    image.unlink()
    try:
        seen = look(hostile)
        cell(seen, "2-2", "cnn").click()
        seen.page.locator("dialog figure p", has_text="not shown").first.wait_for()
        assert "not shown: not on this disk" in seen.page.locator("dialog figure").inner_text()
        assert f"test/{HOSTILE[2]}/0.9.jpg" in seen.page.locator("dialog figure").inner_text()
        assert ["ERR_FILE_NOT_FOUND" in one for one in seen.said] == [True]
        seen.said.clear()
    finally:
        image.write_bytes(content)


def test_names_in_cells_stay_text(look: Look, hostile: Path) -> None:
    seen = look(hostile)
    for place, (true, said) in {"0-1": (HOSTILE[0], HOSTILE[1]), "1-2": (HOSTILE[1], HOSTILE[2])}.items():
        cell(seen, place, "cnn").click()
        dialog = seen.page.get_by_role("dialog")
        assert dialog.get_by_role("heading").inner_text() == f"{true} predicted as {said} by cnn"
        assert dialog.locator("img").count() == 1 and seen.list_lost("dialog") == []
        seen.page.keyboard.press("Escape")
    assert seen.page.locator("script").count() == 3 and seen.page.locator("[onerror], [src=x]").count() == 0


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_images_are_for_everybody(look: Look, many: Path, colours: str) -> None:
    seen = look(many, colours=colours)
    cell(seen, "0-0", "cnn-1").click()
    assert seen.list_obstacles() == []
