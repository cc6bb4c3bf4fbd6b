"""Zip archives of images: which of them the names of a split mean, and members that are safe to unpack."""

import hashlib
import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from stages.errors import UserError
from stages.formats import is_image_name, is_litter
from stages.parameters.base import FILE

Parts = tuple[str, ...]
"""The folders and the name of a member, first to last."""

ENDING = ".zip"
SMALL = 1 << 20
"""Bytes; an archive that unpacks to no more than this is not judged by its expansion."""
CHUNK = 1 << 16
LONGEST = 255
"""Bytes of a file name that Linux' file systems take."""
SHOWN = 8
READABLE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
ENCRYPTED = 0x1
# What zipfile and its decompressors raise on bytes that are no zip; RuntimeError includes NotImplementedError.
DAMAGE = (zipfile.BadZipFile, EOFError, RuntimeError, ValueError, OverflowError, struct.error, zlib.error, lzma.LZMAError)


def matches(name: str, pattern: str) -> bool:
    """Whether ``pattern`` (with or without ``.zip``; ``*`` stands for anything) means the archive or folder ``name``."""
    wanted = pattern[: -len(ENDING)] if pattern.lower().endswith(ENDING) else pattern
    return re.fullmatch(".*".join(map(re.escape, wanted.split("*"))), name, re.DOTALL) is not None


def is_archive(path: Path) -> bool:
    """Whether a path is a zip file, by its name."""
    return path.suffix.lower() == ENDING and path.is_file()


def shared_folders(folders: Sequence[Parts]) -> Parts:
    """Return the leading folders that all ``folders`` have, without the last one where all are the same."""
    first, last = min(folders), max(folders)
    depth = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:-1] if first == last else first[:depth]


def parts_of(member: zipfile.ZipInfo) -> Parts:
    """Return the folders and the name of a member."""
    return tuple(member.filename.removeprefix("./").removesuffix("/").split("/"))


def members(archive: Path) -> list[zipfile.ZipInfo]:
    """Return the members of a zip file, unchecked.

    Raises:
        UserError: it is truncated or no zip.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            return opened.infolist()
    except DAMAGE as error:
        raise UserError(f"{archive}: not a whole zip archive ({error}); download or copy it again") from None


def within(archive: Path, pattern: str) -> list[Parts]:
    """Return the folders that ``pattern`` means at the top of an archive, or beneath the folder that holds all else.

    Raises:
        UserError: the archive is truncated or no zip.
    """
    images = [member for member in members(archive) if is_image_name(member.filename)]
    folders = [parts_of(member)[:-1] for member in images]
    depth = len(shared_folders(folders)) if folders else 0
    found = {folder[: level + 1] for folder in folders for level in range(depth + 1) if matches(folder[level : level + 1][0], pattern)} if all(folders) else set()
    return sorted(found)


def found(entries: Sequence[Path], pattern: str) -> list[tuple[Path, Parts]]:
    """Return the archives that ``pattern`` means, or else those that hold folders of that name, with the folder.

    Raises:
        UserError: nothing was found, but an archive that might hold it cannot be read.
    """
    archives = [path for path in entries if is_archive(path)]
    if named := [path for path in archives if matches(path.stem, pattern)]:
        return [(path, ()) for path in named]
    holding: list[tuple[Path, Parts]] = []
    unreadable: UserError | None = None
    for path in archives:
        try:
            holding += [(path, folder) for folder in within(path, pattern)]
        except UserError as error:
            unreadable = error
    if unreadable and not holding:
        raise unreadable
    return holding


def not_found(where: str, pattern: str, place: str | Path, entries: Sequence[Path]) -> UserError:
    """Return the error that says what ``place`` holds instead of what ``pattern`` under the key ``where`` asks for."""
    names = [path.name for path in entries]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    held = f"{', '.join(names[:SHOWN])}{more}" if names else "nothing"
    return UserError(
        f"{FILE}: {where}: {pattern!r}: no archive or folder of that name in {place}, which holds {held}; "
        "correct the name or add the archive"
    )


def inspected(archive: Path, max_expansion: int, where: str) -> list[zipfile.ZipInfo]:
    """Return the members of an archive once each is known to be safe and the whole to be of a likely size.

    Args:
        archive: a zip file.
        max_expansion: how many times its own size it may unpack to.
        where: the key that holds ``max_expansion``.

    Raises:
        UserError: the archive is no whole zip, a member must not be unpacked, or all of them are too large.
    """
    listed = members(archive)
    for member in listed:
        if danger := _danger(member):
            raise UserError(f"{archive}: member {member.filename!r} {danger}; make the archive again without it")
    total = sum(member.file_size for member in listed)
    limit = max_expansion * archive.stat().st_size
    if total > max(SMALL, limit):
        raise UserError(
            f"{archive}: unpacks to {total:,} bytes, {total / archive.stat().st_size:,.0f} times its size; "
            f"{where} allows {max_expansion} times: raise it if that is right"
        )
    return listed


def _danger(member: zipfile.ZipInfo) -> str | None:
    """Return why a member must not be unpacked, in a few words."""
    name, parts, kind = member.filename, parts_of(member), stat.S_IFMT(member.external_attr >> 16)
    if name.startswith("/") or ".." in parts or "\\" in name or re.match("[A-Za-z]:", name):
        return "would leave the folder (.., an absolute path, a drive or a backslash in its name)"
    if "" in parts or "." in parts:
        return "has an empty or a . folder in its name"
    if stat.S_ISLNK(kind):
        return "is a symbolic link"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is no regular file"
    if member.flag_bits & ENCRYPTED:
        return "is password-protected"
    if member.compress_type not in READABLE:
        return f"is compressed by a method that Python cannot read (number {member.compress_type})"
    if max(len(part.encode(errors="surrogatepass")) for part in parts) > LONGEST:
        return f"has a name of more than {LONGEST} bytes"
    return None


def unpack(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> str:
    """Write a member to the new file ``target`` and return its SHA-256, in hex; never more than the size it declares.

    Raises:
        UserError: its bytes are damaged.
    """
    digest = hashlib.sha256()
    with target.open("xb") as file:
        for chunk in _chunks(opened, member):
            file.write(chunk)
            digest.update(chunk)
    return digest.hexdigest()


def _chunks(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    left = member.file_size
    try:
        with opened.open(member) as source:
            while chunk := source.read(CHUNK):
                left -= len(chunk)
                if left < 0:
                    break
                yield chunk
        if left:
            raise zipfile.BadZipFile("not of the size it declares")
    except (*DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # bz2 raises an OSError without a number
            raise
        raise UserError(
            f"{opened.filename}: member {member.filename!r} is damaged ({error}); download or copy the archive again"
        ) from None
