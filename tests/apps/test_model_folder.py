"""A model's file that Keras does not read is refused in one line."""

import json
from pathlib import Path
from typing import Any

import pytest

from darkroom.apps.model_folder import ANY, READING, ModelFolder
from darkroom.core.errors import UserError
from darkroom.core.files import write_json
from darkroom.core.provenance import NOTES, OF_IMAGES, RANDOM, describe_record
from darkroom.images.decoding.depth import Ranges
from darkroom.networks import network_file
from darkroom.params.view import Decoding, View
from tests.support.refusals import one_line


@pytest.mark.parametrize(("error", "said"), [(KeyError(), "KeyError"), (OSError("no  such\nlayer"), "no such layer")])
def test_an_error_without_a_reason_is_told_by_its_name(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise error

    view = View.model_validate({**ANY, "size": 8, "resize": "stretch", "filter": "box", "mode": "RGB"})
    decoding = Decoding.model_validate({**READING, "profiles": "convert"})
    monkeypatch.setattr(network_file, "read_network", fail)
    with pytest.raises(UserError) as raised:
        ModelFolder(Path("cnn/model.keras"), ("cat", "dog"), view, decoding, Ranges(None, None), "").network()
    assert str(raised.value).startswith(f"cnn/model.keras: not a whole Keras model ({said}); ")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"size": 1 << 30}, "size: 1,073,741,824: allowed: up to 4,096"),
        ({"classes": ["cat", "do\x1b[31mg"]}, "classes: expected a list of names of folders"),
        ({"classes": ["cat", "../dog"]}, "classes: expected a list of names of folders"),
        ({"classes": ["cat", "\ud800"]}, "classes: expected a list of names of folders"),
        ({"classes": ["cat", 1]}, "classes: expected a list of names of folders"),
        ({"size": "\x1b]0;x\x07"}, "size: Input should be a valid integer"),
    ],
)
def test_a_description_from_elsewhere_is_bounded(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    described = {"classes": ["cat", "dog"], "size": 8, "resize": "stretch", "filter": "box", "mode": "RGB"}
    write_json(tmp_path / "summary.json", {})
    (tmp_path / "view.json").write_text(json.dumps({**described, **changes}))
    (tmp_path / "model.keras").touch()
    one_line(lambda: ModelFolder.open(str(tmp_path)), f"{tmp_path}/view.json: {said}")


@pytest.mark.parametrize("note", NOTES.values())
def test_a_model_of_drawn_images_says_so_once_wherever_its_folder_goes(tmp_path: Path, note: str) -> None:
    described = {"classes": ["cat", "dog"], "size": 8, "resize": "stretch", "filter": "box", "mode": "RGB"}
    write_json(tmp_path / "view.json", described)
    write_json(tmp_path / "record.json", describe_record(note))
    write_json(tmp_path / "summary.json", {OF_IMAGES: note, "note": RANDOM})
    (tmp_path / "model.keras").touch()
    said = "; ".join(filter(None, [note, RANDOM]))
    assert ModelFolder.open(str(tmp_path)).note == said
    (tmp_path / "record.json").unlink()  # as where the model was published
    assert ModelFolder.open(str(tmp_path)).note == said
