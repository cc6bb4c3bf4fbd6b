"""docs/data-sets.md: its lines fit params.yaml, and bring what ../shared has of each data set."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas
import pytest
import yaml

from benchmarks.project import parameters
from darkroom.archives import manifest
from darkroom.core.provenance import note_on_images
from darkroom.params.base import read_entry
from darkroom.params.data import Dataset
from stages import fetch, unzip
from tests.support.data_sets import SHARED

PAGE = Path(__file__).parents[2] / "docs" / "data-sets.md"
SECTIONS = re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
BLOCKS = [(key, text) for key, section in SECTIONS for text in re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)]
LINES: list[tuple[str, dict[str, Any]]] = [(key, yaml.safe_load(text)) for key, text in BLOCKS]


def test_every_data_set_has_lines_and_they_are_allowed(root: Path) -> None:
    datasets = parameters(root)["datasets"]
    assert list(dict.fromkeys(key for key, _ in LINES)) == list(datasets)
    for key, lines in LINES:
        assert list(lines) == ["source", "sha256", "layout", "splits", "draw"]
        allowed = Dataset.model_validate(datasets[key] | lines)
        assert note_on_images(allowed.source) == ""


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")
@pytest.mark.parametrize(
    ("key", "folder", "images"),
    [
        ("mnist", "mnist", {"train": 60_000, "test": 10_000}),
        ("cifar10", "cifar10", {"train": 9_000, "validation": 1_000, "test": 2_000}),
        ("waste", "waste", {"train": 940, "validation": 119, "test": 119}),
    ],
)
def test_the_lines_bring_the_real_images(
    project: Callable[..., Path], key: str, folder: str, images: dict[str, int]
) -> None:
    """With the hashes of the page; the last lines of a key are those of its files in a folder."""
    lines = dict(LINES)[key] | {"source": str(SHARED / folder)}
    project({f"datasets.{key}.{name}": value for name, value in lines.items()})
    described = read_entry(Dataset, "datasets", key)
    raw = Path("raw")
    raw.mkdir()
    fetch.bring(key, described, raw)
    manifest.check_hashes(key, described, manifest.list_files(raw))
    unzip.main([key, "--raw", str(raw), "--out", "images"])
    assert pandas.read_csv("images/index.csv")["split"].value_counts().to_dict() == images
