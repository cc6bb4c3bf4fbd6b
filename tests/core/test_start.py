"""What a process loads before it begins: the libraries that it computes with, and none that take seconds besides."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SLOW = {"tensorflow", "sklearn", "statsmodels", "matplotlib"}
"""Libraries whose import takes from a quarter of a second to two seconds."""
LOADED: dict[str, set[str]] = {
    **{verb: set() for verb in ("fetch", "unzip", "prepare", "divide", "shard", "worksheet", "page")},
    **{verb: {"matplotlib"} for verb in ("census", "compare", "sweep", "costs")},
    **{verb: {"tensorflow"} for verb in ("augment", "pretrained", "describe")},
    **{verb: {"tensorflow"} for verb in ("train", "transfer", "finetune", "combine")},
    **{verb: {"tensorflow", "matplotlib"} for verb in ("evaluate", "doubts", "explain")},
}
pytestmark = pytest.mark.slow


def run(code: str) -> str:
    """What a process of its own prints."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout


def test_every_stage_is_listed() -> None:
    assert {file.stem for file in (ROOT / "stages").glob("*.py")} - {"__init__"} == set(LOADED)


@pytest.mark.parametrize("verb", LOADED)
def test_a_stage_loads_what_it_computes_with(verb: str) -> None:
    found = run(f"import sys, stages.{verb}; print(*sys.modules)").split()
    assert SLOW & set(found) == LOADED[verb]


def test_what_keras_is_not_shown_can_be_imported_after_it_and_before() -> None:
    code = "import matplotlib, sklearn, sys; from darkroom.core.backend import keras; print(*sys.modules)"
    assert {"sklearn", "matplotlib"} <= set(run(code).split())
    code = "from darkroom.core.backend import keras; import matplotlib, sklearn.metrics as m; print(m.accuracy_score)"
    assert "accuracy_score" in run(code)
