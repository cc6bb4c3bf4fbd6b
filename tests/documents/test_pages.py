"""README.md and the pages below docs/ show the published results as they are, and what they name exists."""

import re
from pathlib import Path

import pytest

from benchmarks import pages


def test_tables_are_those_of_the_published_results() -> None:
    texts = [page.read_text(encoding="utf-8") for page in pages.PAGES]
    assert [pages.update_tables(text) for text in texts] == texts, "run python -m benchmarks.pages"
    assert sorted(match["name"] for text in texts for match in pages.BLOCK.finditer(text)) == sorted(pages.TABLES)


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.stem)
def test_files_and_commands_that_it_names_exist(root: Path, page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for file in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (page.parent / file).exists(), file
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make ([a-z-]+)", text):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
