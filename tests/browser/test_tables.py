"""Tables of a study's page: a heading sorts by its column, and a filter leaves what it asks for."""

from pathlib import Path

import pytest

from tests.browser.chromium import Watched
from tests.browser.conftest import Look
from tests.browser.written import EPOCHS, LONG, MODELS, NO_COSTS

NAMES = "#models-table tbody th"
TRAINED = MODELS[:-1]
BY_SIZE = sorted(MODELS, key=lambda name: MODELS.index(name) * 7 % len(MODELS))


@pytest.fixture
def seen(look: Look, many: Path) -> Watched:
    return look(many)


def click(seen: Watched, table: str, heading: str) -> str | None:
    """Click a heading of a table, and return how it says that it sorts."""
    button = seen.page.locator(f"#{table} thead").get_by_role("button", name=heading, exact=True)
    button.click()
    return button.locator("..").get_attribute("aria-sort")


def backwards(names: list[str]) -> list[str]:
    return names[::-1]


@pytest.mark.parametrize(
    ("heading", "rising", "last"),
    [
        ("loss", backwards(TRAINED), ["both"]),
        ("parameters", BY_SIZE, []),
        ("epochs", backwards(TRAINED), ["both"]),
        ("time", backwards([name for name in TRAINED if name != NO_COSTS]), [NO_COSTS, "both"]),
        ("memory", [name for name in TRAINED if name != NO_COSTS], [NO_COSTS, "both"]),
    ],
)
def test_numbers_fall_first_and_then_rise_and_what_is_missing_stays_last(
    seen: Watched, heading: str, rising: list[str], last: list[str]
) -> None:
    for direction, expected in (
        ("descending", backwards(rising)),
        ("ascending", rising),
        ("descending", backwards(rising)),
    ):
        assert click(seen, "models-table", heading) == direction
        found = seen.list_texts(NAMES)
        assert found[: len(expected)] == expected
        assert sorted(found[len(expected) :]) == sorted(last)


def test_models_begin_with_the_most_accurate_and_the_first_click_turns_them_round(seen: Watched) -> None:
    assert seen.list_texts(NAMES) == backwards(MODELS)
    assert click(seen, "models-table", "accuracy") == "ascending"
    assert seen.list_texts(NAMES) == MODELS


def test_names_rise_first_and_numbers_in_them_count(seen: Watched) -> None:
    expected = ["both", *(f"cnn-{number}" for number in range(1, 11)), LONG]
    assert click(seen, "models-table", "model") == "ascending"
    assert seen.list_texts(NAMES) == expected
    assert click(seen, "models-table", "model") == "descending"
    assert seen.list_texts(NAMES) == backwards(expected)
    assert seen.page.locator("#models-table [aria-sort]").count() == 1, "one column is sorted by"


def test_costs_come_from_their_file_and_are_sorted_as_well(seen: Watched) -> None:
    names = [name for name in TRAINED if name != NO_COSTS]
    assert seen.list_texts("#costs-table tbody th") == names
    assert click(seen, "costs-table", "training time") == "descending"
    assert click(seen, "costs-table", "training time") == "ascending"
    assert seen.list_texts("#costs-table tbody th") == backwards(names)
    time = seen.page.locator('[data-cost="seconds"][data-of="cnn-1"]')
    assert time.inner_text() == "1 min 40 s"
    assert seen.page.locator(f'[data-cost="seconds"][data-of="{NO_COSTS}"]').inner_text() == "–"


def test_a_heading_sorts_by_keyboard(seen: Watched) -> None:
    seen.page.locator("#models-table thead").get_by_role("button", name="epochs").focus()
    seen.page.keyboard.press("Enter")
    assert seen.list_texts("#models-table tbody td:nth-child(5)")[0] == f"{EPOCHS} (kept: 5)"


@pytest.mark.parametrize(
    ("words", "left"),
    [("cnn-1", ["cnn-10", "cnn-1"]), ("CNN 10", ["cnn-10"]), ("trained final", []), ("none", [])],
)
def test_a_filter_leaves_what_has_all_its_words_and_counts_it(seen: Watched, words: str, left: list[str]) -> None:
    seen.page.get_by_label("Filter").fill(words)
    assert seen.list_texts(NAMES) == left
    count = seen.page.locator('[data-count="models"]')
    assert count.inner_text() == f"{len(left)} of {len(MODELS)} shown"
    click(seen, "models-table", "model")
    assert seen.list_texts(NAMES) == left[::-1], "sorted, it leaves the same"
    seen.page.get_by_label("Filter").fill("")
    assert len(seen.list_texts(NAMES)) == len(MODELS)
    assert count.inner_text() == f"{len(MODELS)} of {len(MODELS)} shown"
