"""What files and folders hold, without reading again what has not changed since.

What was hashed once is kept in ``.dvc/tmp/contents.json`` beside a signature of the files' sizes, times and numbers; to
lose it costs reading, no more.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from darkroom.core.files import read_json, write_json
from workflow import hashes
from workflow.digests import Digest
from workflow.hashes import Content, of_file, of_files, seen_below, signature

KEPT = Path(".dvc/tmp/contents.json")
KEPT_FACTS = 5
"""Of each path there: its signature, and the MD5, size, number of files and SHA-256 of its content."""


def _kept() -> dict[str, list]:
    """Return what was kept, as far as it can be read."""
    with suppress(OSError, ValueError):
        found = read_json(KEPT)
        return {path: one for path, one in found.items() if _is_kept(one)} if isinstance(found, dict) else {}
    return {}


def _is_kept(one: object) -> bool:
    match one:
        case [str(), str(), int(), int() | None] | [str(), str(), int(), int() | None, str() | None]:
            return True  # of a Darkroom that knew no SHA-256, or that does
    return False


class Contents:
    """Contents by path; those hashed earlier are believed while their signature stays."""

    def __init__(self) -> None:
        self._kept = _kept()
        self._new: dict[str, list] = {}
        self._seen: dict[str, Content | None] = {}
        self._files: dict[str, Mapping[str, str]] = {}

    def __call__(self, path: str) -> Content | None:
        """Return what a file or folder holds, or ``None`` where there is none; looked at once."""
        if path not in self._seen:
            self._seen[path] = self._content(path)
        return self._seen[path]

    def _content(self, path: str) -> Content | None:
        before = signature(Path(path))
        known = self._kept.get(path)
        if before and known and known[0] == before:
            return Content(*known[1:])
        known_below = self._digests_below(path)
        found, self._files[path] = hashes.content_and_files(Path(path), known_below) if before else (None, {})
        if found and signature(Path(path)) == before:  # not written to meanwhile
            self._kept[path] = self._new[path] = [before, found.md5, found.size, found.files, found.sha256]
        return found

    def _digests_below(self, folder: str) -> dict[str, Digest]:
        """Return the digests of the files in a folder that were hashed by themselves and not written to since."""
        if not Path(folder).is_dir():
            return {}
        inside = [path for path, one in self._kept.items() if path.startswith(f"{folder}/") and len(one) == KEPT_FACTS]
        found = {}
        for path in inside:
            now, md5, size, files, sha256 = self._kept[path]
            if files is None and sha256 and signature(Path(path)) == now:
                found[os.path.relpath(path, folder)] = Digest(md5, sha256, size, 0)
        return found

    def with_sha256(self, path: str) -> Content | None:
        """Return what a file or folder holds with its SHA-256, or ``None`` where there is none."""
        found = self(path)
        if found and found.sha256 is None:  # kept by a Darkroom that knew none
            del self._kept[path], self._seen[path]
            found = self(path)
        return found

    def read_by_dvc(self, path: str, heard: Mapping[str, Digest]) -> Content | None:
        """Return what an output held when DVC hashed it, as was ``heard``; ``None``: DVC did not read all of it.

        It is kept for the next time, if no file was written to since.
        """
        before, top = signature(Path(path)), Path(path).absolute()
        names = (seen_below(top) if top.is_dir() else [""]) if before else []
        places = [os.path.join(top, name) if name else str(top) for name in names]  # noqa: PTH118  Path is slow
        if not places or any(place not in heard for place in places):
            return None
        each = [heard[place] for place in places]
        found = of_files(names, each)[0] if top.is_dir() else of_file(each[0])
        self._seen.pop(path, None)
        if all(one.is_of(os.stat(place)) for place, one in zip(places, each, strict=True)):  # noqa: PTH116
            self._kept[path] = self._new[path] = [before, found.md5, found.size, found.files, found.sha256]
        return found

    def listing(self, folder: str) -> Mapping[str, str]:
        """Return the MD5 of each file in a folder, by its path within it; read again, unless it was just hashed."""
        return self._files.get(folder) or hashes.content_and_files(Path(folder))[1]

    def forget(self) -> None:
        """Look at everything again when it is asked for next."""
        self._seen.clear()
        self._files.clear()

    def keep(self, least: int = 0) -> None:
        """Keep the hashes of what has at least so many bytes for the next time, beside those of other processes."""
        if new := {path: one for path, one in self._new.items() if one[2] >= least}:
            write_json(KEPT, {**_kept(), **new})
