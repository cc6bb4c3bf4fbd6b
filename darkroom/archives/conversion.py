"""Archives of other kinds made into zips, uncompressed, of the same files: the one kind that is unpacked afterwards."""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from darkroom.archives import contents, shards
from darkroom.archives.archives import find_inner, find_places, respell
from darkroom.archives.deflate64 import METHOD
from darkroom.archives.endings import is_archive, is_zip
from darkroom.archives.label_tables import is_table
from darkroom.archives.named import list_names
from darkroom.archives.names import show
from darkroom.archives.packing import make_member, name_archive
from darkroom.archives.reading import Reading, find_reading
from darkroom.core import progress
from darkroom.core.errors import UserError
from darkroom.core.files import BESIDE, replace_file
from darkroom.params.data import Dataset

LAYOUTS = ("class-folders", "class-in-name", "csv")
"""Those whose images are files in archives."""


def convert(key: str, dataset: Dataset, folder: Path) -> None:
    """Make zips of all that was fetched into ``folder`` and is none, or has zips within or members of another method.

    Raises:
        UserError: an archive is corrupt, unsafe or too large, or two would have one name.
    """
    if dataset.layout in shards.ENDINGS:
        take_shards(key, dataset, folder)
    if dataset.layout not in LAYOUTS:
        return
    reading = find_reading(key, dataset)
    names = [name for given in list_names(dataset).values() for name in given]
    repack_all(key, folder, reading)
    take_out(key, names, dataset.table.names if dataset.table else (), folder, reading)
    repack_all(key, folder, reading)


def repack_all(key: str, folder: Path, reading: Reading) -> None:
    """Make zips of the archives in ``folder`` that are none, or that zipfile does not read.

    Raises:
        UserError: one is corrupt, unsafe or too large, or two would have one name.
    """
    for archive in _list_archives(folder):
        if must_be_repacked(archive, reading):
            target = archive.with_name(name_archive(archive))
            if target != archive:
                _check_free(target, archive)
            count = repack(archive, target, reading)
            if target != archive:
                archive.unlink()
            progress.note(f"fetch {key}", f"{show(archive.name)}: {count:,} files repacked in {show(target.name)}")


def must_be_repacked(archive: Path, reading: Reading) -> bool:
    """Return whether an archive is no zip, or has members that zipfile does not read."""
    return not is_zip(archive) or any(
        member.compress_type == METHOD for member in contents.list_members(archive, reading).members
    )


def take_out(key: str, names: Sequence[str], tables: Sequence[str], folder: Path, reading: Reading) -> None:
    """Take the archives that ``names`` mean, and that lie in another, out of that, and remove it if it has no more use.

    The ``tables`` of labels that lie in one that is removed are taken out, too.

    Raises:
        UserError: one is corrupt, unsafe or too large, or two have one name.
    """
    archives = _list_archives(folder)
    wanted: dict[Path, list[str]] = {}
    used: set[Path] = set()
    for name in names:
        spelled = [name, *respell(archives, name, reading)]
        direct = {archive for one in spelled for archive, _ in find_places(archives, one, reading)}
        used |= direct
        for archive, member in () if direct else find_inner(archives, name, reading):
            wanted.setdefault(archive, []).append(member.filename)
    for archive, inner in wanted.items():
        if archive not in used:
            listed = contents.list_members(archive, reading).members
            inner += [member.filename for member in listed for name in tables if is_table(member, name)]
        with (
            TemporaryDirectory(prefix=BESIDE, dir=folder) as scratch,
            contents.open_archive(archive, reading, Path(scratch)) as opened,
        ):
            for member, data in opened:
                if member.filename in inner:
                    target = folder / Path(member.filename).name
                    _check_free(target, archive)
                    with target.open("xb") as file:
                        file.writelines(data)
        if archive not in used:
            archive.unlink()
        progress.note(f"fetch {key}", f"{show(archive.name)}: took out {', '.join(map(show, sorted(set(inner))))}")


def take_shards(key: str, dataset: Dataset, folder: Path) -> None:
    """Take the shards that the splits name out of the archives in ``folder``, and remove these.

    Raises:
        UserError: one is corrupt, unsafe or too large, or two have one name.
    """
    reading, layout = find_reading(key, dataset), dataset.layout
    names = [name for given in list_names(dataset).values() for name in given]
    for archive in [path for path in _list_archives(folder) if shards.holds_shards(path, layout)]:
        inside = shards.list_inside(archive, reading, layout)
        wanted = {member: parts for member, parts in inside if any(shards.is_meant(parts, n, layout) for n in names)}
        with (
            TemporaryDirectory(prefix=BESIDE, dir=folder) as scratch,
            contents.open_archive(archive, reading, Path(scratch)) as opened,
        ):
            for member, data in opened:
                if parts := wanted.get(member.filename):
                    target = folder.joinpath(*parts)
                    _check_free(target, archive)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with target.open("xb") as file:
                        file.writelines(data)
        archive.unlink()
        progress.note(f"fetch {key}", f"{show(archive.name)}: took out {len(wanted):,} shards")


def repack(archive: Path, target: Path, reading: Reading) -> int:
    """Write the files and folders of an archive to the zip file ``target``, uncompressed, and return their number.

    Equal files in equal order make equal zips.

    Raises:
        UserError: the archive is corrupt, unsafe or too large.
    """
    count = 0
    with (
        TemporaryDirectory(prefix=BESIDE, dir=target.parent) as scratch,
        replace_file(target) as temporary,
        contents.open_archive(archive, reading, Path(scratch)) as opened,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as packed,
    ):
        for member, data in opened:
            kept = make_member(member.filename, member.is_dir())
            if member.is_dir():
                packed.writestr(kept, b"")
                continue
            kept.file_size = member.file_size
            with packed.open(kept, "w") as file:
                for chunk in data:
                    file.write(chunk)
            count += 1
    return count


def _list_archives(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if is_archive(path))


def _check_free(target: Path, archive: Path) -> None:
    if target.exists():
        raise UserError(
            f"{show(archive.name)}: becomes {show(target.name)}, but there is another; rename one of them in the source"
        )
