"""README.md shows the published results as they are, and what it names exists."""

import re
from pathlib import Path

from docs import readme


def test_tables_are_those_of_the_published_results() -> None:
    text = readme.README.read_text(encoding="utf-8")
    assert readme.updated(text) == text, "run python -m docs.readme"
    assert len(readme.BLOCK.findall(text)) == len(readme.TABLES)


def test_files_and_commands_that_it_names_exist(root: Path) -> None:
    text = readme.README.read_text(encoding="utf-8")
    for file in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (root / file).exists(), file
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make ([a-z]+)", text):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
