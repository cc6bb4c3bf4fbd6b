"""The style and the script of pages, and the names by which a page lets the browser use them and nothing else."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent


def read_style() -> str:
    """Return the style sheet."""
    return (FOLDER / "page.css").read_text(encoding="utf-8")


def read_script() -> str:
    """Return the script."""
    return (FOLDER / "page.js").read_text(encoding="utf-8")


def hash_of(text: str) -> str:
    """Return the name of a style or script ``text`` in a policy of content security."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
