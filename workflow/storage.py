"""DVC's view of this repository, and the remote that `make remote` sets up."""

import logging
import os
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from darkroom.core.errors import UserError
from darkroom.params.yaml_files import FILE as PARAMETERS
from darkroom.params.yaml_files import read
from darkroom.pipeline import template
from workflow.remote import ALLOWED, CONFIG

if TYPE_CHECKING:  # a job need not wait for DVC where no remote is set up
    from dvc.data_cloud import Remote
    from dvc.repo import Repo
    from dvc.stage import PipelineStage

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
    from dvc.repo import Repo

    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    follow_links()
    with errors_in_one_line(), Repo(_wait_for_lock=True) as repo:
        yield repo


def follow_links() -> None:
    """Let DVC look into linked folders in this process, as workflow/hashes.py does.

    DVC follows links to files, but not to folders, and would not notice what is changed in them. In the repository's
    own folder it goes on to look for its files in what lies there. tests/workflow/test_patches.py fails when DVC does
    better.
    """
    from dvc_objects.fs import local

    def walk(top: str, topdown: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
        return os.walk(top, topdown, followlinks=not Path.cwd().is_relative_to(Path(top).absolute()))

    local.os = SimpleNamespace(**{**vars(os), "walk": walk})  # type: ignore[assignment]


@contextmanager
def alone(params: Mapping[str, Collection[str]]) -> Iterator["Repo"]:
    """Give DVC's view of this repository to one job among many, on this machine or others.

    DVC's processes wait for each other by locks that name numbers of processes, which mean nothing on another machine.
    Here each has such locks to itself: Snakemake sees to it that no job reads what another still writes, and
    workflow/recording.py that none writes dvc.lock. Of files of parameters DVC sees the dotted keys ``params``: it
    reads params.yaml some ten times a job, and goes through all of it for each key, 20 s with 1,000 models in it.
    tests/workflow/test_patches.py fails when DVC does better.

    Raises:
        UserError: DVC cannot do what is asked of it.
    """
    from dvc.lock import LockNoop
    from dvc.repo import Repo
    from dvc.utils.serialize import LOADERS

    def load(path: str, fs: object = None, **options: object) -> dict[str, Any]:
        return chosen(read(Path(path)), params.get(os.path.relpath(path), ()))

    follow_links()
    LOADERS[PARAMETERS.suffix] = load
    with errors_in_one_line(), Repo() as repo, TemporaryDirectory(prefix="darkroom-") as folder:
        repo.tmp_dir, repo.lock = folder, LockNoop()
        with repo.lock, repo.scm_context:
            yield repo


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Turn an error of DVC's into one that a user can mend."""
    from dvc.exceptions import DvcException

    try:
        yield
    except DvcException as error:
        raise UserError(first_line(error)) from None


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
    answer: Future[tuple[Remote, bool]] = Future()

    def ask() -> None:
        try:
            remote = repo.cloud.get_remote()
            answer.set_result((remote, remote.fs.exists(remote.path)))
        except Exception as error:  # every kind of remote has errors of its own
            answer.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        remote, there = answer.result(PATIENCE)
    except Exception as error:
        said = first_line(error) if answer.done() else f"no answer for {PATIENCE:.0f} seconds"
        raise UserError(f"{CONFIG}: the remote is out of reach: {said}") from None
    if remote.fs.protocol == "local" and not there:
        raise UserError(f"{remote.path}: no such folder, though {CONFIG} names it; is its disk there?")
    return remote


def where(repo: "Repo") -> str:
    """Return where the remote is, as it was set up."""
    return str(repo.config["remote"][repo.config["core"]["remote"]]["url"])


def first_line(error: Exception) -> str:
    """Return what an error of DVC's or a remote's says first."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
