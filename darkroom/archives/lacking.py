"""The error on a name under ``splits`` that means nothing: what there is instead, and what to do."""

import re
import shlex
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from darkroom.archives.archives import matches, strip_ending
from darkroom.archives.endings import SINGLE, UNREADABLE, find_ending, is_archive, strip
from darkroom.archives.names import fold_name, show
from darkroom.core.errors import UserError
from darkroom.params.yaml_files import FILE

SHOWN = 8
"""Names that an error lists of those that a folder holds."""
CLOSE = 0.75
"""The similarity, as difflib measures it, from which on a name may have been meant."""
WANTED = {
    "cifar10-binary": "no .tar.gz archive with a batch",
    "idx": "no pair of IDX files",
    "parquet": "no .parquet file",
    "webdataset": "no .tar file of samples",
}
"""Words for what a layout looks for by the names under ``splits``."""
PIECE = re.compile(r"(.+\.(?:zip|7z|tar|tar\.\w+|tgz))\.\d+", re.IGNORECASE)
"""The name of a piece of an archive that was cut."""


def make_error(
    where: str, pattern: str, place: str | Path, entries: Sequence[Path], layout: str = "class-folders"
) -> UserError:
    """Return the error that says what ``place`` holds instead of what ``pattern`` under the key ``where`` asks for."""
    wanted = WANTED.get(layout, "no zip archive or folder")
    names = [_describe(path) for path in entries]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    held = f"{', '.join(names[:SHOWN])}{more}" if names else "nothing"
    remedy = None if layout in WANTED else find_remedy(pattern, entries)
    return UserError(
        f"{FILE}: {where}: {pattern!r}: {wanted} of that name in {show(place)}, which holds {held}; "
        f"{remedy or 'correct the name or add what it means'}"
    )


def find_remedy(pattern: str, entries: Sequence[Path]) -> str | None:
    """Return what to do with one of ``entries`` that ``pattern`` probably means, if there is any."""
    pieces = [match[1] for path in entries if (match := PIECE.fullmatch(path.name))]
    if cut := next((shlex.quote(whole) for whole in pieces if matches(strip(whole), pattern)), None):
        return f"join the pieces: cat {cut}.* > {cut}"
    if shard := next((show(path.name) for path in entries if path.suffix == ".parquet"), None):
        return f"to read {shard} write layout: parquet"
    unread = [path for path in entries if find_ending(path.name, UNREADABLE) and path.is_file()]
    if meant := [path for path in unread if matches(strip(path.name, UNREADABLE), pattern, UNREADABLE)]:
        return describe_unread(meant[0])
    if close := find_close(pattern, entries):
        return f"did you mean {close}?"
    archives = [path for path in unread if find_ending(path.name, UNREADABLE) not in SINGLE]
    return describe_unread(archives[0]) if archives else None


def describe_unread(archive: Path) -> str:
    """Return what an archive of a kind that is not read is, and what to do."""
    return f"{find_ending(archive.name, UNREADABLE)} is not read: unpack {show(archive.name)} first, give the folder"


def find_close(pattern: str, entries: Sequence[Path]) -> str | None:
    """Return the archive or folder whose name is nearly ``pattern``, if one is."""
    names = {fold_name(strip_ending(path)): path.name for path in entries if is_archive(path) or path.is_dir()}
    close = get_close_matches(fold_name(strip(pattern)), names, n=1, cutoff=CLOSE)
    return show(names[close[0]]) if close else None


def _describe(path: Path) -> str:
    """Return a name for a list of what a folder holds, with what is out of the ordinary."""
    if path.is_dir():
        return f"{show(path.name)}/"
    unusual = "a link to nothing" if path.is_symlink() else "neither a file nor a folder"
    return show(path.name) if path.is_file() else f"{show(path.name)} ({unusual})"
