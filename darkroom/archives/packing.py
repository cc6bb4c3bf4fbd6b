"""A folder of images as a zip archive: the same bytes from the same files, whenever it is packed.

Links are followed, to files and folders anywhere: what is packed is their content.
"""

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from darkroom.archives.archives import strip_ending
from darkroom.archives.endings import ZIP
from darkroom.archives.members import find_danger
from darkroom.archives.names import LONGEST, check_writable, show
from darkroom.core.errors import UserError
from darkroom.core.files import ZIP_TIME


def name_archive(folder: Path) -> str:
    """Return the name of the archive that a folder becomes.

    Raises:
        UserError: it is too long.
    """
    name = f"{strip_ending(folder)}{ZIP}"
    if len(name.encode()) > LONGEST:
        raise UserError(f"{folder}: as an archive it would have a name of over {LONGEST} bytes; shorten its name")
    return name


def pack(folder: Path, archive: Path) -> None:
    """Write the files and folders of ``folder``, below its own name, to the new zip file ``archive``, uncompressed.

    Raises:
        UserError: there is something other than files and folders, a link to nothing or in a circle, or a name that
            must not stand in an archive.
    """
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED, strict_timestamps=True) as packed:
        for path in (folder, *walk(folder)):
            member = _describe_member(path, path.relative_to(folder.parent).as_posix())
            if member.is_dir():
                packed.writestr(member, b"")
                continue
            member.file_size = path.stat().st_size
            with path.open("rb") as source, packed.open(member, "w") as target:
                shutil.copyfileobj(source, target, 1 << 20)


def make_member(name: str, is_folder: bool) -> zipfile.ZipInfo:
    """Return a file or folder of an archive, with nothing that differs between two times of packing."""
    member = zipfile.ZipInfo(name, ZIP_TIME)
    member.create_system = 3
    member.external_attr = 0o40755 << 16 | 0x10 if is_folder else 0o100644 << 16
    return member


def _describe_member(path: Path, name: str) -> zipfile.ZipInfo:
    """Return what describes a file or folder in an archive."""
    if not (path.is_file() or path.is_dir()):
        if path.is_symlink() and not path.exists():
            target = show(path.readlink())
            raise UserError(f"{show(path)}: a link to {target}, which leads nowhere; mend or remove it")
        raise UserError(f"{show(path)}: neither a file nor a folder; put a file in its place or remove it")
    check_writable(path)
    member = make_member(f"{name}/" if path.is_dir() else name, path.is_dir())
    if why := find_danger(member):
        raise UserError(f"{show(path)}: in an archive it {why}; rename it")
    return member


def walk(folder: Path, within: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Yield what is below ``folder``, each folder before its content, sorted; ``within`` are the folders that it is in.

    Raises:
        UserError: a link leads back to a folder that it is in.
    """
    within |= {folder.resolve()}
    for path in sorted(folder.iterdir()):
        if path.is_symlink() and path.is_dir() and path.resolve() in within:
            raise UserError(f"{show(path)}: a link to {show(path.readlink())}, in which it lies itself; remove it")
        yield path
        if path.is_dir():
            yield from walk(path, within)
