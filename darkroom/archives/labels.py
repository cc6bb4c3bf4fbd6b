"""The class of each image in an archive: one of the folders that it is in, or the beginning of its name."""

from collections.abc import Iterable
from pathlib import Path

from darkroom.archives.archives import LOOSE, find_shared_folders
from darkroom.archives.classes import FORMS
from darkroom.archives.members import Members, Parts
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
        holding = {folder[:-1] for folder in below} - {parts[:-1] for parts, _ in images}
        return [(parts[-2:], member) for parts, member in images], {path[-1] for path in below if path not in holding}
    place = len(shared) + (level - 1 if isinstance(level, int) else 0)
    return (
        [(parts[place:], member) for parts, member in images],
        {folder[place] for folder in below if len(folder) > place},
    )


def set_loose_aside(archive: Path, chosen: Members, level: int) -> tuple[Parts, Members]:
    """Return the folders that the class folders are in, ``level`` above the classes, and the images in class folders.

    Raises:
        UserError: more than one in a hundred images, and more than one, stand outside.
    """
    kept = chosen
    while kept:
        shared = find_shared_folders([parts[:-1] for parts, _ in kept])
        shared = shared[: max(0, min(len(parts) for parts, _ in kept) - 1 - level)] if level > 1 else shared
        outside = [member for parts, member in kept if len(parts) <= len(shared) + level]
        if not outside:
            return shared, kept
        kept = [(parts, member) for parts, member in kept if len(parts) > len(shared) + level]
        if not kept or len(chosen) - len(kept) > max(1, len(chosen) // LOOSE):
            raise UserError(
                f"{archive}: image {outside[0].filename!r} stands in no class folder; {FORMS['class-folders']}: "
                "move it into one or remove it"
            )
    return (), []


def label_by_name(archive: Path, chosen: Members) -> Members:
    """Return the images with their class before their name.

    Raises:
        UserError: an image's name does not begin with a class.
    """
    images: Members = []
    for parts, member in chosen:
        label, _, rest = parts[-1].partition(".")
        if not label or "." not in rest:
            raise UserError(
                f"{archive}: image {member.filename!r} has no class in its name; {FORMS['class-in-name']}: "
                "rename it or remove it"
            )
        images.append(((label, parts[-1]), member))
    return images
