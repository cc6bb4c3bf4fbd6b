"""DVC's remote, through which results are shared: python -m workflow.remote URL sets it up.

It makes URL, a folder or an ssh:// or s3:// address, the default remote of .dvc/config, which is committed, so that
every clone knows it.
"""

import argparse
import os
import stat
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from darkroom.core.errors import UserError
from darkroom.pipeline import command
from workflow.storage import first_line, setting

if TYPE_CHECKING:
    from dvc.data_cloud import Remote
    from dvc.repo import Repo

NAME = "storage"
CONFIG = Path(".dvc/config")
SCHEMES = {"ssh": "ssh://user@host/folder", "s3": "s3://bucket/folder"}
ALLOWED = f"a folder such as ../storage, {' or '.join(SCHEMES.values())}"
OPEN_TO_GROUP = 0o2775
"""The mode of a folder in which all of a group may write, as may they in what is made within."""
PATIENCE = 30.0
"""Seconds after which a remote that has said nothing is taken to be out of reach."""


def address(url: str) -> str:
    """Return where ``url`` leads, from any folder: an address as it stands, a folder by its whole path.

    Raises:
        UserError: it is empty, of no kind that is known, would publish a password, or names no folder to write to.
    """
    if not url:
        raise UserError(f"URL: missing: make remote URL=<{ALLOWED}>")
    if "://" not in url:
        return str(_folder(url))
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise UserError(f"URL: {url}: {parts.scheme}:// is not known here; give {ALLOWED}")
    if parts.password is not None:
        raise UserError(f"URL: {parts.scheme}://…: holds a password, which {CONFIG} would publish; use a key instead")
    if not parts.hostname or (parts.scheme == "ssh" and parts.path in ("", "/")):
        raise UserError(f"URL: {url}: incomplete; give {SCHEMES[parts.scheme]}")
    return url.rstrip("/")


def _folder(url: str) -> Path:
    path = Path(os.path.abspath(Path(url).expanduser()))  # noqa: PTH100  a link stays one: its target may move
    if path.resolve().is_relative_to(Path.cwd().resolve()):
        raise UserError(f"URL: {url}: lies inside this checkout, where nobody else finds it; give {ALLOWED}")
    if not (path.is_dir() or path.parent.is_dir()) or path.is_file():
        raise UserError(f"URL: {url}: no folder, nor one to make it in; give {ALLOWED}")
    if not os.access(path if path.is_dir() else path.parent, os.W_OK | os.X_OK):
        raise UserError(f"URL: {url}: not yours to write to; ask for the right to, or give another folder")
    return path


def set_up(url: str) -> None:
    """Make ``url`` the default remote in .dvc/config; what was set of a remote of the same kind stays."""
    from dvc.config import Config

    shared = "://" not in url and Path(url).stat().st_mode & stat.S_IWGRP
    with Config(str(CONFIG.parent)).edit("repo") as config:
        before = config["remote"].get(NAME, {})
        if urlsplit(str(before.get("url", ""))).scheme != urlsplit(url).scheme:
            before = {}
        config["remote"][NAME] = {**before, "url": url, **({"shared": "group"} if shared else {})}
        config["core"]["remote"] = NAME


def answering(repo: "Repo") -> "Remote":
    """Return the remote, which is there.

    Raises:
        UserError: no remote is set up, or it is out of reach.
    """
    if not setting("core", "remote"):
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


def main(argv: Sequence[str] | None = None) -> None:
    """Set up the remote that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help=ALLOWED)
    url = address(parser.parse_args(argv).url)
    if "://" not in url and not Path(url).exists():
        Path(url).mkdir()
        Path(url).chmod(OPEN_TO_GROUP)
    set_up(url)
    print(f"Results are shared through {url}. Next: git commit {CONFIG} -m 'Share results', then make push.")


if __name__ == "__main__":
    command.run(main)
