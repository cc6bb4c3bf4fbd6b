"""One file from an address, which goes on where an earlier attempt at it broke off, if the server can.

What has arrived lies below .dvc/tmp by the SHA-256 that the whole must have, and becomes nothing else before it has it.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from darkroom.core.errors import UserError
from darkroom.core.files import is_abandoned, name_beside

if TYPE_CHECKING:  # it takes long to import, and most datasets need no download
    from requests import Response

PARTS = Path(".dvc/tmp/downloads")
CHUNK = 1 << 16
"""Bytes that are held in memory at once."""
TIMEOUT = 60
"""Seconds without an answer before a server counts as unreachable."""
TRIES = 5
"""Times that a download is taken up at once, as long as each brings more."""
PAUSE = 1.0
"""Seconds before the second try; each of the others waits longer by as many."""


class Meter(Protocol):
    """What shows the progress of a download."""

    total: int
    done: int

    def update(self, count: int) -> None:
        """Count bytes that have arrived."""
        ...


class Downloader:
    """Downloads one file, as pooch asks for it."""

    def __init__(self, sha256: str, meter: Meter, where: str) -> None:
        """Go on with what has arrived of the file with this hash; ``where`` is the key of the address."""
        self.folder, self.meter, self.where = PARTS / sha256, meter, where
        self.resumed = False
        """Whether the beginning is of an earlier attempt."""

    def __call__(self, url: str, output_file: str, pooch: Any, check_only: bool = False) -> None:
        """Write the file to ``output_file``.

        Raises:
            requests.RequestException: it did not arrive as a whole; what did is kept.
            UserError: the address leads to one that is less safe.
        """
        from requests import RequestException

        with self._claim() as part:
            self.resumed = part.stat().st_size > 0
            for number in range(1, TRIES + 1):
                before = part.stat().st_size
                try:
                    self._receive(url, part)
                    break
                except RequestException as error:
                    if getattr(error, "response", None) is not None or number == TRIES:
                        raise
                    if part.stat().st_size <= before:
                        raise
                    time.sleep(PAUSE * number)
            shutil.move(part, output_file)
        self.forget()

    def forget(self) -> None:
        """Remove what has arrived."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def _claim(self) -> Iterator[Path]:
        """Give the file that holds what has arrived, to this process alone; on failure another may go on with it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = self.folder / "part"
        own = name_beside(kept)
        for path in sorted(self.folder.iterdir()):
            if path == kept or is_abandoned(path):
                with suppress(FileNotFoundError):
                    path.rename(own)
                    break
        else:
            own.touch()
        try:
            yield own
        finally:
            with suppress(FileNotFoundError):
                own.rename(kept) if own.stat().st_size else own.unlink()

    def _receive(self, url: str, part: Path) -> None:
        """Add to the file what it lacks, or write all of it where the server sends no rest."""
        import requests

        done = part.stat().st_size
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
        with requests.get(url, stream=True, timeout=TIMEOUT, headers=headers) as response:
            self._check_scheme(url, response)
            if response.status_code == requests.codes.requested_range_not_satisfiable and done:
                part.write_bytes(b"")
                return self._receive(url, part)
            response.raise_for_status()
            is_rest = response.headers.get("Content-Range", "").startswith(f"bytes {done}-")
            if not (response.status_code == requests.codes.partial_content and is_rest):
                done = 0
            self.resumed = self.resumed and done > 0
            self.meter.done, self.meter.total = done, done + int(response.headers.get("Content-Length", 0))
            with part.open("ab" if done else "wb") as file:
                for chunk in response.iter_content(CHUNK):
                    file.write(chunk)
                    self.meter.update(len(chunk))

    def _check_scheme(self, url: str, response: "Response") -> None:
        for step in (*response.history[1:], response):
            if urlsplit(step.url).scheme not in (urlsplit(url).scheme, "https"):
                raise UserError(
                    f"{self.where}.source: {url}: leads to {step.url}, which is not https; write the address of the "
                    "file itself, or download it by hand and give its folder as source"
                )
