"""The class of each image in an archive: one of the folders that it is in, or the beginning of its name."""

from collections.abc import Iterable
from pathlib import Path

from darkroom.archives.archives import LOOSE, find_shared_folders
from darkroom.archives.classes import FORMS
from darkroom.archives.listed import Members
from darkroom.archives.members import Parts
from darkroom.core.errors import UserError
from darkroom.images.decoding.formats import is_hidden


def label_by_folder(
    archive: Path, chosen: Members, folders: Iterable[Parts], level: int | str | None
) -> tuple[Members, set[str]]:
    """Return the images with their class before what is beneath it, and every class folder.

    Raises:
        UserError: too many images stand outside the class folders.
    """
    shared, images = set_loose_aside(archive, chosen, level if isinstance(level, int) else 1)
    below = [
        folder
        for folder in folders
        if folder[: len(shared)] == shared and len(folder) > len(shared) and not is_hidden(folder)
    ]
    if level == "last":
        holding = {folder[:-1] for folder in below} - {parts[:-1] for parts in images.parts()}
        return images.cut(lambda parts: parts[-2:]), {path[-1] for path in below if path not in holding}
    place = len(shared) + (level - 1 if isinstance(level, int) else 0)
    return images.cut(lambda parts: parts[place:]), {folder[place] for folder in below if len(folder) > place}


def set_loose_aside(archive: Path, chosen: Members, level: int) -> tuple[Parts, Members]:
    """Return the folders that the class folders are in, ``level`` above the classes, and the images in class folders.

    Raises:
        UserError: more than one in a hundred images, and more than one, stand outside.
    """
    kept = chosen
    while kept:
        folders = {parts[:-1] for parts in kept.parts()}
        shared = find_shared_folders(list(folders))
        shared = shared[: max(0, min(map(len, folders)) - level)] if level > 1 else shared
        deep = len(shared) + level
        if all(len(folder) >= deep for folder in folders):
            return shared, kept
        outside = next(name for name, parts in kept.pairs() if len(parts) <= deep)
        kept = _select_deeper(kept, deep)
        if not kept or len(chosen) - len(kept) > max(1, len(chosen) // LOOSE):
            raise UserError(
                f"{archive}: image {outside!r} stands in no class folder; {FORMS['class-folders']}: "
                "move it into one or remove it"
            )
    return (), kept


def _select_deeper(members: Members, depth: int) -> Members:
    return members.select(lambda _, parts: len(parts) > depth)


def label_by_name(archive: Path, chosen: Members) -> Members:
    """Return the images with their class before their name.

    Raises:
        UserError: an image's name does not begin with a class.
    """
    for filename, parts in chosen.pairs():
        label, _, rest = parts[-1].partition(".")
        if not label or "." not in rest:
            raise UserError(
                f"{archive}: image {filename!r} has no class in its name; {FORMS['class-in-name']}: "
                "rename it or remove it"
            )
    return chosen.cut(lambda parts: (parts[-1].partition(".")[0], parts[-1]))
