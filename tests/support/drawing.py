"""Figures that are composed, but not drawn, for tests that look at tables and pages alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox


@contextmanager
def without_drawing() -> Iterator[None]:
    """Save every figure as an empty file meanwhile: to draw it takes most of the time of a stage of small numbers."""

    def save(figure: Figure, path: Path, **options: Any) -> None:
        Path(path).touch()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", save)
        patch.setattr(Figure, "tight_layout", lambda figure, **options: None)
        patch.setattr(Figure, "get_tightbbox", lambda figure, **options: Bbox.unit())
        yield


undrawn = pytest.mark.usefixtures("figures_undrawn")
"""Of a test whose figures nobody looks at."""
