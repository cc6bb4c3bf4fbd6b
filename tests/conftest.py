"""Fixtures that every test may use."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.project import edit


def pytest_collection_finish(session: pytest.Session) -> None:
    """Set threads and determinism before the first tensor is made, as every stage does: later is too late."""
    if "stages.backend" in sys.modules:
        from stages import runtime
        from stages.parameters.model import Runtime

        runtime.start(Runtime(seed=13, threads=1))


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
