"""Pictures that hardly show anything are named, each for what it is, and ordinary ones are not."""

from pathlib import Path

import numpy
import pytest
from PIL import Image

from darkroom.census import inspection, suspicions
from darkroom.params.census import Suspicious
from tests.support.decoding import DECODING
from tests.support.image_folders import picture, write_folder

LIMITS = Suspicious(uniform=2, dark=8, bright=247, blurred=0.03, aspect=4, tiny=16)


def noisy(seed: int, low: int = 0, high: int = 256) -> Image.Image:
    return Image.fromarray(numpy.random.default_rng(seed).integers(low, high, (60, 60, 3), dtype=numpy.uint8))


def filled() -> Image.Image:
    values = numpy.asarray(noisy(1)).copy()
    values[40:] = 128
    return Image.fromarray(values)


@pytest.mark.parametrize(
    ("image", "kind", "what"),
    [
        (Image.new("RGB", (60, 60), (200, 10, 10)), "nearly uniform", "standard deviation of brightness 0.0"),
        (noisy(2, 0, 12), "very dark", "mean 6"),
        (noisy(2, 244, 256), "very bright", "mean 250"),
        (noisy(3).resize((8, 8)).resize((60, 60), Image.Resampling.BICUBIC), "blurred", None),
        (noisy(4).resize((200, 20)), "extreme shape", "sides as 1 to 10.0"),
        (noisy(5).resize((12, 20)), "tiny", "shorter side of 12 pixels"),
        (filled(), "filled with grey", "33% of its height, from below"),
        (noisy(6), None, None),
    ],
)
def test_each_suspicion_is_named(tmp_path: Path, image: Image.Image, kind: str | None, what: str | None) -> None:
    usual = {f"train/a/{number}.png": noisy(10 + number) for number in range(5)}
    folder = write_folder(tmp_path / "images", {**usual, "train/a/odd.png": image, "test/a/1.png": noisy(9)})
    found = suspicions.find_suspicions(inspection.inspect_images("census", folder, DECODING), LIMITS)
    rows = found.to_dict("records")
    if kind is None:
        assert rows == []
        return
    named = {row["kind"]: row for row in rows}
    assert {row["file"] for row in rows} == {"train/a/odd.png"} and kind in named
    assert what is None or named[kind]["what"] == what


def test_a_doubtful_file_is_suspicious_and_a_corrupt_one_is_not(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "images", {"train/a/1.png": picture(1, 40, 40), "test/a/1.png": b"no image"})
    (folder / "train/a/1.png").write_bytes((folder / "train/a/1.png").read_bytes()[:-12])
    images = inspection.inspect_images("census", folder, DECODING)
    (row,) = suspicions.find_suspicions(images, LIMITS).to_dict("records")
    assert (row["kind"], row["file"], row["what"]) == ("doubtful file", "train/a/1.png", "lacks its end marker")
