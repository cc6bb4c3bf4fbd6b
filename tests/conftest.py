"""Fixtures that every test may use."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.project import edit

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
        folder = tmp_path / "project"
        folder.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / "params.yaml", folder / "params.yaml")
        edit(folder, edits or {})
        monkeypatch.chdir(folder)
        return folder

    return make
