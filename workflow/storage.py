"""What DVC keeps, here (its cache) and in the remote that `make remote` sets up: results, and notes of runs.

A note (of DVC's run cache) says what a stage's command gave for its inputs. DVC 3.67 has no public way to a single one,
hence the names of ``stage_cache`` that begin with an underscore.
"""

import logging
import os
import queue
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from darkroom.core.errors import UserError
from darkroom.params.yaml_files import FILE as PARAMETERS
from darkroom.params.yaml_files import read
from darkroom.pipeline import template
from workflow.cache import NOTES
from workflow.remote import ALLOWED, CONFIG

if TYPE_CHECKING:  # a job need not wait for DVC where no remote is set up
    from dvc.data_cloud import Remote
    from dvc.repo import Repo
    from dvc.stage import PipelineStage
    from dvc_data.hashfile.hash_info import HashInfo
    from dvc_objects.db import ObjectDB

LOGGERS = ("dvc", "dvc_data", "dvc_objects", "asyncssh")
PATIENCE = 30.0
"""Seconds after which a remote that has said nothing is taken to be out of reach."""


def configured() -> bool:
    """Return whether a remote is set up, by any of DVC's settings: of the repository, this checkout, user or system."""
    from dvc.config import Config

    return bool(Config(str(CONFIG.parent))["core"].get("remote"))


@contextmanager
def repository() -> Iterator["Repo"]:
    """Give DVC's view of this repository, with its log silent.

    Raises:
        UserError: DVC cannot do what is asked of it.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with Repo(_wait_for_lock=True) as repo:
            yield repo
    except DvcException as error:
        raise UserError(_first_line(error)) from None


@contextmanager
def alone(params: Mapping[str, Collection[str]]) -> Iterator["Repo"]:
    """Give DVC's view of this repository to one job among many, on this machine or others.

    DVC's processes wait for each other by locks that name numbers of processes, which mean nothing on another machine.
    Here each has such locks to itself: Snakemake sees to it that no job reads what another still writes, and
    workflow/recording.py that none writes dvc.lock. Of files of parameters DVC sees the dotted keys ``params``.

    Raises:
        UserError: DVC cannot do what is asked of it.
    """
    from dvc.exceptions import DvcException
    from dvc.lock import LockNoop
    from dvc.repo import Repo
    from dvc.utils.serialize import LOADERS

    def load(path: str, fs: object = None, **options: object) -> dict[str, Any]:
        return chosen(read(Path(path)), params.get(os.path.relpath(path), ()))

    # DVC reads params.yaml some ten times a job, and goes through all of it for each key: 20 s with 1,000 models in it
    LOADERS[PARAMETERS.suffix] = load
    try:
        with Repo() as repo, TemporaryDirectory(prefix="darkroom-") as folder:
            repo.tmp_dir, repo.lock = folder, LockNoop()
            with repo.lock, repo.scm_context:
                yield repo
    except DvcException as error:
        raise UserError(_first_line(error)) from None


def chosen(document: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Return a document with nothing but the values under dotted keys, as far as it has them."""
    found: dict[str, Any] = {}
    for key in keys:
        *parents, last = key.split(".")
        source: Any = document
        target = found
        for part in parents:
            source = source.get(part) if isinstance(source, Mapping) else None
            inner = dict(target.get(part) or {})
            target[part] = inner
            target = inner
        if isinstance(source, Mapping) and last in source:
            target[last] = source[last]
    return found


def loaded(repo: "Repo", name: str, definition: Mapping[str, Any], recorded: Mapping[str, Any]) -> "PipelineStage":
    """Return a stage as DVC has it, by what dvc.yaml says of it, filled in, and what dvc.lock records, if anything."""
    from dvc.dvcfile import load_file
    from dvc.stage.loader import StageLoader

    return StageLoader.load_stage(load_file(repo, str(template.FILE)), name, definition, recorded)


def answering(repo: "Repo") -> "Remote":
    """Return the remote, which is there.

    Raises:
        UserError: no remote is set up, or it is out of reach.
    """
    if not configured():
        raise UserError(f"{CONFIG}: no remote is set up: make remote URL=<{ALLOWED}>")
    answers: queue.SimpleQueue[tuple[Remote, bool] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            remote = repo.cloud.get_remote()
            answers.put((remote, remote.fs.exists(remote.path)))
        except Exception as error:  # every kind of remote has errors of its own
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=PATIENCE)
    except queue.Empty:
        answer = TimeoutError(f"no answer for {PATIENCE:.0f} seconds")
    if isinstance(answer, Exception):
        raise UserError(f"{CONFIG}: the remote is out of reach: {_first_line(answer)}")
    remote, there = answer
    if remote.fs.protocol == "local" and not there:
        raise UserError(f"{remote.path}: no such folder, though {CONFIG} names it; is its disk there?")
    return remote


def where(repo: "Repo") -> str:
    """Return where the remote is, as it was set up."""
    return str(repo.config["remote"][repo.config["core"]["remote"]]["url"])


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def notes(store: "ObjectDB") -> set[str]:
    """Return the names of the notes in a cache or remote."""
    folder = store.fs.join(store.path, NOTES)
    return {store.fs.relpath(path, store.path) for path in store.fs.find(folder)} if store.fs.exists(folder) else set()


def copy(names: Iterable[str], source: "ObjectDB", target: "ObjectDB") -> None:
    """Copy notes from a cache or remote to another."""
    from dvc.fs import generic

    def one(name: str) -> None:
        generic.copy(source.fs, source.fs.join(source.path, name), target.fs, target.fs.join(target.path, name))

    with ThreadPoolExecutor() as pool:
        list(pool.map(one, names))


def run(repo: "Repo", note: str) -> "PipelineStage | None":
    """Return the stage that a note speaks of, with the hashes of what came out; ``None`` where it cannot be read."""
    entry = repo.stage_cache._load_cache(*Path(note).parts[-2:])
    return repo.stage_cache._create_stage(entry) if entry else None


def objects(stage: "PipelineStage") -> set["HashInfo"]:
    """Return the hashes of all files that came out of a run; of folders whose list is nowhere, none."""
    return {one for found in stage.get_used_objs(force=True).values() for one in found}


def lacking(repo: "Repo") -> int:
    """Return how many files that dvc.lock records the cache lacks; a folder whose list it lacks counts as one."""
    recorded = {one for stage in repo.index.stages for one in objects(stage)}
    recorded |= {out.hash_info for stage in repo.index.stages for out in stage.outs if out.hash_info}
    hashes = {one.value for one in recorded if one.value}
    return len(hashes - set(repo.cache.local.oids_exist(hashes)))


def fetch(repo: "Repo", stage: "PipelineStage") -> None:
    """Bring into the cache what came out of a run, as far as the remote has it.

    Raises:
        UserError: the remote broke off.
    """
    try:
        repo.cloud.pull(objects(stage))
    except Exception as error:  # as above
        raise UserError(f"{CONFIG}: the remote broke off: {_first_line(error)}") from None
