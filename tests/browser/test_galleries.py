"""Galleries of test images: each image opens by mouse and by keyboard, also where the page is all that there is."""

import shutil
from pathlib import Path

import pytest

from tests.browser.chromium import Watched
from tests.browser.conftest import Look
from tests.browser.test_every_page import PLACES
from tests.browser.written import CLASSES
from tests.support.html_pages import Page
from tests.support.written_results import HOSTILE

WORST = "Worst predictions"


def show(seen: Watched, model: str, heading: str = WORST) -> None:
    """Unfold a model, and one of its galleries."""
    seen.page.locator(f"#model-{model}").evaluate("one => { one.open = true; }")
    part = seen.page.locator(f"#model-{model} details.part", has=seen.page.locator("h4", has_text=heading))
    part.evaluate("one => { one.open = true; one.scrollIntoView(); }")


def find(seen: Watched, model: str, file: str) -> str:
    """A selector of an image in the gallery of a model's worst predictions."""
    show(seen, model)
    return f'#model-{model} .gallery [data-file="{file}"]'


def test_a_click_opens_an_image_with_what_was_made_of_it(look: Look, many: Path) -> None:
    seen = look(many)
    seen.page.locator(find(seen, "cnn-1", "test/airplane/28.jpg")).first.click()
    dialog = seen.page.get_by_role("dialog", name="airplane, predicted as automobile by cnn-1")
    assert dialog.is_visible() and dialog.locator("figure").count() == 1
    assert seen.list_texts("dialog figcaption") == ["automobile 72.0% wrong"]
    assert seen.list_texts("dialog p:not(#images-note)") == ["true: airplane 28.0%", "test/airplane/28.jpg"]
    assert dialog.locator("img").get_attribute("src") == "../../data/images/intel/test/airplane/28.jpg"
    assert seen.list_lost("dialog") == []
    assert seen.list_obstacles() == []


@pytest.mark.parametrize("key", ["Enter", "Space"])
@pytest.mark.parametrize("place", ["study", "single"])
def test_keys_open_an_image_and_escape_gives_the_focus_back(look: Look, many: Path, key: str, place: str) -> None:
    file = many.parents[2] / PLACES[place]
    seen = look(file, file if place == "single" else None)
    chosen = seen.page.locator(find(seen, "cnn-1", "test/airplane/28.jpg")).first
    chosen.focus()
    seen.page.keyboard.press(key)
    dialog = seen.page.get_by_role("dialog")
    assert dialog.is_visible() and seen.list_lost("dialog") == []
    assert dialog.locator("img").count() == 1 and dialog.locator("a").count() == (place == "study")
    seen.page.keyboard.press("Tab")
    seen.page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert seen.page.evaluate("document.activeElement.dataset.file") == "test/airplane/28.jpg"


def test_correct_ones_among_the_worst_are_marked(look: Look, many: Path) -> None:
    seen = look(many)
    show(seen, "cnn-1")
    words = seen.list_texts("#model-cnn-1 .gallery >> nth=0 >> figcaption")
    assert words[0] == "airplane 80.0% correct" and words[-1] == f"{CLASSES[2]} 61.0% wrong"
    assert len(words) == 20


def test_images_that_nobody_looks_at_are_not_loaded(look: Look, many: Path) -> None:
    seen = look(many)
    loaded = "all => all.filter(one => one.complete && one.naturalWidth).length"
    assert seen.page.locator("#model-cnn-5 .gallery img").evaluate_all(loaded) == 0
    show(seen, "cnn-5")
    shown = seen.page.locator("#model-cnn-5 .gallery img").first
    shown.evaluate("one => one.decode()")  # fulfilled when it has been loaded
    assert shown.evaluate("one => one.naturalWidth") > 0


def test_without_the_images_of_the_data_set_galleries_are_whole(look: Look, many: Path, tmp_path: Path) -> None:
    """As where the folder results alone was copied."""
    results = Path(shutil.copytree(many.parents[1], tmp_path / "results"))
    page = results / "intel/index.html"
    seen = look(page, tmp_path)
    show(seen, "cnn-1")
    assert seen.list_lost("#model-cnn-1 .gallery") == []
    seen.page.locator(find(seen, "cnn-1", "test/airplane/28.jpg")).first.click()
    picture = seen.page.locator('dialog img[src*="galleries"]')
    picture.wait_for()
    assert seen.list_lost("dialog") == []
    assert len(seen.said) == 1 and "ERR_FILE_NOT_FOUND" in seen.said[0]
    seen.said.clear()


def test_a_page_in_one_file_shows_behind_a_cell_what_its_galleries_have(look: Look, many: Path) -> None:
    file = many.parents[2] / PLACES["single"]
    seen = look(file, file)
    seen.page.locator("#model-cnn-1").evaluate("one => { one.open = true; }")
    seen.page.locator('.confusion[data-of="cnn-1"] [data-cell="0-1"]').click()
    assert seen.page.locator("dialog figure").count() == 2
    assert seen.page.locator("dialog img").count() == 2 and seen.list_lost("dialog") == []


def test_images_by_outcome_are_in_the_explanation(look: Look, many: Path) -> None:
    seen = look(many)
    seen.unfold()
    words = seen.list_texts("#seeing .gallery >> nth=0 >> figcaption")
    assert len(words) == 6 and set(words) >= {"bird 100.0% correct"}
    assert seen.list_lost("#seeing") == []


def test_names_in_galleries_stay_text(look: Look, hostile: Path) -> None:
    seen = look(hostile)
    file = Page(hostile.read_text(encoding="utf-8")).values("data-file")[0]
    show(seen, "cnn-bn")
    seen.page.locator("#model-cnn-bn .gallery button").first.click()
    dialog = seen.page.get_by_role("dialog")
    assert dialog.get_by_role("heading").inner_text() == f"{HOSTILE[2]}, predicted as {HOSTILE[0]} by cnn-bn"
    assert seen.list_texts("dialog .path") == [file] == [f"test/{HOSTILE[2]}/0.6.jpg"]
    assert seen.list_lost("dialog") == []
    assert seen.page.locator("script").count() == 3 and seen.page.locator("[onerror], [src=x]").count() == 0


@pytest.mark.parametrize(("width", "colours"), [(1280, "dark"), (390, "light")])
def test_galleries_are_for_everybody(look: Look, many: Path, width: int, colours: str) -> None:
    seen = look(many, width=width, colours=colours)
    show(seen, "cnn-1")
    assert seen.list_obstacles() == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
