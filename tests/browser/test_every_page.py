"""What holds for each page: it shows its pictures, fits its window, says nothing, and reads nothing elsewhere."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.browser.chromium import Watched
from tests.browser.conftest import Look
from tests.browser.written import MODELS
from tests.support.written_results import HOSTILE

PLACES = {
    "study": "results/intel/index.html",
    "single": "exports/pages/intel.html",
    "worksheet": "exports/worksheets/intel/worksheet.html",
    "exercises": "exports/worksheets/intel/exercises.html",
}
PAGES = [("hostile", name) for name in (*PLACES, "overview")] + [("many", name) for name in PLACES]
ALONE = {"single", "worksheet", "exercises"}
"""Pages that hold all that they show."""


@pytest.fixture(params=PAGES, ids="-".join)
def file(request: pytest.FixtureRequest) -> tuple[Path, Path]:
    """A page, and the folder that it may read: its own, or nothing but itself."""
    study, name = request.param
    project = request.getfixturevalue(study).parents[2]
    found = project / (PLACES | {"overview": "results/index.html"})[name]
    return found, (found if name in ALONE else project)


def test_it_shows_its_pictures_and_says_nothing(look: Look, file: tuple[Path, Path]) -> None:
    seen = look(*file)
    assert seen.unfold() == [], "pictures that cannot be shown"
    assert seen.said == []
    assert seen.strayed == []


def test_its_links_lead_to_what_there_is(look: Look, file: tuple[Path, Path]) -> None:
    seen = look(*file)
    addresses = seen.page.evaluate("[...document.querySelectorAll('[href]')].map(one => one.href)")
    assert [one for one in addresses if not seen.holds(one)] == []
    parts = {urlsplit(one) for one in addresses}
    assert [one.path for one in parts if not Path(unquote(one.path)).exists()] == []
    within = {unquote(one.fragment) for one in parts if one.fragment}
    ids = seen.page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
    assert within <= set(ids)


@pytest.mark.parametrize(("width", "colours"), [(1280, "light"), (390, "dark")])
def test_it_fits_its_window_and_is_for_everybody(look: Look, file: tuple[Path, Path], width: int, colours: str) -> None:
    seen = look(*file, width=width, colours=colours)
    seen.unfold()
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    back = seen.page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (max(back) < 60) if colours == "dark" else (min(back) > 200)
    assert seen.list_obstacles() == []


@pytest.mark.parametrize("name", [*PLACES, "overview"])
def test_names_stay_text(look: Look, hostile: Path, name: str) -> None:
    file = hostile.parents[2] / (PLACES | {"overview": "results/index.html"})[name]
    seen = look(file)
    seen.unfold()
    assert seen.page.locator("[onerror], img[src=x]").count() == 0
    expected = "Holidays </title><b>" if name == "overview" else HOSTILE[0]
    assert expected in seen.page.locator("body").inner_text()
    assert seen.said == [], "no script of a name has run"


def test_a_heading_of_the_overview_leads_to_its_study(look: Look, hostile: Path) -> None:
    seen: Watched = look(hostile.parents[1] / "index.html", hostile.parents[2])
    seen.page.get_by_role("link").click()
    assert seen.page.url == hostile.as_uri()
    seen.page.get_by_role("link", name="All studies").click()
    assert seen.page.url == (hostile.parents[1] / "index.html").as_uri()


def test_a_link_to_a_model_unfolds_it(look: Look, many: Path) -> None:
    seen = look(many)
    model = seen.page.locator("#model-cnn-5")
    assert model.get_attribute("open") is None
    seen.page.locator("#models-table").get_by_role("link", name="cnn-5").click()
    model.locator(".confusion").wait_for()
    top = model.evaluate("one => one.getBoundingClientRect().top")
    assert 0 <= top < 200


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_page_in_one_file_opens_its_cells_by_keyboard(look: Look, many: Path, key: str) -> None:
    file = many.parents[2] / PLACES["single"]
    seen = look(file, file)
    seen.page.locator(f'.confusion[data-of="{MODELS[-1]}"] [data-cell="3-4"]').focus()
    seen.page.keyboard.press(key)
    assert seen.page.get_by_role("dialog").is_visible()
    assert seen.page.locator("dialog a").count() == 0, "it would lead beside the page, where nothing lies"
    assert seen.page.locator("dialog img").count() == 0, "in no gallery"
    assert seen.list_texts("dialog .path") == ["test/cat/39.jpg"]
