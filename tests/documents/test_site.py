"""`make docs`: the pages become a site that needs no other machine, and what is wrong with them fails it."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("material", reason="the site's packages are not installed: make docs installs them")

pytestmark = pytest.mark.slow

LOADED = re.compile(r'<(?:script|img|iframe|source)\b[^>]*\bsrc="([^"]*)"|<link\b[^>]*\bhref="([^"]*)"')


def build(folder: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(site)]
    variables = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONWARNINGS": "ignore"}
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


def test_it_is_read_and_searched_without_a_network(root: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = build(root, site)
    assert done.returncode == 0, done.stderr
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for source in (one or other for one, other in LOADED.findall(text)):
            assert not re.match(r"(https?:)?//", source), f"{page.name}: {source}"
            target = source.split("?")[0].split("#")[0]
            if page.name != "404.html":  # of a server: its addresses begin at the top
                assert source.startswith("data:") or not target or (page.parent / target).exists(), source
        shown = re.sub(r"<(pre|code)\b.*?</\1>", "", text, flags=re.DOTALL)
        assert "| ---" not in shown and "```" not in shown, page.name
    assert (site / "docs/architecture.html").read_text(encoding="utf-8").count('<svg id="diagram-') == 2
    index = (site / "search/search_index.js").read_text(encoding="utf-8").removeprefix("var __index = ")
    found = {place["location"] for place in json.loads(index)["docs"] if "photographs" in place["text"]}
    assert any(place.startswith("docs/tutorial.html") for place in found)


def test_what_is_wrong_with_a_page_fails_it(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(root / "docs", folder / "docs", ignore=shutil.ignore_patterns("subsets", "__pycache__"))
    for name in ("mkdocs.yml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copyfile(root / name, folder / name)
    (folder / "docs/studies.md").write_text(
        "[x](gone.md) [y](images.md#nothing)\n\n```mermaid\nflowchart LR\n  a --> b\n```\n"
    )
    (folder / "docs/forgotten.md").write_text("# Forgotten\n")
    done = build(folder, tmp_path / "site")
    assert done.returncode == 1
    for said in (
        "'docs/studies.md' contains a link 'gone.md', but the target 'docs/gone.md' is not found",
        "'docs/images.md' does not contain an anchor '#nothing'",
        "a diagram was changed (flowchart LR): draw it by python docs/site/draw.py",
        "docs/forgotten.md",
    ):
        assert said in done.stderr
    assert "Traceback" not in done.stderr
