"""The archives that the published studies were made of: list what is in them, or pack them again from public images.

    python -m benchmarks.public_archives list ../shared/data
    python -m benchmarks.public_archives pack FOLDER… --out ../shared/data

``list`` writes docs/subsets/archives.csv, with a row for each archive, and docs/subsets/members.csv.gz, with one for
each file in it. ``pack`` looks through folders for files of the listed contents, whatever they are called there, such
as in clones of the repositories that docs/subsets/README.md names, and writes archives of the same bytes: zips that
store their members in order of their names, dated 1980, and other files as they are.
"""

import argparse
import gzip
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import pandas

from darkroom.core.errors import UserError
from darkroom.core.files import replace_file, sha256, write_table
from darkroom.core.progress import show_progress
from darkroom.pipeline import command

PLACE = Path(__file__).parents[1] / "docs/subsets"
ARCHIVES, MEMBERS = "archives.csv", "members.csv.gz"
DATED = (1980, 1, 1, 0, 0, 0)
UNIX = 3
"""The system that zips say they were made on, which gives the mode of a file a meaning."""


def list_archives(data: Path) -> tuple[pandas.DataFrame, pandas.DataFrame]:
    """Return the archives in the folders of ``data`` (path, bytes, SHA-256, mode of members) and their members.

    Members are in order, with their SHA-256; an archive that is no zip is its own single member.
    """
    archives, members = [], []
    for file in sorted(file for file in data.glob("*/*") if file.suffix in (".zip", ".gz")):
        name, mode = file.relative_to(data).as_posix(), None
        if file.suffix == ".zip":
            with ZipFile(file) as opened:
                entries = opened.infolist()
                mode = oct(entries[0].external_attr >> 16)
                for entry in entries:
                    digest = hashlib.sha256(opened.read(entry)).hexdigest()
                    members.append({"archive": name, "member": entry.filename, "sha256": digest})
        else:
            members.append({"archive": name, "member": file.name, "sha256": sha256(file)})
        archives.append({"archive": name, "bytes": file.stat().st_size, "sha256": sha256(file), "mode": mode})
    return pandas.DataFrame(archives), pandas.DataFrame(members)


def write_lists(data: Path, place: Path = PLACE) -> None:
    """Write the lists of the archives in ``data`` to ``place``."""
    archives, members = list_archives(data)
    write_table(place / ARCHIVES, archives)
    with replace_file(place / MEMBERS) as temporary:
        temporary.write_bytes(gzip.compress(members.to_csv(index=False).encode(), mtime=0))


def find_contents(folders: Iterable[Path], wanted: set[str]) -> dict[str, Path]:
    """Return a file of each ``wanted`` SHA-256 that lies in one of the folders."""
    files = [file for folder in folders for file in sorted(folder.rglob("*")) if file.is_file()]
    found: dict[str, Path] = {}
    for file in show_progress(files, len(files), "look through", "files"):
        if (digest := sha256(file)) in wanted:
            found.setdefault(digest, file)
    return found


def pack(folders: Sequence[Path], out: Path, place: Path = PLACE) -> Iterator[str]:
    """Write every archive whose members lie in the folders to ``out``, and yield in words what became of each.

    Raises:
        UserError: an archive came out with other bytes than those listed.
    """
    archives, members = pandas.read_csv(place / ARCHIVES), pandas.read_csv(place / MEMBERS)
    found = find_contents(folders, set(members["sha256"]))
    for archive in archives.itertuples():
        rows = members[members["archive"] == archive.archive]
        missing = rows[~rows["sha256"].isin(list(found))]
        if len(missing):
            yield f"{archive.archive}: {len(missing):,} of {len(rows):,} not found, such as {missing['member'].iloc[0]}"
            continue
        with replace_file(out / archive.archive) as temporary:
            if archive.archive.endswith(".zip"):
                _write_zip(temporary, [(row.member, found[row.sha256]) for row in rows.itertuples()], archive.mode)
            else:
                temporary.write_bytes(found[archive.sha256].read_bytes())
            if sha256(temporary) != archive.sha256:
                raise UserError(f"{archive.archive}: other bytes than {ARCHIVES} says, though its members are the same")
        yield f"{archive.archive}: {len(rows):,} files, the same bytes"


def _write_zip(target: Path, members: Iterable[tuple[str, Path]], mode: str) -> None:
    with ZipFile(target, "w") as archive:
        for name, file in members:
            entry = ZipInfo(name, DATED)
            entry.create_system, entry.external_attr = UNIX, int(mode, 8) << 16
            archive.writestr(entry, file.read_bytes())


def main(argv: Sequence[str] | None = None) -> None:
    """List or pack, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    listed = commands.add_parser("list", help="list the archives of the data sets' folders")
    listed.add_argument("data", type=Path)
    packed = commands.add_parser("pack", help="pack the archives that are listed")
    packed.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    packed.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(argv)
    if given.command == "list":
        write_lists(given.data)
        return
    for line in pack(given.folders, given.out):
        print(line)


if __name__ == "__main__":
    command.run(main)
