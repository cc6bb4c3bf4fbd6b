"""The page above all studies: it leads to those whose page is made, whichever they are, so no stage makes it."""

import re
from html import unescape
from pathlib import Path

from darkroom.core.files import write_text
from darkroom.pages.style import hash_of, read_style
from darkroom.params.document import Parameters
from darkroom.reporting.templates import render

RESULTS = Path("results")
PAGE = "index.html"
DESCRIPTION = re.compile(r'<meta name="description" content="([^"]*)">')
"""What a study's page says of itself, in a sentence."""
HEAD = 20_000
"""Characters of a page within which that stands."""


def update(parameters: Parameters) -> None:
    """Write the page, if there is any study to lead to and it says something else."""
    pages = {key: RESULTS / key / PAGE for key in parameters.studies}
    made = {key: read_description(page) for key, page in pages.items() if page.is_file()}
    titles = {key: find_title(parameters, key) for key in made}
    text = compose_overview(made, titles)
    page = RESULTS / PAGE
    if made and not (page.is_file() and page.read_text(encoding="utf-8") == text):
        write_text(page, text)


def compose_overview(made: dict[str, str], titles: dict[str, str]) -> str:
    """Return the page, which leads to the studies ``made``, each with what its page says of itself, and its title."""
    style = read_style()
    return render(Path(__file__).parent, "overview.html.j2", made=made, titles=titles, style=style, hash_of=hash_of)


def find_title(parameters: Parameters, study: str) -> str:
    """Return the title of the dataset that a study's models are tested on."""
    view = parameters.view_of(parameters.members(study)[-1])
    return parameters.datasets[parameters.dataset_of(view)].title


def read_description(page: Path) -> str:
    """Return what a page says of itself, or nothing."""
    with page.open(encoding="utf-8") as opened:
        found = DESCRIPTION.search(opened.read(HEAD))
    return unescape(found[1]) if found else ""
