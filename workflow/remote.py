"""Say where results are shared: python -m workflow.remote URL.

It makes URL, a folder or an ssh:// or s3:// address, the default DVC remote of .dvc/config, which is committed, so that
every clone knows it.
"""

import argparse
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from darkroom.core.errors import UserError
from darkroom.pipeline import command

NAME = "storage"
CONFIG = Path(".dvc/config")
SCHEMES = {"ssh": "ssh://user@host/folder", "s3": "s3://bucket/folder"}
ALLOWED = f"a folder such as ../storage, {' or '.join(SCHEMES.values())}"
OPEN_TO_GROUP = 0o2775
"""The mode of a folder in which all of a group may write, as may they in what is made within."""


def address(url: str) -> str:
    """Return where ``url`` leads, from any folder: an address as it stands, a folder by its whole path.

    Raises:
        UserError: it is empty, of no kind that is known, would publish a password, or names no folder to write to.
    """
    if not url:
        raise UserError(f"URL: missing: make remote URL=<{ALLOWED}>")
    return _checked(url) if "://" in url else str(_folder(url))


def _checked(url: str) -> str:
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


def options(url: str) -> dict[str, str]:
    """Return what DVC must know of the remote: where it is, and that a group shares it if the folder is open to one."""
    shared = "://" not in url and Path(url).stat().st_mode & stat.S_IWGRP
    return {"url": url, **({"shared": "group"} if shared else {})}


def set_up(url: str) -> None:
    """Make ``url`` the default remote in .dvc/config; what was set of a remote of the same kind stays."""
    from dvc.config import Config

    with Config(str(CONFIG.parent)).edit("repo") as config:
        before = config["remote"].get(NAME, {})
        same_kind = urlsplit(str(before.get("url", ""))).scheme == urlsplit(url).scheme
        config["remote"][NAME] = {**(before if same_kind else {}), **options(url)}
        config["core"]["remote"] = NAME


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
