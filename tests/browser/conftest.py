"""The browser, and the pages of two studies to look at in it."""

from collections.abc import Callable, Iterator
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from darkroom.apps import page as app
from darkroom.apps import worksheet
from darkroom.pages import overview
from darkroom.params.document import load
from stages import page as stage
from tests.browser.chromium import Watched, missing, running
from tests.browser.written import write_beside, write_costs, write_many
from tests.conftest import with_parameters
from tests.support.written_results import EDITS, write, write_results

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Look = Callable[..., Watched]
PAGE = Path("results/intel/index.html")


def compose(folder: Path, explained: str) -> Path:
    """Let the stage write the page of the study in ``folder``, and return its file."""
    options = ["intel", "--dataset", "intel", "--results", "results/intel", "--census", "results/census/intel"]
    with chdir(folder):
        stage.main([*options, "--images", "data/images", "--explained", explained, "--out", str(PAGE)])
    return folder / PAGE


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """The browser, for all tests."""
    if said := missing():
        pytest.skip(said)
    with running() as found:
        yield found


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a study whose classes and title are called as if they were HTML, and all that is written from it."""
    folder = with_parameters(tmp_path_factory.mktemp("hostile") / "project", EDITS)
    write_results(folder)
    write_costs(folder, {"cnn": 61.5, "cnn-bn": 7.25})
    write_beside(folder, ["cnn", "cnn-bn", "both"])
    made = compose(folder, "-")
    with chdir(folder):
        overview.update(load())
        app.main(["intel", "--single"])
        worksheet.main(["intel"])
    return made


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a study of twelve models and ten classes, and all that is written from it."""
    edits = {"studies.intel.sweeps": ["rate"], "studies.intel.doubts": "cnn-1"}
    folder = with_parameters(tmp_path_factory.mktemp("many") / "project", edits)
    write_many(folder)
    made = compose(folder, "cnn-1")
    said = overview.compose_overview({"intel": overview.read_description(made)}, {"intel": "Intel natural scenes"})
    write(folder / "results/index.html", said)
    with chdir(folder):
        app.main(["intel", "--single"])
        worksheet.main(["intel"])
    return made


@pytest.fixture
def look(browser: "Browser") -> Iterator[Look]:
    """Open a page, and require at the end that it said nothing on the console and read nothing beside its folder.

    ``look(file, folder, width=390, colours="dark")``; what is in ``said`` and was expected, a test takes out of it.
    """
    opened: list[Watched] = []

    def look_at(file: Path, folder: Path | None = None, width: int = 1280, colours: str = "light") -> Watched:
        opened.append(Watched.open(browser, file, folder or file.parents[2], width, colours))
        return opened[-1]

    yield look_at
    for one in opened:
        one.close()
    assert [said for one in opened for said in one.said] == []
    assert [address for one in opened for address in one.strayed] == []
