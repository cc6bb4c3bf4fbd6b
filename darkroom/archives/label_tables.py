"""Tables of labels, CSV, where they lie: beside the archives, or in them.

A table beside the archives names images of all of them, one in an archive those below its own folder.
"""

import zipfile
from collections.abc import Collection, Iterator, Sequence
from glob import escape
from pathlib import Path

from darkroom.archives.contents import list_members
from darkroom.archives.endings import is_archive
from darkroom.archives.label_rows import Place, Row, parse_rows
from darkroom.archives.lacking import SHOWN
from darkroom.archives.members import read_whole, split_name
from darkroom.archives.names import show
from darkroom.archives.reading import Reading
from darkroom.core.errors import UserError
from darkroom.images.decoding.formats import is_hidden, is_litter
from darkroom.params.table import Table
from darkroom.params.yaml_files import FILE


def find_tables(
    where: str, names: Sequence[str], entries: Sequence[Path], delivered: Collection[Path], place: str, reading: Reading
) -> list[Path]:
    """Return the tables of ``names`` that lie among ``entries``, beside what is ``delivered``: archives and folders.

    Raises:
        UserError: one of them lies neither there nor in what is delivered; ``place`` is where the entries lie.
    """
    beside = {path.name: path for path in entries if path.is_file()}
    for name in names:
        if name not in beside and not any(_holds(path, name, reading) for path in delivered):
            held = ", ".join(show(path.name) for path in entries[:SHOWN]) + (", …" if len(entries) > SHOWN else "")
            raise UserError(
                f"{FILE}: {where}.names: {name!r}: no such table in {show(place)}, which holds {held or 'nothing'}, "
                "nor in the archives or folders that are named; correct the name or add the table"
            )
    return [beside[name] for name in names if name in beside]


def _holds(path: Path, name: str, reading: Reading) -> bool:
    """Return whether a table lies in an archive or a folder."""
    if is_archive(path):
        return any(is_table(member, name) for member in list_members(path, reading).members)
    return path.is_dir() and next(path.rglob(escape(name)), None) is not None


def is_table(member: zipfile.ZipInfo, name: str) -> bool:
    """Return whether a member of an archive is a table of that name."""
    parts = split_name(member)
    return parts[-1] == name and not member.is_dir() and not is_hidden(parts[:-1]) and not is_litter(member.filename)


def read_tables(where: str, table: Table, raw: Path, archives: Collection[Path], reading: Reading) -> Iterator[Row]:
    """Yield the rows of all tables, beside the archives in ``raw`` or in them.

    Raises:
        UserError: a table is missing, is no CSV in UTF-8, lacks a column, or has a row without a name.
    """
    for name in table.names:
        if (raw / name).is_file():
            place = Place(str(raw / name), Path(name).stem, None, ())
            yield from parse_rows(where, table, place, (raw / name).read_bytes())
            continue
        listed = [(path, member) for path in archives for member in list_members(path, reading).members]
        found = [(path, member) for path, member in listed if is_table(member, name)]
        if not found:
            raise UserError(f"{FILE}: {where}.names: {name!r}: no such table in {show(raw)} or in its archives")
        for path, member in found:
            place = Place(f"{path}: {member.filename}", Path(name).stem, path, split_name(member)[:-1])
            yield from parse_rows(where, table, place, read_whole(path, member))
