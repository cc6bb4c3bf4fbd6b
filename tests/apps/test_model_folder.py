"""A model's file that Keras does not read is refused in one line."""

from pathlib import Path
from typing import Any

import pytest

from darkroom.apps.model_folder import ANY, READING, ModelFolder
from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.images.decoding.depth import Ranges
from darkroom.params.view import Decoding, View


@pytest.mark.parametrize(("error", "said"), [(KeyError(), "KeyError"), (OSError("no  such\nlayer"), "no such layer")])
def test_an_error_without_a_reason_is_told_by_its_name(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise error

    view = View.model_validate({**ANY, "size": 8, "resize": "stretch", "filter": "box", "mode": "RGB"})
    decoding = Decoding.model_validate({**READING, "profiles": "convert"})
    monkeypatch.setattr(keras.saving, "load_model", fail)
    with pytest.raises(UserError) as raised:
        ModelFolder(Path("cnn/model.keras"), ("cat", "dog"), view, decoding, Ranges(None, None), "").network()
    assert str(raised.value).startswith(f"cnn/model.keras: not a whole Keras model ({said}); ")
