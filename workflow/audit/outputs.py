"""What dvc.lock and DVC's cache say of the outputs of a step beside their hashes, against what is there.

A hash alone leaves room for a link to something that can change, for a size that nobody compares, and for another file
under its name in the cache, which the next checkout would bring.
"""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from darkroom.pipeline import template
from workflow import listings
from workflow.changes import Inspection
from workflow.hashes import FOLDER_ENDING, Content, content
from workflow.lock import FILE as LOCK
from workflow.lock import Entry


def find_dropped(entry: Entry, stage: template.Stage) -> Iterator[str]:
    """Return what a step read or wrote, and its stage in dvc.yaml no longer names: DVC would not look at it again."""
    named = {*map(os.path.normpath, (*stage.deps, *stage.outs))}
    for verb, paths in (("read", entry.deps), ("wrote", entry.outs)):
        for path in paths.keys() - named:
            yield f"{verb} {path}, which its stage in {template.FILE} no longer names"
    for file, values in entry.params.items():
        for key in values.keys() - {*stage.params.get(file, ())}:
            yield f"read {key} ({file}), which its stage in {template.FILE} no longer names"


def find_sizes(entry: Entry, inspection: Inspection) -> Iterator[str]:
    """Return the sizes in dvc.lock that are not those of the files and folders with the same hash."""
    for path, recorded in {**entry.deps, **entry.outs}.items():
        now = None if inspection.producers.holder(path) else inspection.contents(path)
        if now and now.same_as(recorded) and _differ(recorded, now):
            yield f"{path} has another size or number of files in {LOCK} than it has"


def _differ(recorded: Content, now: Content) -> bool:
    pairs = ((recorded.size, now.size), (recorded.files, now.files))
    return any(None not in pair and pair[0] != pair[1] for pair in pairs)


def find_links(out: str, cache: Path) -> Iterator[str]:
    """Return the links where an output, or a file in it, must be; DVC's own lead into its cache."""
    links = [out] if Path(out).is_symlink() else _list_links(Path(out))
    for link in map(Path, links):
        if not link.resolve().is_relative_to(cache.resolve()):
            yield f"{link} is a link to {link.readlink()}, which may change: put a copy in its place"


def _list_links(folder: Path) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        yield from (path for name in (*folders, *names) if os.path.islink(path := os.path.join(parent, name)))  # noqa: PTH114, PTH118


def find_forged_copies(entry: Entry, cache: Path) -> Iterator[str]:
    """Return the files in DVC's cache that do not hold what their names promise of an entry's outputs."""
    for out, recorded in entry.outs.items():
        if recorded.md5.endswith(FOLDER_ENDING):
            files = {f"{out}/{name}": md5 for name, md5 in listings.listed(cache, recorded.md5).items()}
            if not files and recorded.files and listings.place(cache, recorded.md5).exists():
                yield f"{listings.place(cache, recorded.md5)}, the cache's list of {out}, does not hold what it held"
        else:
            files = {out: recorded.md5}
        for path, file in _list_forged(files.items(), cache):
            yield f"{file}, the cache's copy of {path}, does not hold what {entry.name} wrote"


def _list_forged(files: Iterable[tuple[str, str]], cache: Path) -> list[tuple[str, Path]]:
    kept = [(path, md5, listings.place(cache, md5)) for path, md5 in files]
    apart = [(path, md5, file) for path, md5, file in kept if file.exists() and not _are_one(Path(path), file)]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        found = pool.map(content, [file for _, _, file in apart])
        return [(path, file) for (path, md5, file), now in zip(apart, found, strict=True) if now and now.md5 != md5]


def _are_one(path: Path, other: Path) -> bool:
    """Return whether both are one file on disk, which is read elsewhere."""
    return path.exists() and path.samefile(other)
