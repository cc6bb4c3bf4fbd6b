"""The page of an audit: it stands alone, its links lead somewhere, and the arrows of its graph can be followed."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.audited_steps import made_audit
from tests.support.html_pages import Page
from workflow.audit import page as audit_page
from workflow.audit.facts import Audit
from workflow.audit.layout import Layout


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Audit:
    monkeypatch.chdir(tmp_path)
    return made_audit()


def test_a_page_stands_alone_and_its_links_lead_to_steps(audit: Audit) -> None:
    text = audit_page.render(audit)
    page = Page(text)
    (figure,) = page.values("src")
    assert figure == "data:image/png;base64,iVBORw0KGgotYS1maWd1cmUt"
    assert "url(" not in text and "@import" not in text and "http" not in text
    ids = page.values("id")
    assert sorted(ids) == sorted(step.name for step in audit.steps)
    assert {link.removeprefix("#") for link in page.values("href")} == set(ids)
    assert "All &lt; &amp; &gt;" in text and "All < & >" not in text
    assert len([tag for tag, _ in page.found if tag == "figure"]) == 1
    assert Page(audit_page.render(replace(audit, asked=("data/views/small",)))).values("src") == []


def test_steps_in_a_circle_are_drawn_without_the_arrow_that_closes_it() -> None:
    layout = Layout({"a": ["b", "a"], "b": ["a"], "c": ["b"]}, 46.0, 16.0)
    assert list(layout.arrows) == [("a", "b"), ("b", "c")]
    assert [column for column, _ in layout.places.values()] == [0, 1, 2]


def test_arrows_of_a_graph_cross_no_box() -> None:
    before = {
        "a": [],
        "b": ["a"],
        "x": [],
        "c": ["b", "a"],
        "d": ["b", "x"],
        "e": ["c", "a"],
        "f": ["e", "d", "x", "b"],
    }
    tall, gap = 46.0, 16.0
    layout = Layout(before, tall, gap)
    assert {first for first, name in layout.arrows if name == "f"} == {"e", "d"}
    for name, (column, height) in layout.places.items():
        assert tall / 2 <= height <= layout.height - tall / 2
        others = [place for other, place in layout.places.items() if other != name and place[0] == column]
        assert all(abs(height - there) >= tall + gap for _, there in others)
        passing = [point for arrow in layout.arrows.values() for point in arrow[1:-1] if point[0] == column]
        assert all(abs(height - there) > tall / 2 for _, there in passing)
    assert all(start[0] < end[0] for points in layout.arrows.values() for start, end in pairwise(points))
