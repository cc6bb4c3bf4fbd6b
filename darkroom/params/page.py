"""Write docs/parameters.md, every key of params.yaml with its values and meaning: python -m darkroom.params.page.

The page is the template parameters.md.j2, filled from the classes that validate params.yaml.
"""

from pathlib import Path

import jinja2

from darkroom.core.files import write_text
from darkroom.params.defaults import CLASSES
from darkroom.params.keys import HYPERPARAMETERS, list_keys
from darkroom.params.kinds import COMPLETED, JOINED, SECTIONS

PAGE = Path("docs/parameters.md")
TEMPLATES = jinja2.Environment(  # its own: darkroom.reporting stands on this room
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def render() -> str:
    """Return the page: an introduction, then a table of keys for each section of params.yaml."""
    parts = [name for name in CLASSES if name in COMPLETED]
    return TEMPLATES.get_template("parameters.md.j2").render(
        sections=SECTIONS, parts=parts, joined=JOINED, keys=list_keys(), hyperparameters=HYPERPARAMETERS
    )


if __name__ == "__main__":
    write_text(PAGE, render())
