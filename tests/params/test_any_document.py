"""Whatever params.yaml holds, it is taken or refused in a line."""

from copy import deepcopy
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as some

from darkroom.params import document
from darkroom.params.augmentation import Augmented
from darkroom.params.backbone import Backbone
from darkroom.params.base import validate
from darkroom.params.data import Dataset
from darkroom.params.ensemble import Ensemble
from darkroom.params.model import Model, Runtime, Study
from darkroom.params.view import View
from darkroom.params.yaml_files import read
from tests.support.any_input import CHANGES, NAMES, VALUES, cases, change_bytes, only_user_errors
from tests.support.data_sets import SETTINGS
from tests.support.small_study import MODEL

SECTIONS = [Augmented, Backbone, Dataset, Ensemble, Model, Runtime, Study, View]


@cases("documents", 0.4)
@given(some.sampled_from(SECTIONS), VALUES)
def test_any_value_in_the_place_of_a_section(section: Any, value: Any) -> None:
    only_user_errors(lambda: validate(section, value, "models.x"))


def change_one(content: Any, path: list[int], value: Any) -> Any:
    """Return a mapping in which the value at some place, counted round, is another."""
    changed = node = deepcopy(content)
    for place in path:
        key = list(node)[place % len(node)]
        if not isinstance(node[key], dict) or not node[key]:
            break
        node = node[key]
    node[list(node)[path[-1] % len(node)]] = value
    return changed


@cases("documents", 0.3)
@given(some.sampled_from([(Dataset, SETTINGS), (Model, MODEL)]), some.lists(some.integers(0, 50), min_size=1), VALUES)
def test_any_value_in_the_place_of_another(meant: tuple[Any, Any], path: list[int], value: Any) -> None:
    section, content = meant
    only_user_errors(lambda: validate(section, change_one(content, path, value), "models.x"))


@cache
def small_text() -> bytes:
    return yaml.safe_dump({"runtime": {"seed": 13, "threads": 1}, "models": {"cnn": MODEL}}).encode()


@cases("documents", 0.2)
@given(some.one_of(some.binary(max_size=60), NAMES.map(lambda name: name.encode(errors="surrogatepass"))), CHANGES)
def test_any_text(start: bytes, changes: list[tuple[int, int]]) -> None:
    with TemporaryDirectory() as place:
        file = Path(place, "params.yaml")
        file.write_bytes(start + b"\n" + change_bytes(small_text(), changes, None))
        only_user_errors(lambda: read(file))


@cache
def whole_document() -> dict[str, Any]:
    return read(Path(__file__).resolve().parents[2] / "params.yaml")


@cases("documents", 0.1)
@given(some.lists(some.integers(0, 200), min_size=1, max_size=4), some.one_of(VALUES, NAMES))
def test_any_value_in_a_whole_document(path: list[int], value: Any) -> None:
    only_user_errors(lambda: document.complete(change_one(whole_document(), path, value)))
