"""Numbers in words."""

import pytest

from darkroom.reporting import quantities


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (quantities.counted(1, "image"), "1 image"),
        (quantities.counted(1234, "image"), "1,234 images"),
        (quantities.number(1234), "1,234"),
        (quantities.decimal(1234.5678, 1), "1,234.6"),
        (quantities.decimal(0.2, 3, signed=True), "+0.200"),
        (quantities.percent(0.1234), "12.3%"),
        (quantities.percent(-0.375, 0), "-38%"),
        (quantities.percent(0.02, signed=True), "+2.0%"),
        (quantities.points(0.031, signed=True), "+3.1 points"),
        (quantities.significant(0.012345, 2), "0.012"),
        (quantities.duration(0.01134), "0.0113 s"),
        (quantities.duration(59.36), "59.4 s"),
        (quantities.duration(59.7), "1 min 0 s"),
        (quantities.duration(3725), "1 h 2 min"),
        (quantities.size(1536), "1.5 KiB"),
    ],
)
def test_a_quantity_is_worded(said: str, expected: str) -> None:
    assert said == expected
