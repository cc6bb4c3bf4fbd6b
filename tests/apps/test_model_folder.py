"""A model's file that Keras does not read is refused in one line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from darkroom.apps.model_folder import ANY, READING, ModelFolder
from darkroom.core import facts
from darkroom.core.errors import UserError
from darkroom.core.files import write_json
from darkroom.core.provenance import NOTES
from darkroom.images.decoding.depth import Ranges
from darkroom.networks import network_file
from darkroom.params.view import Decoding, View
from darkroom.pipeline import command
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


@pytest.mark.parametrize(("source", "note"), [("synthetic", NOTES["drawn"]), ("../mine", "")])
def test_a_model_of_drawn_images_says_so_wherever_its_folder_goes(
    project: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, note: str
) -> None:
    project({"datasets.intel.source": source})
    monkeypatch.setattr(facts, "_told", {})
    command.tell_of_images(Path("data/views/intel-150"))
    assert facts.collect() == ({"note": note} if note else {})
    command.tell_of_images(Path("elsewhere/view"))
    (folder := tmp_path / "copied").mkdir()
    write_json(folder / "record.json", facts.collect())
    write_json(folder / "summary.json", {"note": "random weights, no pretraining"})
    described = {"classes": ["cat", "dog"], "size": 8, "resize": "stretch", "filter": "box", "mode": "RGB"}
    write_json(folder / "view.json", described)
    (folder / "model.keras").touch()
    assert ModelFolder.open(str(folder)).note == "; ".join(filter(None, ["random weights, no pretraining", note]))
