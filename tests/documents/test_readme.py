"""README.md and the pages below docs/ show the published results as they are, and what they name exists."""

import re
from pathlib import Path

import pytest

from docs import readme


def test_tables_are_those_of_the_published_results() -> None:
    texts = [page.read_text(encoding="utf-8") for page in readme.PAGES]
    assert [readme.updated(text) for text in texts] == texts, "run python -m docs.readme"
    assert sorted(match["name"] for text in texts for match in readme.BLOCK.finditer(text)) == sorted(readme.TABLES)


@pytest.mark.parametrize("page", readme.PAGES, ids=lambda page: page.stem)
def test_files_and_commands_that_it_names_exist(root: Path, page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for file in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (page.parent / file).exists(), file
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make ([a-z-]+)", text):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
