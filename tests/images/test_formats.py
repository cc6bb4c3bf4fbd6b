"""Images that don't decode: each is told by its reason in a few words."""

from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

from darkroom.images.decoding.formats import CorruptImageError, is_image_name
from tests.support.decoding import decode, turn_upright
from tests.support.image_folders import picture


@pytest.mark.parametrize(
    ("error", "said"), [(IndexError(), "corrupt: IndexError"), (ValueError("a  long\nstory"), "corrupt: a long story")]
)
def test_a_decoder_without_a_reason_is_told_by_its_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise error

    file = tmp_path / "a.png"
    file.write_bytes(b"x")
    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(CorruptImageError) as raised:
        decode(file)
    assert str(raised.value) == said


def test_photographs_of_telephones_are_read(tmp_path: Path) -> None:
    picture(1, 96, 64).save(tmp_path / "a.HEIC", format="HEIF", quality=95)
    assert is_image_name("IMG_0001.HEIC")
    found = turn_upright(decode(tmp_path / "a.HEIC"), "RGB")
    assert numpy.abs(numpy.asarray(found).astype(int) - numpy.asarray(picture(1, 96, 64))).mean() < 6
    (tmp_path / "b.heic").write_bytes((tmp_path / "a.HEIC").read_bytes()[:700])
    with pytest.raises(CorruptImageError):
        decode(tmp_path / "b.heic")
