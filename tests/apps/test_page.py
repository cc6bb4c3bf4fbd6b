"""The page of a study on the command line."""

import webbrowser
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import pytest

from darkroom.apps import page
from darkroom.core.errors import UserError


@pytest.fixture
def made(project: Callable[..., Path]) -> Path:
    """A project whose study intel has a page."""
    folder = project()
    (folder / "results/intel").mkdir(parents=True)
    (folder / "results/intel/index.html").write_text("<p>All of intel</p>\n")
    return folder


def test_the_page_is_opened(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or True)
    with chdir(made):
        page.main(["intel"])
    assert opened == [(made / "results/intel/index.html").as_uri()]


def test_without_a_browser_it_is_said_what_to_open(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    with chdir(made):
        page.main(["intel"])
    assert "no browser found here; open results/intel/index.html in one" in capsys.readouterr().err


def test_one_file_is_written(made: Path) -> None:
    with chdir(made):
        page.main(["intel", "--single"])
        page.main(["intel", "--single", "--out", "mail/intel.html"])
    assert (made / "exports/pages/intel.html").read_text() == "<p>All of intel</p>\n"
    assert (made / "mail/intel.html").is_file()


def test_a_study_that_is_not_made_is_named_with_what_to_do(project: Callable[..., Path]) -> None:
    with chdir(project()), pytest.raises(UserError, match=r"intel/index\.html: not made yet; run make TARGET=intel"):
        page.main(["intel"])
