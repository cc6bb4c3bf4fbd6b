"""A folder of images as a zip archive: the same bytes from the same files, whenever it is packed."""

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from darkroom.archives.archives import ENDING, strip_ending
from darkroom.archives.members import find_danger
from darkroom.archives.names import LONGEST, check_writable, show
from darkroom.core.errors import UserError
from darkroom.core.files import ZIP_TIME


def name_archive(folder: Path) -> str:
    """Return the name of the archive that a folder becomes.

    Raises:
        UserError: it is too long.
    """
    name = f"{strip_ending(folder)}{ENDING}"
    if len(name.encode()) > LONGEST:
        raise UserError(f"{folder}: as an archive it would have a name of over {LONGEST} bytes; shorten its name")
    return name


def pack(folder: Path, archive: Path) -> None:
    """Write the files and folders of ``folder``, below its own name, to the new zip file ``archive``, uncompressed.

    Raises:
        UserError: there is something other than files and folders, or a name that must not stand in an archive.
    """
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED, strict_timestamps=True) as packed:
        for path in (folder, *_walk(folder)):
            member = _describe_member(path, path.relative_to(folder.parent).as_posix())
            if member.is_dir():
                packed.writestr(member, b"")
                continue
            member.file_size = path.stat().st_size
            with path.open("rb") as source, packed.open(member, "w") as target:
                shutil.copyfileobj(source, target, 1 << 20)


def _describe_member(path: Path, name: str) -> zipfile.ZipInfo:
    """Return what describes a file or folder in an archive."""
    if path.is_symlink() or not (path.is_file() or path.is_dir()):
        raise UserError(f"{show(path)}: neither a file nor a folder (a link, perhaps); put a copy in its place")
    check_writable(path)
    member = zipfile.ZipInfo(f"{name}/" if path.is_dir() else name, ZIP_TIME)
    member.create_system = 3
    member.external_attr = 0o40755 << 16 | 0x10 if path.is_dir() else 0o100644 << 16
    if why := find_danger(member):
        raise UserError(f"{show(path)}: in an archive it {why}; rename it")
    return member


def _walk(folder: Path) -> Iterator[Path]:
    """Yield what is below ``folder``, each folder before its content, sorted; links are not followed."""
    waiting = sorted(folder.iterdir(), reverse=True)
    while waiting:
        path = waiting.pop()
        yield path
        if path.is_dir() and not path.is_symlink():
            waiting += sorted(path.iterdir(), reverse=True)
