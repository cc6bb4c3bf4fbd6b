"""Which files are images, and how one is opened."""

from functools import cache
from pathlib import Path, PurePosixPath

from PIL import Image, UnidentifiedImageError

EXTERNAL = {"EPS"}
"""Formats that Pillow hands to another program: not run on files of unknown origin."""

LITTER = {"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"}


@cache
def suffixes() -> frozenset[str]:
    """Return the file name endings, in lower case, of every format that Pillow reads here."""
    known = Image.registered_extensions()
    return frozenset(end for end, name in known.items() if name in Image.OPEN and name not in EXTERNAL)


def is_image_name(name: str | PurePosixPath) -> bool:
    """Whether a file's name says that it is an image, and no litter of a file manager."""
    path = PurePosixPath(name)
    return path.suffix.lower() in suffixes() and not is_litter(path)


def is_litter(name: str | PurePosixPath) -> bool:
    """Whether a file was left by a file manager (``__MACOSX/``, ``._x``, ``.DS_Store``, ``Thumbs.db``)."""
    path = PurePosixPath(name)
    return path.name.startswith("._") or any(part in LITTER for part in path.parts)


def damage(path: Path) -> str | None:
    """Return what is wrong with an image file, in a few words, or ``None`` if it decodes completely."""
    if path.stat().st_size == 0:
        return "zero bytes"
    try:
        with Image.open(path) as image:
            image.load()
    except UnidentifiedImageError:
        return "not an image"
    except Image.DecompressionBombError:
        return "too many pixels"
    except Exception as error:  # Pillow's plugins raise what their decoders do: struct.error, IndexError, …
        return f"damaged: {error or type(error).__name__}"
    return None
