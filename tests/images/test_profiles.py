"""Colours of a profile wider than sRGB are converted, those of sRGB itself are left as they are."""

import io
import struct
from pathlib import Path

import numpy
import pytest
from PIL import Image, ImageCms

from darkroom.images.decoding.depth import Ranges
from darkroom.images.decoding.pixels import Tones, turn_upright
from darkroom.images.decoding.reading import decode
from tests.support.decoding import DECODING, TONES
from tests.support.image_folders import picture

WIDE = {"rXYZ": (0.60974, 0.31111, 0.01947), "gXYZ": (0.20528, 0.62567, 0.06087), "bXYZ": (0.14919, 0.06322, 0.74457)}
"""The primaries of Adobe RGB (1998), adapted to D50 (Adobe RGB (1998) Color Image Encoding, 2005, annex C)."""


def wide_profile() -> bytes:
    """The profile of sRGB, as LittleCMS writes it, with the primaries of Adobe RGB."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for number in range(struct.unpack_from(">I", data, 128)[0]):
        name, place, _ = struct.unpack_from(">4sII", data, 132 + 12 * number)
        if name.decode() in WIDE:
            values = [round(value * 65536) for value in WIDE[name.decode()]]
            struct.pack_into(">3i", data, place + 8, *values)
    return bytes(data)


@pytest.mark.parametrize("kind", ["jpg", "png", "tif"])
def test_a_wide_image_is_converted_and_kept_raw_where_that_is_asked(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    Image.new("RGB", (16, 16), (40, 200, 60)).save(path, icc_profile=wide_profile())
    raw = numpy.asarray(Image.open(path))
    found = numpy.asarray(turn_upright(decode(path, DECODING), "RGB", TONES))
    own = ImageCms.ImageCmsProfile(io.BytesIO(wide_profile()))
    shown = ImageCms.profileToProfile(Image.fromarray(raw), own, ImageCms.createProfile("sRGB"))
    assert numpy.array_equal(found, numpy.asarray(shown))
    assert numpy.abs(found.astype(int) - raw).max() > 20
    ignoring = DECODING.model_copy(update={"profiles": "ignore"})
    kept = turn_upright(decode(path, ignoring), "RGB", Tones.of(ignoring, Ranges()))
    assert numpy.array_equal(numpy.asarray(kept), raw)


@pytest.mark.parametrize(
    "profile",
    [
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
        b"no profile",
        b"",
    ],
)
def test_the_pixels_of_other_images_stay(tmp_path: Path, profile: bytes) -> None:
    picture(1).save(tmp_path / "a.png", icc_profile=profile)
    found = turn_upright(decode(tmp_path / "a.png", DECODING), "RGB", TONES)
    assert numpy.array_equal(numpy.asarray(found), numpy.asarray(picture(1)))
