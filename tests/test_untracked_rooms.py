"""No stage depends on the rooms params and pipeline: whatever they say, the stages write the same bytes."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.small_study import results, small

pytestmark = pytest.mark.slow

MAKE = "from pathlib import Path; from tests.support import in_process; in_process.make(Path())"


class OtherWords(ast.NodeTransformer):
    """Another text in every error that is raised."""

    def __init__(self) -> None:
        self.changed = 0

    def visit_Raise(self, node: ast.Raise) -> ast.Raise:
        for inside in ast.walk(node):
            if isinstance(inside, ast.Constant) and isinstance(inside.value, str):
                inside.value = f"other words: {inside.value}"
                self.changed += 1
        return node


def say_other_words(folder: Path) -> None:
    """Let the rooms that no stage depends on say their errors otherwise, without their comments."""
    for room in ("params", "pipeline"):
        words = OtherWords()
        for file in (folder / "darkroom" / room).rglob("*.py"):
            file.write_text(ast.unparse(words.visit(ast.parse(file.read_text(encoding="utf-8")))), encoding="utf-8")
        assert words.changed > 10, room


def write_again(folder: Path) -> dict[str, str]:
    """The hashes of what the stages of a study in a copy of the sources write, with the code of that copy."""
    path = os.pathsep.join([str(folder), str(ROOT)])
    subprocess.run([sys.executable, "-c", MAKE], cwd=folder, env={**os.environ, "PYTHONPATH": path}, check=True)
    return results(folder)


def test_other_messages_leave_every_byte_as_it_was(made: Path, tmp_path: Path) -> None:
    """Nor does it matter that Snakemake begins a process for every stage, and this test one for all."""
    other = small(tmp_path / "other")
    say_other_words(other)
    expected = results(made)
    assert {Path(name).name for name in expected} >= {"model.keras", "worksheet.md", "backbone.weights.h5", "train.npy"}
    assert write_again(other) == expected
