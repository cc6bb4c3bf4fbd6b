"""Templates: values are escaped where the page is HTML, and one that is not given is an error, not a gap."""

from pathlib import Path

import jinja2
import pytest

from darkroom.reporting.templates import render

TEXT = "{% for word in words %}\n  {{ word }}\n{% endfor %}\n"


@pytest.mark.parametrize(("name", "shown"), [("page.md.j2", "a < b & c"), ("page.html.j2", "a &lt; b &amp; c")])
def test_only_html_is_escaped(tmp_path: Path, name: str, shown: str) -> None:
    (tmp_path / name).write_text(TEXT, encoding="utf-8")
    assert render(tmp_path, name, words=["a < b & c", "é"]) == f"  {shown}\n  é\n"


def test_a_value_that_is_not_given_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "page.md.j2").write_text(TEXT, encoding="utf-8")
    with pytest.raises(jinja2.UndefinedError, match="words"):
        render(tmp_path, "page.md.j2", word="a")
