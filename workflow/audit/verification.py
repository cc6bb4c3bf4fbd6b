"""Verification that results came from what dvc.lock records: everything upstream is read and hashed again.

What was hashed before is not believed, so that an edit that keeps size and time is found. Upstream first, each step is
asked: is its entry in dvc.lock what DVC executed, does it join with the entries before it, do command, parameters, code
and inputs hold, and is what it wrote still there unchanged, in its place and in DVC's cache? Beside the steps: does any
code run with them, or lie any file among what they wrote, of which nothing is recorded?
"""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from darkroom.pipeline import template
from workflow import listings
from workflow.audit.chain import Chain
from workflow.audit.executions import Executions
from workflow.audit.outputs import find_dropped, find_forged_copies, find_links, find_sizes
from workflow.audit.second_hashes import find_collisions, find_forged, is_recorded
from workflow.audit.strays import find_stray_code, find_stray_files
from workflow.changes import Inspection, Producers, is_elsewhere
from workflow.contents import Contents
from workflow.digests import Digest
from workflow.hashes import Content, content, of_files, seen_below
from workflow.lock import Entry


@dataclass(frozen=True)
class Verified:
    """The extent of a verification, up to the first ``mismatch``: a line that names it, or ``None``."""

    mismatch: str | None
    steps: int
    files: int
    bytes: int
    seconds: float
    executions_known: bool
    elsewhere: tuple[str, ...] = ()
    """Sources that are not here, so that what was brought from them could not be compared."""
    without_sha256: int = 0
    """Steps of which no SHA-256 was recorded, or not of all that they read and wrote."""


class Rehashed(Contents):
    """Contents of this moment, each file read once whatever is known of it, with progress on a terminal."""

    def __init__(self, producers: Producers, total: int) -> None:
        """Take which step wrote what, and the bytes that dvc.lock promises."""
        super().__init__()
        self.producers = producers
        self.read: dict[str, Content | None] = {}
        self._bar = tqdm(
            total=total, desc="verify", unit="B", unit_scale=True, delay=1, leave=False, disable=not sys.stderr.isatty()
        )

    def __call__(self, path: str) -> Content | None:
        """Return what a file or folder holds, or ``None`` where there is none."""
        if self.producers.below(path) and Path(path).is_dir():
            held = {name: one for name in seen_below(Path(path)) if (one := self(os.path.join(path, name)))}  # noqa: PTH118
            return of_files(list(held), (Digest(one.md5, one.sha256 or "", one.size or 0, 0) for one in held.values()))[
                0
            ]
        if path not in self.read:
            self.read[path] = found = content(Path(path))
            self._bar.update(found.size or 0 if found else 0)
        return self.read[path]

    def close(self) -> None:
        """Take the progress away."""
        self._bar.close()

    @property
    def files(self) -> int:
        """Number of files that were read."""
        return sum(1 if one.files is None else one.files for one in self.read.values() if one)

    @property
    def bytes(self) -> int:
        """Number of bytes that were read."""
        return sum(one.size or 0 for one in self.read.values() if one)


def verify(targets: Sequence[str], inspection: Inspection) -> Verified:
    """Return whether everything that ``targets`` came from holds, looked at until something does not.

    Raises:
        UserError: no stage wrote one of ``targets``, or none has been executed yet.
    """
    began = time.perf_counter()
    chain = Chain(inspection)
    names = chain.list_upstream(targets)
    contents = Rehashed(chain.producers, _count_bytes([inspection.entries[name] for name in names]))
    anew = Chain(Inspection(inspection.stages, inspection.entries, contents))
    known = Executions(listings.cache())
    done, mismatch = 0, next(find_stray_code(), None)
    for name in names if mismatch is None else ():
        mismatch = next(find_mismatches(name, anew, known), None)
        if mismatch:
            mismatch = f"{name}: {mismatch}"
            break
        done += 1
    mismatch = mismatch or next(find_stray_files(names, anew), None)
    contents.close()
    elsewhere = tuple(dep for name in names for dep in inspection.entries[name].deps if is_elsewhere(dep))
    seconds = time.perf_counter() - began
    lacking = sum(not is_recorded(inspection.entries[name]) for name in names)
    return Verified(mismatch, done, contents.files, contents.bytes, seconds, bool(known), elsewhere, lacking)


def find_mismatches(name: str, chain: Chain, known: Executions) -> Iterator[str]:
    """Return what does not hold of a step, in words, one by one as it is found."""
    entry, inspection = chain.entries[name], chain.inspection
    yield from map(str, chain.find_gaps(name))
    if known and (doubt := known.find_doubt(entry)):
        yield doubt
    if forged := find_forged(entry, known.cache):
        yield forged
    if name not in inspection.stages:
        yield f"is no longer in {template.FILE}"
        return
    yield from map(str, inspection.inputs_changed(name))
    yield from find_dropped(entry, inspection.stages[name])
    for out, recorded in entry.outs.items():
        now = inspection.contents(out)
        if now is None:
            yield f"{out} is missing: bring it back with make pull, or snakemake"
        elif not now.same_as(recorded):
            yield f"{find_culprit(out, recorded.md5, known.cache)} is not what {name} wrote"
        yield from find_links(out, known.cache)
    yield from find_collisions(entry, inspection)
    yield from find_sizes(entry, inspection)
    yield from find_forged_copies(entry, known.cache)


def find_culprit(out: str, md5: str, kept: Path) -> str:
    """Return the first file of a folder that differs from what DVC's cache lists, or the folder where it does not."""
    listed = listings.listed(kept, md5)
    if not listed:
        return out
    names = sorted({*listed, *seen_below(Path(out))})
    for name in names:
        now = content(Path(out, name))
        if now is None or now.md5 != listed.get(name):
            return str(Path(out, name))
    return out


def _count_bytes(entries: Sequence[Entry]) -> int:
    """Return the bytes of what steps wrote, as dvc.lock has them."""
    return sum(one.size or 0 for entry in entries for one in entry.outs.values())
