"""Downloads: files from an https address with known SHA-256s; a dataset or a competition's files from Kaggle."""

import re
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from tqdm import tqdm

from darkroom.archives.endings import READABLE
from darkroom.archives.resuming import Downloader
from darkroom.core import progress
from darkroom.core.errors import UserError
from darkroom.params.yaml_files import FILE

COMPETITION = "competitions/"
"""The beginning of a competition's name here, as opposed to a dataset's."""
ENDINGS = (*READABLE, ".gz", "ubyte", ".parquet")
"""Of the files that layouts ask for."""


class Meter:
    """The progress of one download: a bar on a terminal, a line now and then in a log."""

    def __init__(self, task: str) -> None:
        self.task = task
        self.total = 0
        self.done = 0
        self.shown = time.monotonic()
        terminal = sys.stderr.isatty()
        self.bar = tqdm(desc=task, unit="B", unit_scale=True, unit_divisor=1024) if terminal else None

    def update(self, count: int) -> None:
        """Count bytes that have arrived."""
        self.done += count
        if self.bar is not None:
            self.bar.total = self.total or None
            self.bar.update(self.done - self.bar.n)
        elif time.monotonic() - self.shown > progress.INTERVAL:
            self.shown = time.monotonic()
            of = f" of {self.total / 1e6:,.1f}" if self.total else ""
            progress.note(self.task, f"{self.done / 1e6:,.1f}{of} MB")

    def close(self) -> None:
        """End the bar's line."""
        if self.bar is not None:
            self.bar.close()


def find_file_name(url: str) -> str:
    """Return the name of the file behind an address; one without a known ending gets ``.zip``."""
    name = PurePosixPath(unquote(urlsplit(url).path)).name or "archive"
    return name if name.lower().endswith(ENDINGS) else f"{name}.zip"


def download(source: str, sha256: str | Mapping[str, str], folder: Path, key: str) -> list[Path]:
    """Download the file at an address, or from an address that ends in ``/`` each file that ``sha256`` names.

    Raises:
        UserError: one cannot be had, or is another file.
    """
    if isinstance(sha256, str):
        return [download_file(source, sha256, folder, key)]
    return [download_file(f"{source}{quote(name)}", digest, folder, key, name) for name, digest in sha256.items()]


def download_file(url: str, sha256: str, folder: Path, key: str, name: str | None = None) -> Path:
    """Download one file into ``folder`` and return its path; on any failure nothing is left there.

    What has arrived is kept elsewhere, for the next run to go on with it where the server can.

    Args:
        url: address of the file.
        sha256: what its SHA-256 must be, in hex.
        folder: an existing folder.
        key: the dataset in params.yaml.
        name: what the file is called; by default as in the address.

    Raises:
        UserError: the address cannot be reached, answers with an error, or sends another file.
    """
    import pooch  # these take long to import, and most datasets need no download
    import requests

    pooch.get_logger().setLevel("ERROR")
    meter = Meter(f"fetch {key}")
    where = f"{FILE}: datasets.{key}"
    receive = Downloader(sha256, meter, where)
    get = partial(pooch.retrieve, fname=name or find_file_name(url), path=folder, downloader=receive)
    try:
        try:
            path = Path(get(url, f"sha256:{sha256}"))
        except ValueError:
            if not receive.resumed:
                raise
            path = Path(get(url, f"sha256:{sha256}"))  # the beginning may have been another file's
    except requests.HTTPError as error:
        raise UserError(f"{where}.source: {url}: {_explain(error)}; correct the address") from None
    except requests.RequestException as error:
        raise UserError(
            f"{where}.source: {url}: download failed ({_explain(error)}); run again, which goes on where the server "
            "can; check the network and the address, or download it by hand and give its folder as source"
        ) from None
    except ValueError as error:  # what pooch raises on another hash
        digests = re.findall(r"\b[0-9a-f]{64}\b", str(error))
        raise UserError(
            f"{where}.sha256: {sha256}: the file at {url} has {digests[-1] if digests else 'another'}; "
            "if that is the file you want, write its SHA-256 there"
        ) from None
    finally:
        meter.close()
    path.chmod(0o644)  # pooch leaves its temporary file's 0600
    progress.note(f"fetch {key}", f"{path.name}: {path.stat().st_size / 1e6:,.1f} MB downloaded")
    return path


def download_kaggle(handle: str, key: str) -> Path:
    """Return the folder where kagglehub keeps a dataset or a competition's files, downloaded if they were not.

    ``handle`` is ``<owner>/<name>``, or ``competitions/<name>``.

    Raises:
        UserError: no network, no credentials, no such name, or the rules of the competition were not accepted.
    """
    import kagglehub
    import requests
    from kagglehub import exceptions

    failures = (
        requests.RequestException,
        exceptions.BackendError,
        exceptions.CredentialError,
        exceptions.DataCorruptionError,
        exceptions.NotFoundError,
        exceptions.UnauthenticatedError,
        ValueError,  # of a kaggle.json that is not whole
    )
    competition = handle.startswith(COMPETITION)
    try:
        if competition:
            return Path(kagglehub.competition_download(handle.removeprefix(COMPETITION)))
        return Path(kagglehub.dataset_download(handle))
    except failures as error:
        rules = "accept the competition's rules on its page, " if competition else ""
        raise UserError(
            f"{FILE}: datasets.{key}.source: kaggle:{handle}: download failed ({_explain(error)}); check the name "
            f"and the network, {rules}give credentials by KAGGLE_USERNAME and KAGGLE_KEY or ~/.kaggle/kaggle.json, "
            "or download it by hand and give its folder as source"
        ) from None


def _explain(error: Exception) -> str:
    """Return an error of the network in one short line."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"HTTP {response.status_code} {response.reason}".strip()
    text = str(error)
    if "NameResolutionError" in text:
        return "the server's name cannot be resolved"
    if "IncompleteRead" in text:
        return "the connection broke off"
    return " ".join(text.split())[:160] or type(error).__name__
