"""Files inside a page: pictures as addresses that hold them, and a study's page with all that it shows in one file."""

import re
from base64 import b64encode
from collections.abc import Callable
from html import unescape
from pathlib import Path
from urllib.parse import unquote

from darkroom.core.errors import UserError
from darkroom.pages.links import is_relative
from darkroom.pages.style import hash_of

TYPES = {".png": "image/png", ".webp": "image/webp", ".jpg": "image/jpeg"}
PICTURE = re.compile(r'(?P<before><img\b[^>]*? src=")(?P<address>[^"]*)(?P<after>")')
LINK = re.compile(r'<a\b(?P<rest>[^>]*?) href="(?P<address>[^"#]*)"(?P<more>[^>]*)>(?P<inside>.*?)</a>', re.DOTALL)
SCRIPT = re.compile(r'<script src="(?P<address>[^"]*)"></script>')
ORIGINS = "img-src 'self' file:"
SCRIPTS = "script-src 'self' file:"
"""What a page's policy allows: pictures and scripts that lie beside it."""


def embed(file: Path) -> str:
    """Return a picture as an address that holds it.

    Raises:
        UserError: there is no such file.
    """
    if not file.is_file():
        raise UserError(f"{file}: no such file; run snakemake, which makes it")
    return f"data:{TYPES[file.suffix]};base64,{b64encode(file.read_bytes()).decode()}"


def embed_all(page: Path) -> str:
    """Return a study's page with its pictures, and the times of its costs, in it; other files are named, not linked.

    The page's script knows it by ``data-alone``, and leads to nothing beside the page, either.

    Raises:
        UserError: a picture that it shows is not there.
    """

    def locate(found: re.Match[str]) -> Path:
        return page.parent / unquote(unescape(found["address"]))

    text = page.read_text(encoding="utf-8").replace("<html ", "<html data-alone ", 1)
    text = LINK.sub(lambda found: _unlink(found), text)
    text = PICTURE.sub(lambda found: f"{found['before']}{embed(locate(found))}{found['after']}", text)
    hashes: list[str] = []
    text = SCRIPT.sub(lambda found: _include(locate(found), hashes.append), text)
    allowed = " ".join(f"'{one}'" for one in hashes)
    return text.replace(ORIGINS, f"{ORIGINS} data:").replace(SCRIPTS, f"{SCRIPTS} {allowed}".rstrip())


def _unlink(found: re.Match[str]) -> str:
    """Return what a link to a file beside the page stands around; other links as they are."""
    if not is_relative(unescape(found["address"])) or not found["address"]:
        return found[0]
    return f"<span{found['rest']}{found['more']}>{found['inside']}</span>"


def _include(file: Path, allow: Callable[[str], None]) -> str:
    """Return a script in the page, and allow it by its hash; nothing of one that is not there."""
    if not file.is_file():
        return ""
    content = file.read_text(encoding="utf-8").replace("</", "<\\/")
    allow(hash_of(content))
    return f"<script>{content}</script>"
