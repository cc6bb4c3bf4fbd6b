"""A name that a spreadsheet would compute stands as text in the tables that people open; no other is changed."""

import csv
from pathlib import Path

import pandas
import pytest

from darkroom.reporting import spreadsheets
from darkroom.reporting.spreadsheets import guard, write_sheet

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("mark", "=+-@\t\r\n")
def test_a_formula_is_a_text(mark: str) -> None:
    assert guard(f'{mark}HYPERLINK("https://example.org")') == f'\'{mark}HYPERLINK("https://example.org")'


@pytest.mark.parametrize("value", ["-0.5", "+3", "1e-3", "a=b", "street", "", -1.5, None, True])
def test_what_is_no_formula_stays(value: object) -> None:
    assert guard(value) is value


def test_every_cell_and_heading_is_looked_at(tmp_path: Path) -> None:
    table = pandas.DataFrame({"=file": ["@a.jpg", "b.jpg"], "n": [-1, 2], "share": [-0.123456789, None]})
    write_sheet(tmp_path / "x.csv", table)
    rows = list(csv.reader((tmp_path / "x.csv").read_text().splitlines()))
    assert rows == [["'=file", "n", "share"], ["'@a.jpg", "-1", "-0.1234568"], ["b.jpg", "2", ""]]


def test_the_stages_that_write_them_are_those_that_are_named() -> None:
    writers = {file.stem for file in ROOT.glob("stages/*.py") if "write_sheet" in file.read_text(encoding="utf-8")}
    named = (spreadsheets.__doc__ or "").split("Every other CSV")[0]
    assert writers == {"doubts", "census", "explain", "costs", "worksheet"}
    assert all(f"``{name}``" in named for name in writers)
