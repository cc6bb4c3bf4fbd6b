"""Whatever the rooms that no stage depends on say, and whoever runs the stages, they write the same bytes."""

import ast
from pathlib import Path

import pytest

from benchmarks.project import run
from tests.support.small_study import results, small

pytestmark = pytest.mark.slow


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


def test_dvc_alone_and_other_messages_leave_every_byte_as_it_was(made: Path, tmp_path: Path) -> None:
    """The study was made by Snakemake; here DVC makes it, with other words."""
    folder = small(tmp_path / "project")
    say_other_words(folder)
    run(folder, "dvc", "repro")
    ours, theirs = results(made), results(folder)
    assert {Path(name).name for name in ours} >= {"model.keras", "worksheet.md", "backbone.weights.h5", "train.npy"}
    assert len(ours) > 60
    assert {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)} == set()
