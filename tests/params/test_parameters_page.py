"""docs/parameters.md gives every key of params.yaml its meaning, and every hyperparameter its nature."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from darkroom.params import inheritance, page
from darkroom.params.keys import HYPERPARAMETERS, NATURES, list_keys
from darkroom.params.yaml_files import read


def test_the_page_is_that_of_the_classes(root: Path) -> None:
    assert (root / page.PAGE).read_text(encoding="utf-8") == page.render(), "run python -m darkroom.params.page"


def test_every_key_that_is_given_is_on_the_page(root: Path) -> None:
    params = inheritance.expand(read(root / "params.yaml")).value
    del params["sweeps"]  # whose variants name keys of models
    known = [row.key for found in list_keys().values() for row in found]
    pattern = "|".join(re.sub("<name>$", ".+", re.escape(key)).replace("<name>", "[^.]+") for key in known)
    assert [key for key in _keys(params) if not re.fullmatch(pattern, key)] == []


def test_every_key_has_a_meaning() -> None:
    assert [row.key for found in list_keys().values() for row in found if not row.meaning] == []


def test_every_hyperparameter_has_a_nature() -> None:
    found = [row for section in HYPERPARAMETERS for row in list_keys()[section]]
    lacking = [row.key for row in found if not row.nature]
    assert [key for key in lacking if not any(row.key.startswith((f"{key}.", f"{key}[")) for row in found)] == []
    assert {row.nature for row in found} - {""} == set(NATURES)
    assert re.findall(r"^- ([a-z]+): ", page.render(), re.MULTILINE) == list(NATURES)


@pytest.mark.parametrize(
    ("key", "nature"),
    [
        ("models.<name>.view", "data"),
        ("models.<name>.network.blocks.filters", "architecture"),
        ("models.<name>.network.blocks.dropout", "regularisation"),
        ("models.<name>.network.backbone", "architecture"),
        ("models.<name>.network.head.batch_normalization.momentum", "regularisation"),
        ("models.<name>.training", ""),
        ("models.<name>.training.learning_rate", "optimisation"),
        ("models.<name>.training.augmentation", "regularisation"),
        ("models.<name>.training.callbacks[EarlyStopping].patience", "regularisation"),
        ("models.<name>.training.callbacks[ReduceLROnPlateau].patience", "optimisation"),
        ("finetunes.<name>.training.class_weights.<name>", "data"),
        ("finetunes.<name>.training.cache_frozen", "technical"),
    ],
)
def test_a_key_has_its_own_nature_or_that_of_what_it_stands_in(key: str, nature: str) -> None:
    rows = list_keys()[key.partition(".")[0]]
    assert [row.nature for row in rows if row.key == key] == [nature]


def _keys(value: Any, key: str = "") -> Iterator[str]:
    """Yield every key of a document that has a value; of an item of a list with the name that it gives itself."""
    if not isinstance(value, dict) or not value:
        yield key
    for name, child in value.items() if isinstance(value, dict) else []:
        yield from _keys(child, f"{key}.{name}".strip("."))
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict):
            yield from _keys(item, f"{key}[{item['name']}]")
