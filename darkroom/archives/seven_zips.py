"""Members of 7-Zip archives of unknown origin: listed, and unpacked to a scratch folder."""

import lzma
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from darkroom.archives.file_kinds import AGAIN, SEVEN_ZIP, diagnose
from darkroom.archives.names import show
from darkroom.core.errors import UserError

UNPACK = "unpack it and give the folder"


def list_members(archive: Path) -> list[zipfile.ZipInfo]:
    """Return what a zip would say of the members of a 7-Zip archive, unchecked.

    Raises:
        UserError: it is corrupt, no such archive, or needs a password.
    """
    with _open(archive) as opened:
        return [_describe(member) for member in opened.files]


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a 7-Zip archive whose members were found to be safe.

    Raises:
        UserError: it is corrupt, or compressed by a method that is not read.
    """
    with _open(archive) as opened:
        opened.extractall(folder)


@contextmanager
def _open(archive: Path) -> Iterator[Any]:
    """Open an archive; what reading corrupt bytes raises becomes one line."""
    import py7zr  # few archives need it

    again = py7zr.exceptions
    try:
        with py7zr.SevenZipFile(archive) as opened:
            if opened.needs_password():
                raise again.PasswordRequired
            yield opened
    except again.PasswordRequired:
        raise UserError(f"{show(archive)}: is password-protected; {UNPACK}") from None
    except again.UnsupportedCompressionMethodError as error:
        raise UserError(
            f"{show(archive)}: is compressed by a method that is not read ({_join(error)}); {UNPACK}"
        ) from None
    except (again.ArchiveError, EOFError, OSError, ValueError, lzma.LZMAError) as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise
        what, remedy = diagnose(archive, UNPACK, SEVEN_ZIP) or (_join(error), AGAIN)
        raise UserError(f"{show(archive)}: not a whole 7-Zip archive ({what}); {remedy}") from None


def _join(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _describe(member: Any) -> zipfile.ZipInfo:
    name = member.filename.replace("\\", "/")
    described = zipfile.ZipInfo(f"{name}/" if member.is_directory and not name.endswith("/") else name)
    described.file_size = member.uncompressed or 0
    kind = stat.S_IFDIR if member.is_directory else stat.S_IFREG
    if member.is_symlink or member.is_junction:
        kind = stat.S_IFLNK
    elif member.is_socket:
        kind = stat.S_IFSOCK
    described.external_attr = kind << 16
    return described
