"""A study's page in one file."""

import re
from pathlib import Path

import numpy
import pytest
from PIL import Image

from darkroom.core.errors import UserError
from darkroom.pages.embedding import embed_all
from darkroom.pages.style import hash_of

POLICY = "default-src 'none'; img-src 'self' file:; script-src 'self' file: 'sha256-abc'"
PAGE = f"""<html lang="en"><meta http-equiv="Content-Security-Policy" content="{POLICY}">
<a href="#models">Models</a> <a class="path" href="comparison/models.csv">results/models.csv</a>
<a class="picture" href="a%20%26%20b.png"><img loading="lazy" src="a%20%26%20b.png" alt="a &quot; src=x"></a>
<script src="costs/costs.js"></script><script>page()</script></html>
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page with a picture, a link to a file, and the costs' script beside it."""
    Image.fromarray(numpy.zeros((4, 4, 3), "uint8")).save(tmp_path / "a & b.png")
    (tmp_path / "costs").mkdir()
    (tmp_path / "costs/costs.js").write_text('costs("</script>")')
    file = tmp_path / "index.html"
    file.write_text(PAGE)
    return file


def test_all_that_is_shown_is_in_the_file(page: Path) -> None:
    text = embed_all(page)
    assert re.findall(r'src="([^"]{22})', text) == ["data:image/png;base64,"]
    assert 'alt="a &quot; src=x"' in text
    assert '<span class="path">results/models.csv</span>' in text
    assert '<a href="#models">Models</a>' in text
    assert text.startswith("<html data-alone "), "by which the script knows that nothing lies beside it"


def test_the_policy_allows_what_was_put_in_and_nothing_else(page: Path) -> None:
    text = embed_all(page)
    script = 'costs("<\\/script>")'
    assert f"<script>{script}</script>" in text
    assert f"img-src 'self' file: data:; script-src 'self' file: '{hash_of(script)}' 'sha256-abc'" in text


def test_without_costs_the_page_has_none(page: Path) -> None:
    (page.parent / "costs/costs.js").unlink()
    assert "<script>page()</script></html>" in embed_all(page)
    assert "costs" not in embed_all(page)


def test_what_is_missing_is_named(page: Path) -> None:
    (page.parent / "a & b.png").unlink()
    with pytest.raises(UserError, match=r"a & b\.png: no such file"):
        embed_all(page)
