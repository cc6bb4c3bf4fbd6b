"""A folder of images as a zip archive: the same bytes from the same files, whenever it is packed."""

import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from stages.errors import UserError
from stages.files import ZIP_TIME


def pack(folder: Path, archive: Path) -> None:
    """Write the files and folders of ``folder``, below its own name, to the new zip file ``archive``, uncompressed.

    Raises:
        UserError: there is something other than files and folders, or a name that is not UTF-8.
    """
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED, strict_timestamps=True) as packed:
        for path in (folder, *_tree(folder)):
            name = path.relative_to(folder.parent).as_posix()
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise UserError(f"{path}: neither a file nor a folder (a link, perhaps); put a copy in its place")
            try:
                name.encode()
            except UnicodeEncodeError:
                raise UserError(f"{os.fsencode(path)!r}: the name is not UTF-8; rename it") from None
            member = zipfile.ZipInfo(f"{name}/" if path.is_dir() else name, ZIP_TIME)
            member.create_system = 3
            member.external_attr = 0o40755 << 16 | 0x10 if path.is_dir() else 0o100644 << 16
            if path.is_dir():
                packed.writestr(member, b"")
                continue
            member.file_size = path.stat().st_size
            with path.open("rb") as source, packed.open(member, "w") as target:
                shutil.copyfileobj(source, target, 1 << 20)


def _tree(folder: Path) -> Iterator[Path]:
    """Yield what is below ``folder``, each folder before its content, sorted; links are not followed."""
    for path in sorted(folder.iterdir()):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _tree(path)
