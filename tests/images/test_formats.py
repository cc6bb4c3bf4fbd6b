"""Images that don't decode: each is told by its reason in a few words."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from darkroom.images.decoding.formats import CorruptImageError
from tests.support.decoding import decode


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
