"""Fixtures that every test may use."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Make an empty working folder with the repository's params.yaml, edited, and go there.

    ``project({"datasets.intel.source": "../archives"})`` sets the values under dotted keys.
    """

    def make(edits: dict[str, Any] | None = None) -> Path:
        document = copy.deepcopy(yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8")))
        for dotted, value in (edits or {}).items():
            *parents, last = dotted.split(".")
            node = document
            for part in parents:
                node = node[part]
            node[last] = value
        folder = tmp_path / "project"
        folder.mkdir(exist_ok=True)
        (folder / "params.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        monkeypatch.chdir(folder)
        return folder

    return make
