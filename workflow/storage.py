"""DVC's view of this repository: whole, or as a job among many needs it."""

import logging
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from darkroom.core.errors import UserError
from darkroom.params.yaml_files import FILE as PARAMETERS
from darkroom.params.yaml_files import read

if TYPE_CHECKING:  # a job need not wait for DVC where no remote is set up
    from dvc.repo import Repo

SETTINGS = Path(".dvc")
"""Where those of the repository are, and of this checkout."""
LOGGERS = ("dvc", "dvc_data", "dvc_objects", "asyncssh")


def setting(section: str, name: str) -> Any:
    """Return one of DVC's settings, of this checkout, the repository, user or system; ``None`` where it is not set.

    Raises:
        UserError: DVC does not take its settings.
    """
    from dvc.config import Config, ConfigError  # here, as it is not needed to show an audit

    try:
        return Config(str(SETTINGS))[section].get(name)
    except ConfigError as error:
        raise UserError(f"{SETTINGS}/config: {' '.join(str(error).split())}; correct it") from None


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
    """Let DVC look into linked folders in this process, and leave dead links out, as workflow/hashes.py does.

    DVC follows links to files, but not to folders, and would not notice what is changed in them; it fails where a link
    leads nowhere, such as an editor's lock. In the repository's own folder it goes on to look for its files in what
    lies there. tests/workflow/test_patches.py fails when DVC does better.
    """
    from dvc_objects.fs import local

    def walk(top: str, topdown: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
        is_around = Path.cwd().is_relative_to(Path(top).absolute())
        for parent, folders, names in os.walk(top, topdown, followlinks=not is_around):
            yield parent, folders, [name for name in names if os.access(f"{parent}/{name}", os.F_OK)]

    local.os = SimpleNamespace(**{**vars(os), "walk": walk})  # type: ignore[assignment]


@contextmanager
def alone(params: Mapping[str, Collection[str]]) -> Iterator["Repo"]:
    """Give DVC's view of this repository to one job among many, on this machine or others.

    DVC's processes wait for each other by locks that name numbers of processes, which mean nothing on another machine.
    Here each has such locks to itself: Snakemake sees to it that no job reads what another still writes, and
    workflow/recording.py that none writes dvc.lock. Of files of parameters DVC sees the dotted keys ``params``: it
    reads params.yaml some ten times a job, and goes through all of it for each key, 20 s with 1,000 models in it. It
    finds the keys as :func:`find`. tests/workflow/test_patches.py fails when DVC does better.

    Raises:
        UserError: DVC cannot do what is asked of it.
    """
    import dpath
    from dvc.dependency import param
    from dvc.lock import LockNoop
    from dvc.repo import Repo
    from dvc.utils.serialize import LOADERS

    def load(path: str, fs: object = None, **options: object) -> dict[str, Any]:
        return chosen(read(Path(path)), params.get(os.path.relpath(path), ()))

    follow_links()
    LOADERS[PARAMETERS.suffix] = load
    param.dpath = SimpleNamespace(**{**vars(dpath), "get": find})
    with errors_in_one_line(), Repo() as repo, TemporaryDirectory(prefix="darkroom-") as folder:
        repo.tmp_dir, repo.lock = folder, LockNoop()
        with repo.lock, repo.scm_context:
            yield repo


def chosen(document: Any, keys: Iterable[str]) -> Any:
    """Return a document with nothing but the values under dotted keys, as far as it has them."""
    inside = defaultdict(set)
    for first, _, rest in (key.partition(".") for key in keys):
        inside[first].add(rest)
    if "" in inside or not isinstance(document, Mapping):  # it is itself asked for
        return document
    return {first: chosen(document[first], rest) for first, rest in inside.items() if first in document}


def find(document: Any, key: str, separator: str) -> Any:
    """Return the value under a key of parts, of which some may be numbers in a list; DVC looks at all others too.

    Raises:
        KeyError: there is none.
    """
    for part in key.split(separator):
        try:
            document = document[int(part) if isinstance(document, list) else part]
        except (TypeError, ValueError, IndexError):
            raise KeyError(key) from None
    return document


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Turn an error of DVC's into one that a user can mend."""
    from dvc.exceptions import DvcException

    try:
        yield
    except DvcException as error:
        raise UserError(first_line(error)) from None


def first_line(error: Exception) -> str:
    """Return what an error of DVC's or a remote's says first."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
