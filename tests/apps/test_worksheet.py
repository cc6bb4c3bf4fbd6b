"""The handouts of a study on the command line."""

from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import pytest

from darkroom.apps import worksheet
from darkroom.core.errors import UserError


@pytest.fixture
def made(project: Callable[..., Path]) -> Path:
    """A project whose study intel has a worksheet."""
    folder = project()
    (folder / "results/intel").mkdir(parents=True)
    (folder / "results/intel/worksheet.md").write_text("# Worksheet\n\n## Test\n\n**intel-01. Why?**\n\nSo.\n")
    return folder


def test_worksheet_and_exercises_are_written_for_browser_and_paper(made: Path) -> None:
    with chdir(made):
        worksheet.main(["intel"])
    files = sorted(path.name for path in (made / "exports/worksheets/intel").iterdir())
    assert files == ["exercises.html", "exercises.pdf", "worksheet.html", "worksheet.pdf"]
    assert "So." in (made / "exports/worksheets/intel/worksheet.html").read_text()
    assert "So." not in (made / "exports/worksheets/intel/exercises.html").read_text()


def test_the_folder_may_be_chosen(made: Path) -> None:
    with chdir(made):
        worksheet.main(["intel", "--out", "school"])
    assert (made / "school/worksheet.pdf").is_file()


def test_a_study_that_is_not_made_is_named_with_what_to_do(project: Callable[..., Path]) -> None:
    with chdir(project()), pytest.raises(UserError, match=r"intel/worksheet\.md: not made yet; run make TARGET=intel"):
        worksheet.main(["intel"])


def test_an_unknown_study_is_refused(made: Path) -> None:
    with chdir(made), pytest.raises(UserError, match="intell"):
        worksheet.main(["intell"])
