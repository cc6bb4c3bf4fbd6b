"""The page above all studies: it leads to the pages that there are."""

from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

from darkroom.pages import overview
from darkroom.params.document import load
from tests.pages.test_study import compose
from tests.support.html_pages import Page
from tests.support.written_results import EDITS, write_results


def test_it_leads_to_the_studies_that_are_made(project: Callable[..., Path]) -> None:
    folder = project(EDITS)
    overview.update(load())
    assert not (folder / "results/index.html").exists(), "there is nothing to lead to"
    write_results(folder)
    compose(folder)
    overview.update(load())
    text = (folder / "results/index.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.values("href") == ["intel/index.html"]
    said = " ".join(" ".join(page.texts).split())
    assert "intel: Holidays </title><b>" in said
    assert (
        "Synthetic images, drawn by a program. Highest accuracy: cnn-bn, 66.7% (30.0% to 90.3%), of 3 models." in said
    )
    written = (folder / "results/index.html").stat().st_mtime_ns
    overview.update(load())
    assert (folder / "results/index.html").stat().st_mtime_ns == written, "it says the same"


def test_a_page_that_says_nothing_of_itself_is_led_to(project: Callable[..., Path]) -> None:
    folder = project(EDITS)
    (folder / "results/intel").mkdir(parents=True)
    (folder / "results/intel/index.html").write_text("page@intel 1")
    with chdir(folder):
        overview.update(load())
    assert Page((folder / "results/index.html").read_text()).values("href") == ["intel/index.html"]
