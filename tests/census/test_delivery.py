"""What was odd about a delivery stands among the first things that a census says."""

from pathlib import Path

import pandas

from darkroom.census import delivery
from darkroom.core.filenames import LEFT_OUT, SUSPICIONS


def test_files_left_out_are_counted_by_reason_and_ending(tmp_path: Path) -> None:
    files = [*(f"a/{number}.CR2" for number in range(3)), "b/x.nef", "notes.txt", "README"]
    reasons = [*["raw camera files"] * 4, *["no image"] * 2]
    pandas.DataFrame({"archive": "a.zip", "file": files, "reason": reasons}).to_csv(tmp_path / LEFT_OUT, index=False)
    odd = {"kind": ["names"], "subject": ["a.zip"], "what": ["read as gbk"]}
    pandas.DataFrame(odd).to_csv(tmp_path / SUSPICIONS, index=False)
    assert list(delivery.find_warnings(tmp_path)) == [
        ("left out", 4, "4 files left out, raw camera files: 3 .cr2, 1 .nef"),
        ("left out", 2, "2 files left out, no image: 1 .txt, 1 without ending"),
        ("names", 0, "a.zip: read as gbk"),
    ]


def test_nothing_is_said_where_nothing_was_odd(tmp_path: Path) -> None:
    assert list(delivery.find_warnings(tmp_path)) == []
