"""What SHA-256 recorded beside MD5 tell: which files share an MD5 alone, and which MD5 in dvc.lock are forged."""

from collections.abc import Iterator
from pathlib import Path

from darkroom.core.filenames import RECORD
from workflow import digest_records
from workflow.audit.reproducible import FROM_RECORDS
from workflow.changes import Inspection
from workflow.lock import FILE as LOCK
from workflow.lock import Entry


def find_collisions(entry: Entry, inspection: Inspection) -> Iterator[str]:
    """Return what a step read or wrote that has the MD5 of dvc.lock, and another SHA-256 than was recorded with it."""
    for path, recorded in {**entry.deps, **entry.outs}.items():
        now = None if inspection.producers.holder(path) else inspection.contents(path)
        if now and now.same_as(recorded) and recorded.sha256 not in (None, now.sha256):
            yield f"{path} has the MD5 that {LOCK} records, and another SHA-256 than was recorded with it"


def find_forged(entry: Entry, cache: Path) -> str | None:
    """Return which output has another MD5 in an entry than in every record of a run with the same inputs.

    ``None``: none has, or there is no such record. What holds times differs honestly, if DVC alone made it again.
    """
    outs = {path: one.md5 for path, one in entry.outs.items()}
    records = [one.outs for one in digest_records.list_with_same_inputs(cache, entry)]
    if not records or _is_timed(entry):
        return None
    differing = [[path for path, md5 in outs.items() if _differs(path, md5, record)] for record in records]
    nearest = min(differing, key=len)
    return f"{nearest[0]} has another MD5 in {LOCK} than was recorded with its SHA-256" if nearest else None


def _differs(path: str, md5: str, record: digest_records.Hashes) -> bool:
    return Path(path).name != RECORD and path in record and record[path][0] != md5


def _is_timed(entry: Entry) -> bool:
    return entry.name.partition("@")[0] in FROM_RECORDS


def is_recorded(entry: Entry) -> bool:
    """Return whether the SHA-256 of all that a step read and wrote was recorded."""
    return all(one.sha256 for one in (*entry.deps.values(), *entry.outs.values()))
