"""The images in zip archives that a command line names, as files for as long as they are needed."""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from darkroom.apps.image_files import order_naturally
from darkroom.archives.encodings import Encoding
from darkroom.archives.endings import is_zip
from darkroom.archives.expansion import Expansion
from darkroom.archives.members import inspect_members, split_name, unpack
from darkroom.archives.reading import Reading
from darkroom.core.errors import UserError
from darkroom.core.one_line import escape_controls
from darkroom.images.decoding.formats import is_hidden, is_image_name

Unpacked = dict[str, dict[Path, Path]]
"""By the name of each archive: the file of each of its images, and the path to show for it, in order."""


@contextmanager
def unpack_archives(given: Sequence[str], times: int) -> Iterator[Unpacked]:
    """Give the images of those of the ``given`` names that are zip archives, unpacked to a folder that goes again.

    Raises:
        UserError: an archive is corrupt or unsafe, has no images, or unpacks to more than so many ``times`` its size,
            or to more than the disk has free.
    """
    archives = {name: Path(name) for name in given if is_zip(Path(name))}
    with tempfile.TemporaryDirectory(prefix="darkroom-") as folder:
        yield {
            name: unpack_images(path, Path(folder, str(number)), Expansion(times, "--max-expansion"))
            for number, (name, path) in enumerate(archives.items())
        }


def unpack_images(archive: Path, out: Path, allowed: Expansion) -> dict[Path, Path]:
    """Unpack the images of an archive into the new folder ``out``, and return each file with the path to show for it.

    Raises:
        UserError: as :func:`unpack_archives`.
    """
    reading = Reading(Encoding(None, ""), allowed)  # by a name it is only shown, so a guess will do
    members = [member for member in inspect_members(archive, reading).members if _is_image(member)]
    if not members:
        raise UserError(
            f"{escape_controls(archive)}: no images in this archive, "
            "that is no files that end in .jpg, .png or the like"
        )
    out.mkdir()
    needed, free = sum(member.file_size for member in members), shutil.disk_usage(out).free
    if needed > free:
        raise UserError(
            f"{escape_controls(archive)}: unpacks to {needed:,} bytes, the disk of {out.parent.parent} has {free:,}; "
            "free some space, or name another disk by TMPDIR"
        )
    found: dict[Path, Path] = {}
    with zipfile.ZipFile(archive) as opened:
        for number, member in enumerate(members):
            file = out / f"{number}{PurePosixPath(member.filename).suffix}"
            unpack(opened, member, file)
            found[file] = archive.joinpath(*split_name(member))
    return dict(sorted(found.items(), key=lambda item: order_naturally(item[1])))


def _is_image(member: zipfile.ZipInfo) -> bool:
    return not member.is_dir() and is_image_name(member.filename) and not is_hidden(split_name(member))
