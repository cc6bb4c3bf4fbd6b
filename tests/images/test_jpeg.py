"""JPEGs are the same bytes whether simplejpeg or Pillow decodes them; what Pillow must read is left to it."""

import io
from pathlib import Path

import numpy
import pytest
from PIL import Image

from darkroom.images.decoding import jpeg, reading
from tests.support.decoding import DECODING
from tests.support.image_folders import picture

OPTIONS: list[dict[str, object]] = [{"subsampling": 0}, {"subsampling": 1}, {"subsampling": 2}, {"progressive": True}]
OPTIONS += [{"optimize": True}, {"restart_marker_blocks": 1}, {"keep_rgb": True}, {"quality": 1}, {"quality": 100}]


def noisy(width: int, height: int) -> Image.Image:
    """An image of noise on smooth colours."""
    smooth = numpy.asarray(picture(3, width, height)).astype(int)
    return Image.fromarray(
        (smooth + numpy.random.default_rng(1).integers(-40, 40, smooth.shape)).clip(0, 255).astype("u1")
    )


def encode(image: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def read_by_pillow(data: bytes) -> numpy.ndarray:
    return numpy.asarray(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize("size", [(1, 1), (7, 9), (16, 16), (33, 200), (257, 130)])
@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: ", ".join(map(str, next(iter(options.items())))))
def test_the_bytes_are_those_of_pillow(size: tuple[int, int], options: dict[str, object]) -> None:
    for image in (noisy(*size), noisy(*size).convert("L")):
        if image.mode == "L" and "keep_rgb" in options:
            continue
        data = encode(image, **options)
        found = jpeg.decode(data)
        assert found is not None
        numpy.testing.assert_array_equal(found, read_by_pillow(data))


def test_what_pillow_must_read_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert jpeg.decode(encode(noisy(20, 20).convert("CMYK"))) is None
    data = encode(noisy(40, 40))
    assert jpeg.decode(data[: len(data) // 2]) is None and jpeg.decode(b"no JPEG") is None
    monkeypatch.setattr(jpeg, "LARGE", 1600)
    assert jpeg.decode(data) is None


def test_what_the_header_says_is_kept(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = b"a profile" * 20
    (tmp_path / "1.jpg").write_bytes(encode(noisy(30, 20), exif=exif, icc_profile=profile))
    found = reading.decode(tmp_path / "1.jpg", DECODING)
    assert (found.format, found.mode, found.size) == ("JPEG", "RGB", (30, 20))
    assert found.getexif()[0x0112] == 6 and found.info["icc_profile"] == profile
