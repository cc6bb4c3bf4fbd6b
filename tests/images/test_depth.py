"""Black and white of images of more than 8 bits are decided for a data set, and not for each image."""

import struct
import zlib
from pathlib import Path

import numpy
import pytest
from PIL import Image

from darkroom.images.decoding.depth import Ranges, find_ranges, measure
from tests.support.decoding import DECODING, decode, turn_upright

RAMP = numpy.linspace(0, 4095, 256).round().astype(numpy.uint16).reshape(16, 16)
"""A camera's 12 bits."""
EIGHT = numpy.rint(RAMP * (255 / 4095)).astype(numpy.uint8)


def write(folder: Path, **images: numpy.ndarray) -> list[Path]:
    """Write arrays as files, named <name>_<ending>."""
    paths = []
    for name, values in images.items():
        path = folder / name.replace("_", ".")
        Image.fromarray(values).save(path)
        paths.append(path)
    return paths


def ranges_of(paths: list[Path], given: list[float] | None = None) -> Ranges:
    return find_ranges([measure(path, DECODING) for path in paths], given)


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_twelve_bits_in_sixteen_come_out_as_bright_as_they_are(tmp_path: Path, ending: str) -> None:
    dark, bright = write(tmp_path, **{f"dark_{ending}": RAMP // 8, f"bright_{ending}": RAMP})
    ranges = ranges_of([dark, bright])
    assert ranges == Ranges((0, 4095), None)
    assert numpy.array_equal(numpy.asarray(turn_upright(decode(bright), "L", ranges)), EIGHT)
    assert numpy.asarray(turn_upright(decode(dark), "L", ranges)).mean() == pytest.approx(EIGHT.mean() / 8, abs=0.5)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (numpy.array([[0, 65535]], dtype=numpy.uint16), (0, 65535)),
        (numpy.array([[0, 40000]], dtype=numpy.uint16), (0, 65535)),
        (numpy.array([[0, 1000]], dtype=numpy.uint16), (0, 1023)),
        (numpy.array([[0, 200]], dtype=numpy.uint16), (0, 255)),
        (numpy.array([[-1000, 3000]], dtype=numpy.int32), (-1000, 3000)),
        (numpy.array([[0, 70000]], dtype=numpy.int32), (0, 70000)),
        (numpy.array([[7, 7]], dtype=numpy.int32) * 10000, (70000, 70001)),
    ],
)
def test_whole_numbers_have_the_bits_that_the_largest_needs(
    tmp_path: Path, values: numpy.ndarray, expected: tuple[float, float]
) -> None:
    assert ranges_of(write(tmp_path, a_tif=values)).whole == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0, 0.5], (0, 1)), ([0, 1.5], (0, 255)), ([0, 300.0], (0, 65535)), ([-2.0, 3.0], (-2, 3)), ([0, 1e6], (0, 1e6))],
)
def test_fractions_lie_in_the_narrowest_usual_range_or_in_their_own(
    tmp_path: Path, values: list[float], expected: tuple[float, float]
) -> None:
    bright, dark = numpy.array([values], dtype=numpy.float32), numpy.zeros((1, 2), dtype=numpy.float32)
    assert ranges_of(write(tmp_path, a_tif=bright, b_tif=dark)).fraction == expected


def test_bits_that_files_declare_go_before_what_values_need(tmp_path: Path) -> None:
    (path,) = write(tmp_path, a_png=RAMP // 8)
    assert ranges_of([path]).whole == (0, 511)
    data = path.read_bytes()
    chunk = b"sBIT" + bytes([12])
    path.write_bytes(data[:33] + struct.pack(">I", 1) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[33:])
    assert ranges_of([path]).whole == (0, 4095)
    Image.fromarray(RAMP // 8).save(tmp_path / "a.tif", tiffinfo={281: 4095})  # MaxSampleValue
    assert ranges_of([tmp_path / "a.tif"]).whole == (0, 4095)


def test_a_given_range_decides(tmp_path: Path) -> None:
    (path,) = write(tmp_path, a_png=RAMP)
    assert ranges_of([path], [100, 8191]).whole == (100, 8191)


def test_images_of_eight_bits_and_broken_ones_have_no_depth(tmp_path: Path) -> None:
    grey, colour = write(tmp_path, a_png=EIGHT, b_png=numpy.zeros((4, 4, 3), numpy.uint8))
    (tmp_path / "c.png").write_bytes(b"words")
    assert [measure(path, DECODING) for path in (grey, colour, tmp_path / "c.png")] == [None] * 3
    assert find_ranges([None]) == Ranges()


@pytest.mark.parametrize("ending", ["png", "tif", "ppm", "bmp"])
def test_a_file_broken_anywhere_has_no_depth_and_stops_nothing(tmp_path: Path, ending: str) -> None:
    values = RAMP if ending in ("png", "tif") else EIGHT
    Image.fromarray(values).save(tmp_path / f"a.{ending}")
    data = (tmp_path / f"a.{ending}").read_bytes()
    path = tmp_path / f"b.{ending}"
    for place in range(0, min(len(data) - 100, 160)):
        path.write_bytes(data[:place])
        assert measure(path, DECODING) is None
        path.write_bytes(data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :])
        measure(path, DECODING)
