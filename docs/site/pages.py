"""Hooks of MkDocs: README.md, CONTRIBUTING.md, CHANGELOG.md and docs/ become a site as they lie in the repository.

Links stay as they are written: a page keeps its path, and a file that a page links to comes along. A diagram is shown
by its drawing, which docs/site/draw.py has made of it, as to draw it in the browser would take a network.
"""

import hashlib
import logging
import re
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from markdown import Markdown
from markdown.extensions import Extension
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from pymdownx.superfences import fence_code_format

ROOT = Path(__file__).resolve().parents[2]
TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
OWN = (".py", ".mmd")
"""Endings of what belongs to the making of the site."""
DIAGRAMS = ROOT / "docs/site/diagrams"
LINK = re.compile(r"\]\(<?([^)#>\s]+)")
log = logging.getLogger("mkdocs.hooks.pages")


class Indentation(Extension):
    """Two spaces begin a list in a list, as on the repository's own pages; of itself Python-Markdown asks for four."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        """Set the indentation."""
        md.tab_length = 2


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Read Markdown as the repository's own pages are read."""
    config.markdown_extensions.append(Indentation())
    fence = {"name": "mermaid", "class": "diagram", "format": show_diagram}
    config.mdx_configs["pymdownx.superfences"] = {"custom_fences": [fence]}
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Put the pages of the repository, and what they link to, in the place of what lies in docs/."""
    for file in [file for file in files if file.src_dir == config.docs_dir]:
        files.remove(file)
    for name in sorted(list_sources()):
        files.append(File(name, str(ROOT), config.site_dir, config.use_directory_urls))
    return files


def list_sources() -> set[str]:
    """Return the names of all pages and files of the site, relative to the repository."""
    below = [path.relative_to(ROOT) for path in (ROOT / "docs").rglob("*") if path.is_file()]
    names = {path.as_posix() for path in below if path.suffix not in OWN and not path.name.startswith(".")} | {*TOP}
    return names | {target for name in names if name.endswith(".md") for target in list_linked(name)}


def list_linked(page: str) -> set[str]:
    """Return the names of the files of the repository that a page links to."""
    found = set()
    for target in LINK.findall((ROOT / page).read_text(encoding="utf-8")):
        path = (ROOT / PurePosixPath(page).parent / unquote(target)).resolve()
        if path.is_relative_to(ROOT) and path.is_file():
            found.add(path.relative_to(ROOT).as_posix())
    return found


def name_drawing(source: str) -> Path:
    """Return the file with the drawing of a diagram; another diagram has another."""
    return DIAGRAMS / f"{hashlib.sha256(source.strip().encode()).hexdigest()[:12]}.svg"


def show_diagram(source: str, language: str, css_class: str, options: Any, md: Markdown, **rest: Any) -> str:
    """Return the drawing of a diagram as HTML, or its text, with a warning, where it was not drawn yet."""
    drawing = name_drawing(source)
    if not drawing.is_file():
        log.warning("a diagram was changed (%s): draw it by python docs/site/draw.py", source.strip().splitlines()[0])
        return str(fence_code_format(source, language, css_class, options, md, **rest))
    return f'<div class="{css_class}">{drawing.read_text(encoding="utf-8")}</div>'
