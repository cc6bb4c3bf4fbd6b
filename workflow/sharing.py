"""Share results through the DVC remote that `make remote` sets up.

    python -m workflow.sharing push    every result in DVC's cache, also of parameters tried meanwhile
    python -m workflow.sharing pull    the results that dvc.lock records, and the notes of all other runs

DVC's own push sends of runs that are no longer in dvc.lock a note, but not what came out. Here both go, the results
first, so that a note that arrives can be relied on: workflow/notes.py, in each job.
"""

import argparse
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from darkroom.core.errors import UserError
from darkroom.pipeline import command
from workflow import notes, storage

if TYPE_CHECKING:
    from dvc.repo import Repo


def push() -> str:
    """Send what the remote lacks, and return in words what went.

    Raises:
        UserError: there is no remote, or not everything arrived.
    """
    with storage.repository() as repo:
        remote = storage.answering(repo)
        if "shared" in remote.config:
            os.umask(0o002)  # DVC opens to the group what results lie in, but not what notes do
        runs = {note: notes.read(repo, note) for note in notes.names(repo.cache.legacy)}
        whole = {note: stage for note, stage in runs.items() if stage and stage.outs_cached()}
        sent, failed = repo.cloud.push({one for stage in whole.values() for one in notes.objects(stage)})
        if failed:
            raise UserError(f"{len(failed)} files did not arrive: dvc push says why; make push sends the rest")
        count = len(sent) + repo.push()
        new = whole.keys() - notes.names(remote.legacy_odb)
        notes.copy(new, repo.cache.legacy, remote.legacy_odb)
        return f"sent {count} files and the notes of {len(new)} runs to {storage.where(repo)}"


def pull() -> str:
    """Bring the results that dvc.lock records, and the notes of all other runs, and return in words what came.

    Raises:
        UserError: there is no remote, it lacks some of the results, or a file changed by hand is in the way.
    """
    from dvc.exceptions import DownloadError

    with storage.repository() as repo:
        remote = storage.answering(repo)
        new = notes.names(remote.legacy_odb) - notes.names(repo.cache.legacy)
        notes.copy(new, remote.legacy_odb, repo.cache.legacy)
        count = 0
        with suppress(DownloadError):  # which not every missing file raises: they are counted below
            count = repo.fetch()
        check_out(repo)
        if missing := lacking(repo):
            lacks = f"{storage.where(repo)} lacks {missing} files that dvc.lock records"
            raise UserError(f"{lacks}: whoever committed it runs make push, or snakemake makes them here")
        return f"brought {count} files and the notes of {len(new)} runs from {storage.where(repo)}"


def lacking(repo: "Repo") -> int:
    """Return how many files that dvc.lock records the cache lacks; a folder whose list it lacks counts as one."""
    recorded = {one for stage in repo.index.stages for one in notes.objects(stage)}
    recorded |= {out.hash_info for stage in repo.index.stages for out in stage.outs if out.hash_info}
    hashes = {one.value for one in recorded if one.value}
    return len(hashes - set(repo.cache.local.oids_exist(hashes)))


def check_out(repo: "Repo") -> None:
    """Put what dvc.lock records in its place, as far as it is in the cache.

    Raises:
        UserError: files that were changed by hand, and are kept nowhere else, would be overwritten.
    """
    from dvc.exceptions import DvcException

    try:
        repo.checkout(allow_missing=True)
    except DvcException as error:
        said, *files = str(error).splitlines()
        names = ", ".join(os.path.relpath(file) for file in files) or said
        raise UserError(f"{names}: changed by hand, and kept nowhere else; remove it, then make pull again") from None


def main(argv: Sequence[str] | None = None) -> None:
    """Push or pull, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["push", "pull"])
    print({"push": push, "pull": pull}[parser.parse_args(argv).what]())


if __name__ == "__main__":
    command.run(main)
