"""The image files that a command line names, itself or by the folders they are in."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from darkroom.core.errors import UserError
from darkroom.core.one_line import escape_controls
from darkroom.images.decoding.formats import is_image_name


def find_images(
    given: Sequence[str], unpacked: Mapping[str, Iterable[Path]], recursive: bool = True
) -> tuple[list[Path], int]:
    """Return the files that are given or in a given folder, each once, and how often one came again.

    Those of an archive that is given are the files that were ``unpacked`` from it. Folders in a folder count where the
    search is ``recursive``.

    A file that is given itself need not have an image's ending.

    Raises:
        UserError: a path does not exist, or a folder has no image.
    """
    paths = [Path(name) for name in given]
    if missing := [escape_controls(path) for path in paths if not path.is_dir() and not path.is_file()]:
        raise UserError(f"{', '.join(missing)}: no such file or folder")
    every = [
        file
        for name, path in zip(given, paths, strict=True)
        for file in (unpacked[name] if name in unpacked else list_below(path, recursive) if path.is_dir() else [path])
    ]
    once: dict[str, Path] = {}
    for file in every:
        once.setdefault(os.path.abspath(file), file)  # noqa: PTH100 (it makes of a/../b and ./b the same)
    return list(once.values()), len(every) - len(once)


def list_below(folder: Path, recursive: bool = True) -> list[Path]:
    """Return the image files in a folder, and in the folders in it, hidden ones and links to folders aside, in order.

    Raises:
        UserError: there is none.
    """
    found = []
    for place, folders, names in os.walk(folder, onerror=_stop):
        folders[:] = [name for name in folders if recursive and not name.startswith(".")]
        inside = Path(place).relative_to(folder)
        kept = [inside / name for name in names if not name.startswith(".")]
        found += [file for file in kept if is_image_name(file.as_posix())]
    if not found:
        aside = "" if recursive else "; --no-recursive leaves out the folders in it"
        raise UserError(
            f"{escape_controls(folder)}: no images in this folder, that is no files that end in .jpg, .png or the like"
            f"{aside}"
        )
    return [folder / name for name in sorted(found, key=order_naturally)]


def _stop(error: OSError) -> None:
    raise error


def order_naturally(path: Path) -> tuple[Any, ...]:
    """Return a key that sorts 2.png before 10.png, and keeps a folder's files together."""
    split = [re.split(r"(\d+)", part) for part in path.parts]  # text and digits take turns
    return [[int(piece) if place % 2 else piece for place, piece in enumerate(part)] for part in split], path.parts
