"""Each promise of docs/security.md names tests, and these exist."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/security.md"
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
HEADING = re.compile(r"\| (promise|---) ")


def list_promises() -> list[str]:
    """The last cell of each row of the tables."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [row.strip("| ").split(" | ")[-1] for row in rows if not HEADING.match(row)]


def list_functions(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_promise_names_tests_that_exist() -> None:
    promises = list_promises()
    assert len(promises) > 20
    for promise in promises:
        named = TEST.findall(promise)
        assert named and not TEST.sub("", promise).strip(" ,"), promise
        for file, name in named:
            assert name.startswith("test_") and name in list_functions(file), f"{file}::{name}"
