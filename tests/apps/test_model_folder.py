"""A model's file that Keras does not read is refused in one line."""

from pathlib import Path
from typing import Any

import pytest

from darkroom.apps.model_folder import ModelFolder
from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.params.data import View


@pytest.mark.parametrize(("error", "said"), [(KeyError(), "KeyError"), (OSError("no  such\nlayer"), "no such layer")])
def test_an_error_without_a_reason_is_told_by_its_name(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise error

    settings = {"dataset": "pets", "size": 8, "resize": "stretch", "filter": "box", "mode": "RGB", "corrupt": "stop"}
    view = View.model_validate(settings | {"class_order": "alphabetical"})
    monkeypatch.setattr(keras.saving, "load_model", fail)
    with pytest.raises(UserError) as raised:
        ModelFolder(Path("cnn/model.keras"), ("cat", "dog"), view, "").network()
    assert str(raised.value).startswith(f"cnn/model.keras: not a whole Keras model ({said}); ")
