"""Markdown as HTML: nothing in it is HTML, and no address leads away."""

from pathlib import Path

import pytest

from darkroom.pages import markdown
from tests.support.html_pages import Page

PAGE = Path("results/intel/index.html")


def convert(folder: Path, text: str) -> str:
    file = folder / "results/intel/sweeps/rate/sweep.md"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    found = markdown.render(markdown.parse(file, folder / PAGE))
    Page(found)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "a <b onclick=x> b",
        "<!-- c -->",
        "**<i>**",
        "`<i>`",
        "![<i>](a.png)",
        "[<i>](a.md)",
        "| <i> |\n| --- |\n| <i> |",
        "&lt;i&gt;",
        "<div>\n\nx\n\n</div>",
    ],
)
def test_a_tag_is_text(tmp_path: Path, text: str) -> None:
    tags = {tag for tag, _ in Page(convert(tmp_path, text)).found}
    assert tags <= {"p", "strong", "code", "a", "img", "div", "table", "thead", "tbody", "tr", "th", "td"}
    assert not any(name.startswith("on") for _, held in Page(convert(tmp_path / "again", text)).found for name in held)


@pytest.mark.parametrize(
    "address", ["https://a.org/b", "//a.org/b", "/etc/passwd", "javascript:alert(1)", "data:text/html,x", "file:///etc"]
)
def test_an_address_that_leads_away_is_left_out(tmp_path: Path, address: str) -> None:
    found = Page(convert(tmp_path, f"[words]({address}) ![picture]({address}) <{address}>"))
    assert found.values("href") + found.values("src") == []
    assert "words" in " ".join(found.texts) and "picture" in " ".join(found.texts)


def test_addresses_start_from_the_page_and_pictures_open(tmp_path: Path) -> None:
    found = Page(convert(tmp_path, "![Gaps](gap.png) [all](../../comparison/pairs.csv) [odd](a%20b%23.png)"))
    assert found.values("src") == ["sweeps/rate/gap.png"]
    assert found.values("href") == ["sweeps/rate/gap.png", "comparison/pairs.csv", "sweeps/rate/a%20b%23.png"]
    assert found.elements("img")[0]["alt"] == "Gaps"


def test_tables_scroll_and_their_numbers_stand_to_the_right(tmp_path: Path) -> None:
    found = convert(tmp_path, "| a | b |\n| --- | --: |\n| x | 1 |\n")
    assert found.startswith('<div class="scroll" role="group" aria-label="Table" tabindex="0"><table>')
    assert '<td class="number">1</td>' in found and "style" not in found


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Verdict (synthetic images)", "Verdict"),
        ("Verdict (synthetic images; cnn: random weights)", "Verdict"),
        ("Sizes (of all)", "Sizes (of all)"),
    ],
)
def test_notes_are_said_once(tmp_path: Path, heading: str, expected: str) -> None:
    file = tmp_path / "a.md"
    file.write_text(f"# Title (synthetic images)\n\nfirst\n\n## {heading}\n\n### Third\n\nsecond\n")
    parts = markdown.read_parts(file, tmp_path / "index.html", ["synthetic images", "random weights"])
    assert [part.title for part in parts] == ["", expected]
    assert parts[0].html == "<p>first</p>\n" and parts[1].html == "<h4>Third</h4>\n<p>second</p>\n"
    assert markdown.find_title(markdown.parse(file, tmp_path / "index.html"), ["synthetic images"]) == "Title"
