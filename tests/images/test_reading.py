"""Files that decode and are doubtful: kept, kept with a doubt, or corrupt, as params.yaml says."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
from PIL import Image

from darkroom.images.decoding import reading
from darkroom.images.decoding.formats import CorruptImageError
from darkroom.params.view import Decoding
from tests.support.decoding import DECODING
from tests.support.image_folders import picture


def encode(kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture(1, 200, 160).save(buffer, kind, **options)
    return buffer.getvalue()


JPEG, PNG = encode("JPEG", quality=90), encode("PNG")


def overwrite(data: bytes, filler: bytes) -> bytes:
    """Overwrite two fifths in the middle of the data."""
    start, length = len(data) // 3, len(data) * 2 // 5
    return data[:start] + (filler * length)[:length] + data[start + length :]


def insert_chunk(kind: bytes, content: bytes) -> bytes:
    """Insert a chunk after the header of the PNG."""
    body = kind + content
    return PNG[:33] + struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body)) + PNG[33:]


def read(path: Path, data: bytes, **changes: object) -> reading.Decoded:
    path.write_bytes(data)
    return reading.read(path, DECODING.model_copy(update=changes))


NO_END = reading.NO_END
WORDS = "its text or colour profile cannot be read"
LONG = zlib.compress(b"a" * 3_000_000)


@pytest.mark.parametrize(
    ("data", "doubts"),
    [
        (JPEG, ()),
        (JPEG + b"what a camera leaves behind the end", ()),
        (JPEG[:-1], (NO_END,)),
        (JPEG[:-2], (NO_END,)),
        (PNG, ()),
        (PNG[:-1], (NO_END,)),
        (PNG[:-12], (NO_END,)),
        (insert_chunk(b"zTXt", b"x\0\0" + LONG), (WORDS,)),
        (insert_chunk(b"iTXt", b"x\0\1\0\0\0" + LONG), (WORDS,)),
        (insert_chunk(b"iCCP", b"x\0\0" + LONG), (WORDS,)),
        (insert_chunk(b"iCCP", b"no end of its name"), (WORDS,)),
        (insert_chunk(b"iCCP", b"x\0\5of no known method"), (WORDS,)),
        (insert_chunk(b"tEXt", b"x\0" + b"a" * 3_000_000), ()),
    ],
)
def test_what_lacks_no_pixel_is_read_with_its_doubts(tmp_path: Path, data: bytes, doubts: tuple[str, ...]) -> None:
    found = read(tmp_path / "a.jpg", data)
    assert found.doubts == doubts
    whole = Image.open(io.BytesIO(JPEG if data.startswith(b"\xff\xd8") else PNG))
    assert numpy.array_equal(numpy.asarray(found.image), numpy.asarray(whole))


@pytest.mark.parametrize("data", [JPEG[:-2], PNG[:-12]])
def test_nothing_is_tolerated_where_that_is_asked(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(CorruptImageError, match=f"corrupt: {NO_END}"):
        read(tmp_path / "a", data, tolerate="nothing")


@pytest.mark.parametrize("damage", [lambda: overwrite(JPEG, b"\0"), lambda: overwrite(JPEG, bytes(range(1, 200)))])
def test_a_jpeg_whose_data_the_decoder_guesses_is_corrupt_or_doubtful(
    tmp_path: Path, damage: Callable[[], bytes]
) -> None:
    Image.open(io.BytesIO(damage())).load()  # which Pillow says nothing of
    with pytest.raises(CorruptImageError, match=r"^corrupt: "):
        read(tmp_path / "a.jpg", damage())
    (doubt,) = read(tmp_path / "a.jpg", damage(), tolerate="damage").doubts
    assert doubt and doubt != NO_END


@pytest.mark.parametrize("part", [0.5, 0.95])
def test_a_jpeg_that_breaks_off_is_corrupt_and_read_in_part_only_where_that_is_tolerated(
    tmp_path: Path, part: float
) -> None:
    cut = JPEG[: int(len(JPEG) * part)]
    with pytest.raises(CorruptImageError, match=r"^corrupt: Premature end of JPEG file"):
        read(tmp_path / "a.jpg", cut)
    assert read(tmp_path / "a.jpg", cut, tolerate="damage").image.size == (200, 160)


@pytest.mark.parametrize("mode", ["CMYK", "L", "RGB"])
@pytest.mark.parametrize("progressive", [False, True])
def test_whole_jpegs_of_all_kinds_have_no_doubt(tmp_path: Path, mode: str, progressive: bool) -> None:
    picture(2, 90, 70).convert(mode).save(tmp_path / "a.jpg", progressive=progressive)
    assert reading.read(tmp_path / "a.jpg", DECODING).doubts == ()


def test_a_photograph_beyond_the_limit_is_read_smaller_and_another_image_refused(tmp_path: Path) -> None:
    small = Decoding(max_megapixels=1, tolerate="nothing", profiles="ignore")
    picture(1, 3000, 2000).save(tmp_path / "a.jpg")
    found = reading.read(tmp_path / "a.jpg", small)
    assert (found.size, found.image.size) == ((3000, 2000), (750, 500))
    assert found.doubts == ("6 megapixels, read at 1/4 of its size",)
    for ending in ("png", "bmp"):
        picture(1, 3000, 2000).save(tmp_path / f"a.{ending}")
        with pytest.raises(CorruptImageError, match=r"^6 megapixels, and decoding.max_megapixels is 1$"):
            reading.read(tmp_path / f"a.{ending}", small)


def test_two_hundred_megapixels_are_read(tmp_path: Path) -> None:
    Image.new("L", (20_000, 10_000), 7).save(tmp_path / "a.png")
    assert reading.read(tmp_path / "a.png", DECODING).image.getextrema() == (7, 7)
