"""Rows that come in any order are written in that of their keys, with the bytes of a table of pandas."""

from pathlib import Path

import pandas
import pytest

from darkroom.core import sorted_rows
from darkroom.core.files import write_table
from darkroom.core.sorted_rows import SortedRows

COLUMNS = ["file", "bytes", "group"]
WORDS = ["a", "b,c", 'say "no"', "two\nlines", "é", "", "007", " blank "]


def rows(group: str | None) -> list[tuple[str, int, str | None]]:
    return [(WORDS[number % len(WORDS)], 3**number, group if number % 2 else None) for number in range(30)]


@pytest.mark.parametrize("at_once", [4, 4096])
@pytest.mark.parametrize("group", ["patient 1", None])
def test_rows_are_those_of_a_table(
    group: str | None, at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorted_rows, "AT_ONCE", at_once)
    given = rows(group)
    with SortedRows(tmp_path / "ours.csv", COLUMNS) as table:
        for number, row in reversed(list(enumerate(given))):
            table.add(f"{number:03}".encode(), row)
    expected = pandas.DataFrame(given, columns=COLUMNS)
    write_table(tmp_path / "theirs.csv", expected if group else expected[COLUMNS[:-1]])
    assert (tmp_path / "ours.csv").read_bytes() == (tmp_path / "theirs.csv").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ours.csv", "theirs.csv"]


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="half way"), SortedRows(tmp_path / "ours.csv", COLUMNS) as table:
        table.add(b"1", ("a", 1, None))
        raise ValueError("half way")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_as_by_any_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left on device"), SortedRows(tmp_path / "a.csv", COLUMNS) as table:
        table.database.execute("PRAGMA max_page_count = 8")
        for number in range(10_000):
            table.add(b"%d" % number, ("word" * 20, number, None))
    assert list(tmp_path.iterdir()) == []


def test_rows_of_one_key_keep_their_order(tmp_path: Path) -> None:
    with SortedRows(tmp_path / "ours.csv", COLUMNS) as table:
        for number in (5, 3, 4):
            table.add(b"same", ("a", number, None))
    assert (tmp_path / "ours.csv").read_text() == "file,bytes\na,5\na,3\na,4\n"
