"""How a layer's number of parameters is reckoned, for layers whose numbers the course documents print."""

import pytest

from darkroom.worksheet.arithmetic import explain_parameters

LAYERS = [
    ("InputLayer", "150x150x3", 0),
    ("Normalization", "150x150x3", 7),
    ("Conv2D", "148x148x32", 896),
    ("BatchNormalization", "148x148x32", 128),
    ("Conv2D", "72x72x64", 18_496),
    ("MaxPooling2D", "36x36x64", 0),
    ("Conv2D", "32x32x64", 36_864),
    ("Flatten", "1024", 0),
    ("Dense", "128", 131_200),
    ("Dense", "6", 774),
]
EXPECTED = [
    *("", "2·3 + 1", "(3·3·3 + 1)·32", "4·32", "(3·3·32 + 1)·64", "", "(3·3·64)·64", ""),
    *("(1024 + 1)·128", "(128 + 1)·6"),
]


def test_the_product_of_each_layer_is_written_out() -> None:
    rows = [{"type": kind, "output_shape": shape, "parameters": count} for kind, shape, count in LAYERS]
    assert [row["arithmetic"] for row in explain_parameters(rows)] == EXPECTED


@pytest.mark.parametrize(
    ("kind", "count"), [("Conv2D", 897), ("Dense", 7), ("BatchNormalization", 5), ("Functional", 4_049_571)]
)
def test_what_no_product_gives_is_left_unexplained(kind: str, count: int) -> None:
    rows = [
        {"type": "InputLayer", "output_shape": "150x150x3", "parameters": 0},
        {"type": kind, "output_shape": "148x148x32", "parameters": count},
    ]
    assert explain_parameters(rows)[1]["arithmetic"] == ""
